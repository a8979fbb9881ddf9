package message

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/words"
)

// forAudience returns what people beside those on call are told: few sentences
// about what it means to them, and no rows, checks or queries.
func forAudience(s alert.Signal, d alert.Notice, a alert.Audience) alert.Message {
	about := dataOf(s)
	over := s.Status == alert.Resolved
	var subject string
	var text []string
	switch a {
	case alert.Executives:
		subject, text = forExecutives(s, about, over)
	case alert.CustomerService:
		subject, text = forCustomerService(s, about, over)
	default:
		subject, text = forOperations(s, about, over)
	}
	if over {
		subject = "Over: " + subject
		text = append(text, "Nothing more will come.")
	} else {
		text = append(text, ownership(s, d))
	}
	var p page
	for _, t := range text {
		p.add(wrap("", t)...)
		p.add("")
	}
	p.add("--")
	if d.Incident != "" {
		p.add("Incident " + d.Incident)
	}
	if s.Environment != "" {
		subject = s.Environment + ": " + subject
	}
	return alert.Message{
		Channel: string(a), Subject: cut(strings.TrimSpace(ascii(subject)), maxSubject),
		Bodies:     map[string]string{"default": p.String()},
		Attributes: attributes(s),
	}
}

// dataOf names the data: "sales_data of 2026-11-22".
func dataOf(s alert.Signal) string {
	for _, f := range s.Facts {
		if f.Name == "period" {
			return s.Pipeline + " of " + f.Value
		}
	}
	if s.Pipeline == "" {
		return "data"
	}
	return s.Pipeline
}

func forExecutives(s alert.Signal, about string, over bool) (string, []string) {
	k := s.Stakes
	if k == nil || k.HoursLate == nil {
		return "revenue at risk", []string{"Revenue is at risk, because " + about + " cannot be used."}
	}
	risk, late := impact.Money(k.RevenueAtRisk, k.Currency), words.Duration(time.Duration(*k.HoursLate*float64(time.Hour)).Round(time.Minute))
	if over {
		return about + " is good again", []string{fmt.Sprintf("%s is good again, %s after it was due. %s of revenue was at risk.", about, late, risk)}
	}
	return fmt.Sprintf("%s of revenue at risk", risk), []string{fmt.Sprintf(
		"%s of revenue is at risk, because good data for %s has been missing since %s. It grows by %s with each hour.",
		risk, about, clock(k.Due, k.AsOf), impact.AnHour(k))}
}

func forOperations(s alert.Signal, about string, over bool) (string, []string) {
	if over {
		return about + " is good again", []string{about + " is good again: what waited for it can go on."}
	}
	return about + " cannot be trusted", []string{
		fmt.Sprintf("%s has %s. Do not order, price or plan by it until it is good; the figures before it hold.", about, share(s)),
		strings.Join(impact.Say(s.Stakes, false)[:1], ""),
	}
}

func forCustomerService(s alert.Signal, about string, over bool) (string, []string) {
	if over {
		return about + " is good again", []string{about + " is good again: what you see of customers and their purchases is right."}
	}
	text := fmt.Sprintf("%s has %s, so what you see of customers and their purchases may be missing or wrong.", about, share(s))
	if k := s.Stakes; k != nil && k.Customers != nil {
		text += fmt.Sprintf(" It is about %s customers.", words.Count(*k.Customers))
	}
	return "customers' data may be wrong in " + about, []string{text, "If a customer asks, promise to come back to them: do not correct anything by hand yet."}
}

// share says how much is bad.
func share(s alert.Signal) string {
	if s.Stakes == nil || s.Stakes.ErrorRate == nil {
		return "too many errors"
	}
	return words.Percent(*s.Stakes.ErrorRate) + " % errors"
}

// ownership says who was told to act, and that the end will be told.
func ownership(s alert.Signal, d alert.Notice) string {
	who := "Those on call were"
	if s.Team != "" {
		who = "The team " + s.Team + " was"
	}
	return fmt.Sprintf("%s told at %s; you will be told when it is over.", who, clock(d.Since, d.At))
}

// named returns audiences as people call them.
func named(list []alert.Audience) []string {
	var names []string
	for _, a := range list {
		names = append(names, strings.ReplaceAll(string(a), "_", " "))
	}
	return names
}
