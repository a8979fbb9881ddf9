package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// A target is one promise, and where we are.
type target struct {
	Name string `json:"name"`
	// Must and Aim are bounds: from below where More is better, else from above; 0 if
	// there is none.
	Must float64 `json:"must,omitempty"`
	Aim  float64 `json:"aim,omitempty"`
	More bool    `json:"more_is_better"`
	// Now is nil if it was not measured; Note then says why.
	Now  *float64 `json:"now"`
	Unit string   `json:"unit"`
	Note string   `json:"note,omitempty"`
}

// verdict says where a target stands.
func (t *target) verdict() string {
	reached := func(bound float64) bool { return t.More && *t.Now >= bound || !t.More && *t.Now <= bound }
	switch {
	case t.Now == nil:
		return "not measured"
	case t.Aim != 0 && reached(t.Aim):
		return "aim reached"
	case t.Must == 0:
		return "aim not reached"
	case reached(t.Must):
		return "must reached"
	}
	return "missed"
}

const ratioUnit, megabytes = "×", "MB"

// targets works out every target from what was measured at the largest file.
func (b *bench) targets(ctx context.Context) ([]target, error) {
	largest := b.result.Sizes[len(b.result.Sizes)-1]
	at := func(size *size, threads int, name string) *run {
		for i := range size.Runs {
			if r := &size.Runs[i]; r.Name == name && (r.Threads == threads || r.Threads == 0) {
				return &r.Median
			}
		}
		return nil
	}
	ratio := func(a, b *run) *float64 {
		if a == nil || b == nil || b.Seconds == 0 {
			return nil
		}
		v := a.Seconds / b.Seconds
		return &v
	}
	var list []target
	var peak *float64
	for _, threads := range b.options.threads {
		mine := at(largest, threads, ours)
		best := at(largest, threads, duckStock)
		if tuned := at(largest, threads, duckTuned); tuned.Seconds < best.Seconds {
			best = tuned
		}
		list = append(list, target{Name: fmt.Sprintf("wall time, DuckDB (the faster of two) ÷ ours, %s", plural(threads, "thread")),
			Must: 3.5, Aim: 5, More: true, Unit: ratioUnit, Now: ratio(best, mine)})
		if vectors := at(largest, threads, oursSIMD); vectors != nil {
			list = append(list, target{Name: fmt.Sprintf("the same, ours with SIMD, %s", plural(threads, "thread")),
				Must: 3.5, Aim: 6, More: true, Unit: ratioUnit, Now: ratio(best, vectors)})
		}
		if v := float64(mine.PeakBytes) / 1e6; peak == nil || v > *peak {
			peak = &v
		}
	}
	most := b.options.threads[len(b.options.threads)-1]
	list = append(list,
		target{Name: fmt.Sprintf("wall time, ours ÷ wc -l, %s", plural(most, "thread")), Must: 8, Aim: 5, Unit: ratioUnit, Now: ratio(at(largest, most, ours), at(largest, most, wordCount))},
		target{Name: "peak memory with exact uniqueness", Must: 80, Aim: 48, Unit: megabytes, Now: peak})
	growth := target{Name: "wall time of five times the rows", Must: 5.3, Aim: 5, Unit: ratioUnit, Note: "needs two sizes, one five times the other"}
	for _, small := range b.result.Sizes {
		if small.Rows*5 == largest.Rows {
			first := b.options.threads[0]
			growth.Now, growth.Note = ratio(at(largest, first, ours), at(small, first, ours)), ""
		}
	}
	list = append(list, growth)
	forms, err := b.forms(ctx)
	if err != nil {
		return nil, err
	}
	list = append(list, forms...)
	faults, err := b.faults(ctx)
	if err != nil {
		return nil, err
	}
	wide, err := b.wide(ctx)
	if err != nil {
		return nil, err
	}
	return append(list, faults, wide), nil
}

// faults compares a file of which every row fails every check with a clean one.
func (b *bench) faults(ctx context.Context) (target, error) {
	rows := min(1_000_000, b.options.rows[len(b.options.rows)-1])
	t := target{Name: fmt.Sprintf("wall time, every row fails every check ÷ clean, %d rows", rows), Must: 1.5, Aim: 1.2, Unit: ratioUnit}
	kinds := []struct {
		name  string
		write func(*bufio.Writer, int)
	}{{"clean", faultless}, {"faulty", faulty}}
	seconds := make([][]run, len(kinds))
	for range b.options.rounds {
		for i, k := range kinds {
			b.step("every row fails, or none", k.name)
			r, err := b.ours(ctx, fmt.Sprintf("%s-%d.csv", k.name, rows), b.contract, buffered(rows, k.write))
			if err != nil {
				return t, err
			}
			seconds[i] = append(seconds[i], r)
		}
	}
	v := median(seconds[1]).Seconds / median(seconds[0]).Seconds
	t.Now = &v
	return t, nil
}

// wide judges a file of many columns by many checks.
func (b *bench) wide(ctx context.Context) (target, error) {
	rows := min(200_000, b.options.rows[len(b.options.rows)-1])
	t := target{Name: fmt.Sprintf("peak memory, %d columns × %d checks, %d rows", wideColumns, 2*wideColumns, rows), Must: 200, Unit: megabytes}
	b.step("a wide file", "")
	contract, err := file(b.folder, "wide.odcs.yaml", buffered(0, wideContract))
	if err != nil {
		return t, err
	}
	r, err := b.ours(ctx, fmt.Sprintf("wide-%d.csv", rows), contract, buffered(rows, wide))
	v := float64(r.PeakBytes) / 1e6
	t.Now = &v
	return t, err
}

// ours judges a generated file once, with the most threads asked for.
func (b *bench) ours(ctx context.Context, name, contract string, write func(io.Writer) error) (run, error) {
	path, err := file(b.folder, name, write)
	if err != nil {
		return run{}, err
	}
	c := contender{name: ours, command: validate(b.tool, contract)}
	return c.measure(ctx, path, b.options.threads[len(b.options.threads)-1])
}

// undated is a report of ours without what may differ from run to run.
func undated(output []byte) ([]byte, error) {
	var report map[string]json.RawMessage
	if err := json.Unmarshal(output, &report); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	delete(report, "duration_ms")
	return json.Marshal(report)
}

// steady returns what differs between reports of ours of one file, "" if
// nothing does.
func steady(first, next []byte) (string, error) {
	a, err := undated(first)
	if err != nil {
		return "", err
	}
	b, err := undated(next)
	if err != nil || bytes.Equal(a, b) {
		return "", err
	}
	return "two reports of one file differ in more than duration_ms", nil
}
