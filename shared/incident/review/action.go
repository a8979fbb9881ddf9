package review

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/incident"
)

// An Action is one thing to be done so that it does not happen again.
type Action struct {
	Type        string // technical or process
	Description string
	Owner       string // a team; a person is named by people
	Priority    string // P0 to P3
	Due         time.Time
	Success     string // how to see that it is done
}

// dueAfter is how long after the end of an incident its actions are due.
func dueAfter(s alert.Severity) time.Duration {
	const day = 24 * time.Hour
	switch s {
	case alert.P0:
		return 7 * day
	case alert.P1:
		return 14 * day
	case alert.P2:
		return 30 * day
	}
	return 60 * day
}

// maxActions bounds what a draft proposes: a list of forty is read by nobody.
const maxActions = 6

// actionsOf proposes what the evidence asks for; at least one thing, for a
// person to fill in.
func actionsOf(inc *incident.Incident) []Action {
	due := inc.ResolvedAt.Add(dueAfter(inc.Severity)).UTC().Truncate(24 * time.Hour)
	var list []Action
	add := func(kind, what, owner, success string) {
		if owner == "" {
			owner = Todo + "owner"
		}
		if len(list) < maxActions {
			list = append(list, Action{kind, what, owner, string(inc.Severity), due, success})
		}
	}
	seen := map[string]bool{}
	for _, a := range inc.Alerts {
		for _, f := range a.Signal.Findings {
			key := a.Signal.Pipeline + "\x00" + f.Check
			if f.Advice == "" || seen[key] || len(seen) == 3 {
				continue
			}
			seen[key] = true
			add("technical", sentence(f.Advice), text(a.Signal.Team), fmt.Sprintf("%s passes on the next 10 files of %s", text(f.Check), text(a.Signal.Pipeline)))
		}
	}
	for _, t := range inc.Attempts {
		if t.State == incident.RemedyFailed {
			add("technical", fmt.Sprintf("Make `%s` on `%s` help against this, or drop it from the rule.", text(t.Action), text(t.Target)), "", "the remedy works in a rehearsal, or is gone")
		}
	}
	for _, g := range gaps(inc) {
		add("process", "Close the gap: "+g, "", "the next incident of this severity keeps the time")
	}
	if len(list) == 0 {
		add("technical", Todo+"what is to be done?", "", Todo+"how will you see that it is done?")
	}
	return list
}

func actionTable(list []Action) string {
	var b strings.Builder
	b.WriteString("| Type | What | Owner | Priority | Due | Done when |\n|---|---|---|---|---|---|\n")
	for _, a := range list {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", a.Type, cell(a.Description), cell(a.Owner), a.Priority, a.Due.Format(time.DateOnly), cell(a.Success))
	}
	return b.String()
}
