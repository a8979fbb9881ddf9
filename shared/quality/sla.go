package quality

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
)

// compileSLA makes the check of one service-level property, if a single file
// can show it.
func (p *plan) compileSLA(sla *contract.SLA) {
	if sla.Table != "" && sla.Table != p.table.Name {
		return // a promise of another table
	}
	c := &check{
		want: mustBeNone, noun: "rows",
		say: Result{
			ID: sla.ID, Name: sla.Description, Column: sla.Column, Dimension: contract.Timeliness,
			Severity: sla.Severity.String(), Unit: "minutes", Place: p.placeOf(sla.Place), Schedule: sla.Schedule,
		},
	}
	if c.say.ID == "" {
		c.say.ID = "sla." + sla.Property
	}
	switch sla.Property {
	case "latency", "freshness":
		p.compileLatency(c, sla)
	case "frequency":
		p.compileFrequency(c, sla)
	case "retention":
		p.compileRetention(c, sla)
	case "timeToDetect":
		p.compileProcessing(c, sla.Span)
	default:
		c.status, c.say.Want = Skipped, sla.Value
		c.blocked = fmt.Sprintf("skipped: %s (%s) can't be seen in one file", sla.Property, sla.Value)
	}
	p.add(c)
}

// compileLatency wants the newest value of the element to be no older than the
// span when the file is judged; without a column, the file's arrival is taken.
func (p *plan) compileLatency(c *check, sla *contract.SLA) {
	if sla.Column != "" {
		id := c.say
		p.compileAge(c, sla.Column, sla.Span)
		c.say.ID, c.say.Name = id.ID, id.Name
		return
	}
	c.say.Want = "<= " + spanText(sla.Span)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		age := p.in.Now.Sub(p.in.Arrived)
		r.decide(age.Minutes(), !p.in.Arrived.Before(sla.Span.Before(p.in.Now)))
		r.Message = fmt.Sprintf("the file arrived %s ago; wanted %s", durationText(age), c.say.Want)
		r.Advice = "Look at what holds files up between their arrival and here."
	}
}

// compileFrequency wants the file no later after the last accepted one than
// the span.
func (p *plan) compileFrequency(c *check, sla *contract.SLA) {
	c.say.Want = "<= " + spanText(sla.Span)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		last := lastAccepted(p.in.History, func(run Run) bool { return run.At.Before(p.in.Now) })
		if last == nil {
			r.Status, r.Message = Skipped, "skipped: no accepted file before this one"
			return
		}
		gap := p.in.Now.Sub(last.At)
		r.decide(gap.Minutes(), !last.At.Before(sla.Span.Before(p.in.Now)))
		r.Message = fmt.Sprintf("%s since the last accepted file (%s); wanted %s", durationText(gap), last.At.UTC().Format("2006-01-02 15:04 MST"), c.say.Want)
		r.Advice = "A delivery in between is missing or was rejected: look at the runs of the producer, then at the verdicts."
	}
}

// compileRetention wants no value of the element older than the span.
func (p *plan) compileRetention(c *check, sla *contract.SLA) {
	c.say.Want, c.say.Unit = "<= "+spanText(sla.Span), "days"
	if sla.Column == "" {
		c.status, c.blocked = Skipped, "skipped: retention needs an element, such as sales_data.transaction_date, to be seen in a file"
		return
	}
	slot, ok := p.column(sla.Column)
	if !ok {
		p.missing(c, sla.Column)
		return
	}
	at := p.need(func() state.Aggregate { return &state.Extent{Slot: slot} })
	c.finish = func(f *findings, _ *tally, r *Result) {
		e := f.aggs[at].(*state.Extent)
		if e.Seen == 0 {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: %s holds no point in time", sla.Column)
			return
		}
		oldest := e.Oldest.Time()
		r.decide(p.in.Now.Sub(oldest).Hours()/24, !oldest.Before(sla.Span.Before(p.in.Now)))
		r.Message = fmt.Sprintf("the oldest %s is %s; wanted %s old", sla.Column, oldest.UTC().Format("2006-01-02"), c.say.Want)
		r.Advice = "Delete what should not be kept any longer, or correct dates that are wrong."
	}
}

// spanText writes a span in words: 1 day 2 hours.
func spanText(s contract.Span) string {
	text := ""
	for _, part := range []struct {
		n    int
		unit string
	}{{s.Years, "year"}, {s.Months, "month"}, {s.Days, "day"}} {
		if part.n != 0 {
			text += plural(int64(part.n), part.unit) + " "
		}
	}
	if s.Clock != 0 || text == "" {
		text += durationText(s.Clock) + " "
	}
	return text[:len(text)-1]
}

// durationText writes a length of time to the second, and a shorter one to the
// millisecond.
func durationText(d time.Duration) string {
	if d < 0 {
		return "-" + durationText(-d)
	}
	var parts []string
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.length; n > 0 {
			parts = append(parts, plural(int64(n), u.name))
			d %= u.length
		}
	}
	if len(parts) == 0 {
		return plural(d.Milliseconds(), "millisecond")
	}
	return strings.Join(parts, " ")
}
