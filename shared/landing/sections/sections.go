// Package sections judges a large file in sections, one step at a time, each of
// which some worker does that knows nothing but its step. What steps leave to each
// other are objects under one prefix:
//
//	job.json            the file and all that it is judged by
//	scan/<range>        what a range of bytes tells of where records begin
//	sections.json       where the sections begin
//	state/<section>     what the rows of a section came to
//	keys/<key>/<partition>/<section>   the keys of a section
//	repeated/<key>/<partition>         the rows that repeat a key
//	unseen/<section>    the rows of a section that are to be read again
//	looked/<section>    what was seen of them
//
// The flow is
//
//	scan each range ─► cut ─► observe each section ─► repeat each partition of each key
//	  ─► merge ─► look at each section that has rows to show ─► Report, which Judger.Complete calls
//
// A step that is done again writes the same again, so that it can be retried alone.
package sections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// Blobs keeps what steps leave to each other.
type Blobs interface {
	Put(ctx context.Context, key string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
}

// A Machine runs the steps of a job.
type Machine interface {
	// Start has the plan carried out, under a name that no other plan has. A name
	// that was used is no error if that plan is under way or done, and ErrEnded else.
	Start(ctx context.Context, name string, p Plan) error
}

// ErrEnded is returned for a plan whose execution ended without success.
var ErrEnded = errors.New("the execution of that name has failed")

// A Plan is what a machine is started with.
type Plan struct {
	// Work is the prefix of the job's objects, with a slash at its end.
	Work string `json:"work"`
	// Ranges number what is to be scanned.
	Ranges []int `json:"ranges"`
}

// Prefix is where the objects of all jobs are.
const Prefix = "work/"

// mostRanges bounds the ranges of one file: as many as the input of an execution holds.
const mostRanges = 10_000

const defaultRangeBytes = 256 << 20

// A Starter begins jobs.
type Starter struct {
	Blobs   Blobs
	Machine Machine
	// RangeBytes is how large a section is, about; 256 MiB if 0. Of a file that
	// would have more than 10,000, sections are larger.
	RangeBytes int64
}

var _ landing.Large = (*Starter)(nil)

// job is what is kept of a landing.Job.
type job struct {
	landing.Job
	RangeBytes int64 `json:"range_bytes"`
}

// ranges returns how many ranges of bytes the file has.
func (j job) ranges() int {
	return int(max(1, (j.Object.Size-j.Split.Body+j.RangeBytes-1)/j.RangeBytes))
}

// bounds returns the bytes of a range, to excluded.
func (j job) bounds(i int) (from, to int64) {
	from = j.Split.Body + int64(i)*j.RangeBytes
	return from, min(from+j.RangeBytes, j.Object.Size)
}

// Begin implements landing.Large.
func (s *Starter) Begin(ctx context.Context, of landing.Job, attempt int) error {
	j := job{of, s.RangeBytes}
	if j.RangeBytes <= 0 {
		j.RangeBytes = defaultRangeBytes
	}
	j.RangeBytes = max(j.RangeBytes, of.Object.Size/mostRanges+1)
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	begin := func(name string) error {
		p := Plan{Work: Prefix + name + "/"}
		for i := range j.ranges() {
			p.Ranges = append(p.Ranges, i)
		}
		if err := s.Blobs.Put(ctx, p.Work+"job.json", body); err != nil {
			return err
		}
		return s.Machine.Start(ctx, name, p)
	}
	err = begin(of.Object.ID())
	if errors.Is(err, ErrEnded) {
		err = begin(fmt.Sprintf("%s-%d", of.Object.ID(), attempt))
	}
	return err
}

// Steps does the steps of jobs. It is safe for concurrent use.
type Steps struct {
	Files landing.Files
	Blobs Blobs
	// Beside is as in landing.Judger.
	Beside func(bucket string) quality.Files
	// Threads is how many processors look at a section; 0 is all.
	Threads int
}

// A Step is what one worker does at once.
type Step struct {
	Work string `json:"work"` // as in Plan
	// Name is scan, cut, observe, repeat, merge or look.
	Name string `json:"step"`
	// Number is that of a range for scan, of a partition for repeat, of a section for
	// observe and look.
	Number int `json:"number"`
}

// Done is what comes after a step: the numbers of the steps that are to be done
// next, nil after other steps than those named.
type Done struct {
	Sections   []int // to observe, after cut
	Partitions []int // to repeat, after cut
	Looks      []int // to look at, after merge
}

// ErrStep is returned for a step that there is not.
var ErrStep = errors.New("no such step")

// Do does one step.
func (s *Steps) Do(ctx context.Context, step Step) (Done, error) {
	do := map[string]func(*task) (Done, error){
		"scan": (*task).scan, "cut": (*task).cut, "observe": (*task).observe,
		"repeat": (*task).repeat, "merge": (*task).unseen, "look": (*task).look,
	}[step.Name]
	if do == nil {
		return Done{}, fmt.Errorf("%w: %.40q", ErrStep, step.Name)
	}
	j, err := s.job(ctx, step.Work)
	if err != nil {
		return Done{}, err
	}
	in, err := j.Input(s.Files)
	if err != nil {
		return Done{}, err
	}
	in.Threads = s.Threads
	if s.Beside != nil {
		in.Files = s.Beside(j.Object.Bucket)
	}
	done, err := do(&task{ctx: ctx, steps: s, job: j, in: in, Step: step})
	if err != nil {
		return Done{}, fmt.Errorf("%s %d of %s: %w", step.Name, step.Number, j.Object.Key, err)
	}
	return done, nil
}

func (s *Steps) job(ctx context.Context, work string) (job, error) {
	var j job
	return j, s.document(ctx, work+"job.json", &j)
}

func (s *Steps) document(ctx context.Context, key string, v any) error {
	body, err := s.Blobs.Get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	return nil
}

// Completer is the part of landing.Judger that ends a job.
type Completer interface {
	Complete(ctx context.Context, job landing.Job, judge func(context.Context, quality.Input) (*quality.Report, error), now time.Time) (landing.Outcome, error)
}

// Finish has the verdict on a job stored and told. failure says which step never
// succeeded, "" if all did.
func (s *Steps) Finish(ctx context.Context, to Completer, work, failure string, now time.Time) (landing.Job, landing.Outcome, error) {
	j, err := s.job(ctx, work)
	if err != nil {
		return landing.Job{}, landing.Outcome{}, err
	}
	out, err := to.Complete(ctx, j.Job, func(ctx context.Context, in quality.Input) (*quality.Report, error) {
		if failure != "" {
			return nil, fmt.Errorf("%w: %s", landing.ErrSections, failure)
		}
		t := &task{ctx: ctx, steps: s, job: j, in: in, Step: Step{Work: work}}
		return t.report()
	}, now)
	return j.Job, out, err
}

// A division is sections.json.
type division struct {
	Sections quality.Sections `json:"sections"`
	Keys     int              `json:"keys"`
}
