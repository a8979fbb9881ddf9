package landing

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// A file is an object with everything that it is judged by.
type file struct {
	Object
	contract        *contract.Contract
	table           *contract.Table
	server          *contract.Server
	dataset, period string
	now             time.Time
	// history is what the contract's checks look back at, and what an alert says was
	// before; expected how many rows the file should have, nil if nobody knows;
	// hourly is the revenue of an average hour before it, a decimal, "" if unknown.
	history  []quality.Run
	expected *float64
	hourly   string
}

const (
	defaultMaxBytes = 2 << 30
	historyLimit    = 400 // entries: a year of daily files and some of them twice
	contentLimit    = 8   // entries: the last accepted file, and versions that o replaces
)

// validate judges the file's bytes. A panic in there is the file's error, not
// the worker's.
func (j *Judger) validate(ctx context.Context, f *file) (report *quality.Report, err error) {
	if err := j.lookBack(ctx, f); err != nil {
		return nil, err
	}
	limit := j.limit()
	if f.Size > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are judged here", tabular.ErrTooLarge, f.Size, limit)
	}
	references, err := j.references(ctx, f)
	if err != nil {
		return nil, err
	}
	in := f.input(j.traced(j.Files.Source(f.Object)), references)
	in.Threads, in.Limits = j.Threads, tabular.Limits{TotalBytes: limit, RatioLimit: j.MaxRatio}
	return j.run(ctx, f.Bucket, in, j.Validate)
}

// limit is the largest file that one worker judges.
func (j *Judger) limit() int64 {
	if j.MaxBytes == 0 {
		return defaultMaxBytes
	}
	return j.MaxBytes
}

// lookBack reads the history that the file is compared with.
func (j *Judger) lookBack(ctx context.Context, f *file) error {
	limit := expectLimit
	if f.looksBack() {
		limit = historyLimit
	}
	entries, err := j.Archive.History(ctx, f.dataset, limit)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	if f.recalls() {
		contents, err := j.Archive.Contents(ctx, f.dataset, contentLimit)
		if err != nil {
			return fmt.Errorf("read content of earlier files: %w", err)
		}
		recall(entries, contents)
	}
	f.history = Baseline(entries, f.Object, f.period)
	f.expected = expectedRows(f.history, f.Arrived)
	f.hourly = averageHour(entries, f.period, f.property(propertyRevenue))
	return nil
}

// input is what the file is judged by.
func (f *file) input(src tabular.Source, references map[string]tabular.Source) quality.Input {
	return quality.Input{
		Contract: f.contract, Table: f.table.Name, Object: f.Key, Source: src, Bytes: f.Size,
		Arrived: f.Arrived, Now: f.now, References: references, History: f.history,
	}
}

// run has a file of a bucket judged.
func (j *Judger) run(ctx context.Context, bucket string, in quality.Input, judge func(context.Context, quality.Input) (*quality.Report, error)) (report *quality.Report, err error) {
	if j.Since != nil {
		in.Elapsed = func() time.Duration { return j.Since(in.Now) }
	}
	if j.Beside != nil {
		in.Files = j.Beside(bucket)
	}
	err = j.span(ctx, "validate", func(ctx context.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &PanicError{Value: p, Stack: debug.Stack()}
			}
		}()
		report, err = judge(ctx, in)
		return err
	})
	return report, err
}

// A PanicError is a panic while one file was judged.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func (j *Judger) span(ctx context.Context, name string, do func(context.Context) error) error {
	if j.Trace == nil {
		return do(ctx)
	}
	ctx, end := j.Trace(ctx, name)
	err := do(ctx)
	end(err)
	return err
}
