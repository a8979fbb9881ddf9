package landing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/event"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// A plan is what was decided about an object, but for its signals: which of
// them are raised and resolved depends on what is open when it is stored.
type plan struct {
	Change
	// standing is the key of the standing that the plan reads and changes, ""
	// for none.
	standing string
	// signal is what to raise; nil raises nothing. once raises it only if it is
	// not open yet.
	signal *alert.Signal
	once   bool
	// clears says that signals of other rules end with this object.
	clears bool
	report *quality.Report
	stakes *alert.Stakes // that the event of the verdict tells of
	cause  error         // of what could not be judged
}

// judged plans what follows from a report.
func (j *Judger) judged(ctx context.Context, f file, r *quality.Report) (plan, error) {
	rec := record(f.Object, Judged, judgedReason(r), f.now)
	rec.Dataset, rec.Period, rec.Contract, rec.Verdict = f.dataset, f.period, r.Contract, r.Verdict
	rec.Scores, rec.Rows, rec.BadRows = r.Scores, r.Rows, r.BadRows
	rec.Pipeline, rec.DataSource, rec.Tag = f.pipeline(), f.source(), string(r.Verdict)
	rec.Team, rec.DurationMS, rec.ExpectedRows = f.contract.Team, r.DurationMS, f.expected
	if age, ok := f.freshness(r); ok {
		minutes := age.Minutes()
		rec.FreshnessMinutes = &minutes
	}
	for _, c := range r.Checks {
		if c.Status == quality.Fail {
			rec.Failed++
		}
	}
	if err := j.write(ctx, f, r, &rec); err != nil {
		return plan{}, err
	}
	rec.Steps = []Step{StepTag, StepMetrics, StepFigures, StepEvents}
	rec.Measurements = slices.Concat(f.scores(r), f.business(r), j.cost(f, r))
	p := plan{standing: f.dataset + "/" + f.period, clears: true, report: r, stakes: f.stakes(r)}
	p.Record = rec
	p.Entry = &Entry{
		ID: f.ID(), Key: f.Bucket + "/" + f.Key, Rank: f.Rank(), Dataset: f.dataset, Period: f.period,
		Run: bounded(quality.Run{At: f.Arrived, Verdict: r.Verdict, Metrics: historyMetrics(r)}),
	}
	if accepted(r.Verdict) {
		// The first line of a file that was not may be data, and nothing looks
		// back at it.
		p.Entry.Run = bounded(quality.Run{At: f.Arrived, Verdict: r.Verdict, Metrics: historyMetrics(r), Columns: r.Columns, Content: r.Content})
	}
	g := f.figures(r)
	p.Figures = &g
	if r.Verdict != quality.VerdictPass {
		s := j.rejection(f, r, rec)
		s.Stakes = p.stakes
		p.signal = &s
	}
	return p, nil
}

// historyBytes bounds what a history entry holds of a file's columns, and of its
// metrics: an item of the table may have 400 KB.
const historyBytes = 64 << 10

// contentBytes bounds what is remembered of a file's content, which is an item
// of its own.
const contentBytes = 256 << 10

// bounded returns the run without its columns, which only drift asks for, if
// there are too many, and with as many metrics as fit, in the order of their names,
// and as much of the content, in that of the columns.
func bounded(run quality.Run) quality.Run {
	size := 0
	for _, name := range run.Columns {
		size += 6*len(name) + 8 // as JSON may escape it
	}
	if size > historyBytes {
		run.Columns = nil
	}
	size = 0
	kept := make(map[string]float64, len(run.Metrics))
	for _, name := range slices.Sorted(maps.Keys(run.Metrics)) {
		if size += 6*len(name) + 24; size <= historyBytes || name == "rowCount" || name == "bytes" {
			kept[name] = run.Metrics[name]
		}
	}
	run.Metrics = kept
	size = 0
	for i, c := range run.Content {
		size += 6*len(c.Name) + 2*len(c.Prints) + 40*len(c.At) + 100
		for class := range c.Classes {
			size += 6*len(class) + 24
		}
		if size > contentBytes {
			run.Content = run.Content[:i:i]
			break
		}
	}
	return run
}

func judgedReason(r *quality.Report) string {
	failed, errored := 0, 0
	for _, c := range r.Checks {
		switch c.Status {
		case quality.Fail:
			failed++
		case quality.Errored:
			errored++
		}
	}
	return fmt.Sprintf("%d of %d checks failed, %d could not be measured", failed, len(r.Checks), errored)
}

// unjudged plans what follows from an error that a retry would only repeat:
// the verdict error, a P1 signal, and no place in history.
func (j *Judger) unjudged(f file, cause error) plan {
	rec := record(f.Object, Unjudged, "could not be judged: "+clip(cause.Error(), 300), f.now)
	rec.Dataset, rec.Period, rec.Verdict = f.dataset, f.period, quality.VerdictError
	rec.Contract, rec.Team = f.contract.ID, f.contract.Team
	rec.Tag = string(quality.VerdictError)
	rec.Pipeline, rec.DataSource = f.pipeline(), f.source()
	rec.Steps = []Step{StepTag, StepMetrics, StepFigures, StepEvents}
	s := j.unreadable(f, f.contract.Team, cause)
	s.NextSteps, s.Stakes = adviceFor(cause, f.contract.File), f.stakes(nil)
	p := plan{standing: f.dataset + "/" + f.period, signal: &s, cause: cause, stakes: s.Stakes}
	p.Record = rec
	// What it may have replaced counts no longer.
	p.Figures = &Figures{Object: f.Object, Dataset: f.dataset, Day: dayOf(f.period), Customers: -1, Transactions: -1}
	return p
}

// adviceFor says what to do about a file that could not be judged.
func adviceFor(cause error, contractFile string) []string {
	var p *PanicError
	switch {
	case errors.Is(cause, tabular.ErrTooLarge):
		return []string{
			"Split the file, or raise TILLWATCH_MAX_BYTES together with the function's memory and timeout.",
			"If it is compressed and far larger inside than outside, ask its sender whether it is meant to be.",
			"Put the file again; its verdict resolves this.",
		}
	case errors.Is(cause, ErrSections):
		return []string{
			"Look at the file's execution of the state machine large-files: it says which step failed, and how.",
			"If it ran out of time or memory, lower range_bytes or raise range_memory; if reading was refused, see the function's rights.",
			"Put the file again; its verdict resolves this.",
		}
	case errors.As(cause, &p):
		return []string{
			"Find the stack trace in the log of validate-file by the object's key.",
			"Judge the file on a desk with tillwatch validate, and report what it shows.",
			"Put the file again once it is understood; its verdict resolves this.",
		}
	}
	return []string{
		"Read the error; it names the file or the line of " + cmp.Or(contractFile, "the contract") + " that is at fault.",
		"Check it with tillwatch contract lint, and push the corrected contract with tillwatch contract push.",
		"Put the file again; its verdict resolves this.",
	}
}

// withoutContract plans what follows when no contract that can be read speaks
// for the object. One that can't be read and whose name stands in the key is
// taken for the object's; any other may be, which makes the news urgent.
func (j *Judger) withoutContract(ctx context.Context, o Object, broken []Broken, now time.Time) (plan, error) {
	if b, ok := likeliest(o.Key, broken); ok {
		f := file{Object: o, dataset: dataset(b.Name), period: PeriodOf(o.Key, o.Arrived)}
		entries, err := j.Archive.History(ctx, f.dataset, expectLimit)
		if err != nil {
			return plan{}, fmt.Errorf("read history: %w", err)
		}
		f.history = Baseline(entries, o, f.period)
		cause := fmt.Errorf("contract %s can't be read: %w", path.Base(b.Name), b.Err)
		rec := record(o, Unjudged, clip(cause.Error(), 300), now)
		rec.Dataset, rec.Period, rec.Verdict, rec.Tag = f.dataset, f.period, quality.VerdictError, string(quality.VerdictError)
		rec.Steps = []Step{StepTag, StepMetrics, StepEvents}
		s := j.unreadable(f, "", cause)
		s.NextSteps = adviceFor(cause, path.Base(b.Name))
		p := plan{standing: f.dataset + "/" + f.period, signal: &s, cause: cause}
		p.Record = rec
		return p, nil
	}
	s := j.unknown(o)
	if len(broken) > 0 {
		blame(&s, broken)
	}
	rec := record(o, NoContract, "no contract's servers match the key", now)
	rec.Steps = []Step{StepMetrics, StepEvents}
	p := plan{standing: s.DedupKey, signal: &s, once: true}
	p.Record = rec
	return p, nil
}

// blame says that one of the contracts that can't be read may be the object's.
func blame(s *alert.Signal, broken []Broken) {
	s.Severity = alert.P1
	for _, b := range broken {
		if len(s.Findings) == findingLimit {
			s.Omitted++
			continue
		}
		s.Findings = append(s.Findings, alert.Finding{
			Check: path.Base(b.Name), Message: clip(fmt.Sprintf("contract %s can't be read: %v", path.Base(b.Name), b.Err), textLimit),
			Advice: "Check it with tillwatch contract lint, push the corrected contract with tillwatch contract push, and put the file again.", Severity: "HIGH",
		})
	}
	s.NextSteps = append([]string{"Mend the contracts that can't be read: this file may be one of theirs."}, s.NextSteps...)
}

// likeliest returns the broken contract whose name stands in the key, and
// whether there is one.
func likeliest(key string, broken []Broken) (Broken, bool) {
	for _, b := range broken {
		if strings.Contains(key, dataset(b.Name)) {
			return b, true
		}
	}
	return Broken{}, false
}

// dataset is the part of a contract file's name before the first dot.
func dataset(name string) string {
	stem, _, _ := strings.Cut(path.Base(name), ".")
	return cmp.Or(stem, "contract")
}

// settle completes the plan for what is open just now: the change to store.
func (j *Judger) settle(p plan, s Standing) (Change, error) {
	ch := p.Change
	rec := &ch.Record
	rec.Events = nil
	if rec.Verdict != "" {
		e, err := j.verdictEvent(rec, p.stakes)
		if err != nil {
			return Change{}, err
		}
		rec.Events = append(rec.Events, e)
	}
	next, signals := s, []alert.Signal(nil)
	if p.clears {
		var ended []Open
		next, ended = next.Resolve(p.signal, rec.Object.Arrived)
		for _, o := range ended {
			signals = append(signals, j.resolution(rec, o))
		}
	}
	open := func(o Open) bool { return o.DedupKey == p.signal.DedupKey }
	if p.signal != nil && !(p.once && slices.ContainsFunc(s.Open, open)) {
		signals = append(signals, *p.signal)
		next = next.Raise(Open{
			Rule: p.signal.Rule, DedupKey: p.signal.DedupKey, SignalID: p.signal.ID,
			Severity: string(p.signal.Severity), Team: p.signal.Team, At: rec.Object.Arrived,
		})
	}
	for _, sig := range signals {
		e, err := j.signalEvent(rec, sig)
		if err != nil {
			return Change{}, err
		}
		rec.Events = append(rec.Events, e)
	}
	if len(signals) > 0 {
		ch.Standing = &next
	}
	if len(rec.Steps) > 0 {
		own := j.self(rec.Object, rec.Verdict, p.report, len(signals), rec.At)
		rec.Measurements = publishable(slices.Concat(rec.Measurements, own))
	}
	return ch, nil
}

// metadata returns the envelope of an event about the record.
func (j *Judger) metadata(r *Record, kind, what string) event.Metadata {
	return event.Metadata{
		EventID:        r.ID + "-" + what,
		CorrelationID:  r.ID,
		CausationID:    r.Object.EventID,
		IdempotencyKey: kind + ":" + r.Object.Bucket + "/" + r.Object.Key + "#" + r.Object.sequence(),
		OccurredAt:     r.Object.Arrived.UTC(),
		Producer:       j.Producer,
		Traceparent:    r.Object.Trace,
	}
}

// A Notice is the data of file.validated.v1 and file.rejected.v1.
type Notice struct {
	Dataset    string             `json:"dataset"`
	Period     string             `json:"period"`
	Object     Object             `json:"object"`
	Verdict    quality.Verdict    `json:"verdict"`
	Reason     string             `json:"reason"`
	Scores     map[string]float64 `json:"scores"`
	Rows       int64              `json:"rows"`
	BadRows    int64              `json:"bad_rows"`
	Failed     int                `json:"failed_checks"`
	SetAside   int                `json:"set_aside"` // rows in quarantine, no more than its cap
	Contract   string             `json:"contract"`
	Report     string             `json:"report"`     // key in the results bucket, "" if there is none
	Page       string             `json:"page"`       // likewise
	Quarantine string             `json:"quarantine"` // likewise
	JudgedAt   time.Time          `json:"judged_at"`
	// Team is whoever answers for the dataset, "" if the contract names nobody.
	Team string `json:"team,omitempty"`
	// ExpectedRows is how many rows its history says, nil if there is too little
	// of it; FreshnessMinutes the age of the newest row when the file was judged,
	// nil if no check measured it; DurationMS how long judging took.
	ExpectedRows     *float64 `json:"expected_rows,omitempty"`
	FreshnessMinutes *float64 `json:"freshness_minutes,omitempty"`
	DurationMS       int64    `json:"duration_ms,omitempty"`
	// Stakes are what a delay of the data costs, and since when it was due; nil if
	// no contract speaks for it.
	Stakes *alert.Stakes `json:"stakes,omitempty"`
}

func (j *Judger) verdictEvent(r *Record, stakes *alert.Stakes) (event.Event, error) {
	kind := event.FileRejected
	if accepted(r.Verdict) {
		kind = event.FileValidated
	}
	scores := r.Scores
	if scores == nil {
		scores = map[string]float64{}
	}
	return event.New(kind, j.metadata(r, kind, "verdict"), Notice{
		Dataset: r.Dataset, Period: r.Period, Object: r.Object, Verdict: r.Verdict, Reason: r.Reason,
		Scores: scores, Rows: r.Rows, BadRows: r.BadRows, Failed: r.Failed, SetAside: r.SetAside, Contract: r.Contract,
		Report: r.Report, Page: r.Page, Quarantine: r.Quarantine, JudgedAt: r.At,
		Team: r.Team, ExpectedRows: r.ExpectedRows, FreshnessMinutes: r.FreshnessMinutes, DurationMS: r.DurationMS, Stakes: stakes,
	})
}

func (j *Judger) signalEvent(r *Record, s alert.Signal) (event.Event, error) {
	kind, what := event.SignalRaised, "raised-"+s.Rule
	if s.Status == alert.Resolved {
		kind, what = event.SignalResolved, "resolved-"+s.Rule
	}
	m := j.metadata(r, kind+":"+s.DedupKey, what)
	return event.New(kind, m, s)
}
