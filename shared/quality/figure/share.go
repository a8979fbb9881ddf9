package figure

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/statistic"
	"tillwatch/shared/words"
)

// OfCheck prepares the statistic of a check; absent names a column that the
// file lacks.
func OfCheck(p *check.Plan, impl contract.StatisticCheck) (s check.Statistic, absent string) {
	switch impl.Statistic {
	case "share", "topShare", "typeShare", "count":
	case "mutualInformation":
		return mutualInformation(p, impl.Columns)
	default:
		return Statistic(p, impl.Statistic, impl.Columns, impl.Quantile)
	}
	column := impl.Columns[0]
	slot, ok := p.Column(column)
	if !ok {
		return nil, column
	}
	switch impl.Statistic {
	case "share", "count":
		return bar(p, impl, slot), ""
	case "topShare":
		return topShare(p, impl, slot), ""
	}
	at := p.Share(fmt.Sprint("forms", slot), func() state.Aggregate { return &statistic.Forms{Slot: slot} })
	return measured(at, func(a *statistic.Forms) (float64, string, string) {
		var n int64
		for _, form := range typeForms[impl.Type] {
			n += a.N[form]
		}
		return ratio(n, a.Total(), column)
	}), ""
}

// typeForms are the forms of each type of a typeShare.
var typeForms = map[string][]statistic.Form{
	"integer": {statistic.Whole}, "number": {statistic.Whole, statistic.Fraction}, "boolean": {statistic.Boolean}, "date": {statistic.Date},
	"timestamp": {statistic.Date, statistic.Timestamp}, "string": {statistic.Text},
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
func bar(p *check.Plan, impl contract.StatisticCheck, slot int) check.Statistic {
	if impl.Value == nil && impl.From == nil && impl.To == nil {
		at := p.Share(fmt.Sprint("nulls", []int{slot}), func() state.Aggregate { return &state.Nulls{Slot: slot} })
		return measured(at, func(a *state.Nulls) (float64, string, string) { return float64(a.Total - a.Null), "", "" })
	}
	at := p.Need(func() state.Aggregate {
		if impl.Value != nil {
			return statistic.NewShare(slot, *impl.Value)
		}
		return statistic.NewShareBetween(slot, impl.From, impl.To)
	})
	return measured(at, func(a *statistic.Share) (float64, string, string) {
		if a.Large > 0 {
			return 0, "", tooLong(impl.Columns[0], a.Large)
		}
		if impl.Statistic == "count" {
			return float64(a.N), "", ""
		}
		return ratio(a.N, a.Total, impl.Columns[0])
	})
}

// NamedValues is how many of the most frequent values a message names.
const NamedValues = 5

// topShare prepares the share of the most frequent values, and names them where
// there are few and they are nobody's.
func topShare(p *check.Plan, impl contract.StatisticCheck, slot int) check.Statistic {
	column := impl.Columns[0]
	at := p.Share(fmt.Sprint("frequencies", []int{slot}), func() state.Aggregate { return statistic.NewFrequencies([]int{slot}) })
	names := -1
	if !p.Personal(slot) || p.In.ShowPersonal {
		names = p.Share(fmt.Sprint("histogram", slot), func() state.Aggregate { return statistic.NewHistogram(slot, statistic.ExactValues) })
	}
	return func(f *check.Findings) (float64, string, string) {
		return measured(at, func(a *statistic.Frequencies) (float64, string, string) {
			if a.Full {
				return 0, "", fmt.Sprintf("%s has more than %s different values", column, words.Count(state.GroupLimit))
			}
			_, _, total := a.Distinct()
			value, note, problem := ratio(a.Top(impl.Top), total, column)
			if names < 0 || f.Stopped[names] != "" || problem != "" {
				return value, note, problem
			}
			if h := f.Aggs[names].(*statistic.Histogram); h.Exact() {
				list := h.All()
				list = list[:min(len(list), impl.Top)]
				var named []string
				for _, v := range list[:min(len(list), NamedValues)] {
					named = append(named, fmt.Sprintf("%q %s %%", say.Value([]byte(v.Text)), words.Percent(check.Percent(v.N, total))))
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

func mutualInformation(p *check.Plan, columns []string) (s check.Statistic, absent string) {
	slots, absent := p.Columns(columns)
	if absent != "" {
		return nil, absent
	}
	list := strings.Join(columns, " and ")
	at := p.Share(fmt.Sprint("joint", slots), func() state.Aggregate { return statistic.NewJoint(slots[0], slots[1]) })
	return measured(at, func(a *statistic.Joint) (float64, string, string) {
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

// ShareText names a share, or a count of some values, in a message; "" for other
// statistics.
func ShareText(p *check.Plan, impl contract.StatisticCheck) string {
	of, what := "", "share"
	switch impl.Statistic {
	case "share", "count":
		switch {
		case impl.Value == nil && impl.From == nil && impl.To == nil:
			return ""
		case impl.Value != nil:
			of = fmt.Sprintf("that are %q", say.Value([]byte(*impl.Value)))
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
