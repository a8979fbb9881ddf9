package message

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
)

var update = flag.Bool("update", false, "rewrite golden files")

var now = time.Date(2026, 11, 22, 3, 7, 12, 0, time.UTC)

// cases are the messages that people read; each signal is a file of testdata.
var cases = []struct {
	name     string
	decision alert.Notice
}{
	{"rejected", alert.Notice{Reason: alert.FirstNotification, Channels: []string{"P1", alert.Chat},
		At: now, Since: now.Add(-20 * time.Second), QuietUntil: now.Add(time.Hour)}},
	{"worse", alert.Notice{Reason: alert.SeverityRaised, Channels: []string{"P0", alert.Chat}, Previous: alert.P1,
		At: now.Add(30 * time.Minute), Since: now.Add(-20 * time.Second), HeldBack: 3, QuietUntil: now.Add(90 * time.Minute)}},
	{"resolved", alert.Notice{Reason: alert.AlertResolved, Channels: []string{"P1", alert.Chat},
		At: now.Add(94 * time.Minute), Since: now.Add(-20 * time.Second), HeldBack: 1}},
	{"no-contract", alert.Notice{Reason: alert.FirstNotification, Channels: []string{"P3", alert.Chat},
		At: now, Since: now.Add(-5 * time.Second), QuietUntil: now.Add(time.Hour)}},
	{"late", alert.Notice{Reason: alert.CostsMore, Channels: []string{alert.Chat}, Audiences: []alert.Audience{alert.Executives, alert.Operations, alert.CustomerService},
		At: now, Since: now.Add(-97 * time.Minute), Incident: "20261122T013012.000-5f3a2c11"}},
	{"late-first", alert.Notice{Reason: alert.FirstNotification, Channels: []string{"P1", alert.Chat}, Audiences: []alert.Audience{alert.Executives},
		At: now, Since: now.Add(-20 * time.Second), QuietUntil: now.Add(time.Hour), Incident: "20261122T013012.000-5f3a2c11"}},
	{"late-over", alert.Notice{Reason: alert.AlertResolved, Channels: []string{"P1", alert.Chat}, Audiences: alert.Audiences,
		At: now.Add(2 * time.Hour), Since: now.Add(-97 * time.Minute), Incident: "20261122T013012.000-5f3a2c11"}},
	{"error-rate", alert.Notice{Reason: alert.FirstNotification, Channels: []string{"P2", alert.Chat}, Audiences: []alert.Audience{alert.Operations},
		At: now, Since: now.Add(-20 * time.Second), QuietUntil: now.Add(time.Hour)}},
	{"alarm", alert.Notice{Reason: alert.StillFiring, Channels: []string{"P2", alert.Chat},
		At: now, Since: now.Add(-3 * time.Hour), HeldBack: 2, QuietUntil: now.Add(time.Hour)}},
}

func load(t *testing.T, name string) alert.Signal {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".signal.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s alert.Signal
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := s.Validate(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestMessagesAsTheyAreRead(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			list, err := Compose(load(t, c.name), c.decision)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				check(t, m)
			}
			chat := list[len(list)-1]
			for _, m := range list[:len(list)-1] {
				if m.Channel == alert.Responder {
					continue
				}
				name, body := ".email.txt", m.Bodies["email"]
				if slices.Contains(alert.Audiences, alert.Audience(m.Channel)) {
					name, body = "."+m.Channel+".txt", m.Bodies["default"]
				}
				golden(t, c.name+name, "Subject: "+m.Subject+"\n\n"+body)
				if lines := strings.Count(body, "\n"); lines > maxLines {
					t.Errorf("%s: %d lines", m.Channel, lines)
				}
			}
			var note any
			if err := json.Unmarshal([]byte(chat.Bodies["default"]), &note); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name+".chat.json", pretty(t, note))
		})
	}
}

func pretty(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

var plain = regexp.MustCompile(`^[\x21-\x7e][\x20-\x7e]{0,98}$`)

// check holds what the channels ask of every message, whatever it says.
func check(t fataler, m alert.Message) {
	t.Helper()
	size := 0
	switch {
	case slices.Contains(alert.Audiences, alert.Audience(m.Channel)):
		if !plain.MatchString(m.Subject) || m.Bodies["default"] == "" || len(m.Bodies) != 1 {
			t.Fatalf("%s: subject %q, %d bodies", m.Channel, m.Subject, len(m.Bodies))
		}
	case m.Channel == alert.Responder:
		if !json.Valid([]byte(m.Bodies["default"])) || len(m.Bodies) != 1 {
			t.Fatalf("%d bodies for the responder, %s", len(m.Bodies), m.Bodies["default"])
		}
	case m.Channel == alert.Chat:
		if err := CheckNote([]byte(m.Bodies["default"])); err != nil {
			t.Fatalf("%v", err)
		}
	default:
		if !plain.MatchString(m.Subject) {
			t.Fatalf("subject %q", m.Subject)
		}
		for _, protocol := range []string{"default", "email", "lambda", "https", "sqs"} {
			if m.Bodies[protocol] == "" {
				t.Fatalf("no body for %s", protocol)
			}
		}
		var machine struct {
			Signal alert.Signal `json:"signal"`
		}
		if err := json.Unmarshal([]byte(m.Bodies["sqs"]), &machine); err != nil {
			t.Fatalf("sqs body: %v", err)
		}
		query := false // which is shown as it is run
		for _, line := range strings.Split(m.Bodies["email"], "\n") {
			if line == "TO FIND OUT MORE" || line == "DETAILS" || line == "WHERE TO LOOK" {
				query = line == "TO FIND OUT MORE"
			}
			if len(line) > maxLine || strings.TrimRight(line, " ") != line {
				t.Fatalf("line has %d bytes: %q", len(line), line)
			}
			if !query && utf8.RuneCountInString(line) > width && len(strings.Fields(line)) > 2 && !strings.Contains(line, "://") && longest(line) < width-30 {
				t.Fatalf("line is %d wide: %q", utf8.RuneCountInString(line), line)
			}
		}
		if machine.Signal.DedupKey == "" {
			t.Fatalf("sqs body without a dedup key")
		}
	}
	b, err := json.Marshal(m.Bodies)
	if err != nil {
		t.Fatalf("%v", err)
	}
	size += len(b)
	if len(m.Attributes) != 5 {
		t.Fatalf("%d attributes", len(m.Attributes))
	}
	for k, v := range m.Attributes {
		if v == "" {
			t.Fatalf("attribute %s is empty", k)
		}
		size += len(k) + len(v) + 6
	}
	if size > 256<<10 {
		t.Fatalf("%s: %d bytes are more than SNS takes", m.Channel, size)
	}
	for p, body := range m.Bodies {
		if !utf8.ValidString(body) {
			t.Fatalf("%s: not UTF-8", p)
		}
	}
}

func longest(line string) int {
	n := 0
	for _, word := range strings.Fields(line) {
		n = max(n, utf8.RuneCountInString(word))
	}
	return n
}

// TestAnySignalFits composes signals of all sizes with text that tries to break
// out.
func TestAnySignalFits(t *testing.T) {
	nasty := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "<!channel> & <http://evil|click>", "line\nSubject: forged\r\n\r\nbody", strings.Repeat(`"\`, 4000),
		strings.Repeat("é", 900), strings.Repeat("word ", 400), "\x00\xff\u202e", strings.Repeat("<", 3000),
	}))
	rapid.Check(t, func(t *rapid.T) {
		s := alert.Signal{
			ID: "a", DedupKey: "k" + nasty.Draw(t, "k")[:0], GroupKey: "g", Rule: nasty.Draw(t, "rule"),
			Status:   rapid.SampledFrom([]alert.Status{alert.Firing, alert.Resolved}).Draw(t, "status"),
			Severity: rapid.SampledFrom(alert.Severities).Draw(t, "severity"), At: now,
			Pipeline: nasty.Draw(t, "pipeline"), Environment: nasty.Draw(t, "environment"), Team: nasty.Draw(t, "team"),
			Summary: nasty.Draw(t, "summary"),
		}
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			s.Findings = append(s.Findings, alert.Finding{Check: nasty.Draw(t, "c"), Message: nasty.Draw(t, "m"), Advice: nasty.Draw(t, "a"), Where: nasty.Draw(t, "w")})
			s.Facts = append(s.Facts, alert.Fact{Name: nasty.Draw(t, "fn"), Value: nasty.Draw(t, "fv")})
			s.Links = append(s.Links, alert.Link{Name: nasty.Draw(t, "ln"), URL: nasty.Draw(t, "u")})
			s.NextSteps = append(s.NextSteps, nasty.Draw(t, "step"))
			s.Causes = append(s.Causes, nasty.Draw(t, "cause"))
			s.Queries = append(s.Queries, alert.Query{Name: nasty.Draw(t, "qn"), Where: nasty.Draw(t, "qw"), Text: nasty.Draw(t, "q")})
			s.Metrics = append(s.Metrics, alert.Metric{Name: nasty.Draw(t, "mn"), Value: rapid.Float64().Draw(t, "v"), Unit: nasty.Draw(t, "mu")})
			s.Trend = append(s.Trend, alert.Point{At: now, Value: rapid.Float64().Draw(t, "p")})
		}
		s.Measure = &alert.Measure{Name: nasty.Draw(t, "measure"), Value: rapid.Float64().Draw(t, "mv"), Unit: nasty.Draw(t, "unit")}
		s.Stakes = &alert.Stakes{RevenueAtRisk: nasty.Draw(t, "risk"), Currency: nasty.Draw(t, "currency"), Operational: alert.Level(nasty.Draw(t, "level"))}
		d := cases[rapid.IntRange(0, len(cases)-1).Draw(t, "decision")].decision
		list, err := Compose(s, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			check(t, m)
		}
	})
}

func TestCheckNoteRefuses(t *testing.T) {
	good := `{"version":"1.0","source":"custom","content":{"textType":"client-markdown","description":"d"}}`
	if err := CheckNote([]byte(good)); err != nil {
		t.Fatalf("the smallest note: %v", err)
	}
	for name, edit := range map[string][2]string{
		"another version":                {`"1.0"`, `"2.0"`},
		"another source":                 {`"custom"`, `"tillwatch"`},
		"another text type":              {"client-markdown", "markdown"},
		"no description":                 {`"d"`, `" "`},
		"an unknown field":               {`"version"`, `"severity":"P1","version"`},
		"something after it":             {`"}}`, `"}} {}`},
		"no object":                      {good, `[]`},
		"a description that is too long": {`"d"`, `"` + strings.Repeat("d", maxDescription+1) + `"`},
		"an empty step":                  {`"description"`, `"nextSteps":[""],"description"`},
	} {
		if err := CheckNote([]byte(strings.Replace(good, edit[0], edit[1], 1))); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestTextRules(t *testing.T) {
	for _, c := range []struct{ rule, got, want string }{
		{"cut keeps what fits", cut("abcdef", 6), "abcdef"},
		{"cut ends with dots", cut("abcdefg", 6), "abc..."},
		{"cut never halves a rune", cut("aéé€", 6), "aé..."},
		{"ascii drops accents", ascii("Café – 96 % ≥ 99 %"), "Cafe - 96 % >= 99 %"},
		{"ascii knows other letters", ascii("Straße nach Łódź, Ærø"), "Strasse nach Lodz, AEro"},
		{"ascii marks the rest", ascii("売上 ok"), "?? ok"},
		{"line ends nothing early", line("a\r\nb\tc\u2028d\u202ee"), "a b c d e"},
		{"escape leaves no mention", escape("<!here> & co"), "&lt;!here&gt; &amp; co"},
		{"markup is cut before an escape", cutMarkup("aaaaaaa&amp;bbbb", 14), "aaaaaaa..."},
		{"no minute", span(20 * time.Second), "less than a minute"},
		{"an hour", span(time.Hour), "1 hour"},
		{"hours", span(4 * time.Hour), "4 hours"},
		{"minutes", span(94 * time.Minute), "94 minutes"},
		{"a day", span(24 * time.Hour), "24 hours"},
		{"hours and minutes", span(125 * time.Minute), "2 h 5 min"},
		{"days", span(50 * time.Hour), "2 days"},
		{"today", clock(now, now), "03:07 UTC"},
		{"another day", clock(now.AddDate(0, 0, 1), now), "Mon 23 Nov 03:07 UTC"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, c.got, c.want)
		}
	}
}

// TestTheResponderHearsWhatNobodyIsPagedOf keeps the responder from missing an
// incident whose page waits for a remedy.
func TestTheResponderHearsWhatNobodyIsPagedOf(t *testing.T) {
	room := []string{alert.Chat}
	for _, c := range []struct {
		rule   string
		notice alert.Notice
		want   string
	}{
		{"a remedy comes first", alert.Notice{Reason: alert.RemedyFirst, Channels: room}, "responder chat"},
		{"and helps", alert.Notice{Reason: alert.AlertResolved, Page: true, Channels: room}, "responder chat"},
		{"a page", alert.Notice{Reason: alert.FirstNotification, Page: true, Channels: []string{"P1", alert.Chat}}, "P1 chat"},
		{"its end", alert.Notice{Reason: alert.AlertResolved, Page: true, Channels: []string{"P1", alert.Chat}}, "P1 chat"},
		{"a page of the rooms alone", alert.Notice{Reason: alert.FirstNotification, Page: true, Channels: room}, "responder chat"},
		{"a page of no room", alert.Notice{Reason: alert.StillFiring, Page: true, Channels: []string{"P0", "P2"}}, "P0 P2"},
		{"an update that no room gets", alert.Notice{Reason: alert.NewAlerts}, "responder"},
		{"an update", alert.Notice{Reason: alert.NewAlerts, Channels: room}, "responder chat"},
		{"what the responder did itself", alert.Notice{Reason: alert.Progress, Channels: room}, "chat"},
	} {
		s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "r", Status: alert.Firing, Severity: alert.P1, Summary: "it failed", At: time.Date(2026, 11, 22, 3, 5, 0, 0, time.UTC)}
		c.notice.Incident = "INC-1"
		list, err := Compose(s, c.notice)
		if err != nil {
			t.Fatal(err)
		}
		var channels []string
		for _, m := range list {
			channels = append(channels, m.Channel)
			if m.Channel == alert.Responder && !strings.Contains(m.Bodies["default"], `"incident_id":"INC-1"`) {
				t.Errorf("%s: the responder is told %s", c.rule, m.Bodies["default"])
			}
		}
		if got := strings.Join(channels, " "); got != c.want {
			t.Errorf("%s: told %s, want %s", c.rule, got, c.want)
		}
	}
}
