package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tillwatch/shared/profile"
	"tillwatch/shared/profile/show"
	"tillwatch/shared/quality/report"
)

// profileFormats are the forms of a profile, in the order in which help lists
// them.
var profileFormats = []string{"text", "json", "html"}

// A profileCall holds the flags of profile.
type profileCall struct {
	reading
	suggest string
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
come from confidence intervals of 95 % (Wilson's, for shares of nulls, of unknown
values and of numbers far out in another file of the same size); ranges have a quarter
of slack; values are listed only where they are few and each was seen often; keys
are what never repeats, and not by chance; a history check watches the number of
rows. It is a beginning: read it before it is active.

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
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&c.suggest, "suggest", "", "write a suggested contract, ODCS YAML, to this `FILE`")
	must(cmd.MarkFlagFilename("suggest", "yaml", "yml"))
	c.add(cmd, "profile", profileFormats)
	return cmd
}

func (a *app) profile(ctx context.Context, c *profileCall, names []string) error {
	open := &opener{in: a.in}
	defer open.close()
	var wrong problems
	for _, file := range names {
		if c.suggest != "" && same(c.suggest, file) {
			wrong.addf("--suggest %s: that is a file to be read; choose another name", c.suggest)
		}
	}
	files, total, o := a.begin(ctx, &c.reading, open, names, &wrong)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	bar := a.newBar("reading", total)
	o.Progress, o.WholeRows = bar.set, c.suggest != ""
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
