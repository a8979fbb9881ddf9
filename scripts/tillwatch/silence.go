package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/silence"
	"tillwatch/shared/aws/alerttable"
)

// silencePlace is where silences are kept: a deployment, or a file.
type silencePlace struct {
	app       *app
	at        deployment
	file, now string
}

// silences is what keeps them.
type silences interface {
	Silences(ctx context.Context) ([]silence.Silence, error)
	PutSilence(ctx context.Context, s silence.Silence) error
}

func (a *app) silenceCommand() *cobra.Command {
	p := &silencePlace{app: a, at: deployment{app: a}}
	c := &cobra.Command{
		Use:   "silence",
		Short: "Mute alerts for a while, see what is muted, and end it",
		Long: `A silence keeps people from being told of alerts that all of its matchers match. They are
known all the same: what still fires at its end is told then, and who was told that
something fires is told that it ended.

Silences are kept in a deployment, named by --environment or TILLWATCH_ENVIRONMENT;
--file reads and writes a file of them instead, as list --format json prints them and
alerts replay --silences reads them.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	p.at.flags(c)
	c.PersistentFlags().StringVar(&p.file, "file", "", "a file of silences instead of a deployment")
	c.PersistentFlags().StringVar(&p.now, "now", "", "the moment to take as the present, RFC 3339")
	c.AddCommand(p.addCommand(), p.listCommand(), p.expireCommand())
	return c
}

func (p *silencePlace) open(ctx context.Context) (silences, time.Time, error) {
	now := p.app.now().UTC()
	if p.now != "" {
		t, err := time.Parse(time.RFC3339, p.now)
		if err != nil {
			return nil, now, fmt.Errorf("--now %.40q: want a time such as 2026-11-22T06:40:00Z", p.now)
		}
		now = t.UTC()
	}
	if p.file != "" {
		if _, err := os.Stat(p.file); errors.Is(err, fs.ErrNotExist) {
			return &silenceFile{name: p.file}, now, nil
		}
		list, err := readSilences(p.file)
		return &silenceFile{p.file, list}, now, err
	}
	f, err := p.at.find(ctx, false)
	if err != nil {
		return nil, now, err
	}
	return &alerttable.Store{Client: dynamodb.NewFromConfig(f.settings), Table: f.table, Now: p.app.now}, now, nil
}

func (p *silencePlace) addCommand() *cobra.Command {
	var lasts, until, starts, comment, by string
	c := &cobra.Command{
		Use:   "add --for 4h --comment WHY MATCHER...",
		Short: "Mute alerts that match",
		Long: `Matchers are written as for amtool: pipeline=sales_data, severity=~"P2|P3",
alertname!=freshness; a word alone is an alertname. All of them must match, and one of
them must not match what is absent. Labels are alertname, severity, pipeline,
environment, team and those of the alert itself.

Exit codes: 0 muted, 2 the call is at fault.`,
		Example: `  tillwatch alerts silence add --for 4h --comment 'moving the store' pipeline=sales_data`,
		RunE: func(c *cobra.Command, args []string) error {
			store, now, err := p.open(c.Context())
			if err != nil {
				return err
			}
			var wrong problems
			who, err := answer.Name(cmp.Or(by, p.app.getenv("TILLWATCH_BY"), p.app.getenv("USER")))
			if err != nil {
				wrong.addf("say who you are with --by: %v", err)
			}
			if len(args) == 0 {
				wrong.addf("what shall be muted? give matchers such as pipeline=sales_data")
			}
			s := silence.Silence{Starts: now, By: who, Comment: strings.Join(strings.Fields(comment), " "), Updated: now}
			if starts != "" {
				if s.Starts, err = time.Parse(time.RFC3339, starts); err != nil {
					wrong.addf("--starts %.40q: want a time such as 2026-11-22T06:40:00Z", starts)
				}
			}
			if (lasts == "") == (until == "") {
				wrong.addf("say either how long with --for, such as 4h, or to when with --until")
			} else if until != "" {
				if s.Ends, err = time.Parse(time.RFC3339, until); err != nil {
					wrong.addf("--until %.40q: want a time such as 2026-11-22T06:40:00Z", until)
				}
			} else {
				d, err := model.ParseDuration(lasts)
				if err != nil || d <= 0 {
					wrong.addf("--for %.40q: want a duration such as 30m, 4h or 2d", lasts)
				}
				s.Ends = s.Starts.Add(time.Duration(d))
			}
			if s.Comment == "" {
				wrong.addf("say why with --comment")
			}
			if err := wrong.exit(exitMisuse); err != nil {
				return err
			}
			for _, m := range args {
				if !strings.ContainsAny(m, "=~") {
					m = "alertname=" + m
				}
				s.Matchers = append(s.Matchers, m)
			}
			s.ID = silenceID(s)
			if s, err = silence.New(s); err != nil {
				return &exit{exitMisuse, err}
			}
			if !s.Ends.After(now) {
				return &exit{exitMisuse, fmt.Errorf("it would have ended at %s", s.Ends.Format(time.RFC3339))}
			}
			if err := store.PutSilence(c.Context(), s); err != nil {
				return err
			}
			return p.show(s, now)
		},
	}
	c.Flags().StringVar(&lasts, "for", "", "how `LONG`: 30m, 4h, 2d")
	c.Flags().StringVar(&until, "until", "", "to what `TIME`, RFC 3339")
	c.Flags().StringVar(&starts, "starts", "", "from what `TIME`, RFC 3339; now if not given")
	c.Flags().StringVar(&comment, "comment", "", "why; required")
	c.Flags().StringVar(&by, "by", "", "who does it (TILLWATCH_BY, USER)")
	return c
}

// silenceID is the same for the same silence said at the same moment.
func silenceID(s silence.Silence) string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%q %q %d %d", s.By, s.Matchers, s.Starts.UnixNano(), s.Ends.UnixNano())
	return fmt.Sprintf("%s-%08x", s.Updated.Format("20060102T150405"), h.Sum32())
}

func (p *silencePlace) listCommand() *cobra.Command {
	var format string
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List what is muted, or will be, what ends last first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			store, now, err := p.open(c.Context())
			if err != nil {
				return err
			}
			list, err := store.Silences(c.Context())
			if err != nil {
				return err
			}
			if !all {
				list = slices.DeleteFunc(list, func(s silence.Silence) bool { return !s.Ends.After(now) })
			}
			if format == "json" {
				return p.app.json(slices.Concat([]silence.Silence{}, list))
			}
			if len(list) == 0 {
				p.app.lines("Nothing is silenced.")
			}
			for _, s := range list {
				if err := p.show(s, now); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also those that have ended")
	formatFlag(c, &format)
	return c
}

// show writes one silence.
func (p *silencePlace) show(s silence.Silence, now time.Time) error {
	when := fmt.Sprintf("until %s, %s left", s.Ends.Format(time.RFC3339), brief(s.Ends.Sub(now)))
	switch {
	case !s.Ends.After(now):
		when = "ended " + s.Ends.Format(time.RFC3339)
	case now.Before(s.Starts):
		when = fmt.Sprintf("from %s until %s", s.Starts.Format(time.RFC3339), s.Ends.Format(time.RFC3339))
	}
	if s.Incident != "" {
		when += ", or until " + s.Incident + " is over"
	}
	p.app.lines(s.ID + "  " + when + "\n    " + strings.Join(s.Matchers, ", ") + "\n    " + s.By + ": " + s.Comment)
	return nil
}

func (p *silencePlace) expireCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "expire ID...",
		Short: "End silences now; what still fires is told within a group interval",
		Long: `Expire ends silences. What still fires is told when its group is looked at next, a group
interval (5 minutes, if the policy says nothing else) later at most.

Exit codes: 0 ended, 1 there is none of an ID, or it has ended, 2 the call is at fault.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			store, now, err := p.open(c.Context())
			if err != nil {
				return err
			}
			list, err := store.Silences(c.Context())
			if err != nil {
				return err
			}
			var wrong problems
			for _, id := range args {
				i := slices.IndexFunc(list, func(s silence.Silence) bool { return s.ID == id })
				if i < 0 || !list[i].Ends.After(now) {
					wrong.addf("%s: there is no such silence, or it has ended; 'tillwatch alerts silence list' shows those there are", id)
					continue
				}
				ended := list[i].Expire(now)
				if err := store.PutSilence(c.Context(), ended); err != nil {
					return err
				}
				if err := p.show(ended, now); err != nil {
					return err
				}
			}
			return wrong.exit(exitFindings)
		},
	}
}

// readSilences reads a file as list --format json prints it.
func readSilences(name string) ([]silence.Silence, error) {
	data, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	var list []silence.Silence
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", name, jsonFault(err))
	}
	var wrong problems
	for i := range list {
		if list[i], err = silence.New(list[i]); err != nil {
			wrong.addf("%s: silence %d: %v", name, i+1, err)
		}
	}
	return list, wrong.exit(exitMisuse)
}

// silenceFile keeps silences in a file.
type silenceFile struct {
	name string
	list []silence.Silence
}

// Silences returns those of the file.
func (f *silenceFile) Silences(context.Context) ([]silence.Silence, error) {
	silence.Sort(f.list)
	return slices.Clone(f.list), nil
}

// PutSilence writes the file with s in it.
func (f *silenceFile) PutSilence(_ context.Context, s silence.Silence) error {
	f.list = append(slices.DeleteFunc(f.list, func(o silence.Silence) bool { return o.ID == s.ID }), s)
	silence.Sort(f.list)
	out, err := createFile(f.name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f.list); err != nil {
		out.drop()
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	return out.keep()
}
