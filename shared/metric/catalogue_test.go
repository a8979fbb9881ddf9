package metric

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// The names and the dimensions of the two namespaces that the users chose.
var promised = map[Namespace]map[Name][]string{
	Quality: {
		CompletenessScore: {"PipelineName,Table"},
		AccuracyScore:     {"PipelineName,Table", "PipelineName,ValidationRule"},
		TimelinessScore:   {"PipelineName,Table"},
		ConsistencyScore:  {"PipelineName,Table"},
		ConformityScore:   {"PipelineName,Table"},
		UniquenessScore:   {"PipelineName,Table"},
		QualityScore:      {"PipelineName,Table"},
	},
	Business: {
		RecordsProcessed:        {"PipelineName,DataSource"},
		DailyRevenue:            {"PipelineName,DataSource"},
		CustomerCount:           {"PipelineName,DataSource"},
		TransactionVolume:       {"PipelineName,DataSource"},
		AverageOrderValue:       {"PipelineName,DataSource"},
		DataFreshnessMinutes:    {"PipelineName,DataSource"},
		ProcessingCostPerRecord: {"PipelineName"},
	},
}

func TestCatalogueKeepsWhatIsPromised(t *testing.T) {
	got := map[Namespace]int{}
	for _, m := range Catalogue() {
		want, ok := promised[m.Namespace]
		if !ok {
			continue
		}
		got[m.Namespace]++
		var sets []string
		for _, s := range m.Sets {
			sets = append(sets, strings.Join(s.Dimensions, ","))
		}
		if !slices.Equal(sets, want[m.Name]) {
			t.Errorf("%s %s: got dimension sets %v, want %v", m.Namespace, m.Name, sets, want[m.Name])
		}
	}
	for ns, want := range promised {
		if got[ns] != len(want) {
			t.Errorf("%s: got %d metrics, want %d", ns, got[ns], len(want))
		}
	}
}

func TestCatalogueTargets(t *testing.T) {
	want := map[Name]Target{
		CompletenessScore: {AtLeast, 98}, AccuracyScore: {AtLeast, 99}, TimelinessScore: {AtLeast, 95},
		ConsistencyScore: {AtLeast, 99}, ConformityScore: {AtLeast, 99}, UniquenessScore: {AtLeast, 99.9},
		DataFreshnessMinutes: {AtMost, 60},
	}
	for _, m := range Catalogue() {
		w, ok := want[m.Name]
		switch {
		case m.Target == nil && ok:
			t.Errorf("%s: got no target, want %v", m.Name, w)
		case m.Target != nil && *m.Target != w:
			t.Errorf("%s: got target %v, want %v", m.Name, *m.Target, w)
		}
	}
}

func TestCatalogueIsSound(t *testing.T) {
	seen := map[Name]bool{}
	for _, m := range Catalogue() {
		if seen[m.Name] {
			t.Errorf("%s is declared twice", m.Name)
		}
		seen[m.Name] = true
		if m.Description == "" || !strings.HasSuffix(m.Description, ".") {
			t.Errorf("%s: got description %q, want a sentence", m.Name, m.Description)
		}
		if m.Unit == "" || m.Statistic == "" || len(m.Sets) == 0 {
			t.Errorf("%s: unit, statistic and dimension sets are required: %+v", m.Name, m)
		}
		for _, s := range m.Sets {
			if s.Series < 1 || len(s.Dimensions) == 0 {
				t.Errorf("%s: got set %+v, want dimensions and at least one series", m.Name, s)
			}
		}
	}
}

func TestCatalogueIsACopy(t *testing.T) {
	Catalogue()[1].Target.Value = 1
	Catalogue()[0].Sets[0].Series = 1000
	if got := Catalogue()[1].Target.Value; got != 98 {
		t.Errorf("got target %v after a caller changed its copy, want 98", got)
	}
	if got := Catalogue()[0].Sets[0].Series; got != 1 {
		t.Errorf("got %d series after a caller changed its copy, want 1", got)
	}
}

func TestSeries(t *testing.T) {
	for _, c := range []struct {
		name Name
		want int
	}{
		{CompletenessScore, 3},         // one per dataset
		{AccuracyScore, 3 + 3*20},      // and one per rule
		{NotificationsSent, 4},         // one per severity
		{ProcessingCostPerRecord, 3},   // one per pipeline
		{NotificationsSuppressed, 1},   // one per deployment
		{Name("of no catalogue"), 0},   // none
		{DataFreshnessMinutes, 3},      // one per dataset
		{Name(EndToEndSeconds), 1 + 0}, // one per deployment
	} {
		m, _ := Lookup(c.name)
		if got := m.Series(3, 20); got != c.want {
			t.Errorf("%s: got %d series, want %d", c.name, got, c.want)
		}
	}
}

func TestTargetMet(t *testing.T) {
	for _, c := range []struct {
		rule   string
		target Target
		value  float64
		want   bool
	}{
		{"at least includes the target", Target{AtLeast, 98}, 98, true},
		{"under the target fails", Target{AtLeast, 98}, 97.99, false},
		{"at most includes the target", Target{AtMost, 60}, 60, true},
		{"over the target fails", Target{AtMost, 60}, 61, false},
		{"what is no number never meets a target", Target{AtLeast, 98}, math.NaN(), false},
	} {
		if got := c.target.Met(c.value); got != c.want {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	of := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	table := of(PipelineName, "sales", Table, "sales_data")
	for _, c := range []struct {
		rule string
		m    Measurement
		want string // part of the error, "" for none
	}{
		{"first set", Measurement{AccuracyScore, table, 99.5, at}, ""},
		{"second set", Measurement{AccuracyScore, of(PipelineName, "sales", ValidationRule, "price-range"), 0, at}, ""},
		{"unknown name", Measurement{"Speed", table, 1, at}, "not in the catalogue"},
		{"a dimension too many", Measurement{QualityScore, of(PipelineName, "a", Table, "b", "ObjectKey", "c"), 1, at}, "none of {PipelineName, Table}"},
		{"a dimension too few", Measurement{QualityScore, of(PipelineName, "a"), 1, at}, "none of {PipelineName, Table}"},
		{"a set of another metric", Measurement{QualityScore, of(PipelineName, "a", ValidationRule, "b"), 1, at}, "none of"},
		{"empty value", Measurement{QualityScore, of(PipelineName, "", Table, "b"), 1, at}, "dimension PipelineName: value is empty"},
		{"blank value", Measurement{QualityScore, of(PipelineName, "  ", Table, "b"), 1, at}, "blank"},
		{"leading colon", Measurement{QualityScore, of(PipelineName, ":a", Table, "b"), 1, at}, "colon"},
		{"too long", Measurement{QualityScore, of(PipelineName, strings.Repeat("a", 1025), Table, "b"), 1, at}, "1025 bytes"},
		{"not ASCII", Measurement{QualityScore, of(PipelineName, "käse", Table, "b"), 1, at}, "printable ASCII"},
		{"not a number", Measurement{QualityScore, table, math.NaN(), at}, "cannot be published"},
		{"infinite", Measurement{QualityScore, table, math.Inf(-1), at}, "cannot be published"},
		{"too large", Measurement{QualityScore, table, math.Ldexp(1, 361), at}, "cannot be published"},
		{"no time", Measurement{QualityScore, table, 1, time.Time{}}, "no time"},
	} {
		err := c.m.Validate()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: got %v, want no error", c.rule, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want an error with %q", c.rule, err, c.want)
		}
	}
}
