package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tillwatch/shared/profile"
	"tillwatch/shared/profile/show"
)

// diffFormats are the forms of a difference, in the order in which help lists
// them.
var diffFormats = []string{"text", "json", "markdown"}

func (a *app) diffCommand() *cobra.Command {
	var c reading
	cmd := &cobra.Command{
		Use:   "diff [flags] BEFORE AFTER",
		Short: "Say what changed from one file to another",
		Long: `Diff compares two files (delimited text, plain or compressed, JSON or Parquet): columns added, removed,
renamed (by what they hold), reordered, and of another type; and how what the
columns hold is distributed.

A column's distribution counts as changed where a difference is both large and no
accident (a chance below 1 %):
  nulls       the shares differ by 5 points of a hundred or more
  numbers     Kolmogorov–Smirnov distance of 0.1 or more, or a population
              stability index over the tenths of BEFORE of 0.25 or more
  categories  (up to 200 different values) chi-square with Cramér's V of 0.1 or
              more, or the stability index as above
  other text  a tenth of the values or more is built as none was before
Dates and timestamps go on as time does: their extent is told and is no change.
Fewer than 50 values on either side are too few to tell, and it is said.

Exit codes: 0 the same, 1 different, 2 misuse or unreadable input.`,
		Example: `  tillwatch diff sales-0621.csv sales-0622.csv
  tillwatch diff --format markdown s3://landing/before.csv.gz after.csv > review.md`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("two files are compared: %d given", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.diff(cmd.Context(), &c, args) },
	}
	c.add(cmd, "difference", diffFormats)
	return cmd
}

func (a *app) diff(ctx context.Context, c *reading, names []string) error {
	open := &opener{in: a.in}
	defer open.close()
	var wrong problems
	files, total, o := a.begin(ctx, c, open, names, &wrong)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	bar := a.newBar("reading", total)
	var sides [2]*profile.Profile
	var before int64
	for i, f := range files {
		o.Progress = func(n int64) { bar.set(before + n) }
		var err error
		if sides[i], err = profile.Read(ctx, files[i:i+1], o); err != nil {
			bar.done()
			return &exit{exitMisuse, err}
		}
		before += f.Bytes
	}
	bar.done()
	d := profile.Compare(sides[0], sides[1])
	err := a.put(c.output, "Difference", func(w io.Writer, o show.TextOptions) error {
		switch c.format {
		case "json":
			return writeJSON(w, d)
		case "markdown":
			return show.Markdown(w, d)
		}
		return show.Difference(w, d, o)
	})
	if err != nil {
		return &exit{exitMisuse, err}
	}
	if !d.Same {
		return &exit{exitFindings, nil}
	}
	return nil
}
