package rule

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// compileCoverage makes the check that expected values, days or hours occur.
func compileCoverage(p *check.Plan, c *check.Check, impl contract.CoverageCheck) {
	c.Say.Dimension, c.Say.Unit, c.Say.Column = contract.Completeness, string(contract.Percent), impl.Column
	least := impl.AtLeastPercent
	if least == 0 {
		least = 100
	}
	c.Want = contract.Want{Op: contract.GreaterOrEqual, Low: least}
	c.Noun = "values"
	slot, ok := p.Column(impl.Column)
	if !ok {
		p.Missing(c, impl.Column)
		return
	}
	c.Personal = p.Personal(slot)
	minRows := max(impl.MinRows, 1)
	var expect func(f *check.Findings) (want []string, has func(string) int64, problem string)
	switch {
	case impl.Every != "":
		expect = expectPeriods(p, impl, slot)
	case impl.Dataset != "":
		expect = expectReference(p, impl, slot)
	default:
		expect = expectValues(p, impl, slot)
	}
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		want, has, problem := expect(f)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		var absent []string
		for _, value := range want {
			if has(value) < minRows {
				absent = append(absent, value)
			}
		}
		r.LookedAt, r.Violations = int64(len(want)), int64(len(absent))
		share := 100.0
		if len(want) > 0 {
			share = 100 * float64(len(want)-len(absent)) / float64(len(want))
		}
		c.Measure(r, share)
		coverageText(c, p, r, want, absent, minRows)
	}
}

// coverageText says which of the expected values are absent.
func coverageText(c *check.Check, p *check.Plan, r *quality.Result, want, absent []string, minRows int64) {
	occur := "occur"
	if minRows > 1 {
		occur = fmt.Sprintf("occur in %s rows or more", words.Count(minRows))
	}
	if len(absent) == 0 {
		r.Message = fmt.Sprintf("all %s expected values of %s %s", words.Count(int64(len(want))), r.Column, occur)
		return
	}
	if c.Personal && !p.In.ShowPersonal {
		absent = []string{say.Masked}
	}
	shown := absent[:min(len(absent), 10)]
	more := ""
	if len(absent) > len(shown) {
		more = fmt.Sprintf(" and %s more", words.Count(int64(len(absent)-len(shown))))
	}
	r.Message = fmt.Sprintf("%s of %s expected values of %s do not %s: %s%s", words.Count(r.Violations), words.Count(r.LookedAt), r.Column, occur, strings.Join(shown, ", "), more)
	if c.Want.Low < 100 {
		r.Message += fmt.Sprintf("; wanted %s %%", r.Want)
	}
	r.Advice = "Ask those who should have sent these parts; the rest of the file may be right, but sums over it are too low."
	for i := 0; i < len(absent) && i < p.In.Samples; i++ {
		r.Samples = append(r.Samples, quality.Sample{Value: say.Value([]byte(absent[i]))})
	}
}

// expectValues expects the values that the contract lists.
func expectValues(p *check.Plan, impl contract.CoverageCheck, slot int) func(*check.Findings) ([]string, func(string) int64, string) {
	at := p.Need(func() state.Aggregate { return state.NewOccurrences(slot) })
	return func(f *check.Findings) ([]string, func(string) int64, string) {
		var want []string
		for _, v := range impl.Values {
			if !v.Null && !slices.Contains(want, v.Text) {
				want = append(want, v.Text)
			}
		}
		return want, seen(f, at), full(f, at, "values")
	}
}

// expectReference expects every value of a reference's column.
func expectReference(p *check.Plan, impl contract.CoverageCheck, slot int) func(*check.Findings) ([]string, func(string) int64, string) {
	at := p.Need(func() state.Aggregate { return state.NewOccurrences(slot) })
	theirs := p.Reference(impl.Dataset).Look([]string{impl.RefColumn}, func(slots []int) state.Aggregate { return state.NewOccurrences(slots[0]) })
	return func(f *check.Findings) ([]string, func(string) int64, string) {
		if problem := theirs.Problem(); problem != "" {
			return nil, nil, problem
		}
		var want []string
		for value := range theirs.Agg.(*state.Occurrences).Seen {
			want = append(want, value)
		}
		sort.Strings(want)
		return want, seen(f, at), full(f, at, "values")
	}
}

func seen(f *check.Findings, at int) func(string) int64 {
	return func(value string) int64 { return f.Aggs[at].(*state.Occurrences).Seen[value] }
}

// full says that an aggregate had to stop at its bound; "" if it had not.
func full(f *check.Findings, at int, what string) string {
	full := false
	switch a := f.Aggs[at].(type) {
	case *state.Occurrences:
		full = a.Full
	case *state.Periods:
		full = a.Full
	case *key.Distinct:
		full = a.Full
	}
	if full {
		return fmt.Sprintf("more than %s different %s", words.Count(state.GroupLimit), what)
	}
	return ""
}

// expectedPeriods bounds how many days or hours a coverage check may expect.
const expectedPeriods = 100_000

// expectPeriods expects every day or hour of a span.
func expectPeriods(p *check.Plan, impl contract.CoverageCheck, slot int) func(*check.Findings) ([]string, func(string) int64, string) {
	length, layout := 24*time.Hour, "2006-01-02"
	if impl.Every == "hour" {
		length, layout = time.Hour, "2006-01-02 15:00"
	}
	seconds := int64(length / time.Second)
	at := p.Need(func() state.Aggregate { return state.NewPeriods(slot, length) })
	return func(f *check.Findings) ([]string, func(string) int64, string) {
		a := f.Aggs[at].(*state.Periods)
		var from, to int64
		if !impl.Last.IsZero() {
			// The day of judging is the last one expected; of hours only those
			// that have ended are.
			to = p.In.Now.Unix() / seconds
			from = impl.Last.Before(p.In.Now).Unix()/seconds + 1
			if impl.Every == "hour" {
				to, from = to-1, from-1
			}
		} else {
			first := true
			for period := range a.Seen {
				if first || period < from {
					from = period
				}
				if first || period > to {
					to = period
				}
				first = false
			}
			if first {
				return nil, nil, fmt.Sprintf("%s holds no point in time", impl.Column)
			}
		}
		if to-from > expectedPeriods {
			return nil, nil, fmt.Sprintf("more than %s %ss would be expected", words.Count(expectedPeriods), impl.Every)
		}
		var want []string
		counts := map[string]int64{}
		for period := from; period <= to; period++ {
			name := time.Unix(period*seconds, 0).UTC().Format(layout)
			want = append(want, name)
			counts[name] = a.Seen[period]
		}
		return want, func(name string) int64 { return counts[name] }, full(f, at, impl.Every+"s")
	}
}
