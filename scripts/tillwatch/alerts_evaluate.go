package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/document"
	"tillwatch/shared/memory"
	"tillwatch/shared/observation"
	"tillwatch/shared/pipeline"
	"tillwatch/shared/quality/report"
)

func (a *app) evaluateCommand() *cobra.Command {
	var config, format string
	c := &cobra.Command{
		Use:   "evaluate [--config POLICY.yaml] EVENTS.json...",
		Short: "Hold the rules of an alert policy against runs and verdicts",
		Long: `Evaluate holds every rule of a policy that has a condition against observations, as the
deployed evaluate-rules does, and says which fire, with what was measured before and what it
costs, which end what an earlier observation began, and why the others do not. An observation is an event pipeline.run.v1,
file.validated.v1 or file.rejected.v1 as the bus delivers it, or the detail of a
pipeline.run.v1 alone:

  {"pipeline": "daily_revenue", "run_id": "42", "status": "succeeded",
   "started_at": "2026-11-22T03:00:00Z", "ended_at": "2026-11-22T03:12:00Z",
   "tasks": 1204, "failed_tasks": 89, "records": 51200, "expected_records": 50000}

A file holds one, several after one another, or a list of them. They are taken in order,
so that a later run can end what an earlier one began. Nothing is sent to anybody. A file
- is standard input.

Exit codes: 0 nothing fires, 1 something does or the policy is invalid, 2 an event could
not be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return &exit{exitMisuse, fmt.Errorf("--format %q: %s", format, document.Among(format, []string{"text", "json"}))}
			}
			p, err := readPolicy(config)
			if err != nil {
				return policyFault(err)
			}
			list := []evaluated{}
			store := &memory.Rules{}
			var wrong problems
			for _, name := range args {
				events, err := a.readEvents(name)
				if err != nil {
					wrong.addf("%s: %v", name, err)
				}
				for i, raw := range events {
					one, err := evaluate(cmd.Context(), p, store, raw)
					if err != nil {
						wrong.addf("%s: event %d: %v", name, i+1, err)
						continue
					}
					list = append(list, one)
				}
			}
			if format == "json" {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				err = e.Encode(list)
			} else {
				err = a.evaluated(list)
			}
			if err := errors.Join(err, wrong.exit(exitMisuse)); err != nil {
				return err
			}
			for _, one := range list {
				for _, v := range one.Rules {
					if v.Outcome == rule.Fires {
						return &exit{exitFindings, nil}
					}
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&config, "config", "", "`POLICY` in YAML; the one that ships if not given")
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text, json")
	must(c.MarkFlagFilename("config", "yaml", "yml"))
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// evaluated is what the rules make of one observation.
type evaluated struct {
	ID       string          `json:"observation_id"`
	Kind     string          `json:"kind"`
	Pipeline string          `json:"pipeline"`
	Table    string          `json:"table,omitempty"`
	Period   string          `json:"execution_date,omitempty"`
	Run      string          `json:"run_id,omitempty"`
	Retry    int             `json:"retry,omitempty"`
	At       time.Time       `json:"at"`
	Rules    []evaluatedRule `json:"rules"`
}

type evaluatedRule struct {
	Rule     string         `json:"rule"`
	Severity alert.Severity `json:"severity"`
	Outcome  rule.Outcome   `json:"outcome"`
	Reason   rule.Reason    `json:"reason"`
	Text     string         `json:"text,omitempty"`
	// Signal is what it sends: what fires, ends, or is a sign of life.
	Signal *alert.Signal `json:"signal,omitempty"`
}

// maxEvents bounds a file of events in bytes.
const maxEvents = 64 << 20

// readEvents reads the JSON values of a file, those of lists one by one; with an
// error those before it.
func (a *app) readEvents(name string) ([]json.RawMessage, error) {
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxEvents+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxEvents {
		return nil, fmt.Errorf("larger than %d bytes", maxEvents)
	}
	var all []json.RawMessage
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var one json.RawMessage
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			if len(all) == 0 {
				return nil, errors.New("there is no event in it")
			}
			return all, nil
		} else if err != nil {
			return all, fmt.Errorf("byte %d: %w", d.InputOffset(), err)
		}
		var list []json.RawMessage
		if json.Unmarshal(one, &list) == nil {
			all = append(all, list...)
		} else {
			all = append(all, one)
		}
	}
}

// evaluate holds the rules against one event, or the detail of a run alone.
func evaluate(ctx context.Context, p *policy.Policy, store rule.Store, raw json.RawMessage) (evaluated, error) {
	var kind struct {
		DetailType *string `json:"detail-type"`
	}
	if err := json.Unmarshal(raw, &kind); err == nil && kind.DetailType == nil {
		wrapped, err := json.Marshal(map[string]any{"detail-type": pipeline.RunReported, "detail": raw})
		if err != nil {
			return evaluated{}, err
		}
		raw = wrapped
	}
	// A story may be of any time.
	o, err := observation.Decode(raw, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		return evaluated{}, err
	}
	signals, verdicts, err := rule.Take(ctx, store, p, o)
	if err != nil {
		return evaluated{}, err
	}
	e := evaluated{
		ID: o.ID, Kind: o.Kind, Pipeline: o.Pipeline, Table: o.Table, Period: o.Period, Run: o.Run, Retry: o.Retry, At: o.At, Rules: []evaluatedRule{},
	}
	for _, v := range verdicts {
		one := evaluatedRule{Rule: v.Rule, Severity: v.Severity, Outcome: v.Outcome, Reason: v.Reason, Text: v.Text}
		if i := slices.IndexFunc(signals, func(s alert.Signal) bool { return s.Rule == v.Rule }); i >= 0 {
			one.Signal = &signals[i]
		}
		e.Rules = append(e.Rules, one)
	}
	return e, nil
}

// evaluated writes what the rules make of observations, for people.
func (a *app) evaluated(list []evaluated) error {
	for i, one := range list {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		about := one.At.Format(time.RFC3339) + " " + one.Pipeline
		for _, more := range []string{one.Period, one.Run} {
			if more != "" {
				about += " " + more
			}
		}
		if one.Retry > 0 {
			about += fmt.Sprintf(", retry %d", one.Retry)
		}
		fmt.Fprintf(a.out, "%s (%s)\n", report.Printable(about), one.Kind)
		for _, v := range one.Rules {
			text := v.Text
			if v.Outcome == rule.NotEvaluated {
				text = strings.ReplaceAll(string(v.Reason), "_", " ")
			}
			outcome := strings.ReplaceAll(string(v.Outcome), "_", " ")
			if v.Outcome == rule.Fires {
				outcome = "FIRES " + string(v.Severity)
			}
			if _, err := fmt.Fprintf(a.out, "  %-13s  %-21s  %s\n", outcome, report.Printable(v.Rule), report.Printable(text)); err != nil {
				return err
			}
			if v.Outcome != rule.Fires {
				continue
			}
			lines := message.Costs(*v.Signal)
			if before := message.Before(*v.Signal, one.At); before != "" {
				lines = append([]string{"Before: " + before}, lines...)
			}
			for _, l := range lines {
				fmt.Fprintf(a.out, "%17s%s\n", "", report.Printable(l))
			}
		}
	}
	return nil
}
