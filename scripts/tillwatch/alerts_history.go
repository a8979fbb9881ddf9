package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/replay"
	"tillwatch/shared/alert/storm"
	"tillwatch/shared/document"
	"tillwatch/shared/quality/report"
)

func (a *app) replayCommand() *cobra.Command {
	var config, silences, decisions, format string
	c := &cobra.Command{
		Use:   "replay [--config POLICY.yaml] [--silences SILENCES.json] [--decisions OUT.jsonl] SIGNALS.jsonl",
		Short: "Play a history of signals and count what people would have heard",
		Long: `Replay takes a history of signals, one JSON object a line and in the order in which they
came, through the stages that production runs, with a virtual clock:

  {"time": "2026-11-22T03:06:52Z", "status": "firing", "rule": "file_rejected",
   "severity": "P1", "labels": {"pipeline": "sales_data"}, "value": 87.4,
   "truth_incident": "INC-1"}

A line older than the clock came late. Labels that matter are pipeline, environment and
upstream, or depends_on (the pipelines that this one reads from); the policy's topology
knows more. Where there is no pipeline, an application, service, dataset, table or job
stands for it; run_id, attempt and the like are not taken for part of an alert. Where lines
name their truth_incident, the report says whether every incident was told of and
how well the signals of one were kept together. Signals and incidents whose routes lead to
receivers that tell nobody are counted apart.

With --decisions every line gets one, in its order: notify on the first signal of each
page, else why nobody was paged (grouped, duplicate, outdated, cooling_down, suppressed,
inhibited, resolved, folded, retry, heartbeat). SIGNALS.jsonl may be - for standard input.

With --silences people's silences hold too, as tillwatch alerts silence list --all
--format json prints them.

Exit codes: 0 played, 1 the policy is invalid, 2 the call or the history is at fault.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return &exit{exitMisuse, fmt.Errorf("--format %q: %s", format, document.Among(format, []string{"text", "json"}))}
			}
			r, err := a.replay(cmd.Context(), config, silences, args[0], decisions)
			if err != nil {
				return err
			}
			if format == "json" {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			a.lines(r.Text())
			return nil
		},
	}
	c.Flags().StringVar(&config, "config", "", "`POLICY` in YAML; the one that ships if not given")
	c.Flags().StringVar(&silences, "silences", "", "`FILE` of silences, in JSON")
	c.Flags().StringVar(&decisions, "decisions", "", "write what became of each line to `FILE`")
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text, json")
	must(c.MarkFlagFilename("config", "yaml", "yml"))
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// replay plays the history under a policy and writes the decisions, if asked to.
func (a *app) replay(ctx context.Context, config, silences, history, decisions string) (replay.Report, error) {
	p, err := readPolicy(config)
	if err != nil {
		return replay.Report{}, policyFault(err)
	}
	in := a.in
	if history != "-" {
		if in, err = os.Open(history); err != nil {
			return replay.Report{}, &exit{exitMisuse, err}
		}
		defer in.Close()
	}
	player := replay.New(p)
	if silences != "" {
		list, err := readSilences(silences)
		if err != nil {
			return replay.Report{}, &exit{exitMisuse, err}
		}
		for _, q := range list {
			player.Silence(q)
		}
	}
	var journal *replay.Journal
	if decisions != "" {
		draft, err := os.CreateTemp("", "tillwatch-*")
		if err != nil {
			return replay.Report{}, &exit{exitMisuse, err}
		}
		defer os.Remove(draft.Name())
		defer draft.Close()
		journal = replay.NewJournal(draft)
		player.Decided = journal.Decided
	}
	if err := replay.Read(in, func(l replay.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return player.Play(l)
	}); err != nil {
		return replay.Report{}, &exit{exitMisuse, fmt.Errorf("%s: %w", history, err)}
	}
	r, err := player.Finish()
	if err != nil || journal == nil {
		return r, err
	}
	out, err := createFile(decisions)
	if err != nil {
		return r, &exit{exitMisuse, err}
	}
	if _, err := journal.WriteTo(out); err != nil {
		out.drop()
		return r, &exit{exitMisuse, fmt.Errorf("write %s: %w", decisions, err)}
	}
	if err := out.keep(); err != nil {
		return r, &exit{exitMisuse, err}
	}
	return r, nil
}

// policyFault says 1 of a policy with faults, 2 of one that cannot be read.
func policyFault(err error) error {
	var list document.Errors
	if errors.As(err, &list) {
		return &exit{exitFindings, err}
	}
	return &exit{exitMisuse, err}
}

func (a *app) whyCommand() *cobra.Command {
	var decisions string
	c := &cobra.Command{
		Use:   "why --decisions DECISIONS.jsonl ID",
		Short: "Tell what became of a signal, an alert, an incident or a notification, and why",
		Long: `Why reads the decisions that replay wrote, or the log of route-alert, and prints those
about ID in their order: a signal's, alert's (dedup_key), group's, incident's or
notification's ID. DECISIONS.jsonl may be - for standard input.

Exit codes: 0 found, 1 nothing is known of ID, 2 the call or the file is at fault.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in := a.in
			if decisions != "-" {
				f, err := os.Open(decisions)
				if err != nil {
					return &exit{exitMisuse, fmt.Errorf("--decisions: %w", err)}
				}
				defer f.Close()
				in = f
			}
			found, err := a.why(in, args[0])
			if err != nil {
				return &exit{exitMisuse, fmt.Errorf("%s: %w", decisions, err)}
			}
			if !found {
				return &exit{exitFindings, fmt.Errorf("nothing is known of %q", args[0])}
			}
			return nil
		},
	}
	c.Flags().StringVar(&decisions, "decisions", "-", "`FILE` of decisions")
	return c
}

// why prints the decisions about id and reports whether there is one.
func (a *app) why(in io.Reader, id string) (found bool, err error) {
	type decision struct {
		replay.Outcome
		SignalID  string `json:"signal_id"`
		Timestamp string `json:"timestamp"`
	}
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 64<<10), 1<<20)
	for n := 1; s.Scan(); n++ {
		if !strings.Contains(s.Text(), strings.Trim(string(quoted(id)), `"`)) {
			continue
		}
		var line struct {
			decision
			Context *decision `json:"context"`
		}
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			return found, fmt.Errorf("line %d: %w", n, jsonFault(err))
		}
		d := line.decision
		if line.Context != nil {
			d = *line.Context
		}
		if id != d.DedupKey && id != d.GroupKey && id != d.IncidentID && id != d.NotificationID && id != d.SignalID {
			continue
		}
		found = true
		text := fmt.Sprintf("%s  %-12s %s", d.Time.UTC().Format(time.RFC3339), d.Decision, d.Reason)
		if d.Time.IsZero() {
			text = fmt.Sprintf("%s  %-12s %s", line.Timestamp, d.Decision, d.Reason)
		}
		text += "\n    alert        " + d.DedupKey + "\n    incident     " + d.IncidentID
		if d.NotificationID != "" {
			text += "\n    notification " + d.NotificationID
			if d.NotifiedAt != nil {
				text += " at " + d.NotifiedAt.UTC().Format(time.RFC3339)
			}
		}
		a.lines(text)
	}
	return found, s.Err()
}

// lines prints text, each line of it made harmless.
func (a *app) lines(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(a.out, report.Printable(strings.TrimRight(line, "\n")))
	}
}

// quoted is id as it stands in JSON.
func quoted(id string) []byte {
	data, err := json.Marshal(id)
	must(err)
	return data
}

func (a *app) stormCommand() *cobra.Command {
	var seed uint64
	var incidents, signals int
	var config, start, with string
	c := &cobra.Command{
		Use:   "storm --seed N --incidents K [--signals M]",
		Short: "Make a history of signals whose truth is known",
		Long: `Storm prints a history for replay: K incidents that begin at one pipeline and go down the
stream of the policy's topology, with alerts that flap, are repeated, come twice, late
and out of order, and sometimes never resolve. The same arguments print the same bytes.

With --with-maintenance there is work in maintenance windows too, which makes noise that
belongs to no incident; FILE gets the policy with these windows, for replay --config.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			at, err := time.Parse(time.RFC3339, start)
			if err != nil {
				return &exit{exitMisuse, fmt.Errorf("--start %s is no moment such as 2026-11-02T00:00:00Z", start)}
			}
			if incidents < 1 || incidents > 100_000 || signals < 0 || signals > 50_000_000 {
				return &exit{exitMisuse, errors.New("--incidents is from 1 to 100000, --signals from 0 to 50000000")}
			}
			p, err := readPolicy(config)
			if err != nil {
				return policyFault(err)
			}
			lines, works := storm.Make(storm.Plan{Seed: seed, Incidents: incidents, Signals: signals,
				Upstreams: p.Upstreams(), Start: at.UTC(), Maintenance: with != ""})
			if with != "" {
				base := policy.ShippedYAML()
				if config != "" {
					if base, err = readSmall(config); err != nil {
						return &exit{exitMisuse, err}
					}
				}
				if err := os.WriteFile(with, append(base, "\n"+storm.Policy(works)...), 0o644); err != nil {
					return &exit{exitMisuse, err}
				}
			}
			out := bufio.NewWriterSize(a.out, 256<<10)
			e := json.NewEncoder(out)
			e.SetEscapeHTML(false)
			for _, l := range lines {
				if err := e.Encode(l); err != nil {
					return err
				}
			}
			if err := out.Flush(); err != nil && !gone(err) {
				return err
			}
			return nil
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "`N` that the storm is made from")
	c.Flags().IntVar(&incidents, "incidents", 200, "how many incidents, `K`")
	c.Flags().IntVar(&signals, "signals", 0, "how many lines, `M`; 500 for each incident if 0")
	c.Flags().StringVar(&config, "config", "", "`POLICY` whose topology is used; the one that ships if not given")
	c.Flags().StringVar(&start, "start", "2026-11-02T00:00:00Z", "`TIME` of the first incident")
	c.Flags().StringVar(&with, "with-maintenance", "", "work in maintenance windows too, and write the policy that knows them to `FILE`")
	must(c.MarkFlagFilename("config", "yaml", "yml"))
	return c
}
