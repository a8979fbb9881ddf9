package quality

import (
	"fmt"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
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
	c.say.Want = "<= " + sla.Span.String()
	c.finish = func(_ *findings, _ *tally, r *Result) {
		age := p.in.Now.Sub(p.in.Arrived)
		r.decide(age.Minutes(), !p.in.Arrived.Before(sla.Span.Before(p.in.Now)))
		r.Message = fmt.Sprintf("the file arrived %s ago; wanted %s", words.Duration(age), c.say.Want)
		r.Advice = "Look at what holds files up between their arrival and here."
	}
}

// compileFrequency wants the file no later after the last accepted one than
// the span.
func (p *plan) compileFrequency(c *check, sla *contract.SLA) {
	c.say.Want = "<= " + sla.Span.String()
	c.finish = func(_ *findings, _ *tally, r *Result) {
		last := lastAccepted(p.in.History, func(run Run) bool { return run.At.Before(p.in.Now) })
		if last == nil {
			r.Status, r.Message = Skipped, "skipped: no accepted file before this one"
			return
		}
		gap := p.in.Now.Sub(last.At)
		r.decide(gap.Minutes(), !last.At.Before(sla.Span.Before(p.in.Now)))
		r.Message = fmt.Sprintf("%s since the last accepted file (%s); wanted %s", words.Duration(gap), last.At.UTC().Format("2006-01-02 15:04 MST"), c.say.Want)
		r.Advice = "A delivery in between is missing or was rejected: look at the runs of the producer, then at the verdicts."
	}
}

// compileRetention wants no value of the element older than the span.
func (p *plan) compileRetention(c *check, sla *contract.SLA) {
	c.say.Want, c.say.Unit = "<= "+sla.Span.String(), "days"
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
		r.Message = fmt.Sprintf("the oldest %s is %s, %s old; wanted %s", sla.Column, oldest.UTC().Format("2006-01-02 15:04 MST"), words.Plural(int64(p.in.Now.Sub(oldest).Hours()/24), "day"), c.say.Want)
		r.Advice = "Delete what should not be kept any longer, or correct dates that are wrong."
	}
}

func (p *plan) compileArrival(c *check, impl contract.ArrivalCheck) {
	c.say.Dimension, c.say.Unit = contract.Timeliness, "minutes late" // below 0: early
	zone := impl.Zone
	if zone == nil {
		zone = time.UTC
	}
	c.say.Want = fmt.Sprintf("between %s and %s %s", clock(impl.After), clock(impl.By), zone)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		at := p.in.Arrived.In(zone)
		early, late := arrival(impl, at)
		off := max(late, 0)
		if early > 0 {
			off = -early
		}
		r.decide(off.Minutes(), off == 0)
		switch {
		case late > 0:
			r.Message = fmt.Sprintf("the file arrived at %s, %s after %s", at.Format("15:04:05 MST"), words.Duration(late), clock(impl.By))
		case early > 0:
			r.Message = fmt.Sprintf("the file arrived at %s, %s before %s", at.Format("15:04:05 MST"), words.Duration(early), clock(impl.After))
		default:
			r.Message = fmt.Sprintf("the file arrived at %s, in its window until %s", at.Format("15:04:05 MST"), clock(impl.By))
		}
		r.Advice = "Tell those who use the data, and look at the producer's schedule and its last run."
	}
}

// arrival says how much too early or too late a file arrived; both are zero or
// less for one in its window. A window that ends before it begins reaches over
// midnight.
func arrival(impl contract.ArrivalCheck, at time.Time) (early, late time.Duration) {
	of := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	if impl.By > impl.After {
		return impl.After - of, of - impl.By
	}
	if of >= impl.After || of <= impl.By {
		return 0, 0
	}
	return 0, of - impl.By
}

// clock writes an offset from midnight as a time of day.
func clock(d time.Duration) string {
	text := fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
	if seconds := int(d.Seconds()) % 60; seconds != 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return text
}

func (p *plan) compileProcessing(c *check, within contract.Span) {
	c.say.Dimension, c.say.Unit = contract.Timeliness, "seconds"
	c.say.Want = "<= " + within.String()
	c.finish = func(_ *findings, _ *tally, r *Result) {
		took := p.in.Now.Sub(p.in.Arrived)
		if p.in.Elapsed != nil {
			took += p.in.Elapsed()
		}
		took = max(took.Round(time.Second), 0)
		r.decide(took.Seconds(), !within.Before(p.in.Now).After(p.in.Now.Add(-took)))
		r.Message = fmt.Sprintf("%s from arrival to verdict; wanted %s", words.Duration(took), c.say.Want)
		r.Advice = "Look at the queue's age and the function's duration; large files may need more memory, which brings more processor."
	}
}

// compileAge makes the check that the newest value of a column is no older
// than within when the file is judged.
func (p *plan) compileAge(c *check, column string, within contract.Span) {
	c.say.Dimension, c.say.Unit = contract.Timeliness, "minutes"
	c.say.Column, c.say.Want = column, "<= "+within.String()
	slot, ok := p.column(column)
	if !ok {
		p.missing(c, column)
		return
	}
	at := p.need(func() state.Aggregate { return &state.Newest{Slot: slot, Until: p.in.Now} })
	c.finish = func(f *findings, _ *tally, r *Result) {
		e := f.aggs[at].(*state.Newest)
		later := ""
		if e.Later > 0 {
			later = fmt.Sprintf("; %s in the future left out", words.Plural(e.Later, "value"))
		}
		if e.Seen == 0 {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: %s holds no point in time up to now%s", column, later)
			return
		}
		newest := e.Newest.Time()
		age := p.in.Now.Sub(newest)
		r.decide(age.Minutes(), !newest.Before(within.Before(p.in.Now)))
		r.Message = fmt.Sprintf("the newest %s is %s, %s old%s; wanted %s", column, newest.UTC().Format("2006-01-02 15:04 MST"), words.Duration(age), later, c.say.Want)
		r.Advice = "The data stopped before the file was made: look at the last run of the producer and at what feeds it."
	}
}

func (p *plan) compilePeriod(c *check, impl contract.PeriodCheck) {
	zone := impl.Zone
	if zone == nil {
		zone = time.UTC
	}
	day := p.in.Now.In(zone).AddDate(0, 0, impl.Offset).Format("2006-01-02")
	c.say.Dimension, c.say.Unit, c.say.Column = contract.Timeliness, string(contract.Rows), impl.Column
	c.noun = "values"
	c.complaint = "are not of " + day
	c.advice = fmt.Sprintf("These rows belong to another day: check the export's date filter and time zone (%s here).", zone)
	slot, ok := p.column(impl.Column)
	if !ok {
		p.missing(c, impl.Column)
		return
	}
	if col, known := p.table.Column(impl.Column); known && col.Type == contract.Date {
		zone = p.slots[slot].Zone // a date has no hour that a zone could move
	}
	c.shows = []int{slot}
	c.personal = p.personal(slot)
	c.kernel = state.Day(slot, day, zone)
}
