package playbook

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/incident"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestChains holds the chains of incidents against stories: each file has a
// policy, lines "TIME SEVERITY PIPELINE", and who is called for each of them.
func TestChains(t *testing.T) {
	stories, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			story, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := policy.Read("policy.yaml", story.Files[0].Data)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for line := range strings.Lines(string(story.Files[1].Data)) {
				var at, severity, pipeline string
				if _, err := fmt.Sscan(line, &at, &severity, &pipeline); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				now, err := time.Parse(time.RFC3339, at)
				if err != nil {
					t.Fatal(err)
				}
				inc := &incident.Incident{Severity: alert.Severity(severity), Pipeline: pipeline,
					Alerts: []incident.Alert{{Signal: alert.Signal{Pipeline: pipeline, Severity: alert.P3}}}}
				chain, rounds := Chain(p, inc, now)
				fmt.Fprintf(&got, "%s %s %s: %d × %d levels\n", at, severity, pipeline, rounds, len(chain))
				for _, l := range chain {
					fmt.Fprintf(&got, "  after %s %s through %s\n", l.After, strings.Join(l.To, " and "), strings.Join(l.Through, ", "))
				}
			}
			want := &story.Files[2]
			if *update {
				want.Data = got.Bytes()
				if err := os.WriteFile(name, txtar.Format(story), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got.String() != string(want.Data) {
				t.Errorf("got\n%s, want\n%s", got.String(), want.Data)
			}
		})
	}
}
