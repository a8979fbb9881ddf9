package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillwatch/shared/contract"
	"tillwatch/shared/document"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/tabular"
)

// formats are the forms of a report, in the order in which help lists them.
var formats = []string{"text", "json", "html", "markdown", "junit", "sarif", "openlineage"}

// A call holds the flags of validate.
type call struct {
	contract, rules                  string
	table, history, now, arrived     string
	references                       []string
	quarantine, format, output, rows string
	threads, samples                 int
	showPersonal, verbose            bool
	read                             readFlags
}

func (a *app) validateCommand() *cobra.Command {
	var c call
	cmd := &cobra.Command{
		Use:   "validate --contract C.odcs.yaml|--rules R.dqdl [flags] FILE|s3://BUCKET/KEY|-",
		Short: "Judge a file against its contract",
		Long: `Validate reads a delimited file, JSON (an object a line, or an array of objects) or
Parquet, plain or compressed, and judges it against a table of its data contract
(ODCS 3). FILE is a path, an address in S3, or - for standard input. AWS settings come
from the environment; AWS_ENDPOINT_URL is honoured.

With --rules in place of --contract the file is judged by a ruleset in DQDL, the rule
language of AWS Glue Data Quality; the dataset is then --table, else named like the file.

How the file is written is detected as far as neither flags nor contract say it, and told
in the report. Contracts say it by customProperties (of the table, a server or the
contract) that are named like the flags: quoteChar for --quote-char.

The table is --table, else the one named like the file, else the contract's first.
A date check takes the moment of judging from --now, which is the present if not
given. The file arrived when it was last modified; with --now, at that moment.

References are the other datasets that relationships, coverage and totals of the
contract name. History is a file of JSON values, one a line, either
  {"at":"2026-11-21T06:00:00Z","verdict":"pass","metrics":{"rowCount":12345},"columns":["id"]}
or reports that --format json wrote, of which those of another dataset are left out,
and which alone remember what drift of types and distributions is measured from.
Only runs with verdict pass or warn are a baseline, and none that is not before now.

--rows writes a line for every row: its number and line, pass, fail or malformed, how
many checks it passed, and the ids of those that it failed, of those that it breaks but
that allow as many, and of those that were skipped.

Exit codes: 0 pass or warn, 1 fail, 2 misuse, unreadable input or verdict error.`,
		Example: `  tillwatch validate --contract sales.odcs.yaml sales.csv
  tillwatch validate --contract sales.odcs.yaml --reference products=products.csv.gz \
      --quarantine bad.csv --format html --output report.html s3://landing/sales.csv
  tillwatch validate --rules sales.dqdl sales.csv
  zcat sales.csv.gz | tillwatch validate --contract sales.odcs.yaml --format json - >> history.jsonl`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return a.validate(cmd.Context(), &c, args[0]) },
	}
	c.inputFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&c.quarantine, "quarantine", "q", "", "write the bad rows to this CSV `FILE`")
	f.StringVar(&c.rows, "rows", "", "write what became of each row to this CSV `FILE`, by .gz or .zst compressed")
	f.StringVarP(&c.format, "format", "f", "text", "`FORMAT`: "+strings.Join(formats, ", "))
	f.StringVarP(&c.output, "output", "o", "", "write the report to this `FILE` instead of standard output")
	f.IntVar(&c.samples, "samples", 5, "show `N` rows for each failed check")
	f.BoolVar(&c.showPersonal, "show-personal", false, "show values of personal columns, which are masked otherwise")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "list passed checks, scores and impacts too")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("samples", cobra.NoFileCompletions))
	c.read.add(cmd)
	return cmd
}

// oneFile wants one argument.
func oneFile(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return errors.New("no file is given: add a path, an s3:// address, or - for standard input")
	case 1:
		return nil
	}
	return fmt.Errorf("one file at a time: %d are given", len(args))
}

// inputFlags adds the flags that say what is judged, and by what.
func (c *call) inputFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&c.contract, "contract", "c", "", "data contract, ODCS YAML `FILE` (this or --rules is required)")
	f.StringVar(&c.rules, "rules", "", "ruleset, DQDL `FILE`, in place of a contract")
	f.StringVarP(&c.table, "table", "t", "", "`TABLE` of the contract")
	f.StringArrayVarP(&c.references, "reference", "r", nil, "another dataset, as `NAME=FILE`; may be repeated")
	f.StringVar(&c.history, "history", "", "earlier runs, JSON lines in `FILE`")
	f.StringVar(&c.now, "now", "", "moment of judging, `RFC3339` (default the present)")
	f.StringVar(&c.arrived, "arrived", "", "moment the file arrived, `RFC3339`")
	f.IntVar(&c.threads, "threads", 0, "`N` workers (default one per processor)")
	must(cmd.RegisterFlagCompletionFunc("table", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return tablesOf(c.contract), cobra.ShellCompDirectiveNoFileComp
	}))
	must(cmd.MarkFlagFilename("contract", "yaml", "yml"))
	must(cmd.MarkFlagFilename("rules", "dqdl"))
	must(cmd.MarkFlagFilename("history", "jsonl", "json"))
	for _, name := range []string{"now", "arrived", "threads"} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions))
	}
}

// must panics on an error that only a mistake in this program can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// tablesOf returns the tables of a contract file, for completion.
func tablesOf(file string) []string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	c, err := contract.ReadODCS(file, data)
	if err != nil {
		return nil
	}
	var names []string
	for _, t := range c.Tables {
		names = append(names, t.Name)
	}
	return names
}

func (a *app) validate(ctx context.Context, c *call, name string) error {
	start := a.now()
	open := &opener{in: a.in}
	defer open.close()
	in, wrong := a.input(ctx, c, name, open)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	a.tellTable(c, in, name)
	in.Elapsed = func() time.Duration { return a.now().Sub(start) }
	keep, err := c.tableOfRows(in)
	if err != nil {
		return &exit{exitMisuse, err}
	}
	bar := a.newBar("judging", in.Bytes)
	in.Progress = bar.set
	r, err := judge.Validate(ctx, *in)
	bar.done()
	if err = keep(err); err != nil {
		return &exit{exitMisuse, err}
	}
	if c.quarantine != "" {
		if err := a.setAside(c.quarantine, r.Quarantine); err != nil {
			return &exit{exitMisuse, err}
		}
	}
	if err := a.render(c, r); err != nil {
		return &exit{exitMisuse, err}
	}
	switch r.Verdict {
	case quality.VerdictPass, quality.VerdictWarn:
		return nil
	case quality.VerdictFail:
		return &exit{exitFindings, nil}
	}
	return &exit{exitMisuse, nil}
}

// tellTable says which table a file is judged as, where nobody said so.
func (a *app) tellTable(c *call, in *quality.Input, name string) {
	if n := len(in.Contract.Tables); n > 1 && c.table == "" && in.Table != stem(name) {
		fmt.Fprintf(a.err, "Judged as %s, the first of %d tables; choose another with --table\n", report.Printable(in.Table), n)
	}
}

// input gathers all that judging needs, and all that is wrong with the call.
func (a *app) input(ctx context.Context, c *call, name string, open *opener) (*quality.Input, problems) {
	var wrong problems
	in := &quality.Input{Now: a.now().UTC(), Threads: c.threads, Samples: c.samples,
		ShowPersonal: c.showPersonal, QuarantineRows: -1, References: map[string]tabular.Source{}}
	if c.quarantine != "" {
		in.QuarantineRows = 0
	}
	c.check(name, &wrong)
	in.Dialect = c.read.declare
	c.read.limit(&in.Limits)
	if c.now != "" {
		if at, err := moment("--now", c.now); err != nil {
			wrong.add(err)
		} else {
			in.Now = at
		}
	}
	if c.rules != "" {
		in.Contract = open.ruleset(c.rules, orElse(c.table, stem(name)), &wrong)
	} else {
		in.Contract = open.contract(c.contract, &wrong)
	}
	if in.Contract != nil {
		in.Table = tableFor(in.Contract, c.table, name, &wrong)
	}
	for _, pair := range c.references {
		open.reference(ctx, in, pair, &wrong)
	}
	file, err := open.open(ctx, name)
	if err != nil {
		wrong.add(err)
	} else {
		in.Files = neighbourhood{name, open}
		in.Object, in.Source, in.Bytes, in.Arrived = file.name, file.source, file.size, file.modified
	}
	if in.Arrived.IsZero() || in.Arrived.After(in.Now) || c.now != "" {
		in.Arrived = in.Now
	}
	if c.arrived != "" {
		at, err := moment("--arrived", c.arrived)
		if err != nil {
			wrong.add(err)
		}
		in.Arrived = at
	}
	if c.history != "" {
		if in.History, err = readHistory(c.history, in.Table, in.Now); err != nil {
			wrong.add(err)
		}
	}
	return in, wrong
}

// check finds what is wrong with the flags by themselves.
func (c *call) check(name string, wrong *problems) {
	switch {
	case c.contract == "" && c.rules == "":
		wrong.addf("--contract is missing: name the ODCS file that says what %s must hold, or a DQDL file with --rules", name)
	case c.contract != "" && c.rules != "":
		wrong.addf("--contract and --rules: name one of them; a contract may hold rules in DQDL, as type: custom, engine: dqdl")
	}
	if !slices.Contains(formats, c.format) {
		wrong.addf("--format %q: %s", c.format, document.Among(c.format, formats))
	}
	c.read.check(wrong)
	if c.threads < 0 {
		wrong.addf("--threads %d: give the number of workers, or 0 for one per processor", c.threads)
	}
	if c.samples < 1 {
		wrong.addf("--samples %d: give at least 1", c.samples)
	}
	c.checkOutputs(name, wrong)
}

// moment reads a point in time.
func moment(flag, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%s %q is not a time in RFC 3339: write it like 2026-11-22T06:00:00Z", flag, text)
	}
	return at.UTC(), nil
}

// tableFor returns the table's name: the one asked for, the one named like the
// file, or the first.
func tableFor(c *contract.Contract, asked, file string, wrong *problems) string {
	var names []string
	for _, t := range c.Tables {
		names = append(names, t.Name)
	}
	if asked != "" {
		if !slices.Contains(names, asked) {
			wrong.addf("--table %s: %s has no such table; %s", asked, c.File, document.Among(asked, names))
		}
		return asked
	}
	if slices.Contains(names, stem(file)) {
		return stem(file)
	}
	if len(names) == 0 {
		wrong.addf("%s describes no table: add one under schema", c.File)
		return ""
	}
	return names[0]
}

// stem is a file's name without its folder and endings.
func stem(file string) string {
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	return name
}

// render writes the report in the form asked for.
func (a *app) render(c *call, r *quality.Report) error {
	if c.output == "" {
		err := a.write(a.out, c, r)
		if gone(err) {
			return nil
		}
		return err
	}
	var b bytes.Buffer
	if err := a.write(&b, c, r); err != nil {
		return err
	}
	if err := writeFile(c.output, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s: report in %s\n", strings.ToUpper(string(r.Verdict)), report.Printable(c.output))
	return nil
}

func (a *app) write(w io.Writer, c *call, r *quality.Report) error {
	switch c.format {
	case "json":
		return report.JSON(w, r)
	case "html":
		return report.HTML(w, r)
	case "markdown":
		return report.Markdown(w, r)
	case "junit":
		return report.JUnit(w, r)
	case "sarif":
		return report.SARIF(w, r)
	case "openlineage":
		return report.OpenLineage(w, r)
	}
	o := report.TextOptions{Verbose: c.verbose}
	if w == a.out {
		o.Color, o.Width = a.colored(), a.width()
	}
	return report.Text(w, r, o)
}

// setAside writes the quarantine, which is a mere header if no row was bad.
func (a *app) setAside(file string, q *quality.Quarantine) error {
	if q == nil {
		q = &quality.Quarantine{}
	}
	var b bytes.Buffer
	if err := report.WriteQuarantine(&b, q); err != nil {
		return err
	}
	if err := writeFile(file, b.Bytes()); err != nil {
		return err
	}
	shown := report.Printable(file)
	if n := int64(len(q.Rows)); n < q.Total {
		fmt.Fprintf(a.err, "The first %d of %d bad rows are in %s\n", n, q.Total, shown)
	} else if q.Total > 0 {
		fmt.Fprintf(a.err, "Bad rows: all %d are in %s\n", q.Total, shown)
	} else {
		fmt.Fprintf(a.err, "No bad rows; %s holds only the header\n", shown)
	}
	return nil
}
