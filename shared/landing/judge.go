package landing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/event"
	"tillwatch/shared/metric"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// Claims gives one worker at a time the right to work on an object.
type Claims interface {
	// Claim stores what Take decides, so that of many callers at once one gets
	// the claim and the others ErrBusy.
	Claim(ctx context.Context, o Object, now time.Time, lease time.Duration) (Claim, error)
	// Release ends c's lease, so that a retry need not wait for it. A claim that
	// has passed to another worker is left alone.
	Release(ctx context.Context, c Claim) error
}

// A Ledger changes what is known, exactly once for each object.
type Ledger interface {
	// Finish stores all of ch or nothing. It returns ErrStale if a newer rank of
	// the key is known (but not for a record that is Stale itself), ErrLost if c
	// is not the object's last claim or the object is finished, ErrConflict if
	// the standing's revision is not the one that is stored.
	Finish(ctx context.Context, c Claim, ch Change) error
	// Mark notes that a step of a finished object was done.
	Mark(ctx context.Context, o Object, s Step) error
}

// An Archive tells what earlier objects left behind.
type Archive interface {
	// History returns up to limit entries of a dataset, latest first.
	History(ctx context.Context, dataset string, limit int) ([]Entry, error)
	// Contents returns up to limit entries of a dataset whose file was accepted,
	// latest first, with what is remembered of the file's content.
	Contents(ctx context.Context, dataset string, limit int) ([]Entry, error)
	// Standing returns the open signals of a key, the zero Standing but for Key
	// if there never was one.
	Standing(ctx context.Context, key string) (Standing, error)
	// Day returns the figures of each current object of a dataset and day.
	Day(ctx context.Context, dataset, day string) ([]Figures, error)
}

// Files are the objects that land.
type Files interface {
	// Pin returns o with the version and size that are stored, looking the version up by
	// the etag where o names none. It returns ErrGone if there is no such object
	// and ErrReplaced if the key holds only others.
	Pin(ctx context.Context, o Object) (Object, error)
	// Source reads a pinned object. Its Open and Read fail with ErrGone or
	// ErrReplaced if the object is not what it was when it was pinned.
	Source(o Object) tabular.Source
	// Tag marks that version with its verdict; ErrGone if it does not exist any more.
	Tag(ctx context.Context, o Object, verdict string) error
}

// Shelf is every contract there is.
type Shelf struct {
	Contracts []*contract.Contract
	// Broken are those that can't be read, by the name of their file.
	Broken []Broken
}

// Broken is a contract file that can't be read, and why.
type Broken struct {
	Name string
	Err  error
}

// A Library keeps what files are judged by.
type Library interface {
	Contracts(ctx context.Context) (Shelf, error)
	// Reference returns the file of a reference dataset, ErrNoReference if
	// there is none.
	Reference(ctx context.Context, dataset string) (tabular.Source, error)
}

// Documents takes reports and rows that were set aside; the same key again overwrites.
type Documents interface {
	Put(ctx context.Context, d Document) error
}

// A Document is one object of the results bucket.
type Document struct {
	Key, ContentType string
	Body             []byte
}

// Metrics publishes measurements, all or an error.
type Metrics interface {
	Put(ctx context.Context, ms []metric.Measurement) error
}

// A Bus sends events, all or an error.
type Bus interface {
	Send(ctx context.Context, es []event.Event) error
}

// A Judger judges objects. Fields without a default named are required. It is
// safe for concurrent use if what it holds is.
type Judger struct {
	Claims    Claims
	Ledger    Ledger
	Archive   Archive
	Files     Files
	Library   Library
	Documents Documents
	Metrics   Metrics
	Bus       Bus

	// Validate is judge.Validate.
	Validate func(context.Context, quality.Input) (*quality.Report, error)
	// JSON and HTML render a report, Rows what was set aside; nil leaves it out.
	JSON, HTML func(io.Writer, *quality.Report) error
	Rows       func(io.Writer, *quality.Quarantine) error

	// Beside lists a bucket's objects for rules on files; nil skips those that name
	// other files than the judged one.
	Beside func(bucket string) quality.Files

	// Lease is how long a claim lasts. It must be longer than one worker can
	// live, or two work at the same time (only one of them finishes).
	Lease time.Duration
	// Environment and Producer stand on what is published.
	Environment, Producer string
	// Link makes an address that a person can open from a key of the results
	// bucket; nil leaves the links out. Runbook does so from a rule's name.
	Link, Runbook func(string) string
	// MaxBytes is the largest file that is judged, as stored and after
	// decompression; 2 GiB if 0.
	MaxBytes int64
	// MaxRatio is how many times larger a compressed file may become beyond
	// 64 MiB; 1,000 if 0.
	MaxRatio int64
	// Threads is how many workers look at one file; 0 is one per processor.
	Threads int
	// Large takes files of more than SplitBytes that can be judged in sections;
	// nil leaves none to it.
	Large      Large
	SplitBytes int64
	// CostPerSecond is what a second of a worker costs in US dollars; 0 leaves
	// the cost of a record unmeasured.
	CostPerSecond float64
	// Since tells how long ago a time was; nil makes all durations 0.
	Since func(time.Time) time.Duration
	// Trace begins a span and returns its context and its end; nil traces nothing.
	Trace func(ctx context.Context, name string) (context.Context, func(error))
}

// Judge takes o through all steps that are still to be done. Its errors wrap
// ErrInvalid where a retry is useless; any other is for the queue to retry,
// and ErrBusy says that another worker is at it.
func (j *Judger) Judge(ctx context.Context, o Object, now time.Time) (Outcome, error) {
	return j.take(ctx, o, now, func(ctx context.Context, c Claim) (plan, error) { return j.decide(ctx, c, now) })
}

// take claims o, has it decided on, and stores and publishes the decision.
func (j *Judger) take(ctx context.Context, o Object, now time.Time, decide func(context.Context, Claim) (plan, error)) (out Outcome, err error) {
	if err := o.Validate(); err != nil {
		return Outcome{}, err
	}
	var c Claim
	err = j.span(ctx, "claim", func(ctx context.Context) (err error) {
		c, err = j.Claims.Claim(ctx, o, now, j.Lease)
		return err
	})
	switch {
	case errors.Is(err, ErrStale):
		return Outcome{Decision: Stale, Reason: "a newer version of the key is known"}, nil
	case err != nil:
		return Outcome{}, fmt.Errorf("claim %s: %w", o.Key, err)
	case c.Done():
		return Outcome{Decision: AlreadyDone, Reason: "judged and published before", Record: c.Record, Attempt: c.Attempt}, nil
	}
	defer func() {
		if err != nil {
			// The error decides what happens next; a lease that can't be given
			// back only makes the retry wait for its end.
			_ = j.Claims.Release(context.WithoutCancel(ctx), c)
		}
	}()
	out = Outcome{Decision: CaughtUpWith, Reason: "judged before, not all of it was published", Attempt: c.Attempt}
	if c.Record == nil {
		record, cause, err := j.finish(ctx, c, now, decide)
		if errors.Is(err, errDivided) {
			return Outcome{Decision: Divided, Reason: err.Error(), Attempt: c.Attempt}, j.Claims.Release(ctx, c)
		}
		if err != nil {
			return Outcome{}, err
		}
		c.Record = &record
		out.Decision, out.Reason, out.Cause = record.Decision, record.Reason, cause
	}
	out.Record = c.Record
	err = j.span(ctx, "publish", func(ctx context.Context) (err error) {
		out.Published, err = j.publish(ctx, c)
		return err
	})
	return out, err
}

// finish decides on the claimed object and stores the decision. It returns the
// error that the decision is about, if any, beside its own.
func (j *Judger) finish(ctx context.Context, c Claim, now time.Time, decide func(context.Context, Claim) (plan, error)) (r Record, cause, err error) {
	p, err := decide(ctx, c)
	if err != nil {
		return Record{}, nil, err
	}
	// Files of one dataset and period share a standing; whoever reads it before
	// another changes it tries again with what is open now.
	for range settleAttempts {
		var s Standing
		if p.standing != "" {
			if s, err = j.Archive.Standing(ctx, p.standing); err != nil {
				return Record{}, nil, fmt.Errorf("read open signals of %s: %w", p.standing, err)
			}
		}
		var ch Change
		if ch, err = j.settle(p, s); err != nil {
			return Record{}, nil, err
		}
		if err = j.Ledger.Finish(ctx, c, ch); err == nil {
			return ch.Record, p.cause, nil
		}
		switch {
		case errors.Is(err, ErrStale):
			// This version's verdict has no meaning any more.
			p = plan{Change: Change{Record: record(p.Record.Object, Stale, "a newer version arrived while it was judged", now)}}
		case !errors.Is(err, ErrConflict):
			return Record{}, nil, fmt.Errorf("store verdict of %s: %w", c.Object.Key, err)
		}
	}
	return Record{}, nil, fmt.Errorf("store verdict of %s: %w", c.Object.Key, err)
}

// settleAttempts bounds how often a standing is read again; beyond it the
// queue's retry takes over.
const settleAttempts = 10

func record(o Object, d Decision, reason string, now time.Time) Record {
	return Record{ID: o.ID(), Object: o, Decision: d, Reason: reason, At: now.UTC()}
}

// decide does everything up to finish: it returns what is to be stored.
func (j *Judger) decide(ctx context.Context, c Claim, now time.Time) (plan, error) {
	o := c.Object
	simple := func(d Decision, reason string) (plan, error) {
		return plan{Change: Change{Record: record(o, d, reason, now)}}, nil
	}
	pinned, err := j.Files.Pin(ctx, o)
	if d, reason := vanished(err); d != "" {
		return simple(d, reason)
	}
	if err != nil {
		return plan{}, fmt.Errorf("look up %s: %w", o.Key, err)
	}
	o = pinned
	why := notData(o)
	if why == folderMarker {
		return simple(Ignored, why)
	}
	shelf, err := j.Library.Contracts(ctx)
	if err != nil {
		return plan{}, fmt.Errorf("read contracts: %w", err)
	}
	match, ok := contract.Locate(shelf.Contracts, o.Bucket, o.Key)
	switch {
	case !ok && why != "":
		return simple(Ignored, why)
	case !ok:
		return j.withoutContract(ctx, o, shelf.Broken, now)
	}
	f := file{
		Object: o, contract: match.Contract, table: match.Table, server: match.Server,
		dataset: match.Table.Name, period: PeriodOf(o.Key, o.Arrived), now: now.UTC(),
	}
	if j.Large != nil && f.Size > j.SplitBytes {
		if err := j.divide(ctx, &f, c.Attempt); !errors.Is(err, quality.ErrWhole) {
			if err == nil {
				return plan{}, errDivided
			}
			return j.conclude(ctx, f, nil, err)
		} else if f.Size > j.limit() {
			return j.conclude(ctx, f, nil, fmt.Errorf("%w: %d bytes, at most %d are judged by one function: %w", tabular.ErrTooLarge, f.Size, j.limit(), err))
		}
	}
	report, err := j.validate(ctx, &f)
	return j.conclude(ctx, f, report, err)
}

// conclude plans what follows from judging f: from the report, or from the error
// that there is instead.
func (j *Judger) conclude(ctx context.Context, f file, report *quality.Report, err error) (plan, error) {
	if d, reason := vanished(err); d != "" {
		return plan{Change: Change{Record: record(f.Object, d, reason, f.now)}}, nil
	}
	if err != nil {
		if Retryable(err) || ctx.Err() != nil {
			return plan{}, fmt.Errorf("judge %s: %w", f.Key, err)
		}
		return j.unjudged(f, err), nil
	}
	return j.judged(ctx, f, report)
}

// vanished returns the decision about an object that can't be read because it
// is not there, "" if err says nothing of that kind.
func vanished(err error) (Decision, string) {
	switch {
	case errors.Is(err, ErrGone):
		return Missing, "gone before it could be read"
	case errors.Is(err, ErrReplaced):
		return Stale, "replaced before it could be read; the newer version's event judges that"
	}
	return "", ""
}
