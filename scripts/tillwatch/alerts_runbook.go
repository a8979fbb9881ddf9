package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/quality/report"
)

func (a *app) runbookCommand() *cobra.Command {
	var signal string
	var d runbook.Deployment
	c := &cobra.Command{
		Use:   "runbook [--signal FILE] [RULE]",
		Short: "Print what to do when a rule has fired, with an alert's values",
		Long: `Runbook prints the page of a rule: what the alert means, the first five minutes, queries
that run as they are, likely causes, how to mend it and how to see that it is mended.
With --signal the values are those of a signal, as it is on the bus, in a webhook's
request or in an incident's timeline; each is quoted as the query around it wants. What is
unknown stays a word in capitals. Without a rule and a signal it lists the pages.

Exit codes: 0 printed, 1 there is no such page, 2 misuse, or the signal could not be read.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var s alert.Signal
			if signal != "" {
				var err error
				if s, err = a.readSignal(signal); err != nil {
					return &exit{exitMisuse, err}
				}
			}
			rule := s.Rule
			if len(args) == 1 {
				rule = args[0]
			}
			if rule == "" {
				pages, err := fs.Glob(runbook.Files, "*.md")
				for _, page := range pages {
					fmt.Fprintln(a.out, strings.TrimSuffix(page, ".md"))
				}
				return err
			}
			page, ok := runbook.Page(rule, runbook.ValuesOf(s, d))
			if !ok {
				return &exit{exitFindings, fmt.Errorf("there is no runbook %q: tillwatch alerts runbook lists them", rule)}
			}
			for line := range strings.Lines(page) {
				fmt.Fprintln(a.out, report.Printable(strings.TrimRight(line, "\n")))
			}
			return nil
		},
	}
	c.Flags().StringVar(&signal, "signal", "", "JSON `FILE` of a signal, - for standard input")
	c.Flags().StringVar(&d.Landing, "landing", "", "`BUCKET` that files land in")
	c.Flags().StringVar(&d.Results, "results", "", "results `BUCKET`")
	must(c.MarkFlagFilename("signal", "json"))
	return c
}

// maxSignal bounds a signal's file, in bytes: more than an event may have.
const maxSignal = 1 << 20

// readSignal reads a signal: alone, as an event, or as what programs are told.
func (a *app) readSignal(name string) (alert.Signal, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(io.LimitReader(a.in, maxSignal))
	} else {
		data, err = readSmall(name)
	}
	if err != nil {
		return alert.Signal{}, err
	}
	var form struct {
		alert.Signal
		Told   *alert.Signal `json:"signal"`
		Data   *alert.Signal `json:"data"`
		Detail *struct {
			Data *alert.Signal `json:"data"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(data, &form); err != nil {
		return alert.Signal{}, fmt.Errorf("read signal %s: %w", name, err)
	}
	s := form.Signal
	switch {
	case form.Told != nil:
		s = *form.Told
	case form.Data != nil:
		s = *form.Data
	case form.Detail != nil && form.Detail.Data != nil:
		s = *form.Detail.Data
	}
	if s.Rule == "" {
		return s, errors.New("read signal " + name + ": it names no rule")
	}
	return s, nil
}
