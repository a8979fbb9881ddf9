package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/metric"
)

func TestEveryTargetHasAnAlarmForEveryDataset(t *testing.T) {
	tm := load(t).main
	for _, dataset := range []string{"sales_data", "inventory_data", "customer_data"} {
		for _, m := range metric.Catalogue() {
			if m.Target == nil {
				continue
			}
			want := m.Target.Value
			if m.Name == metric.CompletenessScore {
				want = 97 // the context says so
			}
			var found []string
			for _, id := range tm.of("AWS::CloudWatch::Alarm") {
				if tm.at(id, "MetricName") == string(m.Name) && tm.at(id, "Namespace") == string(m.Namespace) &&
					strings.Contains(text(tm.at(id, "Dimensions")), `"`+dataset+`"`) {
					found = append(found, id)
					if got := tm.at(id, "Threshold"); got != want {
						t.Errorf("%s of %s: got threshold %v, want %v", m.Name, dataset, got, want)
					}
					if got := tm.at(id, "TreatMissingData"); got != "ignore" {
						t.Errorf("%s of %s: got missing data %v, want ignore: the last file's verdict stands", m.Name, dataset, got)
					}
				}
			}
			if len(found) != 1 {
				t.Errorf("%s of %s: got alarms %v, want one", m.Name, dataset, found)
			}
		}
	}
}

// described is the form of an alarm's description; the region of the console's
// address is not known when the template is made.
var described = regexp.MustCompile(`(?s)^P[0-3]: [A-Za-z].*\.\nDo: [A-Z].*\.\nRunbook: https://example\.com/runbooks/[a-z_]+\.md\nOwner: data-platform$`)

func TestAlarmsSayWhatToDo(t *testing.T) {
	tm := load(t).main
	for _, id := range tm.of("AWS::CloudWatch::Alarm") {
		description := tm.at(id, "AlarmDescription")
		if joined, ok := description.(map[string]any); ok {
			var b strings.Builder
			for _, part := range joined["Fn::Join"].([]any)[1].([]any) {
				if s, ok := part.(string); ok {
					b.WriteString(s)
				} else {
					b.WriteString("region")
				}
			}
			description = b.String()
		}
		if !described.MatchString(fmt.Sprint(description)) {
			t.Errorf("%s: got description %q, want severity, what to do, runbook and owner", id, description)
		}
		if len(fmt.Sprint(description)) > 1024 {
			t.Errorf("%s: a description has at most 1024 characters", id)
		}
		if tm.at(id, "TreatMissingData") == nil {
			t.Errorf("%s: it is not said what missing data means", id)
		}
		if tm.at(id, "Metrics") != nil {
			t.Errorf("%s computes: an alarm watches one metric", id)
		}
	}
}

func TestAlarmsReachAPersonOnceThroughOneDoor(t *testing.T) {
	tm := load(t).main
	var prefixes []string
	for _, id := range tm.of("AWS::Events::Rule") {
		names, _ := tm.at(id, "EventPattern", "detail", "alarmName").([]any)
		for _, n := range names {
			prefixes = append(prefixes, n.(map[string]any)["prefix"].(string))
		}
	}
	for _, id := range tm.of("AWS::CloudWatch::Alarm") {
		name := tm.at(id, "AlarmName").(string)
		routed := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		direct := tm.at(id, "AlarmActions") != nil && tm.at(id, "OKActions") != nil
		if routed == direct {
			t.Errorf("%s: routed %v, straight to a topic %v; want one of them", name, routed, direct)
		}
		if direct != (strings.Contains(name, "-router-") || strings.Contains(name, "-lost-")) {
			t.Errorf("%s: straight to a topic %v; want that for the router and for what was lost", name, direct)
		}
	}
}

func TestMoreNamesWhatTheMainStackMakes(t *testing.T) {
	a := load(t)
	names := text(a.main)
	rule := ""
	for _, id := range a.more.of("AWS::CloudWatch::CompositeAlarm") {
		rule += text(a.more.at(id, "AlarmRule"))
	}
	alarms := regexp.MustCompile(`tillwatch-test-[a-z-]+`).FindAllString(rule, -1)
	if len(alarms) != 5 {
		t.Errorf("got alarms %v behind the composite, want five", alarms)
	}
	for _, n := range alarms {
		if !strings.Contains(names, `"AlarmName":"`+n+`"`) {
			t.Errorf("no alarm of the main stack is named %s", n)
		}
	}
	queries := a.more.of("AWS::Logs::QueryDefinition")
	if len(queries) != 3 {
		t.Errorf("got saved queries %v, want three", queries)
	}
	for _, id := range queries {
		for _, g := range a.more.at(id, "LogGroupNames").([]any) {
			if !strings.Contains(names, `"LogGroupName":"`+g.(string)+`"`) {
				t.Errorf("%s: no log group of the main stack is named %s", id, g)
			}
		}
	}
	if got := a.more.of("AWS::Chatbot::SlackChannelConfiguration"); len(got) != 1 {
		t.Errorf("got Slack channels %v, want one", got)
	}
}

// A widget is one box of a dashboard.
type widget struct {
	Type                string
	X, Y, Width, Height int
	Properties          struct {
		Title, Markdown, Query string
		Metrics                []any
		Alarms                 []any
	}
}

// dashboards returns the widgets of each dashboard by its name.
func dashboards(t *testing.T) map[string][]widget {
	t.Helper()
	tm := load(t).main
	all := map[string][]widget{}
	for _, id := range tm.of("AWS::CloudWatch::Dashboard") {
		var body strings.Builder
		for _, part := range tm.at(id, "DashboardBody", "Fn::Join").([]any)[1].([]any) {
			if s, ok := part.(string); ok {
				body.WriteString(s)
			} else {
				body.WriteString("reference")
			}
		}
		var d struct{ Widgets []widget }
		if err := json.Unmarshal([]byte(body.String()), &d); err != nil {
			t.Fatalf("%s is no JSON: %v", id, err)
		}
		all[tm.at(id, "DashboardName").(string)] = d.Widgets
	}
	return all
}

func TestDashboardsFitAndOverlapNowhere(t *testing.T) {
	for name, widgets := range dashboards(t) {
		for i, a := range widgets {
			if a.X+a.Width > 24 || a.Height < 1 || a.Width < 1 {
				t.Errorf("%s: %q has no place: %+v", name, a.Properties.Title, a)
			}
			for _, b := range widgets[:i] {
				if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
					t.Errorf("%s: %q lies on %q", name, a.Properties.Title, b.Properties.Title)
				}
			}
		}
	}
}

func TestDashboardsShowTheCatalogue(t *testing.T) {
	all := dashboards(t)
	shown := func(dashboard string, n metric.Name) bool {
		for _, w := range all["tillwatch-test-"+dashboard] {
			b := text(w.Properties.Metrics)
			if strings.Contains(b, `MetricName=\"`+string(n)+`\"`) || strings.Contains(b, `"`+string(n)+`"`) || strings.Contains(b, `MetricName=\\\"`+string(n)) {
				return true
			}
		}
		return false
	}
	for _, m := range metric.Catalogue() {
		if !shown("diagnostic", m.Name) {
			t.Errorf("the diagnostic dashboard lacks %s", m.Name)
		}
		outcome := m.Namespace != metric.Self || m.Name == metric.OpenIncidents || m.Name == metric.TimeToResolveMinutes
		if outcome && !shown("executive", m.Name) {
			t.Errorf("the executive dashboard lacks %s", m.Name)
		}
		if m.Namespace == metric.Quality && !shown("operational", m.Name) {
			t.Errorf("the operational dashboard lacks %s", m.Name)
		}
	}
}

func TestDiagnosticDashboardIsTheRunbook(t *testing.T) {
	tm := load(t).main
	var said strings.Builder
	for _, w := range dashboards(t)["tillwatch-test-diagnostic"] {
		said.WriteString(w.Properties.Markdown)
	}
	for _, id := range tm.of("AWS::CloudWatch::Alarm") {
		if name := tm.at(id, "AlarmName").(string); !strings.Contains(said.String(), " "+name+"**: ") {
			t.Errorf("the diagnostic dashboard does not say what to do for %s", name)
		}
	}
}

func TestNagFindsNothingThatIsNotExplained(t *testing.T) {
	folder := load(t).folder
	var reports []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, "NagReport.csv") {
			reports = append(reports, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 2 {
		t.Fatalf("got reports %v, want one for each stack", reports)
	}
	for _, r := range reports {
		f, err := os.Open(r)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			rule, id, compliance, reason := row[0], row[1], row[2], row[3]
			if compliance != "Compliant" && compliance != "Suppressed" {
				t.Errorf("%s %s: %s: %s", rule, id, compliance, row[5])
			}
			if compliance == "Suppressed" && len(strings.Fields(reason)) < 8 {
				t.Errorf("%s %s is suppressed for %q, want a reason in a sentence", rule, id, reason)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	const golden = "testdata/summary.golden"
	got := summary(load(t))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("the stacks changed; if that is meant, go test ./infra -args -update (-want +got):\n%s", d)
	}
}

// key properties of the types that matter, for the golden summary.
var keyProperties = map[string][]string{
	"AWS::CloudWatch::Alarm":          {"AlarmName", "MetricName", "ComparisonOperator", "Threshold", "EvaluationPeriods", "Period", "TreatMissingData"},
	"AWS::CloudWatch::CompositeAlarm": {"AlarmName", "AlarmRule"},
	"AWS::CloudWatch::Dashboard":      {"DashboardName"},
	"AWS::DynamoDB::Table":            {"KeySchema", "BillingMode"},
	"AWS::Events::EventBus":           {"Name"},
	"AWS::Events::Rule":               {"EventPattern"},
	"AWS::Lambda::EventSourceMapping": {"BatchSize", "ScalingConfig"},
	"AWS::Lambda::Function":           {"FunctionName", "MemorySize", "Timeout", "EphemeralStorage", "Architectures"},
	"AWS::Logs::LogGroup":             {"LogGroupName", "RetentionInDays"},
	"AWS::Logs::QueryDefinition":      {"Name"},
	"AWS::S3::Bucket":                 {"BucketEncryption"},
	"AWS::SNS::Subscription":          {"Protocol"},
	"AWS::SNS::Topic":                 {"TopicName"},
	"AWS::SQS::Queue":                 {"VisibilityTimeout", "MessageRetentionPeriod"},
}

func summary(a assembly) string {
	var lines []string
	for name, tm := range map[string]template{"main": a.main, "more": a.more} {
		for id, r := range tm.Resources {
			line := fmt.Sprintf("%s %s %s", name, r.Type, id)
			for _, p := range keyProperties[r.Type] {
				line += " " + p + "=" + text(r.Properties[p])
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func TestWithoutOptionsAndData(t *testing.T) {
	a, err := synthesize(map[string]any{"retain": "false", "environment": "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range a.main.of("AWS::CloudWatch::Alarm") {
		if !strings.Contains(text(a.main.at(id, "AlarmDescription")), "#dashboards/dashboard/tillwatch-test-diagnostic") {
			t.Errorf("%s: without runbooks it should lead to the diagnostic dashboard", id)
		}
	}
	for id, r := range a.main.Resources {
		if strings.HasPrefix(r.DeletionPolicy, "Retain") {
			t.Errorf("%s %s stays after cdk destroy with retain=false", r.Type, id)
		}
	}
	if got := a.more.of("AWS::Chatbot::SlackChannelConfiguration"); len(got) != 0 {
		t.Errorf("got Slack channels %v without a channel in the context", got)
	}
}
