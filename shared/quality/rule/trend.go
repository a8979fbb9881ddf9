package rule

import (
	"fmt"
	"math"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/series"
	"tillwatch/shared/words"
)

// compileHistory makes the check of a metric against its own past.
func compileHistory(p *check.Plan, c *check.Check, impl contract.HistoryCheck) {
	c.Say.Dimension, c.Say.Unit = contract.Consistency, impl.Metric
	if impl.Metric == "rowCount" || impl.Metric == "bytes" {
		c.Say.Dimension = contract.Completeness
	}
	c.Say.Column, c.Say.Want = impl.Column, "as in its history"
	kept := impl.Metric
	if impl.Column != "" {
		kept += ":" + impl.Column
	}
	measure, absent := figureOf(p, impl.Metric, impl.Column)
	if absent != "" {
		p.Missing(c, absent)
		return
	}
	if slot, ok := p.Column(impl.Column); ok && p.Personal(slot) && (impl.Metric == "minimum" || impl.Metric == "maximum") {
		// The extreme is somebody's value, which neither a message nor the
		// history may keep.
		delete(p.Kept, kept)
		c.Status, c.Blocked = quality.Skipped, fmt.Sprintf("skipped: the %s of a personal column is a person's value; compare its mean or nullPercent", impl.Metric)
	}
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		value, problem := measure(f)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		band := series.Expect(p.Past(kept), p.In.Now, series.Options{
			Strategy: series.Strategy(impl.Strategy), Season: impl.Season, Lower: impl.Lower, Upper: impl.Upper,
			MinHistory: impl.MinHistory, Lookback: impl.Lookback, IgnoreChangeBelowPercent: impl.IgnoreChangeBelowPercent,
			IgnoreChangeBelow: impl.IgnoreChangeBelow,
		})
		if !band.Enough {
			r.Measured = &value
			r.Status, r.Message = quality.Skipped, "skipped: "+band.Why
			return
		}
		least := math.Inf(-1)
		if impl.Metric != "sum" && impl.Metric != "mean" && impl.Metric != "minimum" && impl.Metric != "maximum" {
			least = 0
		}
		whole := impl.Metric == "rowCount" || impl.Metric == "bytes" || impl.Metric == "distinctCount"
		r.Want = figure.BandText(band, least, whole)
		r.Decide(value, band.Holds(value))
		r.Message = historyText(impl, value, band, r.Want, p.In.Now)
		r.Advice = "Compare with the runs before: fewer stores, a promotion, a holiday or a file sent twice are the usual causes. If it is right, accept the file and the band will learn it."
	}
}

// historyText says what was measured and what is usual.
func historyText(impl contract.HistoryCheck, value float64, band series.Band, want string, now time.Time) string {
	text := words.Number(figure.Round3(value))
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
		return fmt.Sprintf("%s, %s %s; wanted %s", text, words.Number(figure.Round3(band.Expected)), last, want)
	}
	when := ""
	if band.Season != "" {
		when = fmt.Sprintf(" on %ss", now.Weekday())
	}
	return fmt.Sprintf("%s, usually %s%s (%s)", text, want, when, band.Why)
}

// figureOf prepares one of the metrics that history keeps; absent names a column
// that the file lacks.
func figureOf(p *check.Plan, name, column string) (m check.Measure, absent string) {
	switch name {
	case "rowCount":
		return func(f *check.Findings) (float64, string) { return float64(f.Rows), "" }, ""
	case "bytes":
		return func(*check.Findings) (float64, string) {
			if p.In.Bytes < 0 {
				return 0, "the size of a stream is not known"
			}
			return float64(p.In.Bytes), ""
		}, ""
	}
	slot, ok := p.Column(column)
	if !ok {
		return nil, column
	}
	var at int
	read := func(f *check.Findings) (float64, string) {
		a := f.Aggs[at].(*state.Figures)
		if a.N() == 0 {
			return 0, fmt.Sprintf("%s holds no number", column)
		}
		value := a.Max()
		switch name {
		case "sum", "mean":
			value = a.Sum()
		case "minimum":
			value = a.Min()
		}
		nearest, _ := value.Float64()
		if name == "mean" {
			return nearest / float64(a.N()), ""
		}
		return nearest, ""
	}
	switch name {
	case "nullPercent":
		at = p.Need(func() state.Aggregate { return &state.Nulls{Slot: slot} })
		read = func(f *check.Findings) (float64, string) {
			a := f.Aggs[at].(*state.Nulls)
			return check.Percent(a.Null, a.Total), ""
		}
	case "distinctCount":
		at = p.Need(func() state.Aggregate { return key.NewDistinct([]int{slot}) })
		read = func(f *check.Findings) (float64, string) {
			return float64(f.Aggs[at].(*key.Distinct).Len()), full(f, at, "values")
		}
	default:
		at = p.Need(func() state.Aggregate { return &state.Figures{Slot: slot} })
	}
	p.Kept[name+":"+column] = read
	return read, ""
}

// compileBusiness measures what the business metrics need: the contract's
// customProperties revenueColumn, customerColumn and transactionColumn name
// the columns.
func compileBusiness(p *check.Plan) {
	for property, metric := range map[string]string{
		"revenueColumn": "sum", "customerColumn": "distinctCount", "transactionColumn": "distinctCount",
	} {
		column := p.Table.Custom[property]
		if column == "" {
			column = p.In.Contract.Custom[property]
		}
		if column != "" {
			figureOf(p, metric, column) // a column that is missing is told by the check columns
		}
	}
}
