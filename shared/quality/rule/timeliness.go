package rule

import (
	"fmt"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// compileSLA makes the check of one service-level property, if a single file
// can show it.
func compileSLA(p *check.Plan, sla *contract.SLA) {
	if sla.Table != "" && sla.Table != p.Table.Name {
		return // a promise of another table
	}
	c := &check.Check{
		Want: check.MustBeNone, Noun: "rows",
		Say: quality.Result{
			ID: sla.ID, Name: sla.Description, Column: sla.Column, Dimension: contract.Timeliness,
			Severity: sla.Severity.String(), Unit: "minutes", Place: p.PlaceOf(sla.Place), Schedule: sla.Schedule,
		},
	}
	if c.Say.ID == "" {
		c.Say.ID = "sla." + sla.Property
	}
	switch sla.Property {
	case "latency", "freshness":
		compileLatency(p, c, sla)
	case "frequency":
		compileFrequency(p, c, sla)
	case "retention":
		compileRetention(p, c, sla)
	case "timeToDetect":
		compileProcessing(p, c, sla.Span)
	default:
		c.Status, c.Say.Want = quality.Skipped, sla.Value
		c.Blocked = fmt.Sprintf("skipped: %s (%s) can't be seen in one file", sla.Property, sla.Value)
	}
	p.Add(c)
}

// compileLatency wants the newest value of the element to be no older than the
// span when the file is judged; without a column, the file's arrival is taken.
func compileLatency(p *check.Plan, c *check.Check, sla *contract.SLA) {
	if sla.Column != "" {
		id := c.Say
		compileAge(p, c, sla.Column, sla.Span)
		c.Say.ID, c.Say.Name = id.ID, id.Name
		return
	}
	c.Say.Want = "<= " + sla.Span.String()
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		age := p.In.Now.Sub(p.In.Arrived)
		r.Decide(age.Minutes(), !p.In.Arrived.Before(sla.Span.Before(p.In.Now)))
		r.Message = fmt.Sprintf("the file arrived %s ago; wanted %s", words.Duration(age), c.Say.Want)
		r.Advice = "Look at what holds files up between their arrival and here."
	}
}

// compileFrequency wants the file no later after the last accepted one than
// the span.
func compileFrequency(p *check.Plan, c *check.Check, sla *contract.SLA) {
	c.Say.Want = "<= " + sla.Span.String()
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		last := lastAccepted(p.In.History, func(run quality.Run) bool { return run.At.Before(p.In.Now) })
		if last == nil {
			r.Status, r.Message = quality.Skipped, "skipped: no accepted file before this one"
			return
		}
		gap := p.In.Now.Sub(last.At)
		r.Decide(gap.Minutes(), !last.At.Before(sla.Span.Before(p.In.Now)))
		r.Message = fmt.Sprintf("%s since the last accepted file (%s); wanted %s", words.Duration(gap), last.At.UTC().Format("2006-01-02 15:04 MST"), c.Say.Want)
		r.Advice = "A delivery in between is missing or was rejected: look at the runs of the producer, then at the verdicts."
	}
}

// compileRetention wants no value of the element older than the span.
func compileRetention(p *check.Plan, c *check.Check, sla *contract.SLA) {
	c.Say.Want, c.Say.Unit = "<= "+sla.Span.String(), "days"
	if sla.Column == "" {
		c.Status, c.Blocked = quality.Skipped, "skipped: retention needs an element, such as sales_data.transaction_date, to be seen in a file"
		return
	}
	slot, ok := p.Column(sla.Column)
	if !ok {
		p.Missing(c, sla.Column)
		return
	}
	at := p.Need(func() state.Aggregate { return &state.Extent{Slot: slot} })
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		e := f.Aggs[at].(*state.Extent)
		if e.Seen == 0 {
			r.Status, r.Message = quality.Errored, fmt.Sprintf("not measured: %s holds no point in time", sla.Column)
			return
		}
		oldest := e.Oldest.Time()
		r.Decide(p.In.Now.Sub(oldest).Hours()/24, !oldest.Before(sla.Span.Before(p.In.Now)))
		r.Message = fmt.Sprintf("the oldest %s is %s, %s old; wanted %s", sla.Column, oldest.UTC().Format("2006-01-02 15:04 MST"), words.Plural(int64(p.In.Now.Sub(oldest).Hours()/24), "day"), c.Say.Want)
		r.Advice = "Delete what should not be kept any longer, or correct dates that are wrong."
	}
}

func compileArrival(p *check.Plan, c *check.Check, impl contract.ArrivalCheck) {
	c.Say.Dimension, c.Say.Unit = contract.Timeliness, "minutes late" // below 0: early
	zone := impl.Zone
	if zone == nil {
		zone = time.UTC
	}
	c.Say.Want = fmt.Sprintf("between %s and %s %s", clock(impl.After), clock(impl.By), zone)
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		at := p.In.Arrived.In(zone)
		early, late := arrival(impl, at)
		off := max(late, 0)
		if early > 0 {
			off = -early
		}
		r.Decide(off.Minutes(), off == 0)
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

func compileProcessing(p *check.Plan, c *check.Check, within contract.Span) {
	c.Say.Dimension, c.Say.Unit = contract.Timeliness, "seconds"
	c.Say.Want = "<= " + within.String()
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		took := p.In.Now.Sub(p.In.Arrived)
		if p.In.Elapsed != nil {
			took += p.In.Elapsed()
		}
		took = max(took.Round(time.Second), 0)
		r.Decide(took.Seconds(), !within.Before(p.In.Now).After(p.In.Now.Add(-took)))
		r.Message = fmt.Sprintf("%s from arrival to verdict; wanted %s", words.Duration(took), c.Say.Want)
		r.Advice = "Look at the queue's age and the function's duration; large files may need more memory, which brings more processor."
	}
}

// compileAge makes the check that the newest value of a column is no older
// than within when the file is judged.
func compileAge(p *check.Plan, c *check.Check, column string, within contract.Span) {
	c.Say.Dimension, c.Say.Unit = contract.Timeliness, "minutes"
	c.Say.Column, c.Say.Want = column, "<= "+within.String()
	slot, ok := p.Column(column)
	if !ok {
		p.Missing(c, column)
		return
	}
	at := p.Need(func() state.Aggregate { return &state.Newest{Slot: slot, Until: p.In.Now} })
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		e := f.Aggs[at].(*state.Newest)
		later := ""
		if e.Later > 0 {
			later = fmt.Sprintf("; %s in the future left out", words.Plural(e.Later, "value"))
		}
		if e.Seen == 0 {
			r.Status, r.Message = quality.Errored, fmt.Sprintf("not measured: %s holds no point in time up to now%s", column, later)
			return
		}
		newest := e.Newest.Time()
		age := p.In.Now.Sub(newest)
		r.Decide(age.Minutes(), !newest.Before(within.Before(p.In.Now)))
		r.Message = fmt.Sprintf("the newest %s is %s, %s old%s; wanted %s", column, newest.UTC().Format("2006-01-02 15:04 MST"), words.Duration(age), later, c.Say.Want)
		r.Advice = "The data stopped before the file was made: look at the last run of the producer and at what feeds it."
	}
}

func compilePeriod(p *check.Plan, c *check.Check, impl contract.PeriodCheck) {
	zone := impl.Zone
	if zone == nil {
		zone = time.UTC
	}
	day := p.In.Now.In(zone).AddDate(0, 0, impl.Offset).Format("2006-01-02")
	c.Say.Dimension, c.Say.Unit, c.Say.Column = contract.Timeliness, string(contract.Rows), impl.Column
	c.Noun = "values"
	c.Complaint = "are not of " + day
	c.Advice = fmt.Sprintf("These rows belong to another day: check the export's date filter and time zone (%s here).", zone)
	slot, ok := p.Column(impl.Column)
	if !ok {
		p.Missing(c, impl.Column)
		return
	}
	if col, known := p.Table.Column(impl.Column); known && col.Type == contract.Date {
		zone = p.Slots[slot].Zone // a date has no hour that a zone could move
	}
	c.Shows = []int{slot}
	c.Personal = p.Personal(slot)
	c.Kernel = kernel.Day(slot, day, zone)
}
