package landing

import (
	"slices"
	"time"

	"tillwatch/shared/event"
	"tillwatch/shared/metric"
	"tillwatch/shared/quality"
)

// A Claim is the right to work on an object until its lease ends.
type Claim struct {
	Object Object `json:"object"`
	// Attempt counts the claims of the object, from 1, and is the claim's token:
	// a later claim has a higher one, and only the highest may finish.
	Attempt int `json:"attempt"`
	// Lease is when another worker may take over; zero once given back.
	Lease time.Time `json:"lease"`
	// Record is what finish stored; nil before.
	Record *Record `json:"record,omitempty"`
	// Published are the steps of Record that are done.
	Published []Step `json:"published,omitempty"`
}

// Done reports whether nothing is left to do.
func (c Claim) Done() bool { return c.Record != nil && len(c.Todo()) == 0 }

// Todo returns the steps of the record that are not marked as done, in order.
func (c Claim) Todo() []Step {
	if c.Record == nil {
		return nil
	}
	var todo []Step
	for _, s := range c.Record.Steps {
		if !slices.Contains(c.Published, s) {
			todo = append(todo, s)
		}
	}
	return todo
}

// Take decides on a claim of o: prev is what is stored of it (the zero Claim if
// nothing is) and newest the highest rank known of its key ("" if none). It
// returns the claim to store, or prev itself if that is done; ErrBusy where a
// lease is alive; ErrStale where o is not the newest and was never finished. A
// finished object can be claimed whatever its rank, for what it still has to
// publish is true.
func Take(prev Claim, newest string, o Object, now time.Time, lease time.Duration) (Claim, error) {
	if prev.Done() {
		return prev, nil
	}
	if prev.Lease.After(now) {
		return Claim{}, ErrBusy
	}
	if prev.Record == nil && newest > o.Rank() {
		return Claim{}, ErrStale
	}
	next := prev
	next.Object = o
	if prev.Record != nil {
		next.Object = prev.Record.Object
	}
	next.Attempt++
	next.Lease = now.Add(lease)
	return next, nil
}

// A Step is one publication of a record.
type Step string

// The steps, in the order in which they are taken.
const (
	StepTag     Step = "tag"
	StepMetrics Step = "metrics"
	StepFigures Step = "figures" // the day's business figures
	StepEvents  Step = "events"
)

// A Record is what is kept of an object that was worked on, including
// everything that is to be published, so that a retry publishes the same.
type Record struct {
	ID       string    `json:"id"` // the object's
	Object   Object    `json:"object"`
	Decision Decision  `json:"decision"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"` // when it was decided, UTC
	// The fields below are those of objects with a contract.
	Dataset  string             `json:"dataset,omitempty"`
	Period   string             `json:"period,omitempty"` // see PeriodOf
	Contract string             `json:"contract,omitempty"`
	Verdict  quality.Verdict    `json:"verdict,omitempty"`
	Scores   map[string]float64 `json:"scores,omitempty"`
	Rows     int64              `json:"rows"`
	BadRows  int64              `json:"bad_rows"`
	Failed   int                `json:"failed_checks"`
	SetAside int                `json:"set_aside"` // rows in quarantine, no more than its cap
	// Report, Page and Quarantine are keys in the results bucket, "" if there is none.
	Report     string `json:"report,omitempty"`
	Page       string `json:"page,omitempty"`
	Quarantine string `json:"quarantine,omitempty"`

	// Steps are what has to be published, in order.
	Steps        []Step               `json:"steps,omitempty"`
	Tag          string               `json:"tag,omitempty"`
	Measurements []metric.Measurement `json:"measurements,omitempty"`
	Events       []event.Event        `json:"events,omitempty"`
	// Pipeline and DataSource are dimensions of the business figures.
	Pipeline   string `json:"pipeline,omitempty"`
	DataSource string `json:"data_source,omitempty"`
	// Team and what follows are those of Notice.
	Team             string   `json:"team,omitempty"`
	ExpectedRows     *float64 `json:"expected_rows,omitempty"`
	FreshnessMinutes *float64 `json:"freshness_minutes,omitempty"`
	DurationMS       int64    `json:"duration_ms,omitempty"`
}

// A Change is what finish stores in one transaction, or not at all.
type Change struct {
	Record Record
	// Entry, Figures and Standing are nil where the record has none.
	Entry    *Entry
	Figures  *Figures
	Standing *Standing
}

// An Entry is one judged object in the history of its dataset. What its Run
// remembers of the content is kept apart, for it is large.
type Entry struct {
	ID      string      `json:"id"`  // the object's
	Key     string      `json:"key"` // bucket/key
	Rank    string      `json:"rank"`
	Dataset string      `json:"dataset"`
	Period  string      `json:"period"`
	Run     quality.Run `json:"run"`
}

// Baseline returns the runs of entries that stand beside o: of each other key
// the newest version, and nothing of o's own key and period, because those
// versions are what o replaces. The order is that of the runs' times.
func Baseline(entries []Entry, o Object, period string) []quality.Run {
	newest := map[string]Entry{}
	own := o.Bucket + "/" + o.Key
	for _, e := range entries {
		if e.Key == own && e.Period == period {
			continue
		}
		id := e.Key + "\x00" + e.Period
		if prev, ok := newest[id]; !ok || prev.Rank < e.Rank {
			newest[id] = e
		}
	}
	runs := make([]quality.Run, 0, len(newest))
	for _, e := range newest {
		runs = append(runs, e.Run)
	}
	slices.SortFunc(runs, func(a, b quality.Run) int { return a.At.Compare(b.At) })
	return runs
}
