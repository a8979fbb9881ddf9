package silence

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func valid() Silence {
	return Silence{ID: "s", Matchers: []string{`pipeline="sales_data"`}, Starts: noon, Ends: noon.Add(time.Hour), By: "Ann", Comment: "work", Updated: noon}
}

func TestSilencesThatCannotHold(t *testing.T) {
	for rule, bad := range map[string]func(*Silence){
		"one without an id":                   func(s *Silence) { s.ID = "" },
		"one that ends as it begins":          func(s *Silence) { s.Ends = s.Starts },
		"one that nobody signs":               func(s *Silence) { s.By = "" },
		"one without a comment":               func(s *Silence) { s.Comment = "" },
		"one without matchers":                func(s *Silence) { s.Matchers = nil },
		"an empty matcher":                    func(s *Silence) { s.Matchers = []string{"{}"} },
		"a matcher that is none":              func(s *Silence) { s.Matchers = []string{"pipeline"} },
		"an expression that is none":          func(s *Silence) { s.Matchers = []string{`pipeline=~"("`} },
		"one that matches what is absent":     func(s *Silence) { s.Matchers = []string{`a!="b"`, `c=~".*"`} },
		"a matcher that is far too long":      func(s *Silence) { s.Matchers = []string{"a=" + strings.Repeat("x", MaxMatcher)} },
		"more matchers than can be asked for": func(s *Silence) { s.Matchers = make([]string, MaxMatchers+1) },
	} {
		s := valid()
		bad(&s)
		if got, err := New(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %+v, %v, want %v", rule, got, err, ErrInvalid)
		}
	}
}

func TestMutes(t *testing.T) {
	sales := alert.Signal{Rule: "file_rejected", Pipeline: "sales_data", Severity: alert.P1, Labels: map[string]string{"store": "12"}}
	for _, c := range []struct {
		rule     string
		matchers []string
		incident string
		of       string // the incident that the alert is of
		opened   time.Time
		at       time.Time
		want     bool
	}{
		{"what it matches", []string{"pipeline=sales_data"}, "", "i", noon, noon, true},
		{"by several, all of which hold", []string{`alertname="file_rejected"`, "severity=~P1|P2", "store!=13"}, "", "i", noon, noon, true},
		{"not if one does not", []string{"pipeline=sales_data", "store=13"}, "", "i", noon, noon, false},
		{"an absent label is empty", []string{"pipeline=sales_data", "region="}, "", "i", noon, noon, true},
		{"an expression matches as a whole", []string{"pipeline=~sales"}, "", "i", noon, noon, false},
		{"several in braces", []string{`{pipeline="sales_data",severity!="P0"}`}, "", "i", noon, noon, true},
		{"not before it begins", []string{"pipeline=sales_data"}, "", "i", noon, noon.Add(-1), false},
		{"not at its end", []string{"pipeline=sales_data"}, "", "i", noon, noon.Add(time.Hour), false},
		{"but just before", []string{"pipeline=sales_data"}, "", "i", noon, noon.Add(time.Hour - 1), true},
		{"its incident", []string{"pipeline=sales_data"}, "i", "i", noon.Add(-time.Hour), noon, true},
		{"not another", []string{"pipeline=sales_data"}, "i", "j", noon.Add(-time.Hour), noon, false},
		{"not its incident when that came back", []string{"pipeline=sales_data"}, "i", "i", noon.Add(time.Minute), noon.Add(2 * time.Minute), false},
	} {
		s := valid()
		s.Matchers, s.Incident = c.matchers, c.incident
		s, err := New(s)
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		if got := s.Mutes(&sales, c.of, c.opened, c.at); got != c.want {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
	made := valid()
	if made.Mutes(&sales, "i", noon, noon) {
		t.Error("one that New has not made mutes")
	}
}

func TestExpire(t *testing.T) {
	s, err := New(valid())
	if err != nil {
		t.Fatal(err)
	}
	if e := s.Expire(noon.Add(time.Minute)); e.Active(noon.Add(time.Minute)) || !e.Active(noon.Add(time.Minute-1)) {
		t.Errorf("one that holds: %+v", e)
	}
	for rule, at := range map[string]time.Time{"one to come": noon.Add(-time.Hour), "one that has ended": noon.Add(2 * time.Hour)} {
		e := s.Expire(at)
		if e.Active(noon.Add(time.Minute)) != (rule == "one that has ended") {
			t.Errorf("%s: %+v", rule, e)
		}
		if _, err := New(e); err != nil {
			t.Errorf("%s is invalid: %v", rule, err)
		}
	}
}

func TestOf(t *testing.T) {
	signal := func(rule, pipeline string) alert.Signal { return alert.Signal{Rule: rule, Pipeline: pipeline} }
	for _, c := range []struct {
		rule string
		list []alert.Signal
		want []string
	}{
		{"one alert", []alert.Signal{signal("a", "p")}, []string{`pipeline="p"`}},
		{"two rules of a pipeline", []alert.Signal{signal("a", "p"), signal("b", "p")}, []string{`pipeline="p"`}},
		{"two pipelines", []alert.Signal{signal("b", "q.x"), signal("a", "p")}, []string{`pipeline=~"p|q\\.x"`}},
		{"one of no pipeline", []alert.Signal{signal("a", "p"), signal("b", "")}, []string{`alertname=~"a|b"`}},
		{"none", nil, nil},
	} {
		got := Of(c.list)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
		s := valid()
		s.Matchers = got
		if s, err := New(s); err == nil {
			for i := range c.list {
				if !s.Mutes(&c.list[i], "", noon, noon) {
					t.Errorf("%s: %v does not mute %+v", c.rule, got, c.list[i])
				}
			}
		} else if got != nil {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
}

// FuzzParse holds that what is read can be written and read again, and matches
// the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`pipeline="sales_data"`, `a=~"x|y"`, `{a="b",c!="d"}`, `a!~".+"`, `a=`, `"`, `a="\"`, "a=\"\n\""} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		list, err := Parse(text)
		if err != nil {
			return
		}
		for _, m := range list {
			again, err := Parse(m.String())
			if len(m.String()) > MaxMatcher {
				continue
			}
			if err != nil || len(again) != 1 || again[0].Matches(value) != m.Matches(value) || again[0].Name != m.Name {
				t.Fatalf("%q is written %q and read as %v, %v", text, m.String(), again, err)
			}
		}
	})
}

func TestJSONIsReadBack(t *testing.T) {
	s, err := New(valid())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read Silence
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	if again, err := New(read); err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("got %+v, %v, want %+v", again, err, s)
	}
}
