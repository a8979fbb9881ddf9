package quality

import (
	"fmt"
	"math"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/series"
	"tillwatch/shared/words"
)

// compileHistory makes the check of a metric against its own past.
func (p *plan) compileHistory(c *check, impl contract.HistoryCheck) {
	c.say.Dimension, c.say.Unit = contract.Consistency, impl.Metric
	if impl.Metric == "rowCount" || impl.Metric == "bytes" {
		c.say.Dimension = contract.Completeness
	}
	c.say.Column, c.say.Want = impl.Column, "as in its history"
	key := impl.Metric
	if impl.Column != "" {
		key += ":" + impl.Column
	}
	measure, absent := p.metric(impl.Metric, impl.Column)
	if absent != "" {
		p.missing(c, absent)
		return
	}
	if slot, ok := p.column(impl.Column); ok && p.personal(slot) && (impl.Metric == "minimum" || impl.Metric == "maximum") {
		// The extreme is somebody's value, which neither a message nor the
		// history may keep.
		delete(p.kept, key)
		c.status, c.blocked = Skipped, fmt.Sprintf("skipped: the %s of a personal column is a person's value; compare its mean or nullPercent", impl.Metric)
	}
	c.finish = func(f *findings, _ *tally, r *Result) {
		value, problem := measure(f)
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		band := series.Expect(p.past(key), p.in.Now, series.Options{
			Strategy: series.Strategy(impl.Strategy), Season: impl.Season, Lower: impl.Lower, Upper: impl.Upper,
			MinHistory: impl.MinHistory, Lookback: impl.Lookback, IgnoreChangeBelowPercent: impl.IgnoreChangeBelowPercent,
		})
		if !band.Enough {
			r.Measured = &value
			r.Status, r.Message = Skipped, "skipped: "+band.Why
			return
		}
		least := math.Inf(-1)
		if impl.Metric != "sum" && impl.Metric != "mean" && impl.Metric != "minimum" && impl.Metric != "maximum" {
			least = 0
		}
		whole := impl.Metric == "rowCount" || impl.Metric == "bytes" || impl.Metric == "distinctCount"
		r.Want = bandText(band, least, whole)
		r.decide(value, band.Holds(value))
		r.Message = historyText(impl, value, band, r.Want, p.in.Now)
		r.Advice = "Compare with the runs before: fewer stores, a promotion, a holiday or a file sent twice are the usual causes. If it is right, accept the file and the band will learn it."
	}
}

// historyText says what was measured and what is usual.
func historyText(impl contract.HistoryCheck, value float64, band series.Band, want string, now time.Time) string {
	text := words.Number(round3(value))
	switch impl.Metric {
	case "rowCount":
		text = words.Plural(int64(value), "row")
	case "bytes":
		text = words.Plural(int64(value), "byte")
	case "nullPercent":
		text = fmt.Sprintf("%s %% of %s is empty", text, impl.Column)
	case "distinctCount":
		text = fmt.Sprintf("%s of %s", words.Plural(int64(value), "different value"), impl.Column)
	default:
		text = fmt.Sprintf("the %s of %s is %s", impl.Metric, impl.Column, text)
	}
	switch series.Strategy(impl.Strategy) {
	case series.Range:
		return fmt.Sprintf("%s; wanted %s", text, want)
	case series.RelativeChange, series.AbsoluteChange:
		last := "the last time"
		if band.Season != "" {
			last = "the last " + now.Weekday().String()
		}
		return fmt.Sprintf("%s, %s %s; wanted %s", text, words.Number(round3(band.Expected)), last, want)
	}
	when := ""
	if band.Season != "" {
		when = fmt.Sprintf(" on %ss", now.Weekday())
	}
	return fmt.Sprintf("%s, usually %s%s (%s)", text, want, when, band.Why)
}

// bandText writes the bounds of a band, of which either may be open; below least
// nothing is possible. Bounds of whole figures are the outermost that hold.
func bandText(b series.Band, least float64, whole bool) string {
	if low, high := math.Ceil(b.Low), math.Floor(b.High); whole && low <= high {
		b.Low, b.High = low, high
	}
	low, high := words.Number(round3(b.Low)), words.Number(round3(b.High))
	switch below, above := b.Low > least, !math.IsInf(b.High, 1); {
	case !below && !above:
		return "any value"
	case !below:
		return "at most " + high
	case !above:
		return "at least " + low
	case low == high:
		return low
	}
	return low + " to " + high
}

// round3 keeps a figure readable; the band itself stays exact.
func round3(v float64) float64 { return math.Round(v*1000) / 1000 }

// A measure reads a metric from what was found; problem says why it can't.
type measure func(f *findings) (value float64, problem string)

// metric prepares one of the metrics that history keeps; absent names a column
// that the file lacks.
func (p *plan) metric(name, column string) (m measure, absent string) {
	switch name {
	case "rowCount":
		return func(f *findings) (float64, string) { return float64(f.rows), "" }, ""
	case "bytes":
		return func(*findings) (float64, string) {
			if p.in.Bytes < 0 {
				return 0, "the size of a stream is not known"
			}
			return float64(p.in.Bytes), ""
		}, ""
	}
	slot, ok := p.column(column)
	if !ok {
		return nil, column
	}
	var at int
	read := func(f *findings) (float64, string) {
		a := f.aggs[at].(*state.Figures)
		if a.N == 0 {
			return 0, fmt.Sprintf("%s holds no number", column)
		}
		switch name {
		case "sum":
			return a.Sum.Float64(), ""
		case "mean":
			return a.Sum.Float64() / float64(a.N), ""
		case "minimum":
			return a.Min.Float64(), ""
		}
		return a.Max.Float64(), ""
	}
	switch name {
	case "nullPercent":
		at = p.need(func() state.Aggregate { return &state.Nulls{Slot: slot} })
		read = func(f *findings) (float64, string) {
			a := f.aggs[at].(*state.Nulls)
			return percent(a.Null, a.Total), ""
		}
	case "distinctCount":
		at = p.need(func() state.Aggregate { return state.NewDistinct([]int{slot}) })
		read = func(f *findings) (float64, string) {
			return float64(f.aggs[at].(*state.Distinct).Len()), f.full(at, "values")
		}
	default:
		at = p.need(func() state.Aggregate { return &state.Figures{Slot: slot} })
	}
	p.kept[name+":"+column] = read
	return read, ""
}

// percent is 100 × part ÷ whole, 0 of nothing.
func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// compileBusiness measures what the business metrics need: the contract's
// customProperties revenueColumn, customerColumn and transactionColumn name
// the columns.
func (p *plan) compileBusiness() {
	for property, metric := range map[string]string{
		"revenueColumn": "sum", "customerColumn": "distinctCount", "transactionColumn": "distinctCount",
	} {
		column := p.table.Custom[property]
		if column == "" {
			column = p.in.Contract.Custom[property]
		}
		if column != "" {
			p.metric(metric, column) // a column that is missing is told by the check columns
		}
	}
}

// metrics returns what history keeps of this file.
func (p *plan) metrics(f *findings) map[string]float64 {
	kept := map[string]float64{"rowCount": float64(f.rows)}
	if p.in.Bytes >= 0 {
		kept["bytes"] = float64(p.in.Bytes)
	}
	for key, read := range p.kept {
		if v, problem := read(f); problem == "" {
			kept[key] = v
		}
	}
	return kept
}
