package replay

import (
	"math"
	"slices"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
)

// A Report says what a history came to.
type Report struct {
	Signals int `json:"raw_signals"`
	// Notifications are the pages: first ones, escalations and repeats. Updates
	// only reach the room, Resolves tell of the end.
	Notifications int `json:"notifications"`
	Escalations   int `json:"escalations"`
	Repeats       int `json:"repeats"`
	Updates       int `json:"updates"`
	Resolves      int `json:"resolves"`
	// Reduction is 1 - notifications / signals, in percent.
	Reduction float64 `json:"reduction_percent"`
	Incidents int     `json:"incidents"` // that were told of
	// Untold counts the signals whose routes tell nobody.
	Untold int `json:"untold_signals"`
	// Delay is the time from the arrival of a page's first signal until it left,
	// in seconds; CriticalMax is the longest of P0 and P1 that nothing muted.
	DelayP50    float64        `json:"added_delay_p50_seconds"`
	DelayP95    float64        `json:"added_delay_p95_seconds"`
	CriticalMax float64        `json:"critical_delay_max_seconds"`
	Decisions   map[string]int `json:"decisions"` // as they were when a signal came
	// Truth is nil where the history does not know it.
	Truth *Truth `json:"truth,omitempty"`
}

// Truth compares the incidents that were made with those that were.
type Truth struct {
	Incidents int `json:"incidents"`
	// Untold counts those of whose signals the routes tell nobody. The shares and
	// the pages are of the others.
	Untold int `json:"untold_incidents"`
	// Recall is the share of incidents that somebody was paged for, in percent;
	// Missed names at most twenty of the others.
	Recall float64  `json:"recall_percent"`
	Missed []string `json:"missed,omitempty"`
	// PagesPerIncident counts the pages but for escalations.
	PagesPerIncident float64 `json:"pages_per_incident"`
	// Precision, Recall and F1 of the pairs of signals that were put together.
	PairPrecision float64 `json:"pair_precision"`
	PairRecall    float64 `json:"pair_recall"`
	PairF1        float64 `json:"pair_f1"`
}

// tally collects what a report needs: its size grows with the incidents, not
// with the signals.
type tally struct {
	Report
	delays []float64
	cells  map[string]map[string]int // truth, incident
	found  map[string]bool           // truth incidents that were paged for
	told   map[string]bool           // truth incidents that some route tells of
}

func newTally() *tally {
	return &tally{
		Report: Report{Decisions: map[string]int{}}, cells: map[string]map[string]int{}, found: map[string]bool{}, told: map[string]bool{},
	}
}

// signal notes a line; told says that a route tells somebody of it.
func (t *tally) signal(l Line, d group.Decision, told bool) {
	t.Signals++
	if !told {
		t.Untold++
	}
	t.Decisions[string(d.Outcome)]++
	if l.Truth == "" {
		return
	}
	if t.cells[l.Truth] == nil {
		t.cells[l.Truth] = map[string]int{}
	}
	t.cells[l.Truth][d.Incident]++
	t.told[l.Truth] = t.told[l.Truth] || told
}

// first notes the line that a page is counted on.
func (t *tally) first(w waiter, reason alert.Reason, now time.Time) {
	if w.truth != "" {
		t.found[w.truth] = true
	}
	if reason == alert.StillFiring {
		return // it waited for the repeat interval, as it should
	}
	delay := now.Sub(w.at).Seconds()
	t.delays = append(t.delays, delay)
	if w.urgent {
		t.CriticalMax = max(t.CriticalMax, delay)
	}
}

func (t *tally) notice(n group.Notice) {
	switch {
	case n.Reason == alert.AlertResolved:
		t.Resolves++
		return
	case !n.Page:
		t.Updates++
		return
	}
	t.Notifications++
	switch n.Reason {
	case alert.FirstNotification:
		t.Incidents++
	case alert.SeverityRaised:
		t.Escalations++
	case alert.StillFiring:
		t.Repeats++
	}
}

func (t *tally) report() Report {
	r := t.Report
	if r.Signals > 0 {
		r.Reduction = 100 * (1 - float64(r.Notifications)/float64(r.Signals))
	}
	slices.Sort(t.delays)
	r.DelayP50, r.DelayP95 = quantile(t.delays, 0.5), quantile(t.delays, 0.95)
	if len(t.cells) > 0 {
		r.Truth = t.truth(r)
	}
	return r
}

func (t *tally) truth(r Report) *Truth {
	truth := &Truth{Incidents: len(t.cells), Untold: len(t.cells) - t.telling()}
	together, same, both := 0.0, 0.0, 0.0
	incidents := map[string]int{}
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	for name, cells := range t.cells {
		n := 0
		for incident, k := range cells {
			n += k
			incidents[incident] += k
			both += pairs(k)
		}
		same += pairs(n)
		if t.told[name] && !t.found[name] {
			truth.Missed = append(truth.Missed, name)
		}
	}
	for _, n := range incidents {
		together += pairs(n)
	}
	truth.Recall = 100 * ratio(float64(len(t.found)), float64(t.telling()))
	slices.Sort(truth.Missed)
	truth.Missed = truth.Missed[:min(20, len(truth.Missed))]
	truth.PagesPerIncident = float64(r.Notifications-r.Escalations) / float64(max(1, t.telling()))
	truth.PairPrecision, truth.PairRecall = ratio(both, together), ratio(both, same)
	if sum := truth.PairPrecision + truth.PairRecall; sum > 0 {
		truth.PairF1 = 2 * truth.PairPrecision * truth.PairRecall / sum
	}
	return truth
}

// telling counts the true incidents that some route tells of.
func (t *tally) telling() (n int) {
	for _, told := range t.told {
		if told {
			n++
		}
	}
	return n
}

// ratio is 1 where there is nothing to be wrong about.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 1
	}
	return a / b
}

// quantile returns the q-quantile of sorted, the nearest rank; 0 of nothing.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
