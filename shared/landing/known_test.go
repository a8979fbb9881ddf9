package landing_test

import (
	"context"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
)

// TestEveryFileKnowsThoseBefore holds that a file of a contract which neither
// looks back nor knows of revenue has a history all the same, also where it is
// too large to be read at all.
func TestEveryFileKnowsThoseBefore(t *testing.T) {
	h := newHouse()
	plain := *sales
	plain.Tables = []contract.Table{{Name: "sales_data"}}
	h.library.Shelf.Contracts = []*contract.Contract{&plain}
	j := h.judger()
	j.MaxBytes = 8
	var known int
	j.Validate = func(ctx context.Context, in quality.Input) (*quality.Report, error) {
		known = len(in.History)
		r, err := judgeByWord(ctx, in)
		if err == nil {
			r.Metrics["bytes"] = float64(in.Bytes)
		}
		return r, err
	}
	for day, body := range []string{"1\n2\n", "1\n3\n", "bad\n", "far too large\n"} {
		at := noon.AddDate(0, 0, day)
		if _, err := j.Judge(t.Context(), h.bucket.Put("landing", "sales/dt="+at.Format(time.DateOnly)+"/s.csv", []byte(body), at), at); err != nil {
			t.Fatal(err)
		}
	}
	if known != 2 {
		t.Errorf("the third file knew %d before it, want 2", known)
	}
	signals := h.signals(t)
	if len(signals) != 2 {
		t.Fatalf("%d signals", len(signals))
	}
	for i, want := range []string{"bad rows", "size"} {
		s := signals[i]
		if s.Measure == nil || s.Measure.Name != want || len(s.Trend) != 2 || s.Measure.Expected == nil {
			t.Errorf("%s: measure %+v, before %+v", s.Summary, s.Measure, s.Trend)
		}
	}
	if last := signals[1]; last.Measure.Value != 14 || *last.Measure.Expected != 4 {
		t.Errorf("the file that was too large: %+v", last.Measure)
	}
}
