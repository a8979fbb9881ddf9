package check

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sort"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/tabular"
)

// Validate judges a file. What is wrong with the file is in the report; an
// error means that it could not be read to its end, or that the input makes no
// sense (quality.ErrNoTable). A report is the same whatever in.Threads is, but for
// DurationMS.
func (compile Compiler) Validate(ctx context.Context, in quality.Input) (*quality.Report, error) {
	defaults(&in)
	options, err := options(&in)
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
	p, err := compile.newPlan(&in, reader.Header(), reader.Lists(), reader.Faults(), options.Dialect)
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
	if err := scan(ctx, reader, workers, progress(&in, reader)); err != nil {
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
func options(in *quality.Input) (tabular.Options, error) {
	table, ok := in.Contract.Table(in.Table)
	if !ok {
		return tabular.Options{}, fmt.Errorf("table %q: %w", in.Table, quality.ErrNoTable)
	}
	format, err := readable(in.Contract)
	if err != nil {
		return tabular.Options{}, err
	}
	options := tabular.Options{Dialect: in.Contract.Dialect(table), Limits: in.Limits, Detect: true, Ahead: in.Threads > 1}
	if in.Dialect != nil {
		in.Dialect(&options.Dialect)
	}
	options.Dialect.Format = format
	return options, nil
}

// defaults fills what the caller left to us.
func defaults(in *quality.Input) {
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
func progress(in *quality.Input, r *tabular.Reader) func() {
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
			return "", fmt.Errorf("server %s has format %s: %w", s.Name, s.Format, quality.ErrFormat)
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
func (p *Plan) prepare(ctx context.Context) error {
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
		if c.Prepare != nil {
			c.Prepare()
		}
	}
	return nil
}

// report puts together everything but what the second look brings.
func (f *Findings) report(r *tabular.Reader) *quality.Report {
	in := f.Plan.In
	report := &quality.Report{
		Version: quality.Version, Dataset: f.Plan.Table.Name, Object: in.Object,
		Contract: in.Contract.ID + " " + in.Contract.Version, JudgedAt: in.Now.UTC(),
		Rows: f.Rows, Bytes: in.Bytes, Columns: f.Plan.Header,
		Checks: f.finish(), Metrics: f.Plan.metrics(f), Analyzed: f.analyze(), ReadAs: readAs(r),
		Content: f.Plan.Content(f),
	}
	if in.Bytes < 0 {
		report.Bytes = r.SourceBytes()
	}
	if report.Columns == nil || f.Plan.HeaderIsPersonal() {
		report.Columns = []string{}
	}
	report.Scores, report.Verdict = quality.Scores(report.Checks), quality.Judge(report.Checks)
	return report
}

// badRows returns the rows that a failed check sets aside.
func (f *Findings) badRows(report *quality.Report) [][]uint64 {
	var sets []*rowset.Set
	for i := range report.Checks {
		if report.Checks[i].Status != quality.Fail {
			continue
		}
		sets = append(sets, &f.tallies[i].rows)
		if f.tallies[i].repeated != nil {
			sets = append(sets, f.tallies[i].repeated)
		}
	}
	return rowset.Union(sets, f.records)
}

// analyze returns what the analyzers measured.
func (f *Findings) analyze() map[string]float64 {
	var out map[string]float64
	for name, measure := range f.Plan.Analyzed {
		if v, _, problem := measure(f); problem == "" {
			if out == nil {
				out = map[string]float64{}
			}
			out[name] = v
		}
	}
	return out
}

// Content is what is remembered of the file's columns.
func (p *Plan) Content(f *Findings) (content []drift.Column) {
	for _, name := range p.recalls {
		c := drift.Column{Name: name}
		for _, fill := range p.recalled[name] {
			fill(f, &c)
		}
		content = append(content, c)
	}
	return content
}

// metrics returns what history keeps of this file.
func (p *Plan) metrics(f *Findings) map[string]float64 {
	kept := map[string]float64{"rowCount": float64(f.Rows)}
	if p.In.Bytes >= 0 {
		kept["bytes"] = float64(p.In.Bytes)
	}
	for key, read := range p.Kept {
		if v, problem := read(f); problem == "" {
			kept[key] = v
		}
	}
	return kept
}
