// Package memory holds stores that keep everything in memory, for tests and
// for trying things out. They pass the same suite as the ones on AWS.
package memory

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"

	"tillwatch/shared/landing"
	"tillwatch/shared/tabular"
)

// A Bucket is a versioned bucket that files land in. The zero value is empty
// and ready to use; it is safe for concurrent use.
type Bucket struct {
	mu       sync.Mutex
	count    int
	versions map[string][]version // bucket/key → oldest first
}

type version struct {
	object  landing.Object
	body    []byte
	verdict string
	deleted bool
}

var _ landing.Files = (*Bucket)(nil)

// Put stores body as the newest version of a key and returns what the event
// of its creation names.
func (b *Bucket) Put(bucket, key string, body []byte, at time.Time) landing.Object {
	b.mu.Lock()
	b.count++
	n := b.count
	b.mu.Unlock()
	sum := md5.Sum(body)
	o := landing.Object{
		Bucket: bucket, Key: key, Version: fmt.Sprintf("v%d", n), ETag: hex.EncodeToString(sum[:]),
		Size: int64(len(body)), Sequencer: fmt.Sprintf("%018X", n), Arrived: at, EventID: fmt.Sprintf("event-%d", n),
	}
	b.Keep(o, body)
	return o
}

// Keep stores body as the object o, which becomes the newest version of its key.
func (b *Bucket) Keep(o landing.Object, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.versions == nil {
		b.versions = map[string][]version{}
	}
	b.versions[keyOf(o)] = append(b.versions[keyOf(o)], version{object: o, body: bytes.Clone(body)})
}

// Delete removes one version for good.
func (b *Bucket) Delete(o landing.Object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, v := range b.versions[keyOf(o)] {
		if v.object.Version == o.Version {
			b.versions[keyOf(o)][i].deleted = true
		}
	}
}

// Tagged returns the verdict that a version is tagged with, "" if it has none.
func (b *Bucket) Tagged(o landing.Object) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v := b.find(o); v != nil {
		return v.verdict
	}
	return ""
}

// find returns the version that o names by version or, newest first, by etag.
func (b *Bucket) find(o landing.Object) *version {
	vs := b.versions[keyOf(o)]
	for i := len(vs) - 1; i >= 0; i-- {
		v := &vs[i]
		if !v.deleted && (v.object.Version == o.Version || o.Version == "" && v.object.ETag == o.ETag) {
			return v
		}
	}
	return nil
}

// Pin implements landing.Files.
func (b *Bucket) Pin(_ context.Context, o landing.Object) (landing.Object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.find(o)
	if v == nil {
		if o.Version == "" {
			for _, other := range b.versions[keyOf(o)] {
				if !other.deleted {
					return o, landing.ErrReplaced
				}
			}
		}
		return o, landing.ErrGone
	}
	o.Version, o.ETag, o.Size = v.object.Version, v.object.ETag, v.object.Size
	return o, nil
}

// Source implements landing.Files.
func (b *Bucket) Source(o landing.Object) tabular.Source { return source{b, o} }

type source struct {
	b *Bucket
	o landing.Object
}

var (
	_ landing.Pinned = source{}
	_ tabular.Sized  = source{}
)

func (s source) Object() landing.Object { return s.o }

func (s source) Size() int64 { return s.o.Size }

func (s source) OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error) {
	whole, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, whole, from); err != nil {
		return nil, err
	}
	return io.NopCloser(io.LimitReader(whole, to-from)), nil
}

func (s source) Open(context.Context) (io.ReadCloser, error) {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	v := s.b.find(s.o)
	if v == nil {
		return nil, landing.ErrGone
	}
	return io.NopCloser(bytes.NewReader(v.body)), nil
}

// Tag implements landing.Files.
func (b *Bucket) Tag(_ context.Context, o landing.Object, verdict string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.find(o)
	if v == nil {
		return landing.ErrGone
	}
	v.verdict = verdict
	return nil
}
