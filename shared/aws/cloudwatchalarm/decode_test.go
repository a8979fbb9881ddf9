package cloudwatchalarm

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/alert"
)

var update = flag.Bool("update", false, "rewrite golden files")

const fixtures = "../../../events/alarm"

func payload(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(fixtures, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDecodeAsGolden(t *testing.T) {
	for _, name := range []string{
		"eventbridge-metric", "eventbridge-metric-math", "eventbridge-composite",
		"eventbridge-missing-data", "eventbridge-ok", "lambda-metric",
		"sns-metric", "sns-metric-math", "sns-composite",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Decode(payload(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(s, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			file := filepath.Join("testdata", name+".signal.json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestThreeFormsOneSignal holds that the same change is told of once, however
// it arrives.
func TestThreeFormsOneSignal(t *testing.T) {
	for _, forms := range [][]string{
		{"eventbridge-metric", "lambda-metric", "sns-metric"},
		{"eventbridge-metric-math", "sns-metric-math"},
		{"eventbridge-composite", "sns-composite"},
	} {
		first, err := Decode(payload(t, forms[0]))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range forms[1:] {
			s, err := Decode(payload(t, form))
			if err != nil {
				t.Fatal(err)
			}
			if s.ID != first.ID || s.DedupKey != first.DedupKey || s.Severity != first.Severity ||
				s.Summary != first.Summary || s.Rule != first.Rule || !s.At.Equal(first.At) {
				t.Errorf("%s differs from %s:\n%s", form, forms[0], cmp.Diff(first, s))
			}
		}
	}
	fired, _ := Decode(payload(t, "eventbridge-metric"))
	over, _ := Decode(payload(t, "eventbridge-ok"))
	if over.Status != alert.Resolved || over.DedupKey != fired.DedupKey || over.ID == fired.ID {
		t.Errorf("OK gave %s %s %s, want the end of %s", over.Status, over.DedupKey, over.ID, fired.DedupKey)
	}
}

func TestAlarmWithoutARN(t *testing.T) {
	s, err := Decode([]byte(`{"AlarmName":"tillwatch-dev-judge-waiting","AWSAccountId":"000000000000","Region":"eu-central-1",
		"NewStateValue":"ALARM","NewStateReason":"Threshold Crossed: Maximum 1000.0 GreaterThanThreshold 900.0","StateChangeTime":"2026-11-22T17:55:37Z",
		"Trigger":{"MetricName":"ApproximateAgeOfOldestMessage","Dimensions":[{"Name":"QueueName","Value":"x"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := "alarm/arn:aws:cloudwatch:eu-central-1:000000000000:alarm:tillwatch-dev-judge-waiting"; s.DedupKey != want {
		t.Errorf("key %s, want %s", s.DedupKey, want)
	}
	if got := s.Findings[0].Message; got != "Maximum 1000.0 GreaterThanThreshold 900.0" {
		t.Errorf("message %q", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       error
	}{
		{"too little data", string(payload(t, "eventbridge-insufficient-data")), ErrNoSignal},
		{"actions suppressed", string(payload(t, "eventbridge-suppressed")), ErrNoSignal},
		{"no JSON", `{"AlarmName":`, ErrNotAlarm},
		{"another event", `{"detail-type":"Object Created","detail":{}}`, ErrNotAlarm},
		{"an array", `[]`, ErrNotAlarm},
		{"no name", `{"NewStateValue":"ALARM","StateChangeTime":"2026-11-22T03:06:00.120+0000"}`, ErrNotAlarm},
		{"no time", `{"NewStateValue":"ALARM","AlarmName":"n","AlarmArn":"a"}`, ErrNotAlarm},
		{"a state that there is not", `{"NewStateValue":"BAD","AlarmName":"n","AlarmArn":"a","StateChangeTime":"2026-11-22T03:06:00.120+0000"}`, ErrNotAlarm},
	} {
		if _, err := Decode([]byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestRuleOfAlarm(t *testing.T) {
	for name, want := range map[string]string{
		"tillwatch-prod-data-sales_data-completeness-score": alert.ScoreBelowTarget,
		"tillwatch-eu-data-lake-judge-errors":               alert.FunctionErrors,
		"tillwatch-prod-judge-throttles":                    alert.FunctionErrors,
		"tillwatch-prod-judge-waiting":                      alert.QueueAge,
		"tillwatch-prod-judge-silence":                      alert.NothingJudged,
		"tillwatch-prod-lost-files":                         alert.DLQNotEmpty,
		"billing-over-budget":                               "billing-over-budget",
	} {
		if got := rule(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"NewStateValue":"ALARM","AlarmName":"n","AlarmArn":"a","StateChangeTime":"2026-11-22T03:06:00Z","AlarmDescription":"P1:\nDo:\nRunbook:","Trigger":{"Period":"x"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m := Watched(data); m.Name != "" && (m.Period <= 0 || m.Stat == "" || m.Tested.IsZero() || m.Namespace == "") {
			t.Errorf("it watches %+v", m)
		}
		s, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrNotAlarm) && !errors.Is(err, ErrNoSignal) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if strings.ContainsAny(s.Summary, "\n\r") || utf8.RuneCountInString(s.Summary) > maxSummary {
			t.Errorf("summary %q", s.Summary)
		}
		if again, err := Decode(data); err != nil || again.ID != s.ID {
			t.Errorf("decoded twice: %v, %s and %s", err, s.ID, again.ID)
		}
		if len(s.DedupKey) <= 1024 {
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
		}
	})
}
