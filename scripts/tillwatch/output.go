package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/report"
)

// An outfile is a file that is written as it comes, compressed if its name ends
// in .gz or .zst, and appears under its name only once it is whole; see
// placeOf.
type outfile struct {
	io.Writer
	name   string
	f      *os.File
	pack   io.Closer // nil if nothing is compressed
	temp   bool
	shared bool // with the rest of our output, which goes on
}

// createFile begins a file; keep it or drop it.
func createFile(name string) (*outfile, error) {
	path, inPlace := placeOf(name)
	o := &outfile{name: path, temp: !inPlace}
	var err error
	switch {
	case inPlace && isStdout(path):
		o.f, o.shared = os.Stdout, true
	case inPlace:
		o.f, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	default:
		o.f, err = os.CreateTemp(filepath.Dir(path), ".tillwatch-*")
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	o.Writer = o.f
	switch packing(name) {
	case ".gz":
		z := gzip.NewWriter(o.f)
		o.Writer, o.pack = z, z
	case ".zst":
		z, err := zstd.NewWriter(o.f)
		if err != nil {
			o.drop()
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		o.Writer, o.pack = z, z
	}
	return o, nil
}

// placeOf returns where a file of that name is written: where links lead to,
// and inPlace, at its end, if it is a pipe, a device or what /dev calls our own
// output. Any other file is written beside its place and then moved there.
func placeOf(name string) (path string, inPlace bool) {
	info, err := os.Stat(name)
	if err != nil {
		return name, false
	}
	clean := filepath.Clean(name)
	if !info.Mode().IsRegular() || isStdout(clean) || clean == "/dev/stderr" || strings.HasPrefix(clean, "/dev/fd/") {
		return clean, true
	}
	if path, err = filepath.EvalSymlinks(name); err != nil {
		return name, false
	}
	return path, false
}

// isStdout reports whether a name is that of our own output, which has a place of
// its own in the file that it goes to.
func isStdout(name string) bool {
	return name == "/dev/stdout" || name == "/dev/fd/1"
}

// packing is the ending of a name that means compression, "" if it means none.
func packing(name string) string {
	switch ending := strings.ToLower(filepath.Ext(name)); ending {
	case ".gz", ".zst", ".bz2", ".zip", ".xz":
		return ending
	}
	return ""
}

// unwritable says what is wrong with a name for an output, "" if nothing.
func unwritable(name string) string {
	switch ending := packing(name); ending {
	case "", ".gz", ".zst":
		return ""
	default:
		return ending + " is not written; end the name in .gz or .zst, or in neither for plain text"
	}
}

// keep ends the file and gives it its name.
func (o *outfile) keep() error {
	var errs []error
	if o.pack != nil {
		errs = append(errs, o.pack.Close())
	}
	if o.temp {
		errs = append(errs, o.f.Chmod(0o644))
	}
	err := errors.Join(append(errs, o.close())...)
	if o.temp {
		if err == nil {
			err = os.Rename(o.f.Name(), o.name)
		}
		if err != nil {
			os.Remove(o.f.Name())
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	return nil
}

func (o *outfile) close() error {
	if o.shared {
		return nil
	}
	return o.f.Close()
}

// drop gives the file up.
func (o *outfile) drop() {
	if o.pack != nil {
		o.pack.Close()
	}
	o.close()
	if o.temp {
		os.Remove(o.f.Name())
	}
}

// checkOutputs finds what is wrong with the files to be written.
func (c *call) checkOutputs(name string, wrong *problems) {
	taken := map[string]string{}
	for _, o := range []struct{ flag, name string }{{"--output", c.output}, {"--quarantine", c.quarantine}, {"--rows", c.rows}} {
		if o.name == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(o.name)); err != nil || !info.IsDir() {
			wrong.addf("%s %s: there is no folder %s; make it first", o.flag, o.name, filepath.Dir(o.name))
		} else if same(o.name, name) {
			wrong.addf("%s %s: that is the file to be judged; choose another name", o.flag, o.name)
		}
		clean := filepath.Clean(o.name)
		if other := taken[clean]; other != "" {
			wrong.addf("%s and %s are the same file; choose another name for one", other, o.flag)
		}
		taken[clean] = o.flag
	}
	if why := unwritable(c.rows); why != "" {
		wrong.addf("--rows %s: %s", c.rows, why)
	}
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// tableOfRows has the outcomes of rows written, if they are asked for. What it
// returns is to be called with the error of judging, and returns that or the
// error of writing.
func (c *call) tableOfRows(in *quality.Input) (keep func(error) error, err error) {
	if c.rows == "" {
		return func(err error) error { return err }, nil
	}
	file, err := createFile(c.rows)
	if err != nil {
		return nil, err
	}
	table := report.NewOutcomeTable(file)
	in.Outcomes = table
	return func(err error) error {
		if err == nil {
			err = table.Flush()
		}
		if err != nil {
			file.drop()
			return err
		}
		return file.keep()
	}, nil
}

// writeFile puts data in a file in one step, so that no reader sees half of it.
func writeFile(name string, data []byte) error {
	f, err := createFile(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.drop()
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.keep()
}
