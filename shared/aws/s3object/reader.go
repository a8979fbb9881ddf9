package s3object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
	"tillwatch/shared/tabular"
)

const (
	defaultPartBytes = 8 << 20
	defaultParallel  = 4
	partAttempts     = 4 // of a part whose body broke off
)

// source is one pinned object.
type source struct {
	files *Files
	o     landing.Object
}

var (
	_ landing.Pinned = (*source)(nil)
	_ tabular.Sized  = (*source)(nil)
)

// Object implements landing.Pinned.
func (s *source) Object() landing.Object { return s.o }

// Open implements tabular.Source. Nothing is read before the first Read.
func (s *source) Open(ctx context.Context) (io.ReadCloser, error) {
	return s.OpenRange(ctx, 0, s.o.Size)
}

// Size implements tabular.Sized.
func (s *source) Size() int64 { return s.o.Size }

// OpenRange implements tabular.Ranger.
func (s *source) OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error) {
	size, parallel := s.files.PartBytes, s.files.Parallel
	if size <= 0 {
		size = defaultPartBytes
	}
	if parallel <= 0 {
		parallel = defaultParallel
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{source: s, ctx: ctx, cancel: cancel, partBytes: size, next: from, end: to}
	if parts := (to - from + size - 1) / size; parts < int64(parallel) {
		parallel = int(parts)
	}
	r.pending = make(chan *part, parallel)
	r.free = make(chan []byte, parallel+1)
	return r, nil
}

// A part is one ranged request; done is closed when body and err are set.
type part struct {
	from, length int64
	done         chan struct{}
	body         []byte
	err          error
}

// A reader hands on the parts in order while later ones are on their way.
// Its buffers go round: one that was read to its end takes a later part.
type reader struct {
	*source
	ctx       context.Context
	cancel    context.CancelFunc
	partBytes int64
	next      int64      // where the next request begins
	end       int64      // where the last one ends
	pending   chan *part // requested, in order
	free      chan []byte
	current   []byte // what is left of the part being read
	buffer    []byte // all of it
	err       error
	running   sync.WaitGroup
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.current) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if r.buffer != nil {
			r.free <- r.buffer
			r.buffer = nil
		}
		r.request()
		if len(r.pending) == 0 {
			r.err = io.EOF
			return 0, io.EOF
		}
		next := <-r.pending
		<-next.done
		if next.err != nil {
			r.err = next.err
			r.cancel()
			return 0, r.err
		}
		r.buffer, r.current = next.body, next.body
		r.request()
	}
	n := copy(p, r.current)
	r.current = r.current[n:]
	return n, nil
}

// request begins as many requests as may be under way.
func (r *reader) request() {
	for r.next < r.end && len(r.pending) < cap(r.pending) {
		length := min(r.partBytes, r.end-r.next)
		pt := &part{from: r.next, length: length, done: make(chan struct{})}
		select {
		case b := <-r.free:
			pt.body = b[:length:cap(b)]
		default:
			pt.body = make([]byte, length)
		}
		r.next += length
		r.pending <- pt
		r.running.Go(func() {
			defer close(pt.done)
			pt.err = r.fetch(pt)
		})
	}
}

// fetch reads a part whole. The client retries a request that got no answer;
// one whose body broke off is begun again here.
func (r *reader) fetch(pt *part) error {
	var err error
	for range partAttempts {
		if err = r.get(pt); err == nil || r.ctx.Err() != nil ||
			errors.Is(err, landing.ErrGone) || errors.Is(err, landing.ErrReplaced) {
			return err
		}
		if !landing.Retryable(err) {
			return err
		}
	}
	return err
}

func (r *reader) get(pt *part) error {
	in := &s3.GetObjectInput{Bucket: &r.o.Bucket, Key: &r.o.Key, VersionId: version(r.o)}
	span := fmt.Sprintf("bytes=%d-%d", pt.from, pt.from+pt.length-1)
	in.Range = &span
	if r.o.ETag != "" {
		quoted := `"` + r.o.ETag + `"`
		in.IfMatch = &quoted
	}
	whole := pt.from == 0 && pt.length == r.o.Size
	if !whole && r.files.wholeVersions.Load() && in.IfMatch != nil {
		in.VersionId = nil
	}
	out, err := r.files.Client.GetObject(r.ctx, in)
	if err == nil && !whole && out.ContentRange == nil && in.VersionId != nil && in.IfMatch != nil {
		// An endpoint that sends versions whole, as MiniStack does: the etag tells
		// the version as well, as long as no newer one replaces it.
		out.Body.Close()
		r.files.wholeVersions.Store(true)
		in.VersionId = nil
		out, err = r.files.Client.GetObject(r.ctx, in)
	}
	if err != nil {
		return wrap("read "+span, err)
	}
	defer out.Body.Close()
	if !whole && out.ContentRange == nil {
		return fault.Refused("read "+span, "InvalidRange", "the answer is no range: the endpoint does not know ranges")
	}
	if _, err := io.ReadFull(out.Body, pt.body); err != nil {
		return wrap("read "+span, err)
	}
	return nil
}

// Close stops what is under way and waits for its end.
func (r *reader) Close() error {
	r.cancel()
	r.running.Wait()
	r.current, r.buffer = nil, nil
	r.err = errors.New("read of a closed object")
	return nil
}
