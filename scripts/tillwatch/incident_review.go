package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tillwatch/shared/incident"
	"tillwatch/shared/incident/review"
	"tillwatch/shared/quality/report"
)

func (p *incidentPlace) reviewCommand() *cobra.Command {
	var output, page, by string
	var sign bool
	c := &cobra.Command{
		Use:   "review ID",
		Short: "Draft the blameless review of an incident",
		Long: `Review writes what is known of an incident that is over as Markdown: summary,
impact, timeline, five whys as far as the evidence reaches, root cause,
contributing factors, action items, lessons and prevention. What a person has to
find out is marked TODO; nothing is invented.

With --output the file is written again over an earlier draft of it, and what
people changed there is kept. --sign ends the review once nothing is left to do.`,
		Args: oneIncident,
		RunE: func(c *cobra.Command, args []string) error {
			store, _, err := p.store(c.Context(), false)
			if err != nil {
				return err
			}
			inc, err := load(c.Context(), store, args[0])
			if err != nil {
				return err
			}
			if !inc.Status.Over() {
				return &exit{exitFindings, fmt.Errorf("%s is %s: there is nothing to review before it is resolved", inc.ID, inc.Status)}
			}
			document, err := p.draft(c.Context(), store, inc, output)
			if err != nil {
				return err
			}
			if err := p.keepReview(document, output, page, "Review of "+inc.ID); err != nil {
				return err
			}
			if sign {
				return p.signReview(c.Context(), inc, document, by)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the Markdown file to write, or to write again; standard output if none")
	c.Flags().StringVar(&page, "html", "", "also write the review as a page to this file")
	c.Flags().BoolVar(&sign, "sign", false, "say that the review is done; refused while something is left TODO")
	c.Flags().StringVar(&by, "by", "", "who signs it (TILLWATCH_BY, USER)")
	return c
}

// lookBack is how far back similar incidents are looked for, as --since has it.
const lookBack = "365d"

// draft writes the review over the earlier document in output, if there is one.
func (p *incidentPlace) draft(ctx context.Context, store incident.Store, inc *incident.Incident, output string) (string, error) {
	earlier, err := os.ReadFile(output)
	if output != "" && err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the earlier review: %w", err)
	}
	others, err := p.recent(ctx, lookBack)
	if err != nil {
		return "", err
	}
	r, err := review.Draft(inc, review.About{Now: p.present(), Similar: review.Similar(inc, others)})
	if err != nil {
		return "", err
	}
	return r.Merge(string(earlier)), nil
}

func (p *incidentPlace) keepReview(document, output, page, title string) error {
	if page != "" {
		html, err := review.HTML(title, document)
		if err != nil {
			return err
		}
		if err := writeFile(page, html); err != nil {
			return err
		}
	}
	if output == "" {
		if page == "" {
			_, err := fmt.Fprint(p.app.out, report.Printable(document))
			return err
		}
		return nil
	}
	if err := writeFile(output, []byte(document)); err != nil {
		return err
	}
	left := review.Open(document)
	fmt.Fprintf(p.app.err, "tillwatch: %s: %s left for a person to fill in\n", output, many(left, "place"))
	return nil
}

func (p *incidentPlace) signReview(ctx context.Context, inc *incident.Incident, document, by string) error {
	if n := review.Open(document); n > 0 {
		return &exit{exitFindings, fmt.Errorf("%s: not signed: %s in the review are left TODO", inc.ID, strings.TrimSpace(many(n, "place")))}
	}
	who, err := p.signed(by)
	if err != nil {
		return err
	}
	return p.add(ctx, inc.ID, incident.Event{Kind: incident.Review, By: who, Text: "Review signed by " + who})
}
