package judge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// A story is a txtar file: a contract, a file, what it is compared with, and
// the report in short.
//
//	contract.odcs.yaml   the contract
//	file.csv             the file to judge; \x00 and \xff stand for those bytes, ~ at a line's end for no newline
//	ref/<name>.csv       reference datasets
//	history.jsonl        earlier runs
//	in/<path> <time>     files for rules on files, and when they were modified
//	want                 the report in short
//
// The comment before the first file may set "now: 2026-11-22T10:00:00Z" and
// "arrived:".
type story struct {
	archive *txtar.Archive
	input   quality.Input
}

func readStory(t testing.TB, path string) *story {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{archive: archive, input: quality.Input{
		Object: "file.csv", References: map[string]tabular.Source{}, Samples: 5, QuarantineRows: 100,
		Now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
	}}
	for line := range strings.Lines(string(archive.Comment)) {
		if text, ok := strings.CutPrefix(line, "now: "); ok {
			s.input.Now = parseTime(t, text)
		}
		if text, ok := strings.CutPrefix(line, "arrived: "); ok {
			s.input.Arrived = parseTime(t, text)
		}
	}
	if s.input.Arrived.IsZero() {
		s.input.Arrived = s.input.Now
	}
	for _, f := range archive.Files {
		switch {
		case f.Name == "contract.odcs.yaml":
			if s.input.Contract, err = contract.ReadODCS(f.Name, f.Data); err != nil {
				t.Fatal(err)
			}
		case f.Name == "file.csv":
			data := unescape(f.Data)
			s.input.Source, s.input.Bytes = tabular.Bytes(data), int64(len(data))
		case strings.HasPrefix(f.Name, "in/"):
			path, at, _ := strings.Cut(f.Name, " ")
			files, _ := s.input.Files.(folder)
			s.input.Files = append(files, quality.File{Path: path, Bytes: int64(len(f.Data)), Modified: parseTime(t, at), Source: tabular.Bytes(f.Data)})
		case strings.HasPrefix(f.Name, "ref/"):
			s.input.References[strings.TrimSuffix(strings.TrimPrefix(f.Name, "ref/"), ".csv")] = tabular.Bytes(f.Data)
		case f.Name == "history.jsonl":
			lines := bufio.NewScanner(bytes.NewReader(f.Data))
			for lines.Scan() {
				var run quality.Run
				if err := json.Unmarshal(lines.Bytes(), &run); err != nil {
					t.Fatal(err)
				}
				s.input.History = append(s.input.History, run)
			}
		}
	}
	return s
}

// A folder is the files of a story.
type folder []quality.File

func (f folder) List(_ context.Context, path string) (found []quality.File, err error) {
	if filepath.IsAbs(path) {
		return nil, quality.ErrElsewhere
	}
	for _, file := range f {
		if file.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(file.Path, path) {
			found = append(found, file)
		}
	}
	return found, nil
}

func parseTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func unescape(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte(`\x00`), []byte{0})
	data = bytes.ReplaceAll(data, []byte(`\xe9`), []byte{0xe9})
	data = bytes.ReplaceAll(data, []byte(`\r`), []byte{'\r'})
	data = bytes.ReplaceAll(data, []byte(`\ufeff`), []byte("\ufeff"))
	return bytes.ReplaceAll(data, []byte("~\n"), nil)
}

// brief writes a report so that a person can check it by hand.
func brief(r *quality.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d rows, %d bad\n", r.Verdict, r.Rows, r.BadRows)
	for _, name := range slices.Sorted(maps.Keys(r.Scores)) {
		fmt.Fprintf(&b, "score %s %s\n", name, words.Number(figure.Round3(r.Scores[name])))
	}
	for _, c := range r.Checks {
		measured := "-"
		if c.Measured != nil {
			measured = words.Number(figure.Round3(*c.Measured))
		}
		fmt.Fprintf(&b, "%s [%s %s %s] %s, measured %s, want %s %s, %d of %d\n    %s\n",
			c.ID, c.Dimension, c.Severity, c.Column, c.Status, measured, c.Want, c.Unit, c.Violations, c.LookedAt, c.Message)
		for _, s := range c.Samples {
			fmt.Fprintf(&b, "    row %d line %d %q\n", s.Row, s.Line, s.Value)
		}
		for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
			fmt.Fprintf(&b, "    label %s = %s\n", key, c.Labels[key])
		}
		for _, name := range slices.Sorted(maps.Keys(c.Evaluated)) {
			fmt.Fprintf(&b, "    %s: %s\n", name, words.Number(figure.Round3(c.Evaluated[name])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Analyzed)) {
		fmt.Fprintf(&b, "analyzed %s: %s\n", name, words.Number(figure.Round3(r.Analyzed[name])))
	}
	if r.Quarantine != nil {
		for _, row := range r.Quarantine.Rows {
			fmt.Fprintf(&b, "aside %d line %d %q: %s\n", row.Row, row.Line, row.Raw, strings.Join(row.Checks, " "))
		}
	}
	return b.String()
}

// TestStories judges each story, and again with every number of threads and
// size of block: the report must not change.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("stories: %v, %v", paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			s := readStory(t, path)
			report := s.judge(t, 1, 0)
			got := brief(report)
			if *update {
				s.setWant(got)
				if err := os.WriteFile(path, txtar.Format(s.archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := s.want(); got != want {
				t.Errorf("report (-want +got):\n%s", cmp.Diff(want, got))
			}
			for _, threads := range []int{1, 2, 5} {
				for _, block := range []int{0, 1, 16, 37, 64} {
					if other := brief(s.judge(t, threads, block)); other != got {
						t.Fatalf("%d threads, blocks of %d bytes (-first +this):\n%s", threads, block, cmp.Diff(got, other))
					}
				}
			}
		})
	}
}

func (s *story) judge(t testing.TB, threads, block int) *quality.Report {
	t.Helper()
	in := s.input
	in.Threads, in.Limits.BlockBytes = threads, block
	report, err := Validate(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (s *story) want() string {
	for _, f := range s.archive.Files {
		if f.Name == "want" {
			return string(f.Data)
		}
	}
	return ""
}

func (s *story) setWant(text string) {
	for i := range s.archive.Files {
		if s.archive.Files[i].Name == "want" {
			s.archive.Files[i].Data = []byte(text)
			return
		}
	}
	s.archive.Files = append(s.archive.Files, txtar.File{Name: "want", Data: []byte(text)})
}
