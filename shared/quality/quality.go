// Package quality judges a file against the table of a data contract.
//
// The flow is
//
//	Input ─► compile: contract facts and rules become checks, grouped by column
//	      ─► observe: workers parse blocks; each check's state sees a column of a block
//	      ─► merge:   states of all workers become one, as if one had seen all
//	      ─► second look, only where a duplicate key must be shown: its rows are read again
//	      ─► outcomes, only where asked for: what became of every row, in the order of the file
//	      ─► Report:  results, scores, verdict, quarantine
//
// Merging is commutative and associative and samples are kept by row number,
// so that one thread and many give the same report.
package quality

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sort"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/tabular"
)

// An Input is one file to judge and what its contract needs to judge it.
type Input struct {
	Contract *contract.Contract
	// Table names the table of the contract; "" is the first.
	Table string
	// Object is how the report names the file.
	Object string
	Source tabular.Source
	// Bytes is the object's size as stored, before decompression; -1 if unknown.
	Bytes int64
	// Dialect, if not nil, changes what the contract says about how the file is written.
	Dialect func(*tabular.Dialect)
	// Arrived is when the file landed; Now is when it is judged. Both UTC.
	Arrived, Now time.Time
	// Elapsed tells how long judging has taken, for duration_ms; nil is no time.
	Elapsed func() time.Duration
	// References are the datasets that relationships, coverage and totals name.
	References map[string]tabular.Source
	// Files lists what rules on files name; nil leaves such rules the judged file
	// only, and skips those that name another path.
	Files Files
	// History are earlier runs of the same dataset in any order; the file under
	// judgement must not be among them.
	History []Run
	// Threads is how many workers observe blocks; 0 is one per processor.
	Threads int
	// Samples is how many rows each failed check shows, 5 if 0.
	Samples int
	// QuarantineRows caps the rows set aside, 10,000 if 0; negative keeps none.
	QuarantineRows int
	// ShowPersonal leaves sample values of personal columns unmasked.
	ShowPersonal bool
	Limits       tabular.Limits
	// KeyBytes bounds the memory for the keys of uniqueness checks, 256 MiB if
	// 0; beyond it they go to temporary files in SpillDir ("" is the system's).
	KeyBytes int64
	SpillDir string
	// Outcomes, if not nil, is told what became of every row, once all that the
	// report holds is known. The file is then read once more.
	Outcomes Outcomes
	// Progress, if not nil, is called now and then with the bytes read so far,
	// as stored; from one goroutine at a time.
	Progress func(bytes int64)
}

// A Run is what history keeps of one judged file.
type Run struct {
	At      time.Time          `json:"at"`
	Verdict Verdict            `json:"verdict"`
	Metrics map[string]float64 `json:"metrics"`
	Columns []string           `json:"columns,omitempty"`
	Content []drift.Column     `json:"content,omitempty"` // what drift is measured from
}

// Accepted reports whether the run's file was accepted: only such runs are a
// baseline.
func (r Run) Accepted() bool { return r.Verdict == VerdictPass || r.Verdict == VerdictWarn }

// Version is the version of the report's schema.
const Version = 1

// Validate judges a file. What is wrong with the file is in the report; an
// error means that it could not be read to its end, or that the input makes no
// sense (ErrNoTable). A report is the same whatever in.Threads is, but for
// DurationMS.
func Validate(ctx context.Context, in Input) (*Report, error) {
	in.defaults()
	options, err := in.options()
	if err != nil {
		return nil, err
	}
	reader, closer, err := tabular.OpenReader(ctx, in.Source, in.Object, options)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	if h := reader.RawHeader(); bytes.HasPrefix(h, []byte("PAR1")) {
		return nil, fmt.Errorf("%s is a Parquet file, and the contract says %s", in.Object, options.Dialect.Format)
	}
	options.Dialect, options.Detect = reader.Dialect(), false // for reading again
	p, err := compile(&in, reader.Header(), reader.Faults(), options.Dialect)
	if err != nil {
		return nil, err
	}
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	workers := make([]*worker, in.Threads)
	for i := range workers {
		workers[i] = newWorker(p)
		defer workers[i].close()
	}
	if err := scan(ctx, reader, workers, in.progress(reader)); err != nil {
		return nil, fmt.Errorf("read %s: %w", in.Object, err)
	}
	if err := reader.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", in.Object, err)
	}
	f, err := collect(p, workers, reader.HeaderLines())
	if err != nil {
		return nil, err
	}
	report := f.report(reader)
	if err := f.lookAgain(ctx, report, options); err != nil {
		return nil, fmt.Errorf("read %s again: %w", in.Object, err)
	}
	if in.Outcomes != nil {
		if err := f.tellOutcomes(ctx, report, options); err != nil {
			return nil, fmt.Errorf("tell the rows of %s: %w", in.Object, err)
		}
	}
	if in.Elapsed != nil {
		report.DurationMS = in.Elapsed().Milliseconds()
	}
	return report, nil
}

// options says how the contract has the file read.
func (in *Input) options() (tabular.Options, error) {
	table, ok := in.Contract.Table(in.Table)
	if !ok {
		return tabular.Options{}, fmt.Errorf("table %q: %w", in.Table, ErrNoTable)
	}
	format, err := readable(in.Contract)
	if err != nil {
		return tabular.Options{}, err
	}
	options := tabular.Options{Dialect: in.Contract.Dialect(table), Limits: in.Limits, Detect: true}
	if in.Dialect != nil {
		in.Dialect(&options.Dialect)
	}
	options.Dialect.Format = format
	return options, nil
}

// defaults fills what the caller left to us.
func (in *Input) defaults() {
	if in.Threads <= 0 {
		in.Threads = runtime.GOMAXPROCS(0)
	}
	if in.Samples == 0 {
		in.Samples = 5
	}
	if in.QuarantineRows == 0 {
		in.QuarantineRows = 10_000
	}
	if in.Limits.BlockBytes == 0 {
		in.Limits.BlockBytes = 256 << 10 // what a worker has in hand stays in its processor's cache
	}
	if in.KeyBytes == 0 {
		in.KeyBytes = 256 << 20
	}
}

// progress returns what to call after each block.
func (in *Input) progress(r *tabular.Reader) func() {
	if in.Progress == nil {
		return func() {}
	}
	return func() { in.Progress(r.SourceBytes()) }
}

// readAs says how the file was read.
func readAs(r *tabular.Reader) string {
	text := r.Reading().String()
	if form := r.Compression(); form != "" {
		text += ", " + form
	}
	return text
}

// ErrFormat is returned for a file whose format is not read.
var ErrFormat = errors.New("the format is not read; delimited text, JSON and Parquet are, compressed or not")

// formats are the names that contracts have for the formats that are read.
var formats = map[string]string{
	"csv": tabular.FormatDelimited, "tsv": tabular.FormatDelimited, "txt": tabular.FormatDelimited,
	"json": tabular.FormatJSON, "jsonl": tabular.FormatJSON, "ndjson": tabular.FormatJSON,
	"parquet": tabular.FormatParquet,
}

// readable returns the format that the contract's servers agree on, "" if they
// don't or name none, or ErrFormat if one of them names another.
func readable(c *contract.Contract) (string, error) {
	agreed := ""
	differ := false
	for _, s := range c.Servers {
		if s.Format == "" {
			continue
		}
		format, ok := formats[s.Format]
		if !ok {
			return "", fmt.Errorf("server %s has format %s: %w", s.Name, s.Format, ErrFormat)
		}
		differ = differ || agreed != "" && agreed != format
		agreed = format
	}
	if differ {
		return "", nil
	}
	return agreed, nil
}

// prepare reads the references and hands them to the checks that asked.
func (p *plan) prepare(ctx context.Context) error {
	names := make([]string, 0, len(p.refs))
	for name := range p.refs {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := p.refs[name].read(ctx); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(p.listings)) {
		if err := p.listings[path].read(ctx); err != nil {
			return err
		}
	}
	for _, c := range p.checks {
		if c.prepare != nil {
			c.prepare()
		}
	}
	return nil
}

// report puts together everything but what the second look brings.
func (f *findings) report(r *tabular.Reader) *Report {
	in := f.plan.in
	report := &Report{
		Version: Version, Dataset: f.plan.table.Name, Object: in.Object,
		Contract: in.Contract.ID + " " + in.Contract.Version, JudgedAt: in.Now.UTC(),
		Rows: f.rows, Bytes: in.Bytes, Columns: f.plan.header,
		Checks: f.finish(), Metrics: f.plan.metrics(f), Analyzed: f.analyze(), ReadAs: readAs(r),
		Content: f.plan.content(f),
	}
	if in.Bytes < 0 {
		report.Bytes = r.SourceBytes()
	}
	if report.Columns == nil || f.plan.headerIsPersonal() {
		report.Columns = []string{}
	}
	report.Scores, report.Verdict = scores(report.Checks), verdict(report.Checks)
	return report
}

// badRows returns the rows that a failed check sets aside.
func (f *findings) badRows(report *Report) [][]uint64 {
	var sets []*state.RowSet
	for i := range report.Checks {
		if report.Checks[i].Status != Fail {
			continue
		}
		sets = append(sets, &f.tallies[i].rows)
		if f.tallies[i].repeated != nil {
			sets = append(sets, f.tallies[i].repeated)
		}
	}
	return state.Union(sets, f.records)
}
