package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The sections of a Parquet file are runs of row groups. Its footer says where they
// begin, so that a scan looks at nothing else.

func (s Split) inGroups() bool { return s.Reading.Dialect.Format == FormatParquet }

// splitGroups is Split of a Parquet file.
func (r *Reader) splitGroups() (s Split, reason string) {
	starts, ok := r.table.file.Starts()
	switch {
	case !ok:
		return s, "the row groups of the Parquet file do not stand one after another"
	case len(starts) == 0:
		return s, "the Parquet file has no row groups"
	}
	return Split{Body: starts[0], Encoding: r.charset, Reading: r.reading}, ""
}

// scanGroups tells of the first row group that begins in a range.
func (s Split) scanGroups(ctx context.Context, src Ranger, from, to, size int64) (Scan, error) {
	r, closer, err := openFar(ctx, src, size, Options{})
	if err != nil {
		return Scan{}, err
	}
	defer closer.Close()
	scan := Scan{End: to, First: [2]int64{-1, -1}, Last: [2]int64{-1, -1}}
	starts, ok := r.table.file.Starts()
	if !ok {
		return Scan{}, ErrSection
	}
	if i, _ := slices.BinarySearch(starts, from); i < len(starts) && starts[i] < to {
		scan.First = [2]int64{starts[i], starts[i]}
	}
	return scan, nil
}

// cutGroups returns where sections begin.
func (s Split) cutGroups(scans []Scan) ([]int64, error) {
	var starts []int64
	for _, scan := range scans {
		if at := scan.First[0]; at >= 0 {
			starts = append(starts, at)
		}
	}
	if len(starts) == 0 || starts[0] != s.Body || !slices.IsSorted(starts) {
		return nil, ErrSection
	}
	return starts, nil
}

// openGroups opens the row groups that begin at from or later and before to.
func openGroups(ctx context.Context, src Ranger, name string, o Options, from, to, size int64) (*Reader, io.Closer, error) {
	r, closer, err := openFar(ctx, src, size, o)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	if err := r.table.file.Keep(from, to); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", name, err), closer.Close())
	}
	r.table.slices = r.table.file.Slices(r.table.rows)
	return r, closer, nil
}
