package quality

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// existsRule wants a column to be in the header.
func (p *plan) existsRule(c *check, column string) {
	c.say.Unit, c.say.Want = "columns", "1"
	_, there := p.column(column)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		if there {
			r.decide(1, true)
			r.Message = fmt.Sprintf("the file has the column %q", column)
			return
		}
		r.decide(0, false)
		r.Message = fmt.Sprintf("the file has no column %q; it has %s", column, strings.Join(p.header, ", "))
		r.Advice = "Ask the producer what changed in the export, and have the column restored."
	}
}

// namesRule wants each name of the header to match a pattern.
func (p *plan) namesRule(c *check, pattern string) {
	c.say.Unit = "columns"
	matches, err := whole(pattern)
	if err != nil {
		c.badPattern(err)
		return
	}
	c.finish = func(_ *findings, _ *tally, r *Result) {
		var wrong []string
		for _, name := range p.header {
			if !matches([]byte(name)) {
				wrong = append(wrong, fmt.Sprintf("%q", name))
			}
		}
		r.LookedAt, r.Violations = int64(len(p.header)), int64(len(wrong))
		c.measure(r, float64(len(wrong)))
		r.Message = fmt.Sprintf("the names of all %s match %s", words.Plural(int64(len(p.header)), "column"), pattern)
		if len(wrong) > 0 {
			r.Message = fmt.Sprintf("%s of %s don't match %s: %s", words.Count(int64(len(wrong))), words.Plural(int64(len(p.header)), "column name"), pattern, strings.Join(wrong, ", "))
			r.Advice = "Have the producer restore the names, or extend the pattern."
		}
	}
}

// countMatchRule compares the number of rows with a reference's.
func (p *plan) countMatchRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Consistency, "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	dataset := rule.Parameters[0]
	theirs := p.reference(dataset).look(nil, func([]int) state.Aggregate { return state.NewGroups(nil, -1, false) })
	c.say.Want = wanted.text
	c.finish = func(f *findings, _ *tally, r *Result) {
		if problem := theirs.problem(); problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		rows := 0.0
		if sum := theirs.agg.(*state.Groups).Sums[""]; sum != nil {
			rows = sum.Float64()
		}
		if rows == 0 {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: %s has no rows to compare with", dataset)
			return
		}
		share := float64(f.rows) / rows
		r.decide(share, wanted.holds(share))
		r.Message = fmt.Sprintf("the file has %s rows and %s %s, a ratio of %s; wanted %s", words.Count(f.rows), dataset, words.Count(int64(rows)), words.Number(round6(share)), wanted.full())
		r.Advice = fmt.Sprintf("Find out which of the two is complete; %s may be of another day.", dataset)
	}
}

// integrityRule compares the rows whose key a reference has: "a, b" and
// "dataset.{c, d}", or "dataset.c".
func (p *plan) integrityRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Accuracy, "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	from := dqdl.Names(rule.Parameters[0])
	dataset, to := dqdl.Reference(rule.Parameters[1])
	if dataset == "" || len(to) != len(from) {
		c.error("%q names no columns of a dataset for %s; write \"dataset.{a,b}\"", rule.Parameters[1], strings.Join(from, ", "))
		return
	}
	slots, absent := p.columns(from)
	if absent != "" {
		p.absent(c, absent)
		return
	}
	if len(from) == 1 {
		c.say.Column = from[0]
	}
	c.shows, c.personal = slots, p.personal(slots...)
	c.complaint = fmt.Sprintf("have a %s that %s does not have", strings.Join(from, " + "), dataset)
	c.advice = fmt.Sprintf("Either %s is behind (load it first and judge again), or these rows carry wrong keys: ask the producer.", dataset)
	set := p.reference(dataset).tuples(to)
	c.prepare = func() {
		if problem := set.problem(); problem != "" {
			c.status, c.blocked = Errored, "not measured: "+problem
			return
		}
		c.kernel = state.Member(slots, set.prints())
	}
	p.compliance(c, wanted)
}

// sizeRule bounds the size of the file that is judged.
func (p *plan) sizeRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Completeness, "bytes"
	wanted, problem := p.bounds(rule.Condition, "bytes")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	c.say.Want = wanted.text
	c.finish = func(_ *findings, _ *tally, r *Result) {
		if p.in.Bytes < 0 {
			r.Status, r.Message = Skipped, "skipped: the size of a stream is not known beforehand"
			return
		}
		r.decide(float64(p.in.Bytes), wanted.holds(float64(p.in.Bytes)))
		r.Message = fmt.Sprintf("the file has %s bytes; wanted %s", words.Count(p.in.Bytes), wanted.full())
		r.Advice = "Compare with the source's size: a cut-off transfer, an empty export or a file sent twice are the usual causes."
	}
}

// arrivedRule bounds when the file that is judged arrived: moments, or times
// of day in the zone of the tag timeZone, UTC without.
func (p *plan) arrivedRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Timeliness, "minutes"
	zone := time.UTC
	for _, tag := range rule.Tags {
		var err error
		if zone, err = time.LoadLocation(tag.Operands[0].Text); err != nil || tag.Operands[0].Kind != dqdl.Text || tag.Operands[0].Text == "Local" || tag.Op != dqdl.Equal {
			c.error("timeZone %s is no time zone; write an IANA name such as \"Europe/Paris\"", shorten(tag.Text))
			return
		}
	}
	arrived := p.in.Arrived.In(zone)
	at := float64(arrived.Unix())
	var values []float64
	for _, o := range rule.Condition.Operands {
		v, clock, ok := p.pointInTime(o, zone)
		if !ok {
			c.error("%q is neither a date nor a time of day; write \"2026-11-22\", \"9:30 AM\" or (now() - 3 hours)", shorten(o.Text))
			return
		}
		if clock {
			at = float64(arrived.Hour()*3600 + arrived.Minute()*60 + arrived.Second())
		}
		values = append(values, v)
	}
	if rule.Condition.Op == dqdl.Matches || rule.Condition.Op == dqdl.NotMatches {
		c.error("a time matches no pattern")
		return
	}
	c.say.Want = shorten(rule.Condition.Text)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		good := compare(rule.Condition.Op, at, values)
		share := 0.0
		if good {
			share = 1
		}
		if rule.Threshold != nil { // of one file, all or none are fresh
			b, problem := p.bounds(rule.Threshold, "")
			if problem != "" {
				r.Status, r.Message = Skipped, "skipped: "+problem
				return
			}
			good = b.holds(share)
		}
		r.decide(p.in.Now.Sub(p.in.Arrived).Minutes(), good)
		r.Message = fmt.Sprintf("the file arrived at %s; wanted %s", arrived.Format("2006-01-02 15:04 MST"), c.say.Want)
		r.Advice = "Tell those who use the data, and look at the producer's schedule and its last run."
	}
}

// pointInTime works out an operand as seconds: of the Unix clock, or since midnight
// if clock.
func (p *plan) pointInTime(o dqdl.Operand, zone *time.Location) (seconds float64, clock, ok bool) {
	if o.Kind == dqdl.Date {
		return float64(p.in.Now.Add(o.Span).Unix()), false, true
	}
	for i, layout := range []string{"2006-01-02", time.RFC3339, "3:04 PM", "15:04", "15:04:05"} {
		at, err := time.ParseInLocation(layout, strings.ToUpper(o.Text), zone)
		if err != nil {
			continue
		}
		if i < 2 {
			return float64(at.Unix()), false, true
		}
		return float64(at.Hour()*3600 + at.Minute()*60 + at.Second()), true, true
	}
	return 0, false, false
}
