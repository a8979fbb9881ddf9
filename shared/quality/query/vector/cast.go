package vector

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
)

// Cast returns the operation that turns values of one kind into another, nil if
// there is none. What is not of that kind is null, as TRY_CAST has it: a text
// that is no number, say. A text is a truth if it is true, false, 1 or 0 in any
// case, a point in time if it is one in ISO 8601.
func Cast(from, to Kind) Op {
	switch {
	case from == to:
		return func(out *Vector, args []*Vector, n int) {
			out.Resize(to, n)
			for i := range n {
				out.Copy(i, args[0], i)
			}
		}
	case from == Null:
		return func(out *Vector, _ []*Vector, n int) {
			out.Resize(to, n)
			for i := range n {
				out.SetNull(i)
			}
		}
	case to == Text:
		return toText
	case from == Text && to == Number:
		return textToNumber
	case from == Text && to == Bool:
		return textToBool
	case from == Text:
		return textToMoment(to)
	case from == Bool && to == Number:
		return func(out *Vector, args []*Vector, n int) {
			out.Resize(Number, n)
			for i, t := range args[0].Truths[:n] {
				if out.Kinds[i] = decimal.NotNumber; t != Unknown {
					out.Set(i, decimal.Decimal{Coef: int64(t)})
				}
			}
		}
	case from == Number && to == Bool:
		return func(out *Vector, args []*Vector, n int) {
			out.Resize(Bool, n)
			for i := range n {
				if out.Truths[i] = Unknown; args[0].Kinds[i] != decimal.NotNumber {
					out.Truths[i] = truth(args[0].Kinds[i] == decimal.Large || args[0].Numbers[i].Coef != 0)
				}
			}
		}
	case from == Timestamp && to == Date:
		return Truncate(Date, "DAY")
	case from == Date && to == Timestamp:
		return func(out *Vector, args []*Vector, n int) {
			out.Resize(Timestamp, n)
			copy(out.Moments, args[0].Moments)
			copy(out.Valid, args[0].Valid)
		}
	}
	return nil
}

func textToNumber(out *Vector, args []*Vector, n int) {
	out.Resize(Number, n)
	for i, t := range args[0].Texts[:n] {
		out.Numbers[i], out.Kinds[i] = decimal.Parse(t)
		if out.Kinds[i] == decimal.Large {
			out.Enlarge(i, t)
		}
	}
}

// Enlarge makes the number of a row, which Parse has found Large, the one that
// text is, or null if that is beyond what is computed with.
func (v *Vector) Enlarge(row int, text []byte) {
	r, ok := decimal.Rat(text)
	if !ok || TooLong(r) {
		v.Kinds[row] = decimal.NotNumber
		return
	}
	v.Kinds[row] = decimal.Large
	v.large(row, r)
}

func textToBool(out *Vector, args []*Vector, n int) {
	out.Resize(Bool, n)
	for i, t := range args[0].Texts[:n] {
		out.Truths[i] = ReadBool(t)
	}
}

// ReadBool reads a truth; what is none is Unknown.
func ReadBool(t []byte) uint8 {
	switch {
	case len(t) == 1 && t[0] == '1', len(t) == 4 && folds(t, "true"):
		return True
	case len(t) == 1 && t[0] == '0', len(t) == 5 && folds(t, "false"):
		return False
	}
	return Unknown
}

// folds reports whether t is word in any case; both are of one length.
func folds(t []byte, word string) bool {
	for i, b := range t {
		if b|0x20 != word[i] {
			return false
		}
	}
	return true
}

func textToMoment(to Kind) Op {
	layouts := []*datetime.Layout{datetime.ISOTimestamp(), datetime.ISODate()}
	if to == Clock {
		layouts = []*datetime.Layout{datetime.ISOTime()}
	}
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(to, n)
		for i, t := range args[0].Texts[:n] {
			out.Valid[i] = false
			for _, l := range layouts {
				if t != nil && !out.Valid[i] {
					out.Moments[i], out.Valid[i] = l.Parse(t, time.UTC)
				}
			}
			if to == Date && out.Valid[i] {
				out.Moments[i] = datetime.Moment{Unix: floorDiv(out.Moments[i].Unix, day) * day}
			}
		}
	}
}

func toText(out *Vector, args []*Vector, n int) {
	a := args[0]
	out.Resize(Text, n)
	for i := range n {
		if a.IsNull(i) {
			out.Texts[i] = nil
		} else {
			out.PutText(i, a.Format(i))
		}
	}
}

// Format writes the value of a row, which is not null; a number without zeros at
// its end after the point.
func (v *Vector) Format(row int) []byte {
	switch v.Kind {
	case Bool:
		if v.Truths[row] == True {
			return []byte("true")
		}
		return []byte("false")
	case Number:
		if v.Kinds[row] == decimal.Large {
			places, exact := v.Larges[row].FloatPrec()
			if !exact {
				places = significant
			}
			return []byte(v.Larges[row].FloatString(places))
		}
		return []byte(canonical(v.Numbers[row]))
	case Text:
		return v.Texts[row]
	case Date:
		return v.Moments[row].Time().AppendFormat(nil, time.DateOnly)
	case Clock:
		return v.Moments[row].Time().AppendFormat(nil, "15:04:05.999999999")
	}
	return v.Moments[row].Time().AppendFormat(nil, "2006-01-02 15:04:05.999999999")
}
