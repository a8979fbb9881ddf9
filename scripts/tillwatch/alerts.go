package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/replay"
	"tillwatch/shared/aws/policystore"
	"tillwatch/shared/document"
	"tillwatch/shared/quality/report"
)

func (a *app) alertsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "alerts",
		Short: "Check alert policies and try them on histories of signals",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.alertsLintCommand(), a.alertsPushCommand(), a.alertsTestCommand(), a.evaluateCommand(), a.onCallCommand(), a.replayCommand(), a.whyCommand(), a.runbookCommand(), a.silenceCommand(), a.stormCommand())
	return c
}

func (a *app) alertsLintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint [FILE...]",
		Short: "Find everything that is wrong with alert policies",
		Long: `Lint reads alert policies and lists every error with file, line and column, and what
to write instead: also rules that could never fire, routes that no alert reaches, and
inhibit rules that would mute too much. Whom each receiver tells is noted, and what is
read and not run; schedules are warned of that have nobody on call, or two overrides at
once, in the next 14 days. Without a file it prints the policy that ships, as a beginning.

Routes, receivers, time intervals and inhibit rules are those of Alertmanager's file. A
receiver stands for channels of the deployment: severity (the topic of the alert's
severity), P0 to P3 (one of them in any case) and chat (the rooms). It names them itself,
  receivers: [{name: team, channels: [severity, chat]}]
or by its settings: pagerduty_configs, email_configs and the like are severity,
slack_configs and the like chat. One without either tells nobody, unless none of the file
has any: then each tells everybody.

Exit codes: 0 all are valid, 1 at least one is not, 2 one could not be read.`,
		ValidArgsFunction: contractFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := a.out.Write(policy.ShippedYAML())
				return err
			}
			faults := 0
			var unreadable problems
			for _, name := range args {
				p, err := readPolicy(name)
				var list document.Errors
				switch {
				case errors.As(err, &list):
					for _, e := range list {
						fmt.Fprintln(a.out, report.Printable(e.Error()))
					}
					faults += len(list)
				case err != nil:
					unreadable.add(err)
				default:
					fmt.Fprintf(a.out, "%s: valid: %s, %s, %s\n", report.Printable(name),
						many(len(p.Rules()), "rule"), many(len(p.Routes), "route"), many(len(p.Inhibits), "inhibit rule"))
					for _, note := range p.Notes {
						fmt.Fprintf(a.out, "%s: note: %s\n", report.Printable(name), report.Printable(note))
					}
					for _, r := range p.Rosters(a.now(), a.now().AddDate(0, 0, onCallDays)) {
						for _, warning := range rosterWarnings(r) {
							fmt.Fprintf(a.out, "%s: warning: %s\n", report.Printable(name), report.Printable(warning))
						}
					}
				}
			}
			if err := unreadable.exit(exitMisuse); err != nil {
				return err
			}
			if faults > 0 {
				return &exit{exitFindings, nil}
			}
			return nil
		},
	}
}

func (a *app) alertsPushCommand() *cobra.Command {
	var bucket, stack string
	c := &cobra.Command{
		Use:   "push (--bucket BUCKET | --stack OUTPUTS.json) FILE",
		Short: "Put an alert policy where the deployed router reads it",
		Long: `Push checks a policy as lint does and, if it is valid, writes it to the results bucket as
alerts/policy.yaml. It is in force within half a minute, without a deploy. The bucket is
--bucket, or the output ResultsBucket in the file that
  cdk deploy --outputs-file OUTPUTS.json
wrote. AWS settings come from the environment; AWS_ENDPOINT_URL is honoured.

Exit codes: 0 pushed, 1 it is invalid and was not, 2 misuse, or the bucket could not be
written.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: contractFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			var wrong problems
			bucket := destination(bucket, stack, &wrong)
			if err := wrong.exit(exitMisuse); err != nil {
				return err
			}
			data, err := readSmall(args[0])
			if err != nil {
				return &exit{exitMisuse, err}
			}
			if _, err := policy.Read(args[0], data); err != nil {
				return policyFault(err)
			}
			var o opener
			if err := o.connect(cmd.Context()); err != nil {
				return &exit{exitMisuse, err}
			}
			if err := o.objects.put(cmd.Context(), bucket, policystore.Key, "application/yaml", data); err != nil {
				return &exit{exitMisuse, err}
			}
			fmt.Fprintf(a.out, "pushed %s to s3://%s/%s\n", report.Printable(args[0]), bucket, policystore.Key)
			return nil
		},
	}
	c.Flags().StringVar(&bucket, "bucket", "", "results `BUCKET`")
	c.Flags().StringVar(&stack, "stack", "", "`FILE` that cdk deploy --outputs-file wrote")
	must(c.RegisterFlagCompletionFunc("bucket", cobra.NoFileCompletions))
	must(c.MarkFlagFilename("stack", "json"))
	return c
}

// readPolicy reads a policy; "" is the one that ships.
func readPolicy(name string) (*policy.Policy, error) {
	if name == "" {
		return policy.Shipped(), nil
	}
	data, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	return policy.Read(name, data)
}

func (a *app) alertsTestCommand() *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "test [--config POLICY.yaml] TESTS.yaml...",
		Short: "Hold an alert policy against what should become of signals",
		Long: `Test plays stories under a policy, each from the beginning, and lists every signal that
came to something else than expected, with file, line and column:

  tests:
    - name: a missing file mutes the quality alerts of its dataset
      start: 2026-11-02T09:00:00Z   # a Monday at midnight if not given
      pages: 1
      signals:
        - {at: 0s, rule: file_missing, severity: P1, labels: {pipeline: sales}, expect: notify}
        - {at: 10s, rule: data_quality_score, severity: P2, labels: {pipeline: sales}, expect: inhibited}

A signal is firing unless status says resolved; expect and reason are what alerts replay
--decisions writes, and may be left out.

Exit codes: 0 all came as expected, 1 something did not or a file is invalid, 2 one could
not be read.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: contractFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := readPolicy(config)
			if err != nil {
				return policyFault(err)
			}
			failed := false
			for _, name := range args {
				data, err := readSmall(name)
				if err != nil {
					return &exit{exitMisuse, err}
				}
				stories, err := replay.ReadStories(name, data)
				if err != nil {
					return policyFault(err)
				}
				f := &document.Faults{File: name}
				for _, s := range stories {
					if err := s.Check(p, f); err != nil {
						return &exit{exitFindings, err}
					}
				}
				if err := f.Err(); err != nil {
					failed = true
					a.lines(err.Error())
				} else {
					fmt.Fprintf(a.out, "%s: %s passed\n", report.Printable(name), many(len(stories), "test"))
				}
			}
			if failed {
				return &exit{exitFindings, nil}
			}
			return nil
		},
	}
	c.Flags().StringVar(&config, "config", "", "`POLICY` in YAML; the one that ships if not given")
	must(c.MarkFlagFilename("config", "yaml", "yml"))
	return c
}
