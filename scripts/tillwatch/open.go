package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/document"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// spoolLimit is how much of standard input, or of a pipe, is put into a
// temporary file.
const spoolLimit = 16 << 30

// A file is something to read that was found to be there.
type file struct {
	name     string // as the report shows it
	source   tabular.Source
	size     int64
	modified time.Time // zero if unknown
}

// An opener finds files on disk, in S3 and on standard input. What can be read
// only once it spools, and removes when it is closed.
type opener struct {
	in      *os.File
	objects objects // nil until an s3:// address is met
	spools  []string
}

func (o *opener) close() {
	for _, name := range o.spools {
		os.Remove(name)
	}
}

// open finds one file: a path, s3://bucket/key, or - for standard input.
func (o *opener) open(ctx context.Context, name string) (*file, error) {
	if name == "-" {
		return o.spool(ctx, o.in, "stdin")
	}
	if strings.HasPrefix(name, "s3://") {
		return o.object(ctx, name)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, notFound(name)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder: name one file in it", name)
	case info.Mode().IsRegular():
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		f.Close()
		return &file{name, steadyFile{name, info}, info.Size(), info.ModTime().UTC()}, nil
	}
	return o.spool(ctx, &lazy{name: name}, name)
}

// A lazy file is opened when it is first read, since opening a pipe waits for
// its writer.
type lazy struct {
	name string
	f    *os.File
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.f == nil {
		f, err := os.Open(l.name)
		if err != nil {
			return 0, err
		}
		l.f = f
	}
	n, err := l.f.Read(p)
	if err != nil {
		l.f.Close()
	}
	return n, err
}

// notFound says that a file is not there, and which one may be meant.
func notFound(name string) error {
	folder := filepath.Dir(name)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("%s: no such file, and no such folder", name)
	}
	var names []string
	for _, e := range entries {
		if len(names) < 1000 && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if near := document.Nearest(filepath.Base(name), names); near != "" {
		return fmt.Errorf("%s: no such file; did you mean %s?", name, filepath.Join(folder, near))
	}
	return fmt.Errorf("%s: no such file", name)
}

// spool copies what can be read only once into a temporary file.
func (o *opener) spool(ctx context.Context, r io.Reader, name string) (*file, error) {
	f, err := os.CreateTemp("", "tillwatch-*")
	if err != nil {
		return nil, fmt.Errorf("spool %s: %w", name, err)
	}
	o.spools = append(o.spools, f.Name())
	// A read from a terminal can't be cancelled, so it is left behind.
	type copied struct {
		n   int64
		err error
	}
	done := make(chan copied, 1)
	go func() {
		n, err := io.Copy(f, io.LimitReader(r, spoolLimit+1))
		done <- copied{n, errors.Join(err, f.Close())}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case c := <-done:
		if c.err != nil {
			return nil, fmt.Errorf("spool %s: %w", name, c.err)
		}
		if c.n > spoolLimit {
			return nil, fmt.Errorf("%s is longer than 16 GiB: put it into a file and name that", name)
		}
		return &file{name, tabular.File(f.Name()), c.n, time.Time{}}, nil
	}
}

// object finds an object in S3.
func (o *opener) object(ctx context.Context, address string) (*file, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	if bucket == "" || key == "" || strings.HasSuffix(key, "/") {
		return nil, fmt.Errorf("%s is no address of an object: write it like s3://bucket/key", address)
	}
	if err := o.connect(ctx); err != nil {
		return nil, err
	}
	return o.objects.find(ctx, bucket, key)
}

func (o *opener) connect(ctx context.Context) error {
	if o.objects != nil {
		return nil
	}
	s, err := newS3(ctx)
	if err != nil {
		return err
	}
	o.objects = s
	return nil
}

// contract reads a contract file; nil if it is wrong or not given.
func (o *opener) contract(name string, wrong *problems) *contract.Contract {
	if name == "" {
		return nil
	}
	data, err := readSmall(name)
	if err != nil {
		wrong.add(err)
		return nil
	}
	c, err := contract.ReadODCS(name, data)
	if err != nil {
		wrong.add(err)
		return nil
	}
	return c
}

// ruleset reads a file of rules in DQDL as the contract of a dataset.
func (o *opener) ruleset(name, dataset string, wrong *problems) *contract.Contract {
	data, err := readSmall(name)
	if err != nil {
		wrong.add(err)
		return nil
	}
	if dataset == "-" {
		dataset = "stdin"
	}
	c, err := contract.ReadDQDL(name, dataset, data)
	if err != nil {
		wrong.add(err)
		return nil
	}
	return c
}

// readSmall reads a contract or another file that people write.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// reference adds one name=FILE to the input.
func (o *opener) reference(ctx context.Context, in *quality.Input, pair string, wrong *problems) {
	name, path, ok := strings.Cut(pair, "=")
	if !ok || name == "" || path == "" {
		wrong.addf("--reference %s: write it as name=FILE", pair)
		return
	}
	if _, twice := in.References[name]; twice {
		wrong.addf("--reference %s is given twice: leave one out", name)
		return
	}
	if in.Contract != nil {
		if known := datasets(in.Contract); !slices.Contains(known, name) {
			if len(known) == 0 {
				wrong.addf("--reference %s: %s names no other dataset; leave it out", name, in.Contract.File)
			} else {
				wrong.addf("--reference %s: %s names no such dataset; %s", name, in.Contract.File, document.Among(name, known))
			}
		}
	}
	f, err := o.open(ctx, path)
	if err != nil {
		wrong.addf("--reference %s: %s", name, err)
		return
	}
	in.References[name] = f.source
}

// datasets returns the other datasets that a contract names, sorted.
func datasets(c *contract.Contract) []string {
	found := map[string]bool{}
	rules := func(list []contract.Rule) {
		for _, r := range list {
			for _, dataset := range r.Datasets() {
				found[dataset] = true
			}
		}
	}
	for _, t := range c.Tables {
		rules(t.Rules)
		for _, column := range t.Columns {
			rules(column.Rules)
		}
		for _, r := range t.Relationships {
			found[r.Dataset] = true
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}
