package quality

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// statisticOf prepares the statistic of a check; absent names a column that the
// file lacks.
func (p *plan) statisticOf(impl contract.StatisticCheck) (s statistic, absent string) {
	switch impl.Statistic {
	case "share", "topShare", "typeShare", "count":
	case "mutualInformation":
		return p.mutualInformation(impl.Columns)
	default:
		return p.statistic(impl.Statistic, impl.Columns, impl.Quantile)
	}
	column := impl.Columns[0]
	slot, ok := p.column(column)
	if !ok {
		return nil, column
	}
	switch impl.Statistic {
	case "share", "count":
		return p.bar(impl, slot), ""
	case "topShare":
		return p.topShare(impl, slot), ""
	}
	at := p.share(fmt.Sprint("forms", slot), func() state.Aggregate { return &state.Forms{Slot: slot} })
	return measured(at, func(a *state.Forms) (float64, string, string) {
		var n int64
		for _, form := range typeForms[impl.Type] {
			n += a.N[form]
		}
		return ratio(n, a.Total(), column)
	}), ""
}

// typeForms are the forms of each type of a typeShare.
var typeForms = map[string][]state.Form{
	"integer": {state.Whole}, "number": {state.Whole, state.Fraction}, "boolean": {state.Boolean}, "date": {state.Date},
	"timestamp": {state.Date, state.Timestamp}, "string": {state.Text},
}

// ratio is n ÷ total with both as its note.
func ratio(n, total int64, column string) (value float64, note, problem string) {
	if total == 0 {
		return 0, "", column + " holds no value"
	}
	return float64(n) / float64(total), fmt.Sprintf(" (%s of %s values)", words.Count(n), words.Count(total)), ""
}

// bar prepares the share of one bar of a histogram, or how many values it has; all
// of the column's, if the check says no more.
func (p *plan) bar(impl contract.StatisticCheck, slot int) statistic {
	if impl.Value == nil && impl.From == nil && impl.To == nil {
		at := p.share(fmt.Sprint("nulls", []int{slot}), func() state.Aggregate { return &state.Nulls{Slot: slot} })
		return measured(at, func(a *state.Nulls) (float64, string, string) { return float64(a.Total - a.Null), "", "" })
	}
	at := p.need(func() state.Aggregate {
		if impl.Value != nil {
			return state.NewShare(slot, *impl.Value)
		}
		return state.NewShareBetween(slot, impl.From, impl.To)
	})
	return measured(at, func(a *state.Share) (float64, string, string) {
		if a.Large > 0 {
			return 0, "", tooLong(impl.Columns[0], a.Large)
		}
		if impl.Statistic == "count" {
			return float64(a.N), "", ""
		}
		return ratio(a.N, a.Total, impl.Columns[0])
	})
}

// namedValues is how many of the most frequent values a message names.
const namedValues = 5

// topShare prepares the share of the most frequent values, and names them where
// there are few and they are nobody's.
func (p *plan) topShare(impl contract.StatisticCheck, slot int) statistic {
	column := impl.Columns[0]
	at := p.share(fmt.Sprint("frequencies", []int{slot}), func() state.Aggregate { return state.NewFrequencies([]int{slot}) })
	names := -1
	if !p.personal(slot) || p.in.ShowPersonal {
		names = p.share(fmt.Sprint("histogram", slot), func() state.Aggregate { return state.NewHistogram(slot, state.ExactValues) })
	}
	return func(f *findings) (float64, string, string) {
		return measured(at, func(a *state.Frequencies) (float64, string, string) {
			if a.Full {
				return 0, "", fmt.Sprintf("%s has more than %s different values", column, words.Count(state.GroupLimit))
			}
			_, _, total := a.Distinct()
			value, note, problem := ratio(a.Top(impl.Top), total, column)
			if names < 0 || f.stopped[names] != "" || problem != "" {
				return value, note, problem
			}
			if h := f.aggs[names].(*state.Histogram); h.Exact() {
				list := h.All()
				list = list[:min(len(list), impl.Top)]
				var named []string
				for _, v := range list[:min(len(list), namedValues)] {
					named = append(named, fmt.Sprintf("%q %s %%", cut([]byte(v.Text)), words.Percent(percent(v.N, total))))
				}
				if n := len(list) - len(named); n > 0 {
					named = append(named, fmt.Sprintf("%d more", n))
				}
				note += ": " + strings.Join(named, ", ")
			}
			return value, note, ""
		})(f)
	}
}

func (p *plan) mutualInformation(columns []string) (s statistic, absent string) {
	slots, absent := p.columns(columns)
	if absent != "" {
		return nil, absent
	}
	list := strings.Join(columns, " and ")
	at := p.share(fmt.Sprint("joint", slots), func() state.Aggregate { return state.NewJoint(slots[0], slots[1]) })
	return measured(at, func(a *state.Joint) (float64, string, string) {
		if a.Full {
			return 0, "", fmt.Sprintf("%s have more than %s different pairs", list, words.Count(state.GroupLimit))
		}
		information, ok := a.MutualInformation()
		if !ok {
			return 0, "", list + " have no rows with two values"
		}
		return information, "", ""
	}), ""
}

// shareText names a share, or a count of some values, in a message; "" for other
// statistics.
func (p *plan) shareText(impl contract.StatisticCheck) string {
	of, what := "", "share"
	switch impl.Statistic {
	case "share", "count":
		switch {
		case impl.Value == nil && impl.From == nil && impl.To == nil:
			return ""
		case impl.Value != nil:
			of = fmt.Sprintf("that are %q", cut([]byte(*impl.Value)))
		case impl.From == nil:
			of = fmt.Sprintf("below %s", impl.To)
		case impl.To == nil:
			of = fmt.Sprintf("from %s on", impl.From)
		default:
			of = fmt.Sprintf("from %s and below %s", impl.From, impl.To)
		}
		if impl.Statistic == "count" {
			what = "number"
		}
	case "topShare":
		of = "that are the most frequent one"
		if impl.Top > 1 {
			of = fmt.Sprintf("that are the %s most frequent", words.Count(int64(impl.Top)))
		}
	case "typeShare":
		of = "that are written as " + impl.Type
	default:
		return ""
	}
	return fmt.Sprintf("the %s of values of %s %s", what, impl.Columns[0], of)
}
