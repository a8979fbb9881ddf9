package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/document"
)

// week is a history by hand-written rules, shaped differently from the storm: a
// retailer's nightly loads by region, with incidents that are one line long,
// that last for hours, that end at once, and two at the same time.
func week() []Line {
	var lines []Line
	at := func(day int, clock string) time.Time {
		d, err := time.ParseDuration(clock)
		if err != nil {
			panic(err)
		}
		return time.Date(2026, 11, 2+day, 0, 0, 0, 0, time.UTC).Add(d)
	}
	add := func(truth string, t time.Time, status alert.Status, severity alert.Severity, rule string, labels ...string) {
		l := Line{Time: t, Status: status, Severity: severity, Rule: rule, Labels: Labels{}, Truth: truth}
		for i := 0; i < len(labels); i += 2 {
			l.Labels[labels[i]] = labels[i+1]
		}
		lines = append(lines, l)
	}
	for day := range 7 {
		// Every night one region's load is late until somebody starts it again.
		region := []string{"north", "south", "east", "west"}[day%4]
		late := fmt.Sprintf("late-%d", day)
		for n := range 12 {
			add(late, at(day, "2h").Add(time.Duration(n)*10*time.Minute), alert.Firing, alert.P2, "late_arrival",
				"pipeline", "load_"+region, "region", region, "environment", "prod")
		}
		add(late, at(day, "4h5m"), alert.Resolved, alert.P2, "late_arrival", "pipeline", "load_"+region, "region", region, "environment", "prod")
		// At the same time a till in another region sends rubbish: 40 stores at once.
		other := []string{"north", "south", "east", "west"}[(day+2)%4]
		till := fmt.Sprintf("till-%d", day)
		for store := range 40 {
			add(till, at(day, "2h3m").Add(time.Duration(store)*time.Second), alert.Firing, alert.P1, "null_rate",
				"pipeline", "tills_"+other, "store", fmt.Sprint(store), "environment", "prod")
		}
		for store := range 40 {
			add(till, at(day, "2h50m").Add(time.Duration(store)*time.Second), alert.Resolved, alert.P1, "null_rate",
				"pipeline", "tills_"+other, "store", fmt.Sprint(store), "environment", "prod")
		}
		// One line and nothing more, twice a day, of the same table.
		for n, clock := range []string{"9h", "17h30m"} {
			add(fmt.Sprintf("schema-%d-%d", day, n), at(day, clock), alert.Firing, alert.P3, "schema_changed",
				"dataset", "suppliers", "environment", "prod")
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	return lines
}

func TestAnotherHistory(t *testing.T) {
	p := New(policy.Shipped())
	for _, l := range week() {
		if err := p.Play(l); err != nil {
			t.Fatal(err)
		}
	}
	r, err := p.Finish()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.Text())
	if r.Truth.Incidents != 28 || r.Truth.Recall < 100 || r.Truth.PairF1 < 0.95 || r.Truth.PagesPerIncident > 1.2 || r.CriticalMax > 30 {
		t.Errorf("got %+v", *r.Truth)
	}
}

// TestOneNotifyForEachPage holds the decisions against the pages.
func TestOneNotifyForEachPage(t *testing.T) {
	p := New(policy.Shipped())
	draft, err := os.Create(filepath.Join(t.TempDir(), "draft"))
	if err != nil {
		t.Fatal(err)
	}
	j := NewJournal(draft)
	p.Decided = j.Decided
	history := week()
	for _, l := range history {
		if err := p.Play(l); err != nil {
			t.Fatal(err)
		}
	}
	r, err := p.Finish()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := j.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	notified, n := map[string]int{}, 0
	for line := range strings.Lines(out.String()) {
		var o Outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if !o.Time.Equal(history[n].Time) || o.IncidentID == "" || o.DedupKey == "" || o.GroupKey == "" || o.Reason == "" {
			t.Errorf("line %d: %+v", n, o)
		}
		if o.Decision == Notify {
			notified[o.NotificationID]++
			if o.NotifiedAt == nil || o.NotifiedAt.Before(o.Time) {
				t.Errorf("line %d: notified at %v", n, o.NotifiedAt)
			}
		}
		n++
	}
	if n != len(history) {
		t.Errorf("%d outcomes for %d lines", n, len(history))
	}
	for id, n := range notified {
		if n != 1 {
			t.Errorf("%s: %d lines say notify", id, n)
		}
	}
	if want := r.Notifications - r.Repeats; len(notified) < want {
		t.Errorf("%d pages have a line, want %d", len(notified), want)
	}
}

func TestReadNamesTheLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no JSON", "{\n", "line 1"},
		{"no time", "\n" + `{"status":"firing","rule":"r","severity":"P1"}`, "line 2: invalid signal: at is missing"},
		{"no severity", `{"time":"2026-11-02T00:00:00Z","status":"firing","rule":"r"}`, "severity is"},
		{"a list as a label", `{"labels":{"a":[]}}`, "label a is neither"},
		{"too long", `"` + strings.Repeat("x", maxLine+1), "longer than"},
	} {
		err := Read(strings.NewReader(c.in), New(policy.Shipped()).Play)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"time":"2026-11-02T00:00:00Z","status":"firing","rule":"r","severity":"critical","labels":{"a":1,"b":true,"c":null}}`))
	f.Add([]byte(`{"time":"2026-11-02T00:00:00Z","status":"resolved","rule":"r","severity":"P3","labels":{},"value":1e9}` + "\n\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		p := New(policy.Shipped())
		if Read(bytes.NewReader(data), p.Play) == nil {
			_, _ = p.Finish()
		}
	})
}

func FuzzReadStories(f *testing.F) {
	f.Add([]byte("tests:\n  - {name: n, pages: 1, signals: [{at: 0s, rule: r, severity: P1, labels: {a: 1}, expect: notify}]}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		stories, err := ReadStories("t.yaml", data)
		if err != nil {
			return
		}
		for _, s := range stories {
			_ = s.Check(policy.Shipped(), &document.Faults{File: "t.yaml"})
		}
	})
}
