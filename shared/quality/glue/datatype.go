package glue

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/fact"
	"tillwatch/shared/quality/say"
)

func typeRule(_ *check.Plan, c *check.Check, rule *dqdl.Rule, _ int) test {
	c.Complaint = "are of a data type that is " + refuse(rule.Condition)
	c.Advice = fmt.Sprintf("Have the producer write %s as that type.", rule.Parameters[0])
	format := ""
	for tag, cond := range rule.Tags {
		if strings.EqualFold(tag, "format") {
			format = cond.Operands[0].Text
		}
	}
	good, problem := typeTest(rule.Condition, format)
	return good.or(c, problem)
}

// dataTypes are the types that ColumnDataType knows, in lower case.
var dataTypes = map[string]test{
	"string":    func([]byte) bool { return true },
	"boolean":   fact.IsBoolean,
	"integer":   func(v []byte) bool { return wholeWithin(v, 32) },
	"int":       func(v []byte) bool { return wholeWithin(v, 32) },
	"long":      func(v []byte) bool { return wholeWithin(v, 64) },
	"double":    isNumber,
	"float":     isNumber,
	"decimal":   isNumber,
	"date":      func(v []byte) bool { _, ok := datetime.ISODate().Parse(v, time.UTC); return ok },
	"timestamp": func(v []byte) bool { _, ok := datetime.ISOTimestamp().Parse(v, time.UTC); return ok },
}

func isNumber(value []byte) bool {
	_, kind := decimal.Parse(value)
	return kind != decimal.NotNumber
}

// wholeWithin reports whether value is a whole number of 32 or 64 bits.
func wholeWithin(value []byte, bits int) bool {
	n, kind := decimal.ParseInteger(value)
	return kind == decimal.Fits && (bits == 64 || n == int64(int32(n)))
}

// decimalForm is that of decimal(precision, scale).
var decimalForm = regexp.MustCompile(`^decimal\(\s*([0-9]{1,2})\s*,\s*([0-9]{1,2})\s*\)$`)

// dataType makes the test of one type, in lower case; format is that of dates, "" for
// ISO 8601's.
func dataType(name, format string) (test, string) {
	if format != "" {
		if name != "date" && name != "timestamp" {
			return nil, "with format is for Date and Timestamp"
		}
		layout, err := datetime.Compile(format)
		if err != nil {
			return nil, err.Error()
		}
		return func(v []byte) bool { _, ok := layout.Parse(v, time.UTC); return ok }, ""
	}
	if form := decimalForm.FindStringSubmatch(name); form != nil {
		precision, _ := strconv.Atoi(form[1])
		scale, _ := strconv.Atoi(form[2])
		if scale > precision {
			return nil, fmt.Sprintf("%q has more digits after the point than in all", name)
		}
		return decimalWithin(precision, scale), ""
	}
	if is := dataTypes[name]; is != nil {
		return is, ""
	}
	return nil, fmt.Sprintf("%q is not a data type; Boolean, Date, Timestamp, Integer, Long, Double, Float, Decimal, Decimal(10,2) and String are", say.Shorten(name))
}

// decimalWithin makes the test of numbers that have at most precision - scale digits before the
// point once they are rounded to scale digits after it, as Spark casts them.
func decimalWithin(precision, scale int) test {
	limit := decimal.Long{Coef: big.NewInt(1), Scale: scale - precision}.Rat()
	limit.Sub(limit, new(big.Rat).Mul(big.NewRat(1, 2), decimal.Long{Coef: big.NewInt(1), Scale: scale}.Rat()))
	return func(value []byte) bool {
		n, ok := decimal.Rat(value)
		return ok && n.Abs(n).Cmp(limit) < 0
	}
}

// typeTest makes the test of ColumnDataType: one of the types named, or none. A
// null is of no type.
func typeTest(c *dqdl.Condition, format string) (test, string) {
	want := c.Op == dqdl.Equal || c.Op == dqdl.In
	if !want && c.Op != dqdl.NotEqual && c.Op != dqdl.NotIn {
		return nil, fmt.Sprintf("a data type is compared with = or in, not with %s", c.Op)
	}
	var any []test
	for _, o := range c.Operands {
		is, problem := dataType(strings.ToLower(o.Text), format)
		if problem != "" {
			return nil, problem
		}
		any = append(any, is)
	}
	return func(value []byte) bool {
		for _, is := range any {
			if value != nil && is(value) {
				return want
			}
		}
		return !want
	}, ""
}
