package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/landing/sections"
	"tillwatch/shared/telemetry"
)

func TestHandle(t *testing.T) {
	for _, row := range []struct {
		rule   string
		done   sections.Done
		err    error
		panics bool
		want   string // the answer, or what the error says
	}{
		{"what is done next is answered after a cut", sections.Done{Sections: []int{0, 1}, Partitions: []int{}}, nil, false, `{"partitions":[],"sections":[0,1]}`},
		{"and after a merge, also if it is nothing", sections.Done{Looks: []int{}}, nil, false, `{"looks":[]}`},
		{"one step of many answers little", sections.Done{}, nil, false, `{}`},
		{"a failure is an error, for the state machine to try again", sections.Done{}, errors.New("no such key"), false, "no such key"},
		{"a panic is one too", sections.Done{}, nil, true, "panic: out of range"},
	} {
		var log bytes.Buffer
		h := &handler{
			do: func(_ context.Context, s sections.Step) (sections.Done, error) {
				if row.panics {
					panic("out of range")
				}
				return row.done, row.err
			},
			now: time.Now, log: telemetry.NewLogger(&log, service, slog.LevelInfo),
		}
		answer, err := h.handle(t.Context(), sections.Step{Work: "work/1/", Name: "scan", Number: 7})
		got, _ := json.Marshal(answer)
		if err != nil {
			got = []byte(err.Error())
		}
		if failed := row.err != nil || row.panics; failed != (err != nil) || !strings.HasPrefix(string(got), row.want) {
			t.Errorf("%s: got %s, want %s", row.rule, got, row.want)
		}
		if line := log.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, `"number":7`) {
			t.Errorf("%s: logged %s, want one line that names the step", row.rule, line)
		}
	}
}

func TestMissingConfigurationIsNamed(t *testing.T) {
	err := run(t.Context(), func(string) string { return "" }, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "TILLWATCH_RESULTS_BUCKET") {
		t.Errorf("got %v, want an error that names the variables", err)
	}
}
