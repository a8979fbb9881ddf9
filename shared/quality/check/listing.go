package check

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// A Listing is the files at one path, "" for the judged file. It is read once
// for all rules that name the path.
type Listing struct {
	plan    *Plan
	Path    string
	Files   []quality.File
	Failure string                       // why the files are not known; "" if they are
	Skip    bool                         // the failure is of the place, not of the path
	hashes  []string                     // the algorithms that rules need
	sums    map[string]map[string]string // by path and algorithm, in hexadecimal
}

// filesBytes bounds the files at a path whose contents are compared.
const filesBytes = 16 << 30

// List returns the listing of a path; its files are known once it is read.
func (p *Plan) List(path string) *Listing {
	if path == p.In.Object {
		path = ""
	}
	l := p.listings[path]
	if l == nil {
		l = &Listing{plan: p, Path: path, sums: map[string]map[string]string{}}
		p.listings[path] = l
	}
	return l
}

// Hash has the listing compute a checksum of each file.
func (l *Listing) Hash(algorithm string) {
	if !slices.Contains(l.hashes, algorithm) {
		l.hashes = append(l.hashes, algorithm)
	}
}

// Sum is a checksum of a file, in hexadecimal, that Hash asked for.
func (l *Listing) Sum(f quality.File, algorithm string) string { return l.sums[f.Path][algorithm] }

// read lists the files, and reads those whose content rules compare. Only a
// cancelled context is returned.
func (l *Listing) read(ctx context.Context) error {
	in := l.plan.In
	switch {
	case l.Path == "":
		l.Files = []quality.File{{Path: in.Object, Bytes: in.Bytes, Modified: in.Arrived, Source: in.Source}}
	case in.Files == nil:
		l.Failure, l.Skip = fmt.Sprintf("only the judged file is known here, not %s", l.Path), true
	default:
		files, err := in.Files.List(ctx, l.Path)
		switch {
		case err != nil:
			l.Failure, l.Skip = fmt.Sprintf("list %s: %v", l.Path, err), errors.Is(err, quality.ErrElsewhere)
			return ctx.Err()
		case len(files) > quality.FilesLimit:
			l.Failure = fmt.Sprintf("%s has more than %s files", l.Path, words.Count(quality.FilesLimit))
		case len(files) == 0:
			l.Failure = fmt.Sprintf("there is no file at %s", l.Path)
		}
		l.Files = files
	}
	if l.Failure != "" {
		return nil
	}
	bytes := int64(0)
	for _, f := range l.Files {
		bytes += max(f.Bytes, 0)
	}
	if bytes > filesBytes && len(l.hashes) > 0 {
		l.Failure = fmt.Sprintf("%s holds more than %s, too much to compare", cmp.Or(l.Path, "the file"), words.Bytes(filesBytes))
		return nil
	}
	for _, algorithm := range l.hashes {
		for _, f := range l.Files {
			sum, err := checksum(ctx, f.Source, algorithm)
			if err != nil {
				l.Failure = fmt.Sprintf("read %s: %v", f.Path, err)
				return ctx.Err()
			}
			if l.sums[f.Path] == nil {
				l.sums[f.Path] = map[string]string{}
			}
			l.sums[f.Path][algorithm] = sum
		}
	}
	return nil
}

// Algorithms are the checksums that FileMatch knows, in lower case. MD5 and SHA-1
// are what senders give; they hide no forgery.
var Algorithms = map[string]func() hash.Hash{"md5": md5.New, "sha-1": sha1.New, "sha-256": sha256.New}

// SHA256 is the algorithm that contents are compared by.
const SHA256 = "sha-256"

func checksum(ctx context.Context, src tabular.Source, algorithm string) (string, error) {
	r, err := src.Open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := Algorithms[algorithm]()
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		switch {
		case err == io.EOF:
			return hex.EncodeToString(h.Sum(nil)), nil
		case err != nil:
			return "", err
		case ctx.Err() != nil:
			return "", ctx.Err()
		}
	}
}
