package columnar

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// A Ranger is a file that is far away, such as an object in S3: to ask takes long,
// so that it is asked early and for much at a time.
type Ranger interface {
	// OpenRange reads the bytes from from to to, both within the file, to excluded.
	OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error)
}

const (
	farAtOnce = 8 // requests under way
	// columnWindows are those of one column that there are at once: two each in three row
	// groups.
	columnWindows = 6
	// fewColumns are those that any file is taken to be read of.
	fewColumns = 4
)

// A far file is read by its footer, and then by stretches.
type far struct {
	src  Ranger
	size int64
	// Bounds of a window, which is what one request brings, and what all of them come to, about.
	least, most, memory int64
	tail                window // the end of the file, where the footer is
	ctx                 context.Context
	stop                context.CancelFunc
	room                chan struct{}
	busy                sync.WaitGroup
}

func newFar(ctx context.Context, src Ranger, size int64) *far {
	f := &far{src: src, size: size, least: 64 << 10, most: 4 << 20, memory: 128 << 20, room: make(chan struct{}, farAtOnce)}
	f.ctx, f.stop = context.WithCancel(ctx)
	return f
}

// ReadAt reads what is in no stretch. It is for one goroutine at a time.
func (f *far) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= f.size {
		return 0, io.EOF
	}
	w := f.tail
	if to := min(off+int64(len(p)), f.size); to < f.size-f.least {
		w = f.fetch(off, to)
	} else if !w.has(off) {
		f.tail = f.fetch(max(0, min(off, f.size-f.least)), f.size)
		w = f.tail
	}
	text, err := w.wait()
	if err != nil {
		return 0, err
	}
	n := copy(p, text[off-w.from:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// fetch begins to read some bytes.
func (f *far) fetch(from, to int64) window {
	w := window{from: from, to: to, got: make(chan struct{}), text: new([]byte), err: new(error)}
	f.busy.Go(func() {
		defer close(w.got)
		select {
		case f.room <- struct{}{}:
			*w.text, *w.err = f.read(from, to)
			<-f.room
		case <-f.ctx.Done():
			*w.err = f.ctx.Err()
		}
	})
	return w
}

func (f *far) read(from, to int64) ([]byte, error) {
	body, err := f.src.OpenRange(f.ctx, from, to)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text := make([]byte, to-from)
	if _, err := io.ReadFull(body, text); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read from %d: %w", from, err)
	}
	return text, nil
}

// close ends what is under way.
func (f *far) close() {
	f.stop()
	f.busy.Wait()
}

// A window is some bytes of a file, which may still be on their way.
type window struct {
	from, to int64
	got      chan struct{} // nil if nothing was asked for; closed when it is there
	text     *[]byte
	err      *error
}

func (w *window) has(off int64) bool { return w.got != nil && w.from <= off && off < w.to }

func (w *window) wait() ([]byte, error) {
	<-w.got
	return *w.text, *w.err
}

// A stretch is a column of a row group, read from its beginning on: a window, and
// the one after it on its way. It is for one goroutine at a time.
type stretch struct {
	far       *far
	from, to  int64
	step      int64 // bytes of a window
	now, next window
}

// stretch begins to read a column, one of so many.
func (f *far) stretch(from, to int64, columns int) *stretch {
	step := f.memory / columnWindows / int64(max(columns, fewColumns))
	s := &stretch{far: f, from: from, to: to, step: min(max(step, f.least), f.most)}
	s.now = s.window(from)
	return s
}

// window begins to read what is at from, if that is in the stretch.
func (s *stretch) window(from int64) window {
	if from >= s.to {
		return window{}
	}
	return s.far.fetch(from, min(from+s.step, s.to))
}

// ReadAt implements io.ReaderAt for what is in the stretch. Who looks at a page's header
// does so before who reads the page: a window is let go when a read begins behind it,
// and not when one ends there.
func (s *stretch) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && s.from <= off && off < s.to {
		switch {
		case s.now.has(off):
		case s.next.has(off):
			if n == 0 {
				s.now, s.next = s.next, window{}
			}
		case s.next.got != nil && off == s.next.to:
			s.now, s.next = s.next, s.window(off)
		default:
			s.now, s.next = s.window(off), window{}
		}
		if s.next.got == nil {
			s.next = s.window(s.now.to)
		}
		w := &s.now
		if !w.has(off) {
			w = &s.next
		}
		text, err := w.wait()
		if err != nil {
			return n, err
		}
		m := copy(p[n:], text[off-w.from:])
		n, off = n+m, off+int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
