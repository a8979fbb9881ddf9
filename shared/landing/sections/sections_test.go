package sections_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"tillwatch/shared/contract"
	"tillwatch/shared/landing"
	"tillwatch/shared/landing/sections"
	"tillwatch/shared/memory"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/tabular"
)

const document = `apiVersion: v3.1.0
kind: DataContract
id: urn:example:sales
name: sales
version: 1.0.0
status: active
servers:
  - server: landing
    type: s3
    location: s3://*/sales/**
schema:
  - name: sales_data
    customProperties:
      - property: revenueColumn
        value: amount
    properties:
      - name: id
        logicalType: string
        required: true
        unique: true
      - name: product
        logicalType: string
        relationships:
          - to: products.product
      - name: amount
        logicalType: number
        logicalTypeOptions:
          maximum: 500
      - name: note
        logicalType: string
    quality:
      - id: rows-of-usual-number
        metric: rowCount
        mustBeGreaterThan: 10
  - name: products
    properties:
      - name: product
        logicalType: string
`

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// house is a deployment in memory.
type house struct {
	bucket    memory.Bucket
	ledger    memory.Ledger
	library   memory.Library
	documents memory.Documents
	metrics   memory.Metrics
	bus       memory.Bus
	blobs     memory.Blobs
}

func newHouse(t *testing.T) (*house, *landing.Judger) {
	t.Helper()
	c, err := contract.ReadODCS("sales.odcs.yaml", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{}
	h.library.Shelf.Contracts = []*contract.Contract{c}
	products := h.bucket.Put("results", "references/products.csv", []byte("product\np1\np2\np3\n"), noon)
	h.library.References = map[string]tabular.Source{"products": h.bucket.Source(products)}
	return h, &landing.Judger{
		Claims: &h.ledger, Ledger: &h.ledger, Archive: &h.ledger, Files: &h.bucket, Library: &h.library,
		Documents: &h.documents, Metrics: &h.metrics, Bus: &h.bus, Validate: judge.Validate,
		JSON: report.JSON, HTML: report.HTML, Rows: report.WriteQuarantine,
		Lease: time.Minute, Environment: "test", Producer: "validate-file", Threads: 1,
	}
}

// left is everything that judging leaves behind.
func (h *house) left(t *testing.T, o landing.Object) string {
	t.Helper()
	var b strings.Builder
	for _, key := range h.documents.Keys() {
		d, _ := h.documents.Get(key)
		fmt.Fprintf(&b, "%s\n%s\n", key, d.Body)
	}
	history, err := h.ledger.History(t.Context(), "sales_data", 10)
	if err != nil {
		t.Fatal(err)
	}
	day, err := h.ledger.Day(t.Context(), "sales_data", "2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{h.bucket.Tagged(o), history, day, h.bus.Distinct(), h.metrics.All()} {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	return b.String()
}

// A machine runs a plan as the state machine does, one step after another. fail
// is asked before each try of a step.
type machine struct {
	steps *sections.Steps
	judge sections.Completer
	fail  func(sections.Step) error
	tries map[sections.Step]int
	names map[string]bool
	out   landing.Outcome
}

// attempts is how often a step is tried.
const attempts = 3

func (m *machine) do(ctx context.Context, work, name string, numbers ...int) (done sections.Done, err error) {
	for _, n := range numbers {
		step := sections.Step{Work: work, Name: name, Number: n}
		for range attempts {
			m.tries[step]++
			if err = m.fail(step); err == nil {
				done, err = m.steps.Do(ctx, step)
			}
			if err == nil {
				break
			}
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (m *machine) Start(ctx context.Context, name string, p sections.Plan) error {
	if m.names[name] {
		return nil
	}
	m.names[name] = true
	failure := ""
	if err := m.all(ctx, p); err != nil {
		failure = err.Error()
	}
	_, out, err := m.steps.Finish(ctx, m.judge, p.Work, failure, noon.Add(time.Minute))
	m.out = out
	return err
}

func (m *machine) all(ctx context.Context, p sections.Plan) error {
	if _, err := m.do(ctx, p.Work, "scan", p.Ranges...); err != nil {
		return err
	}
	cut, err := m.do(ctx, p.Work, "cut", 0)
	if err != nil {
		return err
	}
	if _, err := m.do(ctx, p.Work, "observe", cut.Sections...); err != nil {
		return err
	}
	if _, err := m.do(ctx, p.Work, "repeat", cut.Partitions...); err != nil {
		return err
	}
	merge, err := m.do(ctx, p.Work, "merge", 0)
	if err != nil {
		return err
	}
	_, err = m.do(ctx, p.Work, "look", merge.Looks...)
	return err
}

// later lets the machine run after Judge has given its claim back.
type later struct {
	*sections.Starter
	begun []func() error
}

func (l *later) Begin(ctx context.Context, job landing.Job, attempt int) error {
	l.begun = append(l.begun, func() error { return l.Starter.Begin(ctx, job, attempt) })
	return nil
}

// inSections judges o in sections of rangeBytes.
func inSections(t *testing.T, h *house, j *landing.Judger, o landing.Object, rangeBytes int64, fail func(sections.Step) error) *machine {
	t.Helper()
	if fail == nil {
		fail = func(sections.Step) error { return nil }
	}
	m := &machine{
		steps: &sections.Steps{Files: &h.bucket, Blobs: &h.blobs, Threads: 1}, judge: j,
		fail: fail, tries: map[sections.Step]int{}, names: map[string]bool{},
	}
	large := &later{Starter: &sections.Starter{Blobs: &h.blobs, Machine: m, RangeBytes: rangeBytes}}
	j.Large, j.SplitBytes = large, 1
	out, err := j.Judge(t.Context(), o, noon)
	if err != nil || out.Decision != landing.Divided || len(large.begun) != 1 {
		t.Fatalf("got %s (%s), %v; want it to be divided", out.Decision, out.Reason, err)
	}
	if err := large.begun[0](); err != nil {
		t.Fatal(err)
	}
	return m
}

// file is one with every kind of fault, all over it.
func file(rows int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	b.WriteString("id,product,amount,note\n")
	for i := range rows {
		id, product, amount, note := fmt.Sprintf("T%05d", i), fmt.Sprintf("p%d", 1+rng.IntN(3)), fmt.Sprint(rng.IntN(500)), "plain"
		switch rng.IntN(40) {
		case 0:
			id = fmt.Sprintf("T%05d", rng.IntN(i+1))
		case 1:
			id = ""
		case 2:
			product = "p9"
		case 3:
			amount = "900.50"
		case 4:
			note = "\"two\nlines, with a comma\""
		case 5:
			note = "\"a \"\"quoted\"\" word" + "\""
		case 6:
			note = "x,too,many"
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", id, product, amount, note)
	}
	return []byte(b.String())
}

// parquetOf writes the rows of a delimited text that have the right number of cells.
func parquetOf(t *testing.T, text []byte) []byte {
	t.Helper()
	type row struct {
		ID      *string `parquet:"id,optional"`
		Product string  `parquet:"product,dict"`
		Amount  float64 `parquet:"amount"`
		Note    string  `parquet:"note,snappy"`
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, cells := range all[1:] {
		if len(cells) == 4 {
			amount, err := strconv.ParseFloat(cells[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			made := row{nil, cells[1], amount, cells[3]}
			if cells[0] != "" {
				made.ID = &cells[0]
			}
			rows = append(rows, made)
		}
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows, parquet.MaxRowsPerRowGroup(170)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestADividedFileLeavesWhatAWholeOneDoes holds that reports, quarantine, tag,
// history, figures, events and metrics are the same.
func TestADividedFileLeavesWhatAWholeOneDoes(t *testing.T) {
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"bad", file(3000)},
		{"good", []byte("id,product,amount,note\n" + strings.Repeat("T0000N,p1,5,\n", 1))},
		{"Parquet", parquetOf(t, file(3000))},
		{"a quote that is never closed", append(file(200), "T9,p1,5,\"never\nT8,p2,7,x\n"...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, judger := newHouse(t)
			o := whole.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", c.body, noon)
			if _, err := judger.Judge(t.Context(), o, noon); err != nil {
				t.Fatal(err)
			}
			want := whole.left(t, o)
			for _, rangeBytes := range []int64{int64(len(c.body)), 20_000, 777} {
				h, j := newHouse(t)
				o := h.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", c.body, noon)
				m := inSections(t, h, j, o, rangeBytes, nil)
				if m.out.Decision != landing.Judged {
					t.Errorf("ranges of %d bytes: %s: %s", rangeBytes, m.out.Decision, m.out.Reason)
				}
				if got := h.left(t, o); got != want {
					t.Errorf("ranges of %d bytes (-whole +divided):\n%.4000s", rangeBytes, cmp.Diff(want, got))
				}
			}
		})
	}
}

// TestAFailedStepIsTriedAgainAlone holds that a step that fails now and then
// changes nothing and has no other step done twice.
func TestAFailedStepIsTriedAgainAlone(t *testing.T) {
	body := file(300)
	whole, judger := newHouse(t)
	o := whole.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", body, noon)
	if _, err := judger.Judge(t.Context(), o, noon); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"scan", "cut", "observe", "repeat", "merge", "look"} {
		h, j := newHouse(t)
		o := h.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", body, noon)
		failed := false
		m := inSections(t, h, j, o, 2000, func(s sections.Step) error {
			if s.Name == name && !failed {
				failed = true
				return errors.New("injected")
			}
			return nil
		})
		if got, want := h.left(t, o), whole.left(t, o); !failed || got != want {
			t.Errorf("%s failed once: %v (-whole +divided):\n%.2000s", name, failed, cmp.Diff(want, got))
		}
		again := 0
		for _, n := range m.tries {
			again += n - 1
		}
		if again != 1 {
			t.Errorf("%s failed once: %d steps were done again, want 1", name, again)
		}
	}
}

// TestAStepThatNeverSucceedsIsAnError holds that a file of which a part was not
// read never passes.
func TestAStepThatNeverSucceedsIsAnError(t *testing.T) {
	for _, name := range []string{"scan", "cut", "observe", "repeat", "merge", "look"} {
		h, j := newHouse(t)
		o := h.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", file(300), noon)
		m := inSections(t, h, j, o, 2000, func(s sections.Step) error {
			if s.Name == name {
				return errors.New("injected")
			}
			return nil
		})
		if m.out.Decision != landing.Unjudged || m.out.Verdict() != quality.VerdictError {
			t.Errorf("%s never succeeds: %s, verdict %s, want unjudged and error", name, m.out.Decision, m.out.Verdict())
		}
		if h.bucket.Tagged(o) != "error" {
			t.Errorf("%s never succeeds: tag %q, want error", name, h.bucket.Tagged(o))
		}
	}
}

// TestWhatCannotBeDividedIsJudgedWhole holds that compressed files take the way
// of small ones, up to what one function judges.
func TestWhatCannotBeDividedIsJudgedWhole(t *testing.T) {
	h, j := newHouse(t)
	j.Large, j.SplitBytes = &later{}, 1
	o := h.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", []byte("\xff\xfei\x00d\x00\n\x001\x00\n\x00"), noon)
	out, err := j.Judge(t.Context(), o, noon)
	if err != nil || out.Decision != landing.Judged {
		t.Errorf("got %s, %v, want judged", out.Decision, err)
	}
	j.MaxBytes = 3
	o = h.bucket.Put("landing", "sales/dt=2026-11-22/sales.csv", []byte("\xff\xfei\x00d\x00\n\x001\x00\n\x00"), noon)
	if out, err = j.Judge(t.Context(), o, noon); err != nil || out.Decision != landing.Unjudged || !strings.Contains(out.Reason, "utf-16le") {
		t.Errorf("beyond the ceiling: got %s (%s), %v, want unjudged, and why it was not divided", out.Decision, out.Reason, err)
	}
}
