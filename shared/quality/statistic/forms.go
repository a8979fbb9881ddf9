package statistic

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// A Form is what a value is written like.
type Form uint8

// The forms, each told by the first that fits: a whole number is digits, which
// may have a minus before them but no 0 that says nothing (007 is text); a number
// any other decimal; a boolean true or false in any case; a date and a timestamp
// are in ISO 8601. Everything else is text.
const (
	Whole Form = iota
	Fraction
	Boolean
	Date
	Timestamp
	Text
	formCount
)

// Forms counts what a column's values are written like, nulls apart.
type Forms struct {
	Slot int
	N    [formCount]int64 // by form
}

func (a *Forms) Observe(v *view.View) {
	_, kinds := v.Numbers(a.Slot)
	data := v.Batch.Data
	for i, s := range v.Spans(a.Slot) {
		if !s.IsNull() {
			a.N[formOf(data[s.Start:s.End], kinds[i])]++
		}
	}
}

func formOf(value []byte, kind decimal.Kind) Form {
	if kind != decimal.NotNumber {
		digits := value
		if digits[0] == '-' {
			digits = digits[1:]
		}
		if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
			return Text
		}
		for _, b := range digits {
			if b < '0' || b > '9' {
				return Fraction
			}
		}
		return Whole
	}
	switch {
	case len(value) == 4 && string(lower(value)) == "true", len(value) == 5 && string(lower(value)) == "false":
		return Boolean
	case len(value) >= 8 && len(value) <= 40 && value[0] >= '0' && value[0] <= '9':
		if _, ok := date.Parse(value, time.UTC); ok {
			return Date
		}
		if _, ok := timestamp.Parse(value, time.UTC); ok {
			return Timestamp
		}
	}
	return Text
}

var date, timestamp = datetime.ISODate(), datetime.ISOTimestamp()

// lower returns ASCII letters in lower case; value has no more than 5 bytes.
func lower(value []byte) []byte {
	var low [5]byte
	for i, b := range value {
		low[i] = b | 0x20
	}
	return low[:len(value)]
}

func (a *Forms) Merge(other state.Aggregate) {
	for form, n := range other.(*Forms).N {
		a.N[form] += n
	}
}

// Total returns how many values there are.
func (a *Forms) Total() (total int64) {
	for _, n := range a.N {
		total += n
	}
	return total
}

// Common returns the narrowest form that at least nine of ten values have, where
// whole numbers are numbers too and dates timestamps, else Text; and false if
// there are no values.
func (a *Forms) Common() (Form, bool) {
	total := a.Total()
	for form, n := range a.N {
		switch Form(form) {
		case Fraction:
			n += a.N[Whole]
		case Timestamp:
			n += a.N[Date]
		}
		if total > 0 && 10*n >= 9*total {
			return Form(form), true
		}
	}
	return Text, total > 0
}

// Encode implements Aggregate.
func (a *Forms) Encode(w *wire.Writer) {
	for _, n := range a.N {
		w.Int(n)
	}
}

// Decode implements Aggregate.
func (a *Forms) Decode(r *wire.Reader) {
	for form := range a.N {
		a.N[form] = r.Natural()
	}
}
