package rule

import (
	"fmt"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

func compileTotal(p *check.Plan, c *check.Check, impl contract.TotalCheck) {
	c.Say.Dimension, c.Say.Unit = contract.Consistency, "keys"
	tolerance, kind := decimal.Parse([]byte(orZero(impl.Tolerance)))
	if kind != decimal.Fits {
		c.Unmeasurable("tolerance %q is not a number", impl.Tolerance)
		return
	}
	otherBy := impl.OtherBy
	if len(otherBy) == 0 {
		otherBy = impl.By
	}
	by, absent := p.Columns(impl.By)
	sum, minus := strings.CutPrefix(impl.Sum, "-")
	column := -1
	if absent == "" && sum != "rows" {
		var ok bool
		if column, ok = p.Column(sum); !ok {
			absent = sum
		}
	}
	if absent != "" {
		p.Missing(c, absent)
		return
	}
	c.Personal = p.Personal(by...)
	ours := p.Need(func() state.Aggregate { return state.NewGroups(by, column, minus) })
	otherSum, otherMinus := strings.CutPrefix(impl.OtherSum, "-")
	columns := otherBy
	if otherSum != "rows" {
		columns = append(append([]string(nil), otherBy...), otherSum)
	}
	theirs := p.Reference(impl.Dataset).Look(columns, func(slots []int) state.Aggregate {
		if otherSum == "rows" {
			return state.NewGroups(slots, -1, otherMinus)
		}
		return state.NewGroups(slots[:len(otherBy)], slots[len(otherBy)], otherMinus)
	})
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		if problem := theirs.Problem(); problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		a, b := f.Aggs[ours].(*state.Groups), theirs.Agg.(*state.Groups)
		if a.Full || b.Full {
			r.Status, r.Message = quality.Errored, fmt.Sprintf("not measured: more than %s keys", words.Count(state.GroupLimit))
			return
		}
		differ, keys := compareTotals(a.Sums, b.Sums, tolerance, impl.Missing == "ignore")
		r.LookedAt, r.Violations = int64(keys), int64(len(differ))
		c.Measure(r, float64(len(differ)))
		what := fmt.Sprintf("%s by %s", impl.Sum, strings.Join(impl.By, ", "))
		if len(impl.By) == 0 {
			what = impl.Sum
		}
		if len(differ) == 0 {
			r.Message = fmt.Sprintf("%s agrees with %s of %s for all %s keys", what, impl.OtherSum, impl.Dataset, words.Count(int64(keys)))
			return
		}
		r.Message = fmt.Sprintf("%s differs from %s of %s", what, impl.OtherSum, impl.Dataset)
		if len(impl.By) > 0 {
			r.Message = fmt.Sprintf("%s differs from %s of %s for %s of %s keys", what, impl.OtherSum, impl.Dataset, words.Count(int64(len(differ))), words.Count(int64(keys)))
		}
		r.Advice = fmt.Sprintf("Find out which of the two is right for these keys; %s may be of another day or not complete yet.", impl.Dataset)
		for i := 0; i < len(differ) && i < p.In.Samples; i++ {
			key := strings.ReplaceAll(differ[i].key, string(rune(state.KeySeparator)), ", ")
			if c.Personal && !p.In.ShowPersonal {
				key = say.Masked
			}
			r.Samples = append(r.Samples, quality.Sample{Value: strings.TrimSpace(fmt.Sprintf("%s here %s, in %s %s", key, differ[i].here, impl.Dataset, differ[i].there))})
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
