package quality

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/expression"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// compileCustom makes the check of a rule of engine tillwatch.
func (p *plan) compileCustom(r *contract.Rule, impl any) {
	c := &check{want: mustBeNone, noun: "rows"}
	switch impl := impl.(type) {
	case contract.FileSizeCheck:
		p.compileFileSize(c, impl)
	case contract.ArrivalCheck:
		p.compileArrival(c, impl)
	case contract.ProcessingCheck:
		p.compileProcessing(c, impl.Within)
	case contract.FreshnessCheck:
		p.compileAge(c, impl.Column, impl.Within)
	case contract.PeriodCheck:
		p.compilePeriod(c, impl)
	case contract.ArithmeticCheck:
		p.compileArithmetic(c, impl)
	case contract.CoverageCheck:
		p.compileCoverage(c, impl)
	case contract.TotalCheck:
		p.compileTotal(c, impl)
	case contract.HistoryCheck:
		p.compileHistory(c, impl)
	case contract.DriftCheck:
		p.compileDrift(c)
	case contract.StatisticCheck:
		p.compileStatistic(c, impl)
	default:
		c.status, c.blocked = Skipped, fmt.Sprintf("skipped: no check is known for %T", impl)
	}
	c.fromRule(p, r)
	p.add(c)
}

// error makes c a check that can't be measured.
func (c *check) error(format string, args ...any) {
	c.status, c.blocked = Errored, "not measured: "+fmt.Sprintf(format, args...)
}

func (p *plan) compileFileSize(c *check, impl contract.FileSizeCheck) {
	c.say.Dimension, c.say.Unit = contract.Completeness, "bytes"
	c.want = contract.Want{Op: contract.GreaterOrEqual, Low: float64(impl.Min)}
	var bounds []string
	if impl.Min > 0 {
		bounds = append(bounds, ">= "+words.Bytes(impl.Min))
	}
	if impl.Max > 0 {
		bounds = append(bounds, "<= "+words.Bytes(impl.Max))
	}
	c.say.Want = strings.Join(bounds, " and ")
	c.finish = func(f *findings, _ *tally, r *Result) {
		if p.in.Bytes < 0 {
			r.Status, r.Message = Skipped, "skipped: the size of a stream is not known beforehand"
			return
		}
		good := p.in.Bytes >= impl.Min && (impl.Max == 0 || p.in.Bytes <= impl.Max)
		r.decide(float64(p.in.Bytes), good)
		r.Message = fmt.Sprintf("the file has %s; wanted %s", words.Bytes(p.in.Bytes), c.say.Want)
		r.Advice = "Compare with the source's size: a cut-off transfer, an empty export or a file sent twice are the usual causes."
	}
}

func (p *plan) compileArithmetic(c *check, impl contract.ArithmeticCheck) {
	c.say.Dimension, c.say.Unit = contract.Consistency, string(contract.Rows)
	rule, err := expression.Parse(impl.Expression)
	if err != nil {
		c.error("expression %q: %v", impl.Expression, err)
		return
	}
	tolerance := impl.Tolerance
	if tolerance == "" {
		tolerance = "0"
	}
	bound, ok := state.NewBound(tolerance)
	if !ok {
		c.error("tolerance %q is not a number", impl.Tolerance)
		return
	}
	slots, absent := p.columns(rule.Columns())
	if absent != "" {
		p.missing(c, absent)
		return
	}
	if impl.MaxPercent > 0 {
		c.want = contract.Want{Op: contract.LessOrEqual, Low: impl.MaxPercent}
		c.say.Unit = string(contract.Percent)
	}
	c.complaint = "break " + impl.Expression
	c.advice = "One of the columns is wrong in these rows: recompute it at the source, and look for a changed rounding, tax or discount."
	c.shows, c.personal = slots, p.personal(slots...)
	c.kernel = state.Arithmetic(slots, rule, bound)
}

func (p *plan) compileDrift(c *check) {
	c.say.Dimension, c.say.Unit = contract.Conformity, "columns"
	c.finish = func(_ *findings, _ *tally, r *Result) {
		last := lastAccepted(p.in.History, func(run Run) bool { return len(run.Columns) > 0 })
		if last == nil {
			r.Status, r.Message = Skipped, "skipped: no accepted file before this one to compare the columns with"
			return
		}
		changes := headerChanges(last.Columns, p.header)
		r.Violations, r.LookedAt = int64(len(changes)), int64(max(len(last.Columns), len(p.header), len(changes)))
		c.measure(r, float64(len(changes)))
		r.Message = fmt.Sprintf("the columns are those of the last accepted file (%s)", last.At.UTC().Format("2006-01-02"))
		if len(changes) > 0 {
			r.Message = fmt.Sprintf("since the last accepted file (%s): %s", last.At.UTC().Format("2006-01-02"), strings.Join(changes, "; "))
			r.Advice = "Ask the producer what changed in the export, and whether those who read the file know."
		}
	}
}

// headerChanges tells how one header became another.
func headerChanges(before, after []string) []string {
	was, is := index(before), index(after)
	var gone, added []string
	for _, name := range before {
		if _, ok := is[name]; !ok {
			gone = append(gone, name)
		}
	}
	for _, name := range after {
		if _, ok := was[name]; !ok {
			added = append(added, name)
		}
	}
	var changes []string
	for _, name := range gone {
		like := likely(name, was[name], added, is, len(before) == len(after))
		if like == "" {
			changes = append(changes, name+" was removed")
			continue
		}
		changes = append(changes, fmt.Sprintf("%s looks renamed to %s", name, like))
		added = remove(added, like)
	}
	for _, name := range added {
		changes = append(changes, name+" was added")
	}
	if len(changes) == 0 {
		for i, name := range after {
			if i < len(before) && before[i] != name {
				return []string{fmt.Sprintf("the columns stand in another order, from position %d (%s)", i+1, name)}
			}
		}
	}
	return changes
}

func index(names []string) map[string]int {
	at := make(map[string]int, len(names))
	for i, name := range names {
		at[name] = i
	}
	return at
}

func remove(names []string, name string) []string {
	var rest []string
	for _, n := range names {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

// lastAccepted returns the newest accepted run that fits, or nil.
func lastAccepted(history []Run, fits func(Run) bool) *Run {
	var last *Run
	for i := range history {
		run := &history[i]
		if run.Accepted() && fits(*run) && (last == nil || run.At.After(last.At)) {
			last = run
		}
	}
	return last
}
