package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

// A steadyFile is a file on disk that must stay as it was found: a mixture of
// two versions is no file that anybody sent.
type steadyFile struct {
	path  string
	found os.FileInfo
}

// Open opens the file; reading it to its end fails if it changed meanwhile.
func (s steadyFile) Open(context.Context) (io.ReadCloser, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	r := &steadyReader{f, s}
	if err := r.check(); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

type steadyReader struct {
	*os.File
	of steadyFile
}

func (r *steadyReader) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	if err == io.EOF {
		if changed := r.check(); changed != nil {
			return n, changed
		}
	}
	return n, err
}

// check compares what is open with what was found, by identity, size and time.
func (r *steadyReader) check() error {
	now, err := r.Stat()
	if err != nil {
		return err
	}
	if f := r.of.found; !os.SameFile(now, f) || now.Size() != f.Size() || !now.ModTime().Equal(f.ModTime()) {
		return fmt.Errorf("%s changed while it was read; judge it again once it is complete", r.of.path)
	}
	return nil
}
