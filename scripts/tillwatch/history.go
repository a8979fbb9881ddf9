package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/drift"
)

// maxRuns bounds how many runs a history may hold.
const maxRuns = 100_000

// A line is one JSON value of a history: a run, or a report in its JSON form,
// whose keys of the same meaning differ in name only.
type line struct {
	At       time.Time          `json:"at"`
	JudgedAt time.Time          `json:"judged_at"`
	Dataset  string             `json:"dataset"`
	Verdict  quality.Verdict    `json:"verdict"`
	Metrics  map[string]float64 `json:"metrics"`
	Columns  []string           `json:"columns"`
	Content  []drift.Column     `json:"content"`
}

// readHistory reads earlier runs of a dataset, in the file's order. Runs that
// are not before now, and reports of other datasets, are left out.
func readHistory(name, dataset string, now time.Time) ([]quality.Run, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--history %w", notFound(name))
	}
	if err != nil {
		return nil, fmt.Errorf("--history: %w", err)
	}
	defer f.Close()
	var runs []quality.Run
	values := json.NewDecoder(f)
	for n := 1; ; n++ {
		var l line
		err := values.Decode(&l)
		if err == io.EOF {
			return runs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("--history %s: value %d: %w; one JSON value a line is expected, see tillwatch validate --help", name, n, jsonFault(err))
		}
		if l.At.IsZero() {
			l.At = l.JudgedAt
		}
		switch {
		case l.At.IsZero():
			return nil, fmt.Errorf("--history %s: value %d says neither at nor judged_at: add when the file was judged", name, n)
		case !known(l.Verdict):
			return nil, fmt.Errorf("--history %s: value %d: verdict %q is none of pass, warn, fail, error", name, n, l.Verdict)
		case n > maxRuns:
			return nil, fmt.Errorf("--history %s holds more than %d runs: keep the newest", name, maxRuns)
		}
		if !l.At.Before(now) || l.Dataset != "" && dataset != "" && l.Dataset != dataset {
			continue
		}
		runs = append(runs, quality.Run{At: l.At.UTC(), Verdict: l.Verdict, Metrics: l.Metrics, Columns: l.Columns, Content: l.Content})
	}
}

func known(v quality.Verdict) bool {
	switch v {
	case quality.VerdictPass, quality.VerdictWarn, quality.VerdictFail, quality.VerdictError:
		return true
	}
	return false
}
