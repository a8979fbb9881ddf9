package landing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/drift"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestPeriodOf(t *testing.T) {
	for _, tt := range []struct{ name, key, want string }{
		{"a partition", "sales/dt=2026-11-20/a.csv", "2026-11-20"},
		{"a partition without dashes", "sales/date=20261120/a.csv", "2026-11-20"},
		{"a partition and its hour", "sales/dt=2026-11-20/hour=3/a.csv", "2026-11-20T03"},
		{"parts of a date", "sales/year=2026/month=1/day=9/a.csv", "2026-01-09"},
		{"folders", "sales/2026/11/20/a.csv", "2026-11-20"},
		{"the name", "sales/sales_2026-11-20.csv", "2026-11-20"},
		{"the name without dashes", "sales/sales-20261120-v2.csv", "2026-11-20"},
		{"a partition before the name", "sales/dt=2026-11-20/made_20261121.csv", "2026-11-20"},
		{"no date: the day of arrival", "sales/sales_data.csv", "2026-11-22"},
		{"no such day: the day of arrival", "sales/dt=2026-13-45/a.csv", "2026-11-22"},
		{"a longer number is no date", "sales/202611201530.csv", "2026-11-22"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := PeriodOf(tt.key, noon); got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.key, got, tt.want)
			}
		})
	}
}

func FuzzPeriodOf(f *testing.F) {
	for _, key := range []string{"sales/dt=2026-11-20/hour=3/a.csv", "2026/02/30/a", "year=2026/month=1/day=9/", "99999999", "", "dt=/"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		day, hour, hourly := strings.Cut(PeriodOf(key, noon), "T")
		if _, err := time.Parse(time.DateOnly, day); err != nil || hourly && len(hour) != 2 {
			t.Errorf("%q: period %s %s", key, day, hour)
		}
	})
}

func TestPrefixOf(t *testing.T) {
	for key, want := range map[string]string{
		"a.csv": "/", "weather/a.csv": "weather/", "eu/weather/dt=2026-11-22/x/a.csv": "eu/weather/", "weather/2026/11/a.csv": "weather/", "2026/a.csv": "/",
	} {
		if got := prefixOf(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

func TestRankComparesAfterPaddingOnTheRight(t *testing.T) {
	for _, tt := range []struct {
		older, newer string
	}{
		{"0055AED6DCD90281E5", "0055AED6DCD90281E6"},
		{"0055AED6DCD902", "0055AED6DCD90281E5"},
		{"0055aed6dcd90281e5", "0055AED6DCD90281E6"},
		{"0055AED6DCD90281E5", "0056"},
	} {
		if a, b := (Object{Sequencer: tt.older}).Rank(), (Object{Sequencer: tt.newer}).Rank(); a >= b {
			t.Errorf("%s is not older than %s", tt.older, tt.newer)
		}
	}
	if a, b := (Object{Sequencer: "0A"}), (Object{Sequencer: "0a00"}); a.Rank() != b.Rank() || a.ID() != b.ID() {
		t.Error("0A and 0a00 are the same rank and must have the same id")
	}
}

// TestTakeNeverGivesTwoLiveClaims plays any sequence of claims, finishes and
// pauses and wants no two live claims of one object at a time, attempts that
// only grow, and nothing older than the newest ever begun.
func TestTakeNeverGivesTwoLiveClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stored := map[string]Claim{}
		newest, now := "", noon
		until := map[string]time.Time{} // the end of the live lease
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			o := Object{Bucket: "b", Key: "k", Sequencer: rapid.SampledFrom([]string{"01", "02", "0201", "03"}).Draw(t, "sequencer"), Arrived: noon}
			switch rapid.SampledFrom([]string{"claim", "claim", "finish", "wait"}).Draw(t, "step") {
			case "wait":
				now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
			case "finish":
				if c, ok := stored[o.Rank()]; ok && c.Record == nil && newest == o.Rank() {
					c.Record = &Record{}
					stored[o.Rank()] = c
				}
			case "claim":
				prev := stored[o.Rank()]
				c, err := Take(prev, newest, o, now, time.Minute)
				switch {
				case err != nil && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrStale):
					t.Fatalf("unexpected error %v", err)
				case err != nil, c.Done():
					continue
				case until[o.Rank()].After(now):
					t.Fatalf("a second claim while one lives until %v", until[o.Rank()])
				case c.Attempt != prev.Attempt+1:
					t.Fatalf("attempt %d after %d", c.Attempt, prev.Attempt)
				case o.Rank() < newest:
					t.Fatalf("rank %.4s was begun after %.4s", o.Rank(), newest)
				}
				stored[o.Rank()], until[o.Rank()] = c, c.Lease
				newest = max(newest, o.Rank())
			}
		}
	})
}

func TestBaseline(t *testing.T) {
	o := Object{Bucket: "b", Key: "today.csv"}
	entry := func(key, rank, period string, rows float64, at time.Duration) Entry {
		return Entry{Key: "b/" + key, Rank: rank, Period: period, Run: quality.Run{At: noon.Add(at), Metrics: map[string]float64{"rowCount": rows}}}
	}
	runs := Baseline([]Entry{
		entry("today.csv", "01", "2026-11-22", 1, 0),             // what o replaces
		entry("today.csv", "01", "2026-11-21", 2, -24*time.Hour), // the same key, another day
		entry("a.csv", "01", "2026-11-22", 3, -2*time.Hour),      // replaced
		entry("a.csv", "02", "2026-11-22", 4, -time.Hour),
	}, o, "2026-11-22")
	var rows []float64
	for _, r := range runs {
		rows = append(rows, r.Metrics["rowCount"])
	}
	if diff := cmp.Diff([]float64{2, 4}, rows); diff != "" {
		t.Errorf("rows of the baseline:\n%s", diff)
	}
}

func TestMergeIsCommutativeAndAssociative(t *testing.T) {
	figure := rapid.Custom(func(t *rapid.T) Figures {
		return Figures{
			Accepted: rapid.Bool().Draw(t, "accepted"), Rows: rapid.Int64Range(0, 1e6).Draw(t, "rows"),
			Revenue:   rapid.SampledFrom([]string{"", "0.1", "0.2", "-3.35", "123456789012.15"}).Draw(t, "revenue"),
			Customers: float64(rapid.IntRange(-1, 50).Draw(t, "customers")), Transactions: float64(rapid.IntRange(-1, 50).Draw(t, "transactions")),
		}
	})
	same := cmp.Comparer(func(a, b *big.Rat) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.SliceOfN(figure, 0, 8).Draw(t, "day")
		want := Merge(day)
		shuffled := rapid.Permutation(day).Draw(t, "shuffled")
		if diff := cmp.Diff(want, Merge(shuffled), same); diff != "" {
			t.Fatalf("the order matters:\n%s", diff)
		}
	})
	if got := Merge([]Figures{{Accepted: true, Revenue: "0.1"}, {Accepted: true, Revenue: "0.2"}, {Revenue: "99"}}); got.Revenue.Cmp(big.NewRat(3, 10)) != 0 || got.Customers != 0 {
		t.Errorf("0.1 and 0.2 make %v", got.Revenue)
	}
	if got := Merge(nil); got.Revenue != nil || got.Customers != -1 || got.Files != 0 {
		t.Errorf("no files make %+v", got)
	}
}

func TestStanding(t *testing.T) {
	open := func(rule string, at time.Duration) Open {
		severity := alert.P1
		if rule == alert.FileWarned {
			severity = alert.P2
		}
		return Open{Rule: rule, DedupKey: rule + "/d", SignalID: rule, Severity: string(severity), At: noon.Add(at)}
	}
	raising := func(rule string, severity alert.Severity) *alert.Signal {
		return &alert.Signal{Rule: rule, Severity: severity}
	}
	s := Standing{Key: "d"}.Raise(open(alert.FileRejected, 0)).Raise(open(alert.FileWarned, time.Hour)).Raise(open(alert.FileRejected, -time.Hour))
	if len(s.Open) != 2 || !s.Open[1].At.Equal(noon) {
		t.Fatalf("standing %+v, want two open, the rejected one since the latest arrival", s)
	}
	for _, tt := range []struct {
		name string
		next *alert.Signal
		at   time.Duration
		want []string
	}{
		{"a good later file resolves all", nil, 2 * time.Hour, []string{alert.FileWarned, alert.FileRejected}},
		{"a file that is merely warned of resolves the rejection", raising(alert.FileWarned, alert.P2), 2 * time.Hour, []string{alert.FileRejected}},
		{"a worse file resolves no warning", raising(alert.FileRejected, alert.P1), 2 * time.Hour, nil},
		{"trouble of another kind and the same urgency resolves nothing", raising(alert.FileUnjudged, alert.P1), 2 * time.Hour, nil},
		{"not what arrived after it", nil, 30 * time.Minute, []string{alert.FileRejected}},
		{"an older file resolves nothing", nil, -time.Minute, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, ended := s.Resolve(tt.next, noon.Add(tt.at))
			var rules []string
			for _, o := range ended {
				rules = append(rules, o.Rule)
			}
			if !slices.Equal(rules, tt.want) || len(next.Open)+len(ended) != len(s.Open) {
				t.Errorf("resolved %v, left %v; want %v", rules, next.Open, tt.want)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	rows := func(ns ...int64) []quality.Sample {
		var ss []quality.Sample
		for _, n := range ns {
			ss = append(ss, quality.Sample{Row: n})
		}
		return ss
	}
	for _, tt := range []struct {
		c    quality.Result
		want string
	}{
		{quality.Result{}, ""},
		{quality.Result{Samples: rows(0), Violations: 1}, ""}, // the header
		{quality.Result{Samples: rows(12), Violations: 1}, "row 12"},
		{quality.Result{Samples: rows(12, 40, 41), Violations: 20}, "rows 12, 40, 41 and 17 more"},
	} {
		if got := where(tt.c); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSeverityAndOrder(t *testing.T) {
	score := func(v float64) *float64 { return &v }
	bad := worstFirst([]quality.Result{
		{ID: "passes", Severity: "HIGH", Status: quality.Pass},
		{ID: "low", Severity: "LOW", Status: quality.Fail, Score: score(0)},
		{ID: "unmeasured", Severity: "HIGH", Status: quality.Errored},
		{ID: "slight", Severity: "HIGH", Status: quality.Fail, Score: score(99)},
		{ID: "bad", Severity: "HIGH", Status: quality.Fail, Score: score(10)},
		{ID: "medium", Severity: "MEDIUM", Status: quality.Fail, Score: score(0)},
	})
	var ids []string
	for _, c := range bad {
		ids = append(ids, c.ID)
	}
	if got := strings.Join(ids, " "); got != "bad slight unmeasured medium low" {
		t.Errorf("worst first: %s", got)
	}
	for _, tt := range []struct {
		wanted string
		bad    []quality.Result
		want   alert.Severity
	}{
		{"", bad, alert.P1}, {"", bad[3:], alert.P2}, {"", bad[4:], alert.P3}, {"", nil, alert.P1}, {"P0", bad[4:], alert.P0}, {"urgent", bad[4:], alert.P3},
	} {
		if got := severity(tt.wanted, tt.bad); got != tt.want {
			t.Errorf("severity(%q, %d checks) = %s, want %s", tt.wanted, len(tt.bad), got, tt.want)
		}
	}
}

func TestSummaryFitsALine(t *testing.T) {
	long := strings.Repeat("many words about what is wrong with it ", 5)
	check := func(message, name, id string) []quality.Result {
		return []quality.Result{{ID: id, Name: name, Message: message, Status: quality.Fail}}
	}
	f := file{dataset: "sales_data", period: "2026-11-22"}
	r := &quality.Report{Rows: 1234567, BadRows: 4965, Checks: make([]quality.Result, 58)}
	const begin = "sales_data 2026-11-22 rejected: 1 of 58 checks failed, 4,965 of 1,234,567 rows bad; worst: "
	for _, tt := range []struct {
		name string
		bad  []quality.Result
		want string
	}{
		{"the message", check("9 of 12 rows have no id", "", "id_filled"), begin + "9 of 12 rows have no id"},
		{"else the name", check(long, "every row has an id", "id_filled"), begin + "every row has an id"},
		{"else the id", check(long, long, "id_filled"), begin + "id_filled"},
		{"else as much as fits", check(long, "", long), begin + "many words about what is wro…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := summary(f, r, "rejected", tt.bad); got != tt.want || len([]rune(got)) > summaryLimit {
				t.Errorf("got\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestWideFilesFitInHistory(t *testing.T) {
	run := quality.Run{Metrics: map[string]float64{"rowCount": 1, "bytes": 2}}
	if got := bounded(run); len(got.Metrics) != 2 {
		t.Errorf("a narrow file: metrics %v", got.Metrics)
	}
	for i := range 20_000 {
		name := fmt.Sprintf("column_%d", i)
		run.Columns = append(run.Columns, name)
		run.Metrics["nullPercent:"+name] = 1
		run.Content = append(run.Content, drift.Column{Name: name, Type: "number", At: make([]float64, 40), Numbers: make([]int64, 40), Classes: map[string]int64{name: 1}})
	}
	got := bounded(run)
	size := 0
	for name := range got.Metrics {
		size += len(name) + 24
	}
	if held, err := json.Marshal(got.Content); err != nil || len(got.Content) < 100 || len(held) > contentBytes {
		t.Errorf("a wide file: content of %d columns, %d bytes, %v", len(got.Content), len(held), err)
	}
	if got.Columns != nil || size > historyBytes+100 || got.Metrics["rowCount"] != 1 || got.Metrics["bytes"] != 2 {
		t.Errorf("a wide file: %d columns, %d metrics of about %d bytes", len(got.Columns), len(got.Metrics), size)
	}
}

func TestKeysOfAnyLength(t *testing.T) {
	long := strings.Repeat("p/", 200)
	a, b := keyOf(long+"2026-11-21"), keyOf(long+"2026-11-22")
	if a == b || len(a) > keyLimit || keyOf("sales/2026-11-21") != "sales/2026-11-21" {
		t.Errorf("keys %q and %q", a, b)
	}
}
