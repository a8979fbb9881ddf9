package main

import (
	"cmp"
	"slices"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/runbook"
)

// A guide knows what a signal does not say of itself: where it is deployed, and
// what the runbooks say.
type guide struct {
	runbooks   string // base address of the runbooks, "" if there is none
	deployment runbook.Deployment
}

// complete adds to s, before people read it, what its runbook and the deployment
// say: page is that of the rule, or an address, or "" for the page with the
// rule's name. What s says itself comes first, and what is unknown of what it
// costs is said to be. What was completed before stays as it is.
func (g guide) complete(s alert.Signal, page string) alert.Signal {
	page = cmp.Or(page, s.Rule)
	if s.Status == alert.Firing && s.Stakes == nil {
		s.Stakes = &alert.Stakes{}
	}
	if book, ok := runbook.Of(page, runbook.ValuesOf(s, g.deployment)); ok && s.Status == alert.Firing {
		if len(s.NextSteps) == 0 {
			s.NextSteps = book.Actions
		}
		if len(s.Causes) == 0 {
			s.Causes = book.Causes
		}
		if len(s.Impact) == 0 {
			s.Impact = []string{book.Impact}
		}
		s.Queries = slices.Clone(s.Queries)
		for _, q := range book.Queries {
			if !slices.Contains(s.Queries, q) {
				s.Queries = append(s.Queries, q)
			}
		}
	}
	linked := slices.ContainsFunc(s.Links, func(l alert.Link) bool { return strings.EqualFold(l.Name, "runbook") })
	address := runbook.URL(g.runbooks, page)
	if strings.HasPrefix(page, "https://") {
		address = page
	}
	if !linked && address != "" {
		s.Links = append(slices.Clone(s.Links), alert.Link{Name: "Runbook", URL: address})
	}
	return message.Bound(s)
}
