package quality

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
	"strings"
	"time"

	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// Files lists what rules on files name. Paths come from a ruleset, which is
// anyone's: what must not be read is for the lister to refuse.
type Files interface {
	// List returns the file at path, or all files below it if it is a folder, in
	// any order and no more than FilesLimit + 1. The error is for people; ErrElsewhere
	// skips the rule.
	List(ctx context.Context, path string) ([]File, error)
}

// A File is a file that a rule looks at.
type File struct {
	Path     string
	Bytes    int64 // as stored; -1 if unknown
	Modified time.Time
	Source   tabular.Source
}

// ErrElsewhere is returned for a path that can't be looked at from here.
var ErrElsewhere = errors.New("only files in the folder or bucket of the judged one are looked at")

// The bounds of a path: its files, and their bytes where contents are compared.
const (
	FilesLimit = 10_000
	filesBytes = 16 << 30
)

// A listing is the files at one path, "" for the judged file. It is read once
// for all rules that name the path.
type listing struct {
	plan    *plan
	path    string
	files   []File
	failure string
	skip    bool                         // the failure is of the place, not of the path
	hashes  []string                     // the algorithms that rules need
	sums    map[string]map[string]string // by path and algorithm, in hexadecimal
}

// list returns the listing of a path; its files are known once it is read.
func (p *plan) list(path string) *listing {
	if path == p.in.Object {
		path = ""
	}
	l := p.listings[path]
	if l == nil {
		l = &listing{plan: p, path: path, sums: map[string]map[string]string{}}
		p.listings[path] = l
	}
	return l
}

// read lists the files, and reads those whose content rules compare. Only a
// cancelled context is returned.
func (l *listing) read(ctx context.Context) error {
	in := l.plan.in
	switch {
	case l.path == "":
		l.files = []File{{Path: in.Object, Bytes: in.Bytes, Modified: in.Arrived, Source: in.Source}}
	case in.Files == nil:
		l.failure, l.skip = fmt.Sprintf("only the judged file is known here, not %s", l.path), true
	default:
		files, err := in.Files.List(ctx, l.path)
		switch {
		case err != nil:
			l.failure, l.skip = fmt.Sprintf("list %s: %v", l.path, err), errors.Is(err, ErrElsewhere)
			return ctx.Err()
		case len(files) > FilesLimit:
			l.failure = fmt.Sprintf("%s has more than %s files", l.path, words.Count(FilesLimit))
		case len(files) == 0:
			l.failure = fmt.Sprintf("there is no file at %s", l.path)
		}
		l.files = files
	}
	if l.failure != "" {
		return nil
	}
	bytes := int64(0)
	for _, f := range l.files {
		bytes += max(f.Bytes, 0)
	}
	if bytes > filesBytes && len(l.hashes) > 0 {
		l.failure = fmt.Sprintf("%s holds more than %s, too much to compare", cmp.Or(l.path, "the file"), words.Bytes(filesBytes))
		return nil
	}
	for _, algorithm := range l.hashes {
		for _, f := range l.files {
			sum, err := checksum(ctx, f.Source, algorithm)
			if err != nil {
				l.failure = fmt.Sprintf("read %s: %v", f.Path, err)
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

// algorithms are the checksums that FileMatch knows, in lower case. MD5 and SHA-1
// are what senders give; they hide no forgery.
var algorithms = map[string]func() hash.Hash{"md5": md5.New, "sha-1": sha1.New, "sha-256": sha256.New}

// sha256Name is the algorithm that contents are compared by.
const sha256Name = "sha-256"

func checksum(ctx context.Context, src tabular.Source, algorithm string) (string, error) {
	r, err := src.Open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := algorithms[algorithm]()
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

// named writes the paths of some files for a message.
func named(files []File) string {
	var paths []string
	for i, f := range files {
		if i == 5 {
			paths = append(paths, "…")
			break
		}
		paths = append(paths, shorten(f.Path))
	}
	return strings.Join(paths, ", ")
}
