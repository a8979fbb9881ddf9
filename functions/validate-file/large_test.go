package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/aws/queue"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

func TestServe(t *testing.T) {
	for _, row := range []struct {
		rule, call      string
		work, failure   string // what finish is told
		answer, problem string
	}{
		{"messages of the queue are judged", `{"Records":[]}`, "", "", `{"batchItemFailures":[]}`, ""},
		{"the end of a large file completes it", `{"work":"work/1/"}`, "work/1/", "", `{}`, ""},
		{"its failure is what the function said", `{"work":"work/1/","failure":{"Error":"Error","Cause":"{\"errorMessage\":\"no such key\",\"errorType\":\"Error\"}"}}`, "work/1/", "no such key", `{}`, ""},
		{"or else what the state machine says", `{"work":"work/1/","failure":{"Error":"States.Timeout","Cause":"too slow"}}`, "work/1/", "States.Timeout: too slow", `{}`, ""},
		{"what could not be stored is tried again", `{"work":"work/busy/"}`, "work/busy/", "", "", "claimed by another"},
		{"anything else is no success", `{"state":1}`, "", "", "", "malformed"},
	} {
		h := newHouse(t)
		var work, failure string
		h.finish = func(_ context.Context, w, f string, _ time.Time) (landing.Job, landing.Outcome, error) {
			work, failure = w, f
			if w == "work/busy/" {
				return landing.Job{}, landing.Outcome{}, landing.ErrBusy
			}
			return landing.Job{}, landing.Outcome{Decision: landing.Judged, Record: &landing.Record{Verdict: quality.VerdictPass}}, nil
		}
		answer, err := h.serve(t.Context(), json.RawMessage(row.call))
		got, _ := json.Marshal(answer)
		if (err != nil) != (row.problem != "") || err != nil && !strings.Contains(err.Error(), row.problem) || err == nil && string(got) != row.answer {
			t.Errorf("%s: got %s, %v, want %s%s", row.rule, got, err, row.answer, row.problem)
		}
		if work != row.work || failure != row.failure {
			t.Errorf("%s: finish was told %q and %q, want %q and %q", row.rule, work, failure, row.work, row.failure)
		}
	}
	if _, err := newHouse(t).serve(t.Context(), json.RawMessage(`[]`)); !errors.Is(err, queue.ErrMalformed) {
		t.Errorf("no object: got %v, want ErrMalformed", err)
	}
}
