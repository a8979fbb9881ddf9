package landing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/contract"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/memory"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/report"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const salesKey = "sales/dt=2026-11-22/sales_data.csv"

var sales = &contract.Contract{
	File: "sales_data.odcs.yaml", ID: "urn:retail:sales", Version: "1.0.0", Team: "store-data",
	Servers: []contract.Server{{Name: "landing", Type: "s3", Location: "s3://landing/sales/**"}},
	Tables: []contract.Table{{
		Name:   "sales_data",
		Custom: map[string]string{"revenueColumn": "amount", "customerColumn": "customer_id", "transactionColumn": "basket_id", "currency": "EUR"},
	}},
}

// house is a whole deployment in memory.
type house struct {
	bucket    memory.Bucket
	ledger    memory.Ledger
	library   memory.Library
	documents memory.Documents
	metrics   memory.Metrics
	bus       memory.Bus
}

func newHouse() *house {
	h := &house{}
	h.library.Shelf.Contracts = []*contract.Contract{sales}
	return h
}

func (h *house) judger() *landing.Judger {
	return &landing.Judger{
		Claims: &h.ledger, Ledger: &h.ledger, Archive: &h.ledger, Files: &h.bucket, Library: &h.library,
		Documents: &h.documents, Metrics: &h.metrics, Bus: &h.bus,
		Validate: judgeByWord,
		Rows:     report.WriteQuarantine,
		JSON:     func(w io.Writer, r *quality.Report) error { _, err := fmt.Fprintf(w, "{%q:1}", r.Object); return err },
		HTML:     func(w io.Writer, r *quality.Report) error { _, err := fmt.Fprintf(w, "<p>%s", r.Object); return err },
		Lease:    time.Minute, Environment: "test", Producer: "validate-file",
		Link:    func(key string) string { return "s3://results/" + key },
		Runbook: func(rule string) string { return "https://runbooks.example/" + rule },
	}
}

// judgeByWord is an engine that finds what the file says about itself: the
// word bad fails, warn warns, panic panics; each line is a row.
func judgeByWord(ctx context.Context, in quality.Input) (*quality.Report, error) {
	r, err := in.Source.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	rows := int64(bytes.Count(body, []byte("\n")))
	score, age := 100.0, 180.0
	rep := &quality.Report{
		Version: 1, Dataset: in.Contract.Tables[0].Name, Object: in.Object, Contract: in.Contract.ID, JudgedAt: in.Now,
		Rows: rows, Bytes: in.Bytes, Verdict: quality.VerdictPass, Scores: map[string]float64{"quality": 100},
		Checks: []quality.Result{{ID: "amount-range", Dimension: contract.Accuracy, Severity: "HIGH", Status: quality.Pass, Score: &score},
			{ID: "fresh", Column: "transaction_time", Dimension: contract.Timeliness, Severity: "LOW", Unit: "minutes", Status: quality.Pass, Score: &score, Measured: &age}},
		Columns: []string{"amount"},
		Metrics: map[string]float64{"rowCount": float64(rows), "sum:amount": float64(rows) * 2400, "distinctCount:customer_id": 3, "distinctCount:basket_id": 4},
	}
	word := string(body)
	switch {
	case strings.Contains(word, "panic"):
		panic("index out of range")
	case strings.Contains(word, "bad"), strings.Contains(word, "warn"):
		c := &rep.Checks[0]
		c.Status, c.Violations, c.LookedAt = quality.Fail, 2, rows
		c.Message, c.Advice = "2 amounts outside 0 to 500", "correct the amounts at the till that wrote them"
		c.Samples = []quality.Sample{{Row: 1, Line: 2, Value: "-1"}}
		rep.Verdict, rep.BadRows = quality.VerdictFail, 2
		if strings.Contains(word, "warn") {
			rep.Verdict, c.Severity = quality.VerdictWarn, "MEDIUM"
		}
		rep.Quarantine = &quality.Quarantine{
			Header: []byte("amount"), Total: 2, Cap: 1,
			Rows: []quality.BadRow{{Row: 1, Line: 2, Raw: []byte("-1"), Checks: []string{"amount-range"}}},
		}
	}
	return rep, nil
}

func judged(t *testing.T, h *house, o landing.Object, now time.Time) landing.Outcome {
	t.Helper()
	out, err := h.judger().Judge(t.Context(), o, now)
	if err != nil {
		t.Fatalf("judge %s: %v", o.Key, err)
	}
	return out
}

// kinds lists the events that a consumer sees, in order.
func (h *house) kinds() string {
	var kinds []string
	for _, e := range h.bus.Distinct() {
		kinds = append(kinds, e.Type)
	}
	return strings.Join(kinds, " ")
}

func (h *house) signals(t *testing.T) []alert.Signal {
	t.Helper()
	var ss []alert.Signal
	for _, e := range h.bus.Distinct() {
		if e.Type == event.SignalRaised || e.Type == event.SignalResolved {
			var s alert.Signal
			decode(t, e.Data, &s)
			if err := s.Validate(); err != nil {
				t.Errorf("signal %s: %v", s.ID, err)
			}
			if n := len([]rune(s.Summary)); n > 120 {
				t.Errorf("summary of %d characters: %s", n, s.Summary)
			}
			ss = append(ss, s)
		}
	}
	return ss
}

func TestJudgeAGoodFile(t *testing.T) {
	h := newHouse()
	o := h.bucket.Put("landing", salesKey, []byte("1\n2\n"), noon)
	j := h.judger()
	j.CostPerSecond, j.Since = 0.5, func(time.Time) time.Duration { return 4 * time.Second }
	out, err := j.Judge(t.Context(), o, noon)
	if err != nil || out.Decision != landing.Judged || out.Verdict() != quality.VerdictPass {
		t.Fatalf("got %s %s, want judged pass", out.Decision, out.Verdict())
	}
	if got := h.bucket.Tagged(o); got != "pass" {
		t.Errorf("tag %q, want pass", got)
	}
	if got := h.kinds(); got != event.FileValidated {
		t.Errorf("events %q, want %q", got, event.FileValidated)
	}
	folder := "reports/sales_data/2026-11-22/" + o.ID() + "/"
	if got, want := strings.Join(h.documents.Keys(), " "), folder+"report.html "+folder+"report.json"; got != want {
		t.Errorf("documents %q, want %q", got, want)
	}
	got := map[string]float64{}
	for _, m := range h.metrics.All() {
		got[string(m.Name)] = m.Value
		if !m.At.Equal(noon) {
			t.Errorf("%s at %v, want the object's arrival", m.Name, m.At)
		}
	}
	for name, want := range map[string]float64{
		"QualityScore": 100, "AccuracyScore": 100, "RecordsProcessed": 2, "DailyRevenue": 4800, "CustomerCount": 3,
		"TransactionVolume": 4, "AverageOrderValue": 1200, "DataFreshnessMinutes": 180, "FilesJudged": 1, "RowsJudged": 2,
		"EndToEndSeconds": 4, "ProcessingCostPerRecord": 1,
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
}

func TestJudgeABadFileAndItsCorrection(t *testing.T) {
	h := newHouse()
	judged(t, h, h.bucket.Put("landing", "sales/dt=2026-11-21/sales_data.csv", []byte("1\n2\n"), noon.Add(-24*time.Hour)), noon.Add(-24*time.Hour))
	bad := h.bucket.Put("landing", salesKey, []byte("-1\nbad\n"), noon)
	out := judged(t, h, bad, noon)
	if out.Verdict() != quality.VerdictFail || h.bucket.Tagged(bad) != "fail" {
		t.Fatalf("got verdict %s, tag %q", out.Verdict(), h.bucket.Tagged(bad))
	}
	doc, ok := h.documents.Get(out.Record.Quarantine)
	if want := "tillwatch_row,tillwatch_line,tillwatch_checks,amount\n1,2,amount-range,-1\n"; !ok || string(doc.Body) != want {
		t.Errorf("quarantine %q, want %q", doc.Body, want)
	}
	good := h.bucket.Put("landing", salesKey, []byte("1\n2\n3\n"), noon.Add(time.Hour))
	judged(t, h, good, noon.Add(time.Hour))
	if got, want := h.kinds(), "file.validated.v1 file.rejected.v1 signal.raised.v1 file.validated.v1 signal.resolved.v1"; got != want {
		t.Errorf("events\n%s, want\n%s", got, want)
	}
	ss := h.signals(t)
	raised, resolved := ss[0], ss[1]
	if raised.DedupKey != "file_rejected/sales_data/2026-11-22" || raised.DedupKey != resolved.DedupKey || raised.GroupKey != "sales_data" {
		t.Errorf("keys %q, %q, group %q", raised.DedupKey, resolved.DedupKey, raised.GroupKey)
	}
	if raised.Severity != alert.P1 || raised.Team != "store-data" {
		t.Errorf("severity %s, team %q", raised.Severity, raised.Team)
	}
	if want := "sales_data 2026-11-22 rejected: 1 of 2 checks failed, 2 of 2 rows bad; worst: 2 amounts outside 0 to 500"; raised.Summary != want {
		t.Errorf("summary %q, want %q", raised.Summary, want)
	}
	if f := raised.Findings[0]; f.Where != "row 1 and 1 more" || f.Advice == "" {
		t.Errorf("finding %+v", f)
	}
	// A day of 4,800 is 200 an hour; three hours of delay put a tenth of it at risk.
	k := raised.Stakes
	if k == nil || k.HourlyRevenue != "200" || k.Currency != "EUR" || k.RevenueAtRisk != "60.00" || !k.Due.Equal(noon.Add(-3*time.Hour)) ||
		*k.Customers != 3 || k.Operational != alert.High {
		t.Errorf("stakes %+v", k)
	}
	if m := raised.Measure; m == nil || m.Name != "bad rows" || m.Value != 100 || *m.Expected != 0 || len(raised.Trend) != 1 || raised.Trend[0].Value != 0 {
		t.Errorf("measure %+v, trend %v", m, raised.Trend)
	}
	if len(raised.Metrics) != 4 || raised.Metrics[1] != (alert.Metric{Name: "bad rows", Value: 2}) {
		t.Errorf("metrics %v", raised.Metrics)
	}
	// The corrected file is the day's only one: 3 rows, not 5.
	var last float64
	for _, m := range h.metrics.All() {
		if m.Name == "DailyRevenue" {
			last = m.Value
		}
	}
	if last != 7200 {
		t.Errorf("revenue %v, want 7200", last)
	}
	judged(t, h, h.bucket.Put("landing", salesKey, []byte("1\n"), noon.Add(2*time.Hour)), noon.Add(2*time.Hour))
	if n := len(h.signals(t)); n != 2 {
		t.Errorf("%d signals after a second good file, want 2: nothing was open", n)
	}
}

func TestSeverityFollowsTheWorstFailedCheck(t *testing.T) {
	h := newHouse()
	out := judged(t, h, h.bucket.Put("landing", salesKey, []byte("1\nwarn\n"), noon), noon)
	if got := h.kinds(); got != "file.validated.v1 signal.raised.v1" || out.Verdict() != quality.VerdictWarn {
		t.Errorf("events %q, verdict %s", got, out.Verdict())
	}
	if s := h.signals(t)[0]; s.Severity != alert.P2 || s.Rule != alert.FileWarned {
		t.Errorf("severity %s, rule %s", s.Severity, s.Rule)
	}
}

func TestWithoutContract(t *testing.T) {
	for _, tt := range []struct {
		name, key, body string
		decision        landing.Decision
		signals         int
	}{
		{"an unknown prefix is signalled", "weather/2026-11-22.csv", "1\n", landing.NoContract, 1},
		{"a bill is not", "bills/2026-11.csv.gz", "1\n", landing.Ignored, 0},
		{"a survey is not", "surveys/november.csv", "1\n", landing.Ignored, 0},
		{"a manifest is not", "weather/day.manifest", "1\n", landing.Ignored, 0},
		{"a job's marker is not", "weather/_SUCCESS", "", landing.Ignored, 0},
		{"a manifest folder is not", "manifests/a.json", "1\n", landing.Ignored, 0},
		{"a folder marker is not", "sales/", "", landing.Ignored, 0},
		{"an empty file is", "weather/day.csv", "", landing.NoContract, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse()
			out := judged(t, h, h.bucket.Put("landing", tt.key, []byte(tt.body), noon), noon)
			if out.Decision != tt.decision {
				t.Errorf("decision %q (%s), want %q", out.Decision, out.Reason, tt.decision)
			}
			if got := len(h.signals(t)); got != tt.signals {
				t.Errorf("%d signals, want %d", got, tt.signals)
			}
		})
	}
}

func TestWithoutContractOncePerPrefixAndDay(t *testing.T) {
	h := newHouse()
	for i, key := range []string{"weather/dt=2026-11-22/a.csv", "weather/dt=2026-11-22/b.csv", "weather/dt=2026-11-21/c.csv", "traffic/a.csv"} {
		judged(t, h, h.bucket.Put("landing", key, []byte("1\n"), noon.Add(time.Duration(i)*time.Minute)), noon.Add(time.Hour))
	}
	judged(t, h, h.bucket.Put("landing", "weather/dt=2026-11-22/d.csv", []byte("1\n"), noon.Add(24*time.Hour)), noon.Add(25*time.Hour))
	var keys []string
	for _, s := range h.signals(t) {
		keys = append(keys, s.DedupKey)
		if s.Severity != alert.P3 {
			t.Errorf("severity %s, want P3", s.Severity)
		}
	}
	want := "file_without_contract/weather/2026-11-22 file_without_contract/traffic/2026-11-22 file_without_contract/weather/2026-11-23"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("signals\n%s, want\n%s", got, want)
	}
}

func TestBrokenContract(t *testing.T) {
	h := newHouse()
	h.library.Shelf = landing.Shelf{Broken: []landing.Broken{
		{Name: "contracts/stock.odcs.yaml", Err: errors.New("stock.odcs.yaml:1:1: empty")},
		{Name: "contracts/sales_data.odcs.yaml", Err: errors.New("sales_data.odcs.yaml:7:3: unknown key colums")},
	}}
	o := h.bucket.Put("landing", salesKey, []byte("1\n"), noon)
	out := judged(t, h, o, noon)
	if out.Decision != landing.Unjudged || out.Verdict() != quality.VerdictError || h.bucket.Tagged(o) != "error" {
		t.Errorf("got %s %s, tag %q", out.Decision, out.Verdict(), h.bucket.Tagged(o))
	}
	s := h.signals(t)[0]
	if s.Severity != alert.P1 || !strings.Contains(s.Findings[0].Message, "7:3: unknown key colums") {
		t.Errorf("signal %+v", s)
	}
	h.library.Shelf = landing.Shelf{Contracts: []*contract.Contract{sales}}
	judged(t, h, h.bucket.Put("landing", salesKey, []byte("1\n"), noon.Add(time.Hour)), noon.Add(time.Hour))
	if ss := h.signals(t); len(ss) != 2 || ss[1].Status != alert.Resolved || ss[1].DedupKey != s.DedupKey {
		t.Errorf("signals %+v, want the first resolved", ss)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	h := newHouse()
	gone := h.bucket.Put("landing", salesKey, []byte("1\n"), noon)
	h.bucket.Delete(gone)
	if out := judged(t, h, gone, noon); out.Decision != landing.Missing {
		t.Errorf("a deleted object: %s", out.Decision)
	}
	old := h.bucket.Put("landing", "sales/b.csv", []byte("1\n"), noon)
	h.bucket.Delete(old)
	h.bucket.Put("landing", "sales/b.csv", []byte("2\n"), noon)
	old.Version = ""
	if out := judged(t, h, old, noon); out.Decision != landing.Stale {
		t.Errorf("a replaced object: %s", out.Decision)
	}
	panics := h.bucket.Put("landing", "sales/c.csv", []byte("panic\n"), noon)
	if out := judged(t, h, panics, noon); out.Decision != landing.Unjudged || out.Verdict() != quality.VerdictError {
		t.Errorf("a panic: %s %s", out.Decision, out.Verdict())
	}
	again := h.bucket.Put("landing", "sales/d.csv", []byte("1\n"), noon)
	j := h.judger()
	j.Validate = func(context.Context, quality.Input) (*quality.Report, error) { return nil, fault{} }
	if _, err := j.Judge(t.Context(), again, noon); !landing.Retryable(err) {
		t.Errorf("a throttled read: %v, want a retryable error", err)
	}
	if out := judged(t, h, again, noon); out.Decision != landing.Judged || out.Attempt != 2 {
		t.Errorf("its retry at once: %s, attempt %d; want judged at the second", out.Decision, out.Attempt)
	}
	if _, err := h.judger().Judge(t.Context(), landing.Object{Bucket: "landing", Key: "a"}, noon); !errors.Is(err, landing.ErrInvalid) {
		t.Errorf("an event without a sequencer: %v", err)
	}
}

type fault struct{}

func (fault) Error() string   { return "slow down" }
func (fault) Retryable() bool { return true }

func TestTwiceTenTimesAtOnceAndOutOfOrder(t *testing.T) {
	h := newHouse()
	old := h.bucket.Put("landing", salesKey, []byte("1\n"), noon)
	o := h.bucket.Put("landing", salesKey, []byte("-1\nbad\n"), noon.Add(time.Second))
	var wg sync.WaitGroup
	var mu sync.Mutex
	did := map[landing.Decision]int{}
	for range 10 {
		wg.Go(func() {
			for {
				out, err := h.judger().Judge(t.Context(), o, noon.Add(time.Minute))
				if errors.Is(err, landing.ErrBusy) {
					time.Sleep(time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				did[out.Decision]++
				mu.Unlock()
				return
			}
		})
	}
	wg.Wait()
	if did[landing.Judged] != 1 || did[landing.AlreadyDone] != 9 {
		t.Errorf("decisions %v, want one judged and nine already done", did)
	}
	if out := judged(t, h, old, noon.Add(time.Hour)); out.Decision != landing.Stale {
		t.Errorf("the older version: %s, want stale", out.Decision)
	}
	if out := judged(t, h, o, noon.Add(time.Hour)); out.Decision != landing.AlreadyDone {
		t.Errorf("delivered again: %s, want already done", out.Decision)
	}
	history, _ := h.ledger.History(t.Context(), "sales_data", 10)
	if len(h.ledger.Records()) != 1 || len(history) != 1 || len(h.signals(t)) != 1 || len(h.bus.All()) != 2 {
		t.Errorf("%d verdicts, %d entries, %d signals, %d events; want 1, 1, 1, 2",
			len(h.ledger.Records()), len(history), len(h.signals(t)), len(h.bus.All()))
	}
}
