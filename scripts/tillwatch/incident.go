package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/incident"
	"tillwatch/shared/quality/report"
)

func (a *app) incidentCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "incident",
		Short: "List incidents, take them on, end and review them",
		Long: `Incidents are kept in a deployment, named by --environment or TILLWATCH_ENVIRONMENT;
--events reads and writes a file of events instead, one JSON object a line.

What a person does is signed: with --by, else with TILLWATCH_BY or USER. Acknowledge,
mitigate, resolve and note go by the deployment's bus, like answers to the links in
messages: to the timeline and the room, to the router, which holds repeats or tells of
the end, and to PagerDuty.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	at := &incidentPlace{app: a, at: deployment{app: a}}
	at.at.flags(c)
	c.PersistentFlags().StringVar(&at.now, "now", "", "the moment to take as the present, RFC 3339")
	c.PersistentFlags().StringVar(&at.events, "events", "", "a file of events instead of a deployment")
	c.AddCommand(at.listCommand(), at.showCommand(), at.statsCommand(),
		at.actCommand("acknowledge", "Take an incident on: nobody else is called", answer.Acknowledge, "ack"),
		at.actCommand("mitigate", "Say that the harm has stopped, though the cause remains", answer.Mitigate),
		at.actCommand("resolve", "End an incident", answer.Resolve),
		at.noteCommand(), at.correctCommand(), at.reviewCommand(), at.roomCommand(), at.remediesCommand())
	return c
}

// since reads "30d", "12h" or a date.
func (p *incidentPlace) since(text string) (time.Time, error) {
	now := p.present()
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n := 0
		if _, err := fmt.Sscanf(days, "%d", &n); err == nil && n > 0 && n < 3000 && fmt.Sprint(n) == days {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("--since %.40q: want a number of days such as 7d, of hours such as 12h, or a date such as 2026-11-01", text)
}

// recent returns the incidents opened since a time, newest first. One whose
// events are spoilt is told of and left out.
func (p *incidentPlace) recent(ctx context.Context, text string) ([]incident.Incident, error) {
	since, err := p.since(text)
	if err != nil {
		return nil, err
	}
	store, _, err := p.store(ctx, false)
	if err != nil {
		return nil, err
	}
	ids, err := store.Recent(ctx, since)
	if err != nil {
		return nil, err
	}
	list := []incident.Incident{}
	for _, id := range ids {
		inc, err := load(ctx, store, id)
		if err != nil {
			p.app.say(err)
			continue
		}
		list = append(list, *inc)
	}
	return list, nil
}

func load(ctx context.Context, store incident.Store, id string) (*incident.Incident, error) {
	events, err := store.Events(ctx, id)
	if err != nil {
		return nil, err
	}
	inc, err := incident.Fold(events)
	if errors.Is(err, incident.ErrNoEvents) {
		return nil, fmt.Errorf("there is no incident %s; 'tillwatch incident list' shows those there are", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read incident %s: %w", id, err)
	}
	return &inc, nil
}

func (p *incidentPlace) listCommand() *cobra.Command {
	var since, format string
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List incidents, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := p.recent(c.Context(), since)
			if err != nil {
				return err
			}
			if !all {
				list = slices.DeleteFunc(list, func(i incident.Incident) bool { return i.Status.Over() })
			}
			if format == "json" {
				for i := range list {
					list[i].Timeline = nil
				}
				return p.app.json(list)
			}
			return p.app.incidentList(list, all, p.present())
		},
	}
	c.Flags().StringVar(&since, "since", "30d", "opened since: 7d, 12h or a date")
	c.Flags().BoolVar(&all, "all", false, "also those that are over")
	formatFlag(c, &format)
	return c
}

func formatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "format", "text", "text or json")
	c.PreRunE = func(*cobra.Command, []string) error {
		if *format != "text" && *format != "json" {
			return fmt.Errorf("--format %.40q: want text or json", *format)
		}
		return nil
	}
}

func (p *incidentPlace) showCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show an incident and its timeline",
		Args:  oneIncident,
		RunE: func(c *cobra.Command, args []string) error {
			store, _, err := p.store(c.Context(), false)
			if err != nil {
				return err
			}
			inc, err := load(c.Context(), store, args[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return p.app.json(inc)
			}
			return p.app.incidentSheet(inc, p.present())
		},
	}
	formatFlag(c, &format)
	return c
}

func oneIncident(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one incident by its id; 'tillwatch incident list' shows them")
	}
	return nil
}

func (p *incidentPlace) statsCommand() *cobra.Command {
	var since, format string
	c := &cobra.Command{
		Use:   "stats",
		Short: "Say how long it takes to notice, acknowledge and end incidents",
		Long: `Stats measures MTTD, MTTA and MTTR over the incidents opened since a time: median,
90th percentile, mean, least and most. What is not over yet is counted as pending,
and spans that end before they begin as invalid; neither is dropped in silence.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := p.recent(c.Context(), since)
			if err != nil {
				return err
			}
			if format == "json" {
				return p.app.json(incident.Measure(list))
			}
			return p.app.incidentStats(list)
		},
	}
	c.Flags().StringVar(&since, "since", "30d", "opened since: 7d, 12h or a date")
	formatFlag(c, &format)
	return c
}

// actCommand makes the command of one answer that a person gives.
func (p *incidentPlace) actCommand(name, short string, kind answer.Kind, aliases ...string) *cobra.Command {
	var by, note string
	c := &cobra.Command{
		Use: name + " ID", Short: short, Aliases: aliases, Args: oneIncident,
		RunE: func(c *cobra.Command, args []string) error { return p.answer(c.Context(), args[0], kind, by, note) },
	}
	c.Flags().StringVar(&by, "by", "", "who does it (TILLWATCH_BY, USER)")
	c.Flags().StringVar(&note, "note", "", "what to add to the timeline")
	return c
}

func (p *incidentPlace) noteCommand() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "note ID TEXT",
		Short: "Add a line to an incident's timeline",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 || strings.TrimSpace(args[1]) == "" {
				return errors.New("give the incident's id and the text of the note, in quotes")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return p.answer(c.Context(), args[0], answer.Note, by, args[1])
		},
	}
	c.Flags().StringVar(&by, "by", "", "who does it (TILLWATCH_BY, USER)")
	return c
}

func (p *incidentPlace) correctCommand() *cobra.Command {
	var by, field, at string
	c := &cobra.Command{
		Use:   "correct ID --field started_at --time 2026-11-22T06:40:00Z",
		Short: "Put a time of an incident right, keeping what was there",
		Args:  oneIncident,
		RunE: func(c *cobra.Command, args []string) error {
			who, err := p.signed(by)
			if err != nil {
				return err
			}
			var wrong problems
			if !slices.Contains(incident.Fields, incident.Field(field)) {
				wrong.addf("--field %.40q: want one of %v", field, incident.Fields)
			}
			t, err := time.Parse(time.RFC3339, at)
			if err != nil {
				wrong.addf("--time %.40q: want a time such as 2026-11-22T06:40:00Z", at)
			}
			if err := wrong.exit(exitMisuse); err != nil {
				return err
			}
			t = t.UTC()
			return p.add(c.Context(), args[0], incident.Event{Kind: incident.Corrected, By: who, Field: incident.Field(field), Time: t,
				Text: fmt.Sprintf("%s is %s, says %s", field, t.Format(time.RFC3339), who)})
		},
	}
	c.Flags().StringVar(&by, "by", "", "who does it (TILLWATCH_BY, USER)")
	c.Flags().StringVar(&field, "field", "", "started_at, detected_at, mitigated_at or resolved_at")
	c.Flags().StringVar(&at, "time", "", "the right time, RFC 3339")
	return c
}

// signed returns who does something.
func (p *incidentPlace) signed(by string) (string, error) {
	who, err := answer.Name(cmp.Or(by, p.app.getenv("TILLWATCH_BY"), p.app.getenv("USER")))
	if err != nil {
		return "", fmt.Errorf("say who you are with --by: %w", err)
	}
	return who, nil
}

// answer gives one answer and says what that makes of the incident. One
// without effect is refused, so that nobody believes it had one.
func (p *incidentPlace) answer(ctx context.Context, id string, kind answer.Kind, by, text string) error {
	who, err := p.signed(by)
	if err != nil {
		return err
	}
	store, say, err := p.store(ctx, true)
	if err != nil {
		return err
	}
	inc, err := load(ctx, store, id)
	if err != nil {
		return err
	}
	now := p.present()
	a := answer.Answer{
		ID: fmt.Sprintf("cli/%s/%d/%s", kind, now.UnixNano(), who), Incident: id, Group: inc.Group, Kind: kind, By: who, At: now,
		Text: strings.Join(strings.Fields(text), " "), Title: inc.Title, Severity: inc.Severity, Pipeline: inc.Pipeline,
	}
	if err := a.Validate(); err != nil {
		return err
	}
	next, err := p.effect(inc, incident.Answered(a))
	if err != nil {
		return err
	}
	if err := say.say(ctx, a); err != nil {
		return err
	}
	return p.added(next, incident.Answered(a))
}

// add appends an event that is no answer, and says what that made of the
// incident.
func (p *incidentPlace) add(ctx context.Context, id string, e incident.Event) error {
	store, _, err := p.store(ctx, false)
	if err != nil {
		return err
	}
	inc, err := load(ctx, store, id)
	if err != nil {
		return err
	}
	e.Incident, e.At = id, p.present()
	e.ID = fmt.Sprintf("%s/%s/%s/%d", id, e.Kind, e.By, e.At.UnixNano())
	if err := e.Validate(); err != nil {
		return err
	}
	next, err := p.effect(inc, e)
	if err != nil {
		return err
	}
	if _, err := store.Append(ctx, e); err != nil {
		return err
	}
	return p.added(next, e)
}

// effect returns what e makes of inc, or why it would have no effect.
func (p *incidentPlace) effect(inc *incident.Incident, e incident.Event) (*incident.Incident, error) {
	next, err := incident.Fold(append(slices.Clone(inc.Timeline), e))
	if err != nil {
		return nil, err
	}
	for _, i := range next.Ignored {
		if i.Event == e.ID {
			return nil, &exit{exitFindings, fmt.Errorf("%s: not recorded: %s", inc.ID, i.Why)}
		}
	}
	return &next, nil
}

func (p *incidentPlace) added(next *incident.Incident, e incident.Event) error {
	_, err := fmt.Fprintf(p.app.out, "%s: %s; it is %s\n", report.Printable(next.ID), report.Printable(e.Text), next.Status)
	return err
}
