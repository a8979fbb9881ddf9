package landing_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// TestAFileIsJudgedAgain lets a file fail for a fault that is not its own, and
// has it judged again when that is mended.
func TestAFileIsJudgedAgain(t *testing.T) {
	h := newHouse()
	o := h.bucket.Put("landing", salesKey, []byte("good\n"), noon)
	j := h.judger()
	j.Validate = judgeAllBad
	if out, err := j.Judge(t.Context(), o, noon); err != nil || out.Verdict() != quality.VerdictFail {
		t.Fatalf("got %s, %v", out.Verdict(), err)
	}
	if out := judged(t, h, o, noon.Add(time.Minute)); out.Decision != landing.AlreadyDone {
		t.Errorf("the event came again: %s, want %s", out.Decision, landing.AlreadyDone)
	}
	again := o.Anew(noon.Add(2 * time.Minute))
	out := judged(t, h, again, noon.Add(2*time.Minute))
	if out.Decision != landing.Judged || out.Verdict() != quality.VerdictPass || out.Attempt != 1 {
		t.Fatalf("asked for again: %+v", out)
	}
	if out := judged(t, h, again, noon.Add(3*time.Minute)); out.Decision != landing.AlreadyDone {
		t.Errorf("the request came twice: %s, want %s", out.Decision, landing.AlreadyDone)
	}
	if got := h.bucket.Tagged(o); got != "pass" {
		t.Errorf("tag %q, want that of the last verdict", got)
	}
	if got, want := h.kinds(), strings.Join([]string{event.FileRejected, event.SignalRaised, event.FileValidated, event.SignalResolved}, " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	ss := h.signals(t)
	if raised, resolved := ss[0], ss[1]; resolved.Status != alert.Resolved || resolved.DedupKey != raised.DedupKey || resolved.ID == raised.ID {
		t.Errorf("signals %+v", ss)
	}
	keys := map[string]bool{}
	for _, e := range h.bus.Distinct() {
		keys[e.Metadata.IdempotencyKey] = true
	}
	if len(keys) != 4 {
		t.Errorf("%d idempotency keys of four events: a consumer would drop a verdict", len(keys))
	}
}

// judgeAllBad fails every file, as a contract with a fault does.
func judgeAllBad(ctx context.Context, in quality.Input) (*quality.Report, error) {
	r, err := judgeByWord(ctx, in)
	if err != nil {
		return r, err
	}
	r.Checks[0].Status, r.Checks[0].Violations = quality.Fail, 1
	r.Verdict, r.BadRows = quality.VerdictFail, 1
	return r, nil
}

// TestWhatWasReplacedIsNotJudgedAgain keeps an old version's verdict from
// taking the place of a newer one's.
func TestWhatWasReplacedIsNotJudgedAgain(t *testing.T) {
	h := newHouse()
	old := h.bucket.Put("landing", salesKey, []byte("bad\n"), noon)
	judged(t, h, old, noon)
	judged(t, h, h.bucket.Put("landing", salesKey, []byte("good\n"), noon.Add(time.Minute)), noon.Add(time.Minute))
	if out := judged(t, h, old.Anew(noon.Add(2*time.Minute)), noon.Add(2*time.Minute)); out.Decision != landing.Stale {
		t.Errorf("got %s, want %s", out.Decision, landing.Stale)
	}
}

func TestRequestsAreOrdered(t *testing.T) {
	o := landing.Object{Bucket: "b", Key: "k", Sequencer: "0A", Arrived: noon}
	newer := o
	newer.Sequencer = "0A01"
	first, second := o.Anew(noon), o.Anew(noon.Add(time.Millisecond))
	if !(o.Rank() < first.Rank() && first.Rank() < second.Rank() && second.Rank() < newer.Rank()) {
		t.Errorf("ranks %q, %q, %q, %q", o.Rank(), first.Rank(), second.Rank(), newer.Rank())
	}
	if o.ID() == first.ID() || first.ID() == second.ID() || !first.Arrived.Equal(noon) {
		t.Error("requests are taken for one another, or for arrivals")
	}
	if err := first.Validate(); err != nil {
		t.Error(err)
	}
	for _, again := range []string{"later", "0123456789ABCDEF", "ab"} {
		bad := o
		bad.Again = again
		if err := bad.Validate(); !errors.Is(err, landing.ErrInvalid) {
			t.Errorf("%q: %v", again, err)
		}
	}
}
