package integration

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"tillwatch/shared/contract"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/tabular"
)

// largeFile has faults all over it, and is larger than the threshold that the stack is deployed
// with for tests.
func largeFile(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("transaction_id,amount\n")
	for i := range rows {
		id, amount := fmt.Sprintf("t%06d", i), fmt.Sprint(i%500)
		switch i % 97 {
		case 3:
			id = fmt.Sprintf("t%06d", i/2) // came before
		case 50:
			amount = "900"
		case 60:
			id = "\"line\nend\""
		}
		fmt.Fprintf(&b, "%s,%s\n", id, amount)
	}
	return b.Bytes()
}

// TestALargeFileIsJudgedInSections lets a file land that is above the threshold,
// kills a process that judges a part of it, and compares the report with that of
// the same file judged whole.
func TestALargeFileIsJudgedInSections(t *testing.T) {
	text := largeFile(6000)
	t.Run("delimited", func(t *testing.T) { judgeLarge(t, "large.csv", text, contractOf) })
	t.Run("Parquet", func(t *testing.T) {
		judgeLarge(t, "large.parquet", parquetOf(t, text), strings.ReplaceAll(contractOf, "format: csv", "format: parquet"))
	})
}

func judgeLarge(t *testing.T, name string, body []byte, document string) {
	s := deployed(t)
	s.push(t, document)
	machine := sfn.NewFromConfig(s.cfg)
	before := executions(t, machine, s.LargeFiles)
	key, version := s.drop(t, "dt=2026-11-22/"+name, string(body))
	killed, began := 0, time.Now()
	s.await(t, "the verdict on a large file", func() bool {
		if killed == 0 && time.Since(began) < time.Minute {
			killed += killFunction(s.ValidateRangeFunction, os.Getenv("TILLWATCH_ENDPOINT"))
		}
		return len(of[landing.Notice](t, s, event.FileRejected)) == 1
	})
	n := of[landing.Notice](t, s, event.FileRejected)[0]
	t.Logf("verdict after %v and %d killed processes", time.Since(began).Round(time.Second), killed)
	if after := executions(t, machine, s.LargeFiles); after != before+1 {
		t.Errorf("%d executions of the state machine, want 1: the file was judged whole", after-before)
	}
	if tag := s.tag(t, key, version); tag != string(quality.VerdictFail) || n.Verdict != quality.VerdictFail {
		t.Errorf("tag %q, verdict %s, want fail", tag, n.Verdict)
	}
	out, err := s.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.ResultsBucket, Key: &n.Report})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := plain(t, text)
	c, err := contract.ReadODCS(s.dataset+".odcs.yaml", []byte(strings.ReplaceAll(document, "DATASET", s.dataset)))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := judge.Validate(t.Context(), quality.Input{
		Contract: c, Object: key, Source: tabular.Bytes(body), Bytes: int64(len(body)), Arrived: n.Object.Arrived, Now: n.JudgedAt,
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.JSON(&b, whole); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(t, b.Bytes()), got); diff != "" {
		t.Errorf("report (-whole +sections):\n%s", diff)
	}
}

// parquetOf writes the rows of a delimited text in row groups of some 10,000 bytes.
func parquetOf(t *testing.T, text []byte) []byte {
	t.Helper()
	type row struct {
		ID     string  `parquet:"transaction_id"`
		Amount float64 `parquet:"amount"`
	}
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, cells := range all[1:] {
		amount, err := strconv.ParseFloat(cells[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row{cells[0], amount})
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows, parquet.MaxRowsPerRowGroup(500)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plain is a report in JSON without what no two judgements share.
func plain(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var report map[string]any
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	delete(report, "duration_ms")
	delete(report, "judged_at")
	return report
}

// executions counts those of the state machine.
func executions(t *testing.T, machine *sfn.Client, arn string) int {
	t.Helper()
	count := 0
	pages := sfn.NewListExecutionsPaginator(machine, &sfn.ListExecutionsInput{StateMachineArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Executions {
			if e.Status != types.ExecutionStatusFailed {
				count++
			}
		}
	}
	return count
}
