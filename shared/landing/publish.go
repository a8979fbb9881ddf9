package landing

import (
	"context"
	"errors"
	"fmt"
)

// publish does the steps of the claim's record that are not marked, in order,
// and marks each after it was done. It goes on after a failed step, because
// the steps don't need each other, and returns the errors of all.
func (j *Judger) publish(ctx context.Context, c Claim) ([]Step, error) {
	var done []Step
	var faults []error
	for _, s := range c.Todo() {
		if err := j.step(ctx, c.Record, s); err != nil {
			faults = append(faults, fmt.Errorf("publish %s of %s: %w", s, c.Object.Key, err))
			continue
		}
		if err := j.Ledger.Mark(ctx, c.Object, s); err != nil {
			faults = append(faults, fmt.Errorf("mark %s of %s: %w", s, c.Object.Key, err))
			continue
		}
		done = append(done, s)
	}
	return done, errors.Join(faults...)
}

func (j *Judger) step(ctx context.Context, r *Record, s Step) error {
	switch s {
	case StepTag:
		err := j.Files.Tag(ctx, r.Object, r.Tag)
		if errors.Is(err, ErrGone) || errors.Is(err, ErrReplaced) {
			return nil // nobody can read that version any more
		}
		return err
	case StepMetrics:
		return j.Metrics.Put(ctx, r.Measurements)
	case StepFigures:
		day, err := j.Archive.Day(ctx, r.Dataset, dayOf(r.Period))
		if err != nil {
			return err
		}
		ms := publishable(dayMeasurements(r, Merge(day)))
		if len(ms) == 0 {
			return nil
		}
		return j.Metrics.Put(ctx, ms)
	case StepEvents:
		return j.Bus.Send(ctx, r.Events)
	}
	return fmt.Errorf("unknown step %q", s)
}
