package main

import (
	"bytes"
	"context"
	"encoding/json"
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

// A reading holds the flags of commands that read files without judging them.
type reading struct {
	contract, format, output string
	threads                  int
	showPersonal             bool
	read                     readFlags
	formats                  []string // that format may be
}

// add adds the flags; what is written is called what.
func (c *reading) add(cmd *cobra.Command, what string, formats []string) {
	c.formats = formats
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&c.format, "format", "f", formats[0], "`FORMAT`: "+strings.Join(formats, ", "))
	f.StringVarP(&c.output, "output", "o", "", "write the "+what+" to this `FILE` instead of standard output")
	f.StringVarP(&c.contract, "contract", "c", "", "data contract, ODCS YAML `FILE`, for dialect and personal columns")
	f.IntVar(&c.threads, "threads", 0, "`N` workers (default one per processor)")
	f.BoolVar(&c.showPersonal, "show-personal", false, "show values of personal columns, which are masked otherwise")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.MarkFlagFilename("contract", "yaml", "yml"))
	must(cmd.RegisterFlagCompletionFunc("threads", cobra.NoFileCompletions))
	c.read.add(cmd)
}

// options checks the flags that say how to read.
func (c *reading) options(open *opener, names []string, wrong *problems) profile.Options {
	o := profile.Options{Threads: c.threads, ShowPersonal: c.showPersonal}
	if !slices.Contains(c.formats, c.format) {
		wrong.addf("--format %q: %s", c.format, document.Among(c.format, c.formats))
	}
	for _, file := range names {
		if c.output != "" && same(c.output, file) {
			wrong.addf("--output %s: that is a file to be read; choose another name", c.output)
		}
	}
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

// begin checks the flags and opens the files, which have total bytes together.
func (a *app) begin(ctx context.Context, c *reading, open *opener, names []string, wrong *problems) (files []profile.Input, total int64, o profile.Options) {
	o = c.options(open, names, wrong)
	for _, name := range names {
		f, err := open.open(ctx, name)
		if err != nil {
			wrong.add(err)
			continue
		}
		files = append(files, profile.Input{Name: f.name, Source: f.source, Bytes: f.size})
		total += f.size
	}
	return files, total, o
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
