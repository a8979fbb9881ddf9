package glue

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/series"
	"tillwatch/shared/words"
)

// A bounds is a condition on a measured number with its operands worked out.
type bounds struct {
	holds func(float64) bool
	text  string // "> 6"
	why   string // the condition as written, where text does not show it; "" else
}

// full writes the condition for a message.
func (b bounds) full() string {
	text := b.text
	if b.why != "" {
		text += " (" + b.why + ")"
	}
	if strings.HasPrefix(b.text, "between") {
		text += ", both ends left out"
	}
	return text
}

// always is what a rule without a condition wants.
var always = bounds{holds: func(float64) bool { return true }}

// workOut works out a condition on numbers, lengths of time (in seconds) or
// sizes (in bytes); key names the metric whose history last looks at. A problem
// says why that is impossible.
func workOut(p *check.Plan, c *dqdl.Condition, key string) (b bounds, problem string) {
	if c == nil {
		return always, ""
	}
	values := make([]float64, len(c.Operands))
	shown := make([]string, len(c.Operands))
	for i, o := range c.Operands {
		switch o.Kind {
		case dqdl.Duration:
			values[i], shown[i] = o.Span.Seconds(), words.Duration(o.Span)
		case dqdl.Size:
			values[i], shown[i] = float64(o.Bytes), words.Count(o.Bytes)+" bytes"
		case dqdl.Number:
			v, problem := number(p, o.Number, key)
			if problem != "" {
				return b, problem
			}
			values[i], shown[i] = v, words.Number(figure.Round6(v))
			if _, plain := dqdl.Literal(o.Number); !plain {
				b.why = say.Shorten(c.Text)
			}
		default:
			return b, fmt.Sprintf("a number is not compared with %s", o.Kind)
		}
	}
	b.text = string(c.Op) + " " + shown[0]
	switch c.Op {
	case dqdl.Between, dqdl.NotBetween:
		b.text = fmt.Sprintf("%s %s and %s", c.Op, shown[0], shown[1])
	case dqdl.In, dqdl.NotIn:
		b.text = say.Shorten(fmt.Sprintf("%s [%s]", c.Op, strings.Join(shown, ", ")))
	}
	b.holds = func(v float64) bool { return compare(c.Op, v, values) }
	return b, ""
}

// compare reports whether a number meets a condition.
func compare(op dqdl.Op, v float64, values []float64) bool {
	switch op {
	case dqdl.Equal, dqdl.In:
		return slices.Contains(values, v)
	case dqdl.NotEqual, dqdl.NotIn:
		return !slices.Contains(values, v)
	case dqdl.Greater:
		return v > values[0]
	case dqdl.GreaterOrEqual:
		return v >= values[0]
	case dqdl.Less:
		return v < values[0]
	case dqdl.LessOrEqual:
		return v <= values[0]
	case dqdl.Between:
		return v > values[0] && v < values[1]
	case dqdl.NotBetween:
		return v <= values[0] || v >= values[1]
	}
	return false
}

// number works out an expression.
func number(p *check.Plan, e *dqdl.Expression, key string) (v float64, problem string) {
	if e.Literal != "" {
		v, err := strconv.ParseFloat(e.Literal, 64)
		if err != nil {
			return 0, fmt.Sprintf("%s is no number that can be compared with", e.Literal)
		}
		return v, ""
	}
	if e.Op == 0 {
		v, problem = call(p, e, key)
	} else {
		v, problem = operate(p, e, key)
	}
	if problem == "" && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return 0, "the threshold is not a finite number: its divisor is 0, or it is too large"
	}
	return v, problem
}

func operate(p *check.Plan, e *dqdl.Expression, key string) (float64, string) {
	var args [2]float64
	for i, a := range e.Args {
		var problem string
		if args[i], problem = number(p, a, key); problem != "" {
			return 0, problem
		}
	}
	switch {
	case len(e.Args) == 1:
		return -args[0], ""
	case e.Op == '+':
		return args[0] + args[1], ""
	case e.Op == '-':
		return args[0] - args[1], ""
	case e.Op == '*':
		return args[0] * args[1], ""
	}
	return args[0] / args[1], ""
}

// call works out a function.
func call(p *check.Plan, e *dqdl.Expression, key string) (float64, string) {
	if e.Function == "last" {
		past, problem := last(p, e, key)
		if problem != "" {
			return 0, problem
		}
		return past[len(past)-1], ""
	}
	if e.Function == "abs" {
		v, problem := number(p, e.Args[0], key)
		return math.Abs(v), problem
	}
	list := e.Args
	if e.Function == "percentile" {
		list = list[:len(list)-1]
	}
	var past []float64
	for _, a := range list {
		var some []float64
		var problem string
		if a.Function == "last" {
			some, problem = last(p, a, key)
		} else {
			some = make([]float64, 1)
			some[0], problem = number(p, a, key)
		}
		if problem != "" {
			return 0, problem
		}
		past = append(past, some...)
	}
	sum := 0.0
	for _, v := range past {
		sum += v
	}
	n := float64(len(past))
	switch e.Function {
	case "sum":
		return sum, ""
	case "avg":
		return sum / n, ""
	case "min":
		return slices.Min(past), ""
	case "max":
		return slices.Max(past), ""
	case "median":
		return series.Median(past), ""
	case "std":
		squares := 0.0
		for _, v := range past {
			squares += (v - sum/n) * (v - sum/n)
		}
		return math.Sqrt(squares / n), ""
	}
	share, problem := number(p, e.Args[len(e.Args)-1], key)
	if problem == "" && (share < 0 || share > 100) {
		problem = fmt.Sprintf("a percentile is from 0 to 100, not %s", words.Number(share))
	}
	if problem != "" {
		return 0, problem
	}
	order := slices.Sorted(slices.Values(past))
	rank := share / 100 * (n - 1)
	below := int(rank)
	above := min(below+1, len(order)-1)
	return order[below] + (rank-float64(below))*(order[above]-order[below]), ""
}

// last returns a metric's values in the newest accepted runs before this one,
// the newest last.
func last(p *check.Plan, e *dqdl.Expression, key string) (past []float64, problem string) {
	if key == "" {
		return nil, "a threshold from history is for a measured figure, not for single values"
	}
	want := 1
	if len(e.Args) == 1 {
		want, _ = strconv.Atoi(e.Args[0].Literal)
	}
	points := slices.DeleteFunc(p.Past(key), func(pt series.Point) bool { return math.IsNaN(pt.Value) || math.IsInf(pt.Value, 0) })
	if len(points) < want {
		return nil, fmt.Sprintf("too little history: last(%d) needs %s with %s before this one, there are %d", want,
			words.Plural(int64(want), "accepted run"), strings.ReplaceAll(key, ":", " of "), len(points))
	}
	sort.Slice(points, func(i, j int) bool {
		if !points[i].At.Equal(points[j].At) {
			return points[i].At.Before(points[j].At)
		}
		return points[i].Value < points[j].Value
	})
	for _, pt := range points[len(points)-want:] {
		past = append(past, pt.Value)
	}
	return past, ""
}
