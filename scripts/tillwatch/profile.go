package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tillwatch/shared/document"
	"tillwatch/shared/profile"
	"tillwatch/shared/profile/show"
	"tillwatch/shared/quality/report"
)

// profileFormats are the forms of a profile, in the order in which help lists
// them.
var profileFormats = []string{"text", "json", "html"}

// A profileCall holds the flags of profile.
type profileCall struct {
	contract, suggest, format, output string
	threads                           int
	showPersonal                      bool
	read                              readFlags
}

func (a *app) profileCommand() *cobra.Command {
	var c profileCall
	cmd := &cobra.Command{
		Use:   "profile [flags] FILE|s3://BUCKET/KEY|-...",
		Short: "Say what is in files, and suggest a contract for them",
		Long: `Profile reads files (delimited text, plain or compressed, JSON or Parquet) as one: what
they are (format, delimiter, encoding, compression, rows), and of each column its type, nulls, different values,
range, quantiles, lengths, most frequent values and distribution.

How a file is written is detected as far as neither the flags nor the contract say it.
Counts, sums, means and uniqueness are exact. Up to 16,384 different values of a
column are counted one by one (fewer in files of more than 64 columns); beyond
that, what is marked with ≈ is an estimate: different values with a standard
error of 0.8 %, quantiles within 0.05 % of their value.

Values of columns that look personal (e-mail addresses; phone, name or address in
the header; columns that the contract says are) are masked.

--suggest writes an ODCS contract that every one of the files passes. Its thresholds
come from confidence intervals of 95 % (Wilson's for shares of nulls and of
unknown values); ranges have a quarter of slack; values are listed only where
they are few and each was seen often; keys are what never repeats; a history
check watches the number of rows. It is a beginning: read it before it is active.

Exit codes: 0 profiled, 2 misuse or unreadable input.`,
		Example: `  tillwatch profile sales.csv
  tillwatch profile --suggest sales.odcs.yaml sales_*.csv.gz
  tillwatch profile --format html --output sales.html s3://landing/sales.csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no file is given: add paths, s3:// addresses, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.profile(cmd.Context(), &c, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&c.suggest, "suggest", "", "write a suggested contract, ODCS YAML, to this `FILE`")
	f.StringVarP(&c.format, "format", "f", "text", "`FORMAT`: "+strings.Join(profileFormats, ", "))
	f.StringVarP(&c.output, "output", "o", "", "write the profile to this `FILE` instead of standard output")
	f.StringVarP(&c.contract, "contract", "c", "", "data contract, ODCS YAML `FILE`, for dialect and personal columns")
	f.IntVar(&c.threads, "threads", 0, "`N` workers (default one per processor)")
	f.BoolVar(&c.showPersonal, "show-personal", false, "show values of personal columns, which are masked otherwise")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(profileFormats, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.MarkFlagFilename("contract", "yaml", "yml"))
	must(cmd.MarkFlagFilename("suggest", "yaml", "yml"))
	must(cmd.RegisterFlagCompletionFunc("threads", cobra.NoFileCompletions))
	c.read.add(cmd)
	return cmd
}

func (a *app) profile(ctx context.Context, c *profileCall, names []string) error {
	open := &opener{in: a.in}
	defer open.close()
	var wrong problems
	if !slices.Contains(profileFormats, c.format) {
		wrong.addf("--format %q: %s", c.format, document.Among(c.format, profileFormats))
	}
	o := c.options(open, names, &wrong)
	for flag, name := range map[string]string{"--output": c.output, "--suggest": c.suggest} {
		for _, file := range names {
			if name != "" && same(name, file) {
				wrong.addf("%s %s: that is a file to be profiled; choose another name", flag, name)
			}
		}
	}
	files, total := a.inputs(ctx, open, names, &wrong)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	bar := a.newBar("reading", total)
	o.Progress = bar.set
	p, err := profile.Read(ctx, files, o)
	bar.done()
	if err != nil {
		return &exit{exitMisuse, err}
	}
	if c.suggest != "" {
		suggestion, err := profile.Suggest(p, stem(names[0]))
		if err != nil {
			return &exit{exitMisuse, fmt.Errorf("suggest a contract: %w", err)}
		}
		if err := writeFile(c.suggest, suggestion); err != nil {
			return &exit{exitMisuse, err}
		}
		fmt.Fprintf(a.err, "Suggested contract in %s; judge a file by it with 'tillwatch validate --contract %[1]s'\n", report.Printable(c.suggest))
	}
	err = a.put(c.output, "Profile", func(w io.Writer, o show.TextOptions) error {
		switch c.format {
		case "json":
			return writeJSON(w, p)
		case "html":
			return show.HTML(w, p)
		}
		return show.Text(w, p, o)
	})
	if err != nil {
		return &exit{exitMisuse, err}
	}
	return nil
}

// options checks the flags that say how to read.
func (c *profileCall) options(open *opener, names []string, wrong *problems) profile.Options {
	o := profile.Options{Threads: c.threads, ShowPersonal: c.showPersonal}
	if c.threads < 0 {
		wrong.addf("--threads %d: give the number of workers, or 0 for one per processor", c.threads)
	}
	if said := open.contract(c.contract, wrong); said != nil {
		o.Dialect, o.Personal = profile.Said(said, tableFor(said, "", names[0], wrong))
	}
	c.read.check(wrong)
	c.read.declare(&o.Dialect)
	c.read.limit(&o.Limits)
	return o
}

// inputs finds the files, and how many bytes they have together.
func (a *app) inputs(ctx context.Context, open *opener, names []string, wrong *problems) (files []profile.Input, total int64) {
	for _, name := range names {
		f, err := open.open(ctx, name)
		if err != nil {
			wrong.add(err)
			continue
		}
		files = append(files, profile.Input{Name: f.name, Source: f.source, Bytes: f.size})
		total += f.size
	}
	return files, total
}

// put writes what was found to a file in one step, or to standard output.
func (a *app) put(file, what string, write func(io.Writer, show.TextOptions) error) error {
	if file == "" {
		err := write(a.out, show.TextOptions{Color: a.colored(), Width: a.width()})
		if gone(err) {
			return nil
		}
		return err
	}
	var b bytes.Buffer
	if err := write(&b, show.TextOptions{}); err != nil {
		return err
	}
	if err := writeFile(file, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s in %s\n", what, report.Printable(file))
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
