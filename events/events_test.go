package events_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tillwatch/events"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/event"
	"tillwatch/shared/incident"
	"tillwatch/shared/landing"
	"tillwatch/shared/pipeline"
)

// handledBy says which function takes each payload, by the beginning of its
// name; the function's own tests hold what it does with it.
var handledBy = map[string]string{
	"s3/":                  "validate-file",
	"malformed/s3-":        "validate-file",
	"malformed/empty":      "validate-file",
	"alarm/":               "route-alert",
	"signal/":              "route-alert",
	"malformed/signal-":    "route-alert",
	"incident/answered":    "route-alert, respond-incident, tell-receiver",
	"incident/resolved-by": "route-alert, respond-incident",
	"incident/silenced":    "route-alert, respond-incident",
	"malformed/answer-":    "route-alert, respond-incident, tell-receiver",

	"alert/":                  "", // nobody of ours: it says that people were told
	"incident/opened":         "", // nobody of ours: tools of others follow incidents
	"incident/acknowledged":   "",
	"incident/escalated":      "",
	"incident/resolved":       "",
	"file/validated.json":     "evaluate-rules", // and pipelines downstream wait for it
	"file/rejected":           "evaluate-rules",
	"run/":                    "evaluate-rules",
	"malformed/run-":          "evaluate-rules",
	"file/signal-raised.json": "route-alert",
}

// ours are the types of data by detail-type.
var ours = map[string]func() any{
	event.FileValidated:  func() any { return new(landing.Notice) },
	event.FileRejected:   func() any { return new(landing.Notice) },
	event.SignalRaised:   func() any { return new(alert.Signal) },
	event.SignalResolved: func() any { return new(alert.Signal) },
	"alert.notified.v1":  func() any { return new(alert.Notification) },

	event.IncidentOpened:   func() any { return new(incident.Update) },
	event.IncidentUpdated:  func() any { return new(incident.Update) },
	event.IncidentResolved: func() any { return new(incident.Update) },
	event.IncidentAnswered: func() any { return new(answer.Answer) },
}

func payloads(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(events.Files, "*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestEachPayloadHasAFunction(t *testing.T) {
	used := map[string]bool{}
	for _, name := range payloads(t) {
		if strings.HasPrefix(name, "schema/") {
			continue
		}
		found := false
		for row := range handledBy {
			if strings.HasPrefix(name, row) {
				found, used[row] = true, true
			}
		}
		if !found {
			t.Errorf("%s is in no row of the table: which function handles it?", name)
		}
	}
	for row := range handledBy {
		if !used[row] {
			t.Errorf("the table names %s, which does not exist", row)
		}
	}
}

func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	names, err := fs.Glob(events.Files, "schema/*.json")
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://tillwatch.example/schema/"
	for _, name := range names {
		raw, err := events.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if id, want := doc.(map[string]any)["$id"], base+path.Base(name); id != want {
			t.Errorf("%s has the id %v, want %s", name, id, want)
		}
		if err := c.AddResource(base+path.Base(name), doc); err != nil {
			t.Fatal(err)
		}
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, name := range names {
		s, err := c.Compile(base + path.Base(name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compiled[strings.TrimSuffix(path.Base(name), ".json")] = s
	}
	return compiled
}

// TestOurEvents holds each event of ours to its schema and to its type: what is
// decoded and encoded again is the same.
func TestOurEvents(t *testing.T) {
	compiled := schemas(t)
	covered := map[string]bool{}
	for _, name := range payloads(t) {
		raw, err := events.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			Source     string          `json:"source"`
			DetailType string          `json:"detail-type"`
			Detail     json.RawMessage `json:"detail"`
		}
		if strings.HasPrefix(name, "malformed/") || json.Unmarshal(raw, &e) != nil || e.Source != event.Source {
			continue
		}
		t.Run(name, func(t *testing.T) {
			err := hold(compiled[e.DetailType], e.DetailType, e.Detail)
			if err != nil {
				t.Fatal(err)
			}
			covered[e.DetailType] = true
		})
	}
	for kind := range ours {
		if compiled[kind] == nil {
			t.Errorf("%s has no schema", kind)
		}
		if !covered[kind] {
			t.Errorf("%s has no payload", kind)
		}
	}
}

// TestRunsOfPipelines holds the schema of what others send us to what is read of
// it: both take the same.
func TestRunsOfPipelines(t *testing.T) {
	schema := schemas(t)[pipeline.RunReported]
	taken := map[bool]int{}
	for _, name := range payloads(t) {
		if !strings.HasPrefix(name, "run/") && !strings.HasPrefix(name, "malformed/run-") {
			continue
		}
		raw, err := events.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			DetailType string          `json:"detail-type"`
			Detail     json.RawMessage `json:"detail"`
		}
		if err := json.Unmarshal(raw, &e); err != nil || e.DetailType != pipeline.RunReported {
			t.Fatalf("%s: %s, %v", name, e.DetailType, err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Detail))
		if err != nil {
			t.Fatal(err)
		}
		invalid := schema.Validate(doc)
		_, err = pipeline.Parse(e.Detail)
		want := strings.HasPrefix(name, "run/")
		// The schema does not know the catalogue of metrics.
		if (invalid == nil) != want && !strings.Contains(name, "unknown-metric") || (err == nil) != want {
			t.Errorf("%s: the schema says %v, the reader %v", name, invalid, err)
		}
		taken[want]++
	}
	if taken[true] < 5 || taken[false] < 4 {
		t.Errorf("%d runs that are taken and %d that are not: too few to prove anything", taken[true], taken[false])
	}
}

func hold(s *jsonschema.Schema, kind string, detail []byte) error {
	if s == nil {
		return errors.New(kind + " has no schema")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(detail))
	if err != nil {
		return err
	}
	if err := s.Validate(doc); err != nil {
		return err
	}
	parsed, err := event.Parse(kind, detail)
	if err != nil {
		return err
	}
	typed, ok := ours[kind]
	if !ok {
		return errors.New(kind + " has no type")
	}
	data := typed()
	dec := json.NewDecoder(bytes.NewReader(parsed.Data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(data); err != nil {
		return err
	}
	again, err := event.New(kind, parsed.Metadata, data)
	if err != nil {
		return err
	}
	out, err := again.Detail()
	if err != nil {
		return err
	}
	var was, is any
	if err := errors.Join(json.Unmarshal(detail, &was), json.Unmarshal(out, &is)); err != nil {
		return err
	}
	if diff := cmp.Diff(was, is); diff != "" {
		return errors.New("decoded and encoded again it differs (-was +is):\n" + diff)
	}
	return nil
}

// TestSchemasRefuse proves that the schemas hold something.
func TestSchemasRefuse(t *testing.T) {
	compiled := schemas(t)
	for _, tt := range []struct{ name, file, old, new string }{
		{"a verdict that rejects in a validated event", "file/validated.json", `"verdict": "pass"`, `"verdict": "fail"`},
		{"an envelope of another version", "file/validated.json", `"schema_version": "1"`, `"schema_version": "2"`},
		{"a time that is none", "file/rejected.json", `"judged_at": "2026`, `"judged_at": "y2026`},
		{"a score beyond 100", "file/rejected.json", `"conformity": 100`, `"conformity": 101`},
		{"a severity that is none", "file/signal-raised.json", `"severity": "P1"`, `"severity": "P5"`},
		{"a resolved signal that was raised", "file/signal-raised.json", `"status": "firing"`, `"status": "resolved"`},
		{"a long summary", "file/signal-raised.json", `"summary": "`, `"summary": "` + strings.Repeat("long ", 30)},
		{"an incident that is over without an end", "incident/resolved.json", `"resolved_at": "2026-11-22T05:01:40Z",`, ``},
		{"an incident that nobody changed", "incident/acknowledged.json", `"by": "kim"`, `"by": ""`},
		{"a negative number of expected rows", "file/rejected-measured.json", `"expected_rows": 3`, `"expected_rows": -3`},
		{"a status of a run that is none", "run/failed.json", `"status": "failed"`, `"status": "broken"`},
		{"failed tasks of nobody knows how many", "run/failed.json", `"tasks": 1204,`, ``},
		{"an answer that is none", "incident/answered.json", `"answer": "acknowledge"`, `"answer": "shrug"`},
		{"an answer that nobody signs", "incident/answered.json", `"by": "Ann Lee"`, `"by": ""`},
		{"a silence without an end", "incident/silenced.json", `"until": `, `"till": `},
		{"no id", "file/signal-raised.json", `"event_id": `, `"event_no": `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := events.Files.ReadFile(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			broken := strings.Replace(string(raw), tt.old, tt.new, 1)
			if broken == string(raw) {
				t.Fatalf("%s does not hold %s", tt.file, tt.old)
			}
			var e struct {
				DetailType string          `json:"detail-type"`
				Detail     json.RawMessage `json:"detail"`
			}
			if err := json.Unmarshal([]byte(broken), &e); err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Detail))
			if err != nil {
				t.Fatal(err)
			}
			if compiled[e.DetailType].Validate(doc) == nil {
				t.Error("the schema takes it")
			}
		})
	}
}
