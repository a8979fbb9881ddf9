package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"

	"tillwatch/scripts/emulator"
)

//go:embed peers/to_parquet.py
var toParquet string

// forms compares judging the largest file, compressed and as Parquet, with
// DuckDB, and the compressed one with inflating it and doing nothing else.
func (b *bench) forms(ctx context.Context) ([]target, error) {
	rows := b.options.rows[len(b.options.rows)-1]
	b.step("generate", "gzip and Parquet")
	compressed, err := file(b.folder, fmt.Sprintf("transactions-%d.csv.gz", rows), func(out io.Writer) error {
		z := gzip.NewWriter(out)
		if err := buffered(rows, transactions)(z); err != nil {
			return err
		}
		return z.Close()
	})
	if err != nil {
		return nil, err
	}
	columnar, err := b.parquet(ctx, rows)
	if err != nil {
		return nil, err
	}
	var mine, theirs, bare, mineColumnar, theirsColumnar []run
	for round := range b.options.rounds {
		b.step("gzip and Parquet,", fmt.Sprintf("round %d/%d", round+1, b.options.rounds))
		for _, turn := range []struct {
			name, path string
			runs       *[]run
		}{{ours, compressed, &mine}, {duckTuned, compressed, &theirs}, {ours, columnar, &mineColumnar}, {duckTuned, columnar, &theirsColumnar}} {
			r, err := b.once(ctx, turn.name, turn.path)
			if err != nil {
				return nil, err
			}
			*turn.runs = append(*turn.runs, r)
		}
		r, err := inflate(compressed)
		if err != nil {
			return nil, err
		}
		bare = append(bare, r)
	}
	b.result.Disagreements = slices.Concat(b.result.Disagreements,
		disagreements(ours+" of gzip", mine[0].figures, duckTuned+" of gzip", theirs[0].figures),
		disagreements(ours+" of Parquet", mineColumnar[0].figures, duckTuned+" of Parquet", theirsColumnar[0].figures))
	ratio := func(a, b []run) *float64 {
		v := median(a).Seconds / median(b).Seconds
		return &v
	}
	threads := plural(b.options.threads[len(b.options.threads)-1], "thread")
	return []target{
		{Name: "Parquet, DuckDB (tuned) ÷ ours, " + threads, Must: 3, Aim: 4.5, More: true, Unit: ratioUnit, Now: ratio(theirsColumnar, mineColumnar)},
		{Name: "gzip, DuckDB (tuned) ÷ ours, " + threads, Must: 1.5, Aim: 1.7, More: true, Unit: ratioUnit, Now: ratio(theirs, mine)},
		{Name: "gzip, ours ÷ bare inflate, " + threads, Aim: 1.05, Unit: ratioUnit, Now: ratio(mine, bare)},
	}, nil
}

// once lets a contender run over a file with the most threads asked for.
func (b *bench) once(ctx context.Context, name, path string) (run, error) {
	all := contenders(b.tools, b.tool, b.vectors, b.contract)
	c := all[slices.IndexFunc(all, func(c contender) bool { return c.name == name })]
	return c.measure(ctx, path, b.options.threads[len(b.options.threads)-1])
}

// parquet returns the path of the file as DuckDB writes it as Parquet.
func (b *bench) parquet(ctx context.Context, rows int) (string, error) {
	path := filepath.Join(b.folder, fmt.Sprintf("transactions-%d.parquet", rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	partial := path + ".partial"
	defer os.Remove(partial) // nothing is left of it when it was moved
	args := b.tools.Command(emulator.Peers, "-c", toParquet, filepath.Join(b.folder, fmt.Sprintf("transactions-%d.csv", rows)), partial)
	if output, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("write Parquet: %w\n%s", err, output)
	}
	return path, os.Rename(partial, path)
}

// inflate decompresses a file, with the library that tillwatch uses.
func inflate(path string) (run, error) {
	f, err := os.Open(path)
	if err != nil {
		return run{}, err
	}
	defer f.Close()
	began := time.Now()
	z, err := gzip.NewReader(f)
	if err != nil {
		return run{}, fmt.Errorf("inflate %s: %w", path, err)
	}
	if _, err := io.Copy(io.Discard, z); err != nil {
		return run{}, fmt.Errorf("inflate %s: %w", path, err)
	}
	return run{Seconds: time.Since(began).Seconds()}, nil
}
