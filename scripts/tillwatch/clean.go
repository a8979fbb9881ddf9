package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/words"
)

func (a *app) cleanCommand() *cobra.Command {
	c := call{format: "text", samples: 1}
	cmd := &cobra.Command{
		Use:   "clean --contract C.odcs.yaml [flags] FILE|s3://BUCKET/KEY|-",
		Short: "Write the good rows of a file only",
		Long: `Clean judges a file as validate does and writes its header and its good rows, byte
for byte, to standard output or --output. It leaves out malformed rows and rows that
break a check that failed. Rows that break only checks that allow as many stay, so
that a file that passes without a malformed row is written as it is. How many rows
were left out, and by which check, is told on standard error, and so is every failed
check that leaving out rows does not mend: row count, coverage, totals, the header.

Compressed input is written plain unless --output ends in .gz or .zst, and JSON,
Parquet and files of fixed width become delimited text. Nothing is written if a check of severity HIGH could
not be measured, for then no row is proven good.

Exit codes: 0 the good rows are written and nothing else that is HIGH failed,
1 they are written, but there is none, or a check of severity HIGH failed that
leaving out rows does not mend, 2 nothing is written: misuse, unreadable input or
an unproven file.`,
		Example: `  tillwatch clean --contract sales.odcs.yaml --reference products=products.csv \
      --output sales-clean.csv.gz sales.csv`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error { return a.clean(cmd.Context(), &c, args[0]) },
	}
	c.inputFlags(cmd)
	cmd.Flags().StringVarP(&c.output, "output", "o", "", "write the good rows to this `FILE`, by .gz or .zst compressed, instead of standard output")
	c.read.add(cmd)
	return cmd
}

func (a *app) clean(ctx context.Context, c *call, name string) error {
	open := &opener{in: a.in}
	defer open.close()
	in, wrong := a.input(ctx, c, name, open)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if why := unwritable(c.output); why != "" {
		wrong.addf("--output %s: %s", c.output, why)
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	a.tellTable(c, in, name)
	var to io.Writer = a.out
	var file *outfile
	if c.output != "" {
		var err error
		if file, err = createFile(c.output); err != nil {
			return &exit{exitMisuse, err}
		}
		to = file
	}
	good := report.NewClean(to)
	in.Outcomes = good
	bar := a.newBar("judging", in.Bytes)
	in.Progress = bar.set
	r, err := judge.Validate(ctx, *in)
	bar.done()
	if err == nil {
		err = good.Flush()
	}
	switch {
	case file != nil && err == nil:
		err = file.keep()
	case file != nil:
		file.drop()
	}
	if c.output == "" && gone(err) {
		return nil
	}
	if errors.Is(err, report.ErrUnproven) {
		return &exit{exitMisuse, fmt.Errorf("%s: %w; nothing is written\nvalidate says why", in.Object, errors.Unwrap(err))}
	}
	if err != nil {
		return &exit{exitMisuse, err}
	}
	return a.tellClean(c, r, good)
}

// tellClean says what was left out and why, and what that does not mend.
func (a *app) tellClean(c *call, r *quality.Report, good *report.Clean) error {
	where := "standard output"
	if c.output != "" {
		where = c.output
	}
	if good.Left == 0 {
		fmt.Fprintf(a.err, "No bad row; %s written to %s\n", words.Plural(good.Rows, "row"), report.Printable(where))
	} else {
		fmt.Fprintf(a.err, "%s of %s left out; %s written to %s\n",
			words.Count(good.Left), words.Plural(r.Rows, "row"), words.Plural(good.Rows, "row"), report.Printable(where))
	}
	if good.Malformed > 0 {
		fmt.Fprintf(a.err, "  %s malformed, which the check on structure tolerates\n", words.Count(good.Malformed))
	}
	var rest []string
	code := exitFine
	for i := range r.Checks {
		check := &r.Checks[i]
		if n := good.By[check.ID]; n > 0 {
			fmt.Fprintf(a.err, "  %s by %s\n", words.Count(n), report.Printable(check.ID))
		}
		if check.Status == quality.Fail && !good.Mended(check) {
			rest = append(rest, fmt.Sprintf("  %s %s: %s", check.Severity, report.Printable(check.ID), report.Printable(check.Message)))
			if check.Severity == "HIGH" {
				code = exitFindings
			}
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(a.err, "Leaving out rows does not mend:\n%s\n", strings.Join(rest, "\n"))
	}
	if good.Rows == 0 && r.Rows > 0 {
		code = exitFindings
	}
	if code != exitFine {
		return &exit{code, nil}
	}
	return nil
}
