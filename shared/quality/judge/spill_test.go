package judge

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// TestKeysBeyondMemory holds that keys which do not fit the bound are told
// apart all the same, and that no temporary file stays behind.
func TestKeysBeyondMemory(t *testing.T) {
	c, err := contract.ReadODCS("keys.odcs.yaml", []byte(`
apiVersion: v3.1.0
kind: DataContract
id: urn:tillwatch:test:keys
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: id, unique: true}
      - {name: part}
    quality:
      - {id: pair, metric: duplicateValues, arguments: {properties: [id, part]}, mustBe: 0}
`))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("id,part\n")
	for i := range 50_000 {
		id := i
		if i%1000 == 999 {
			id = i - 500
		}
		fmt.Fprintf(&text, "K%d,%d\n", id, i%2)
	}
	dir := t.TempDir()
	judge := func(bytes int64, threads int) string {
		report, err := Validate(context.Background(), quality.Input{
			Contract: c, Object: "f", Source: tabular.Bytes(text.String()), Now: time.Unix(0, 0), Arrived: time.Unix(0, 0),
			Threads: threads, KeyBytes: bytes, SpillDir: dir, Limits: tabular.Limits{BlockBytes: 4096},
		})
		if err != nil {
			t.Fatal(err)
		}
		return brief(report)
	}
	want := judge(1<<30, 1)
	if !strings.Contains(want, "50 of 50,000 rows (0.1 %) repeat an id that came before") {
		t.Fatalf("report without spilling:\n%s", want)
	}
	for _, threads := range []int{1, 3} {
		if got := judge(1, threads); got != want {
			t.Errorf("%d threads with spilled keys: got\n%s\nwant\n%s", threads, got, want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("temporary files left: %v, %v", left, err)
	}
}

// TestSpillDirMissing holds that keys which can't be spilled are an error, not
// a verdict.
func TestSpillDirMissing(t *testing.T) {
	s := readStory(t, "testdata/column_facts.txtar")
	rows := strings.Repeat("1,C1,2,1.50,2026-11-20,store,a@example.com\n", 5000)
	s.input.Source = tabular.Bytes("id,customer,quantity,price,day,channel,email\n" + rows)
	s.input.KeyBytes, s.input.SpillDir = 1, t.TempDir()+"/missing"
	if report, err := Validate(context.Background(), s.input); err == nil {
		t.Errorf("got verdict %s, want an error", report.Verdict)
	}
}
