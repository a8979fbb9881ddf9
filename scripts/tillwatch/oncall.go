package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/aws/policystore"
	"tillwatch/shared/quality/report"
)

// onCallDays is how far ahead schedules are looked at.
const onCallDays = 14

func (a *app) onCallCommand() *cobra.Command {
	var from policyPlace
	var at, format string
	var days int
	c := &cobra.Command{
		Use:   "oncall [--config POLICY.yaml | --bucket BUCKET | --stack OUTPUTS.json]",
		Short: "Say who is on call, now and in the next days",
		Long: `Oncall shows the on-call schedules of an alert policy: who is on call, until when, who
comes next, and where nobody is or two overrides meet. Times are those of the schedule's
time zone. The policy is a file, the one in force in a deployment, or the one that ships,
which has no people.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var wrong problems
			now := a.now()
			if at != "" {
				t, err := time.Parse(time.RFC3339, at)
				if err != nil {
					wrong.addf("--at %.40q: want a time such as 2026-11-22T06:40:00Z", at)
				}
				now = t
			}
			if days < 1 || days > 366 {
				wrong.addf("--days %d: want 1 to 366", days)
			}
			if format != "text" && format != "json" {
				wrong.addf("--format %.40q: want text or json", format)
			}
			if err := wrong.exit(exitMisuse); err != nil {
				return err
			}
			p, err := a.policyAt(c.Context(), from)
			if err != nil {
				return err
			}
			rosters := p.Rosters(now.UTC(), now.UTC().AddDate(0, 0, days))
			if format == "json" {
				return a.json(rosters)
			}
			return a.rosters(rosters)
		},
	}
	from.flags(c)
	c.Flags().StringVar(&at, "at", "", "the moment to begin with, RFC 3339; now if not given")
	c.Flags().IntVar(&days, "days", onCallDays, "how many days to show")
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text, json")
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// policyPlace is where a policy is read: a file, a bucket, or nowhere, which is
// the one that ships.
type policyPlace struct{ config, bucket, stack string }

func (p *policyPlace) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.config, "config", "", "`POLICY` in YAML")
	c.Flags().StringVar(&p.bucket, "bucket", "", "results `BUCKET` of a deployment, for the policy in force")
	c.Flags().StringVar(&p.stack, "stack", "", "`FILE` that cdk deploy --outputs-file wrote, instead of --bucket")
	must(c.MarkFlagFilename("config", "yaml", "yml"))
	must(c.RegisterFlagCompletionFunc("bucket", cobra.NoFileCompletions))
	must(c.MarkFlagFilename("stack", "json"))
	c.MarkFlagsMutuallyExclusive("config", "bucket", "stack")
}

// policyAt reads the policy of a place.
func (a *app) policyAt(ctx context.Context, from policyPlace) (*policy.Policy, error) {
	if from.bucket == "" && from.stack == "" {
		p, err := readPolicy(from.config)
		if err != nil {
			return nil, policyFault(err)
		}
		return p, nil
	}
	var wrong problems
	bucket := destination(from.bucket, from.stack, &wrong)
	if err := wrong.exit(exitMisuse); err != nil {
		return nil, err
	}
	s, err := newS3(ctx)
	if err != nil {
		return nil, &exit{exitMisuse, err}
	}
	p, err := (&policystore.Store{Client: s.client, Bucket: bucket}).Policy(ctx, a.now())
	if err != nil {
		return nil, &exit{exitMisuse, err}
	}
	return p, nil
}

// rosters writes who is on call as a table.
func (a *app) rosters(list []policy.Roster) error {
	p := a.printer()
	if len(list) == 0 {
		p.line("", "", "The policy has no on-call schedule. 'tillwatch alerts lint' without a file shows how to write one.", false)
		return p.out.Flush()
	}
	for i, r := range list {
		if i > 0 {
			p.out.WriteString("\n")
		}
		title := r.Schedule + ", " + r.TimeZone
		if r.Channel != "" {
			title += ", through " + r.Channel
		}
		p.out.WriteString(p.strong(report.Printable(title)) + "\n")
		for n, s := range r.Shifts {
			from, name := s.From.Format(handoverTime), s.Person
			if n == 0 {
				from = "now"
			}
			if name == "" {
				name = "nobody"
			}
			if s.Override {
				name += " (override)"
			}
			p.line("", fmt.Sprintf("  %s  until %s  ", runewidth.FillRight(from, len(handoverTime)), s.Until.Format(handoverTime)), name, false)
		}
		for _, w := range rosterWarnings(r) {
			p.line("", "  ! ", w, false)
		}
	}
	return p.out.Flush()
}

// handoverTime is how the times of a schedule are shown.
const handoverTime = "Mon 02 Jan 15:04"

// rosterWarnings say what is odd about a schedule.
func rosterWarnings(r policy.Roster) (list []string) {
	if n := len(r.Gaps); n > 0 {
		first := r.Gaps[0]
		text := fmt.Sprintf("%s has nobody on call from %s until %s", r.Schedule, first.From.Format(handoverTime), first.Until.Format(handoverTime))
		if n > 1 {
			text += fmt.Sprintf(", and %s more", many(n-1, "gap"))
		}
		list = append(list, text)
	}
	for _, o := range r.Overlaps {
		list = append(list, fmt.Sprintf("%s has two overrides from %s until %s: %s holds, not %s", r.Schedule, o.From.Format(handoverTime), o.Until.Format(handoverTime), o.Holds, o.GivesWay))
	}
	return list
}
