package rule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/words"
)

// describe says in words what was measured and what was wanted.
func describe(v Verdict, value Value) string {
	limit := v.Threshold
	switch v.Condition.Name {
	case policy.ErrorRate:
		of := ""
		if value.Of != "" {
			of = " of " + value.Of
		}
		return fmt.Sprintf("error rate %s %%%s, limit %s %%", figure(v.Measured, limit), of, words.Number(limit))
	case policy.ExecutionDuration:
		is, most := minutes(v.Measured, limit)
		return "ran for " + is + ", limit " + most
	case policy.Freshness:
		is, most := minutes(v.Measured, limit)
		return "newest row " + is + " old, limit " + most
	case policy.DataQualityScore:
		return fmt.Sprintf("quality score %s, at least %s wanted", figure(v.Measured, limit), words.Number(limit))
	case policy.RecordVariance:
		return variance(v, value)
	case policy.CostIncrease:
		return increase(v, value)
	}
	unit := ""
	switch v.Condition.Unit {
	case "":
	case "percent":
		unit = " %"
	default:
		unit = " " + strings.ToLower(v.Condition.Unit)
	}
	if v.Crossing == alert.Below {
		return fmt.Sprintf("%s %s%s, at least %s%s wanted", v.Condition.Name, figure(v.Measured, limit), unit, words.Number(limit), unit)
	}
	return fmt.Sprintf("%s %s%s, limit %s%s", v.Condition.Name, figure(v.Measured, limit), unit, words.Number(limit), unit)
}

// variance says how many records came and how many should have.
func variance(v Verdict, value Value) string {
	actual := words.Plural(int64(value.Number), "record")
	base := *value.Base
	switch {
	case base <= 0 && value.Number > 0:
		return actual + " where none was expected"
	case base <= 0:
		return "no records, and none expected"
	case value.Number == base:
		return actual + ", as many as expected"
	}
	word := "more"
	if value.Number < base {
		word = "fewer"
	}
	return fmt.Sprintf("%s, %s %% %s than the %s expected, limit %s %%",
		actual, figure(v.Measured, v.Threshold), word, words.Number(math.Round(base)), words.Number(v.Threshold))
}

// increase says what it cost and what it usually costs.
func increase(v Verdict, value Value) string {
	amount := func(x float64) string {
		return strings.TrimSpace(strconv.FormatFloat(x, 'f', 2, 64) + " " + value.Unit)
	}
	base := *value.Base
	switch {
	case base <= 0 && value.Number > 0:
		return "cost " + amount(value.Number) + " where nothing was expected"
	case base <= 0:
		return "cost nothing, and nothing was expected"
	}
	side := "above"
	if v.Measured < 0 {
		side = "below"
	}
	return fmt.Sprintf("cost %s, %s %% %s its baseline of %s, limit %s %%",
		amount(value.Number), figure(math.Abs(v.Measured), v.Threshold), side, amount(base), words.Number(v.Threshold))
}

// figure writes v with as many digits as it takes to tell it from limit.
func figure(v, limit float64) string {
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	for scale := 100.0; scale <= 1e8; scale *= 10 {
		if r := math.Round(v*scale) / scale; r == v || r != limit {
			return words.Number(r)
		}
	}
	return words.Number(v)
}

// minutes writes a length of time and its limit so that they differ if they do.
func minutes(v, limit float64) (is, most string) {
	const long = 1e6 // two years: words do not help any more
	if v < long && limit < long {
		precise := time.Second
		if v < 1 {
			precise = time.Millisecond
		}
		is, most = words.Duration(length(v).Round(precise)), words.Duration(length(limit))
		if is != most || v == limit {
			return is, most
		}
	}
	return figure(v, limit) + " minutes", words.Number(limit) + " minutes"
}

func length(minutes float64) time.Duration { return time.Duration(minutes * float64(time.Minute)) }
