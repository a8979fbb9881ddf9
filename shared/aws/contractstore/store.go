// Package contractstore reads contracts and reference files from the results
// bucket: every YAML file under contracts/, and references/<dataset>.csv, also
// compressed. A contract is read again when its ETag has changed, so that one
// that was pushed is in force with the next file.
package contractstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/contract"
	"tillwatch/shared/landing"
	"tillwatch/shared/tabular"
)

// API is the part of the S3 client that is used.
type API interface {
	s3object.API
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// The folders of the results bucket that are read.
const (
	Contracts  = "contracts/"
	References = "references/"
)

const (
	maxContracts = 1000
	maxBytes     = 4 << 20 // of one contract
)

// A Store is the results bucket. It is safe for concurrent use.
type Store struct {
	Client API
	Bucket string

	mu     sync.Mutex
	cached map[string]entry // by key
}

// entry is one contract file as it was read last.
type entry struct {
	etag     string
	contract *contract.Contract
	err      error
}

var _ landing.Library = (*Store)(nil)

// Contracts implements landing.Library: sorted by key, those that can't be
// read beside the others.
func (s *Store) Contracts(ctx context.Context) (landing.Shelf, error) {
	files, err := s.list(ctx, Contracts)
	if err != nil {
		return landing.Shelf{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := map[string]entry{}
	var shelf landing.Shelf
	for _, f := range files {
		if ext := path.Ext(f.Key); ext != ".yaml" && ext != ".yml" {
			continue
		}
		if len(now) == maxContracts {
			return landing.Shelf{}, fmt.Errorf("read contracts: more than %d", maxContracts)
		}
		e, ok := s.cached[f.Key]
		if !ok || e.etag != f.ETag {
			if e, err = s.read(ctx, f); err != nil {
				return landing.Shelf{}, err
			}
		}
		now[f.Key] = e
		if e.err != nil {
			shelf.Broken = append(shelf.Broken, landing.Broken{Name: f.Key, Err: e.err})
			continue
		}
		shelf.Contracts = append(shelf.Contracts, e.contract)
	}
	s.cached = now
	return shelf, nil
}

// read returns a contract, or the reason why it is none; its error is one of
// reading the bucket.
func (s *Store) read(ctx context.Context, o landing.Object) (entry, error) {
	e := entry{etag: o.ETag}
	if o.Size > maxBytes {
		e.err = fmt.Errorf("%s has %d bytes, at most %d are read", o.Key, o.Size, maxBytes)
		return e, nil
	}
	r, err := s.files().Source(o).Open(ctx)
	if err != nil {
		return e, err
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		if errors.Is(err, landing.ErrGone) || errors.Is(err, landing.ErrReplaced) {
			// It was pushed just now: the retry will list it anew.
			return e, fault.Wrap("read contract "+o.Key, errors.New(err.Error()))
		}
		return e, fmt.Errorf("read contract %s: %w", o.Key, err)
	}
	e.contract, e.err = contract.ReadODCS(path.Base(o.Key), body)
	return e, nil
}

func (s *Store) files() *s3object.Files { return &s3object.Files{Client: s.Client} }

// Reference implements landing.Library. Of several files of one name the first
// by key is taken.
func (s *Store) Reference(ctx context.Context, dataset string) (tabular.Source, error) {
	files, err := s.list(ctx, References+dataset+".")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, landing.ErrNoReference
	}
	return s.files().Source(files[0]), nil
}

// list returns the objects under a prefix, sorted by key, each pinned by its etag.
func (s *Store) list(ctx context.Context, prefix string) ([]landing.Object, error) {
	in := &s3.ListObjectsV2Input{Bucket: &s.Bucket, Prefix: &prefix}
	var files []landing.Object
	for {
		out, err := s.Client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, fault.Wrap("list "+prefix, err)
		}
		for _, o := range out.Contents {
			files = append(files, landing.Object{
				Bucket: s.Bucket, Key: aws.ToString(o.Key), ETag: strings.Trim(aws.ToString(o.ETag), `"`), Size: aws.ToInt64(o.Size),
			})
		}
		if !aws.ToBool(out.IsTruncated) || len(files) > 10*maxContracts {
			break
		}
		in.ContinuationToken = out.NextContinuationToken
	}
	slices.SortFunc(files, func(a, b landing.Object) int { return strings.Compare(a.Key, b.Key) })
	return files, nil
}
