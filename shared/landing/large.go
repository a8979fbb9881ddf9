package landing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/tabular"
)

// Large has files judged that are too large for one worker.
type Large interface {
	// Begin has the job's file judged in sections, and Judger.Complete called with
	// what comes of it, also if that is an error. A job that is under way is not
	// begun again; attempt tells a new try of a file from that.
	Begin(ctx context.Context, job Job, attempt int) error
}

// A Job is a large file with all that it is judged by: whoever judges a part of it
// judges by the same.
type Job struct {
	Object   Object        `json:"object"`
	Contract string        `json:"contract"` // the document's name and its text
	Text     []byte        `json:"text"`
	Split    tabular.Split `json:"split"`
	Now      time.Time     `json:"now"` // when judging began
	// References are those that the contract names and that there are.
	References map[string]Object `json:"references,omitempty"`
	History    []quality.Run     `json:"history,omitempty"`
	// ExpectedRows is that of Notice.
	ExpectedRows *float64 `json:"expected_rows,omitempty"`
	// Hourly is the revenue of an average hour, a decimal; "" if it is unknown.
	Hourly string `json:"hourly_revenue,omitempty"`
}

// A Pinned source is a version of an object that any worker can read.
type Pinned interface {
	tabular.Source
	Object() Object
}

var errDivided = errors.New("it is judged in sections")

// divide hands the file on, if it can be judged in sections; ErrWhole says why not.
func (j *Judger) divide(ctx context.Context, f *file, attempt int) error {
	switch {
	case f.contract.Text == nil:
		return fmt.Errorf("%w: the contract is no document", quality.ErrWhole)
	case refersToItself(f.table):
		return fmt.Errorf("%w: the contract looks up rows in the file itself", quality.ErrWhole)
	}
	if err := j.lookBack(ctx, f); err != nil {
		return err
	}
	references, err := j.references(ctx, f)
	if err != nil {
		return err
	}
	job := Job{
		Object: f.Object, Contract: f.contract.File, Text: f.contract.Text, Now: f.now,
		References: map[string]Object{}, History: f.history, ExpectedRows: f.expected, Hourly: f.hourly,
	}
	for name, src := range references {
		pinned, ok := src.(reference).Source.(Pinned)
		if !ok {
			return fmt.Errorf("%w: the reference %s can't be shared", quality.ErrWhole, name)
		}
		job.References[name] = pinned.Object()
	}
	if job.Split, err = judge.Divide(ctx, f.input(j.Files.Source(f.Object), nil)); err != nil {
		return err
	}
	if err := j.Large.Begin(ctx, job, attempt); err != nil {
		return fmt.Errorf("begin to judge %s in sections: %w", f.Key, err)
	}
	return nil
}

// file returns what the job is about.
func (job Job) file() (file, error) {
	c, err := contract.ReadODCS(job.Contract, job.Text)
	if err != nil {
		return file{}, err
	}
	match, ok := contract.Locate([]*contract.Contract{c}, job.Object.Bucket, job.Object.Key)
	if !ok {
		return file{}, fmt.Errorf("%w: contract %s is of other files than %s", ErrInvalid, job.Contract, job.Object.Key)
	}
	return file{
		Object: job.Object, contract: match.Contract, table: match.Table, server: match.Server, dataset: match.Table.Name,
		period: PeriodOf(job.Object.Key, job.Object.Arrived), now: job.Now, history: job.History,
		expected: job.ExpectedRows, hourly: job.Hourly,
	}, nil
}

// Input returns what the job's file is judged by, the files being read from files.
func (job Job) Input(files Files) (quality.Input, error) {
	f, err := job.file()
	if err != nil {
		return quality.Input{}, err
	}
	references := map[string]tabular.Source{}
	for name, o := range job.References {
		references[name] = reference{files.Source(o), name}
	}
	return f.input(files.Source(job.Object), references), nil
}

// Complete takes a file that Judge divided through all steps that are still to be
// done, as Judge does with others. judge puts the report together; its error is
// that of the file.
func (j *Judger) Complete(ctx context.Context, job Job, judge func(context.Context, quality.Input) (*quality.Report, error), now time.Time) (Outcome, error) {
	return j.take(ctx, job.Object, now, func(ctx context.Context, c Claim) (plan, error) {
		f, err := job.file()
		if err != nil {
			return plan{}, err
		}
		if _, err := j.Files.Pin(ctx, job.Object); err != nil {
			return j.conclude(ctx, f, nil, err)
		}
		in, err := job.Input(j.Files)
		if err != nil {
			return plan{}, err
		}
		in.Threads = j.Threads
		report, err := j.run(ctx, f.Bucket, in, judge)
		return j.conclude(ctx, f, report, err)
	})
}
