package quality

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/decimal"
	"tillwatch/shared/expression"
	"tillwatch/shared/quality/state"
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
	c.say.Want = ">= " + bytesText(impl.Min)
	if impl.Max > 0 {
		c.say.Want += fmt.Sprintf(" and <= %s", bytesText(impl.Max))
	}
	c.finish = func(f *findings, _ *tally, r *Result) {
		if p.in.Bytes < 0 {
			r.Status, r.Message = Skipped, "skipped: the size of a stream is not known beforehand"
			return
		}
		good := p.in.Bytes >= impl.Min && (impl.Max == 0 || p.in.Bytes <= impl.Max)
		r.decide(float64(p.in.Bytes), good)
		r.Message = fmt.Sprintf("the file has %s; wanted %s", bytesText(p.in.Bytes), c.say.Want)
		r.Advice = "Compare with the source's size: a cut-off transfer, an empty export or a file sent twice are the usual causes."
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
			r.Message = fmt.Sprintf("the file arrived at %s, %s after %s", at.Format("15:04 MST"), durationText(late), clock(impl.By))
		case early > 0:
			r.Message = fmt.Sprintf("the file arrived at %s, %s before %s", at.Format("15:04 MST"), durationText(early), clock(impl.After))
		default:
			r.Message = fmt.Sprintf("the file arrived at %s, in its window until %s", at.Format("15:04 MST"), clock(impl.By))
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
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

func (p *plan) compileProcessing(c *check, within contract.Span) {
	c.say.Dimension, c.say.Unit = contract.Timeliness, "seconds"
	c.say.Want = "<= " + spanText(within)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		took := p.in.Now.Sub(p.in.Arrived)
		if p.in.Elapsed != nil {
			took += p.in.Elapsed()
		}
		took = max(took.Round(time.Second), 0)
		r.decide(took.Seconds(), !within.Before(p.in.Now).After(p.in.Now.Add(-took)))
		r.Message = fmt.Sprintf("%s from arrival to verdict; wanted %s", durationText(took), c.say.Want)
		r.Advice = "Look at the queue's age and the function's duration; large files may need more memory, which brings more processor."
	}
}

// compileAge makes the check that the newest value of a column is no older
// than within when the file is judged.
func (p *plan) compileAge(c *check, column string, within contract.Span) {
	c.say.Dimension, c.say.Unit = contract.Timeliness, "minutes"
	c.say.Column, c.say.Want = column, "<= "+spanText(within)
	slot, ok := p.column(column)
	if !ok {
		p.missing(c, column)
		return
	}
	at := p.need(func() state.Aggregate { return &state.Extent{Slot: slot} })
	c.finish = func(f *findings, _ *tally, r *Result) {
		e := f.aggs[at].(*state.Extent)
		if e.Seen == 0 {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: %s holds no point in time", column)
			return
		}
		newest := e.Newest.Time()
		age := p.in.Now.Sub(newest)
		r.decide(age.Minutes(), !newest.Before(within.Before(p.in.Now)))
		r.Message = fmt.Sprintf("the newest %s is %s, %s old; wanted %s", column, newest.UTC().Format("2006-01-02 15:04 MST"), durationText(age), c.say.Want)
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

func (p *plan) compileTotal(c *check, impl contract.TotalCheck) {
	c.say.Dimension, c.say.Unit = contract.Consistency, "keys"
	tolerance, kind := decimal.Parse([]byte(orZero(impl.Tolerance)))
	if kind != decimal.Fits {
		c.error("tolerance %q is not a number", impl.Tolerance)
		return
	}
	otherBy := impl.OtherBy
	if len(otherBy) == 0 {
		otherBy = impl.By
	}
	by, absent := p.columns(impl.By)
	sum, minus := strings.CutPrefix(impl.Sum, "-")
	column := -1
	if absent == "" && sum != "rows" {
		var ok bool
		if column, ok = p.column(sum); !ok {
			absent = sum
		}
	}
	if absent != "" {
		p.missing(c, absent)
		return
	}
	c.personal = p.personal(by...)
	ours := p.need(func() state.Aggregate { return state.NewGroups(by, column, minus) })
	otherSum, otherMinus := strings.CutPrefix(impl.OtherSum, "-")
	columns := otherBy
	if otherSum != "rows" {
		columns = append(append([]string(nil), otherBy...), otherSum)
	}
	theirs := p.reference(impl.Dataset).look(columns, func(slots []int) state.Aggregate {
		if otherSum == "rows" {
			return state.NewGroups(slots, -1, otherMinus)
		}
		return state.NewGroups(slots[:len(otherBy)], slots[len(otherBy)], otherMinus)
	})
	c.finish = func(f *findings, _ *tally, r *Result) {
		if problem := theirs.problem(); problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		a, b := f.aggs[ours].(*state.Groups), theirs.agg.(*state.Groups)
		if a.Full || b.Full {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: more than %s keys", count(state.GroupLimit))
			return
		}
		differ, keys := compareTotals(a.Sums, b.Sums, tolerance, impl.Missing == "ignore")
		r.LookedAt, r.Violations = int64(keys), int64(len(differ))
		c.measure(r, float64(len(differ)))
		what := fmt.Sprintf("%s by %s", impl.Sum, strings.Join(impl.By, ", "))
		if len(impl.By) == 0 {
			what = impl.Sum
		}
		if len(differ) == 0 {
			r.Message = fmt.Sprintf("%s agrees with %s of %s for all %s keys", what, impl.OtherSum, impl.Dataset, count(int64(keys)))
			return
		}
		r.Message = fmt.Sprintf("%s differs from %s of %s for %s of %s keys", what, impl.OtherSum, impl.Dataset, count(int64(len(differ))), count(int64(keys)))
		r.Advice = fmt.Sprintf("Find out which of the two is right for these keys; %s may be of another day or not complete yet.", impl.Dataset)
		for i := 0; i < len(differ) && i < p.in.Samples; i++ {
			key := strings.ReplaceAll(differ[i].key, string(rune(state.KeySeparator)), ", ")
			if c.personal && !p.in.ShowPersonal {
				key = masked
			}
			r.Samples = append(r.Samples, Sample{Value: strings.TrimSpace(fmt.Sprintf("%s here %s, in %s %s", key, differ[i].here, impl.Dataset, differ[i].there))})
		}
	}
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// A difference is a key whose sums disagree.
type difference struct{ key, here, there string }

// compareTotals lists the keys whose sums differ by more than tolerance, in
// order, and how many keys were compared.
func compareTotals(ours, theirs map[string]*decimal.Sum, tolerance decimal.Decimal, ignoreTheirs bool) ([]difference, int) {
	var differ []difference
	keys := 0
	compare := func(key string, a, b *decimal.Sum) {
		keys++
		if a == nil {
			a = new(decimal.Sum)
		}
		if b == nil {
			b = new(decimal.Sum)
		}
		if !a.Within(*b, tolerance) {
			differ = append(differ, difference{key, a.String(), b.String()})
		}
	}
	for key, a := range ours {
		compare(key, a, theirs[key])
	}
	for key, b := range theirs {
		if ours[key] == nil && !ignoreTheirs {
			compare(key, nil, b)
		}
	}
	sort.Slice(differ, func(i, j int) bool { return differ[i].key < differ[j].key })
	return differ, keys
}
