package profile

import (
	"slices"
	"sync"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/textformat"
)

// A kind is something that a value may be; one value may be of several kinds.
type kind uint64

// A form is what a kind is called in a profile and in a contract.
type form struct {
	Type    contract.Type
	Pattern string // of a date or a timestamp, in the letters of package datetime
	Format  string // of a string
	layout  *datetime.Layout
}

// forms are the kinds in the order in which they are preferred for a column
// whose values are all of several. The place of a form is its bit in a kind.
var forms = sync.OnceValue(func() []form {
	list := []form{
		{Type: contract.Integer}, {Type: contract.Number}, {Type: contract.Boolean},
		{Type: contract.Date, layout: datetime.ISODate()},
		{Type: contract.Timestamp, layout: datetime.ISOTimestamp()},
	}
	for _, pattern := range []string{
		"yyyy/MM/dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "dd-MM-yyyy", "MM-dd-yyyy", "d/M/yyyy", "M/d/yyyy",
		"dd MMM yyyy", "dd-MMM-yyyy",
	} {
		list = append(list, form{Type: contract.Date, Pattern: pattern, layout: compiled(pattern)})
	}
	for _, pattern := range []string{
		"yyyy/MM/dd HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "dd.MM.yyyy HH:mm:ss",
		"dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm", "dd.MM.yyyy HH:mm",
	} {
		list = append(list, form{Type: contract.Timestamp, Pattern: pattern, layout: compiled(pattern)})
	}
	list = append(list, form{Type: contract.Time, layout: datetime.ISOTime()})
	for _, format := range []string{"uuid", "email", "ipv4", "ipv6", "uri"} {
		list = append(list, form{Type: contract.String, Format: format})
	}
	return list
})

// The kinds that are asked for by name; they stand first among forms.
const (
	isInteger kind = 1 << iota
	isNumber
	isBoolean
)

func compiled(pattern string) *datetime.Layout {
	l, err := datetime.Compile(pattern)
	if err != nil {
		panic(err) // only a mistake in the list above can cause it
	}
	return l
}

// A reading is what one value is.
type reading struct {
	kinds  kind
	number decimal.Decimal
	long   *decimal.Long   // the number if no Decimal holds it
	moment datetime.Moment // of an ISO date or timestamp
	timed  bool            // there is one
}

const (
	// Values longer than this are of no kind.
	longestKind = 320
	// longestInteger is that of 64 bits without a sign; longer ones are codes.
	longestInteger = 20
)

// read says what a value is. It does not allocate, but for numbers that no Decimal holds.
func read(v []byte) (r reading) {
	if len(v) == 0 || len(v) > longestKind {
		return r
	}
	if first := v[0]; first == '-' || first == '.' || first >= '0' && first <= '9' {
		var k decimal.Kind
		if r.number, k = decimal.Parse(v); k == decimal.Large && (len(v) <= longestInteger || !plainInteger(v)) {
			if l, ok := decimal.ParseLong(v); ok {
				r.long = &l
			}
		}
		if (k == decimal.Fits || r.long != nil) && !padded(v) {
			r.kinds = isNumber
			if plainInteger(v) {
				r.kinds |= isInteger
			}
			return r
		}
	} else if equalFold(v, "true") || equalFold(v, "false") {
		r.kinds = isBoolean
		return r
	}
	digit := slices.ContainsFunc(v, func(b byte) bool { return b >= '0' && b <= '9' })
	for i, f := range forms() {
		switch {
		case f.layout != nil && digit && len(v) <= 40:
			if m, ok := f.layout.Parse(v, nil); ok {
				if f.Pattern == "" && f.Type != contract.Time {
					r.moment, r.timed = m, true
				}
				r.kinds |= 1 << i
			}
		case f.Format != "" && couldBe(f.Format, v) && formats()[f.Format](v):
			r.kinds |= 1 << i
		}
	}
	return r
}

// padded reports whether a number begins with a zero that says nothing, as
// codes do and quantities don't: 007, but not 0.7.
func padded(v []byte) bool {
	if v[0] == '-' {
		v = v[1:]
	}
	return len(v) > 1 && v[0] == '0' && v[1] >= '0' && v[1] <= '9'
}

// plainInteger reports whether a number is written with digits and a minus only.
func plainInteger(v []byte) bool {
	if v[0] == '-' {
		v = v[1:]
	}
	return len(v) > 0 && !slices.ContainsFunc(v, func(b byte) bool { return b < '0' || b > '9' })
}

func equalFold(v []byte, word string) bool {
	if len(v) != len(word) {
		return false
	}
	for i, b := range v {
		if b|0x20 != word[i] {
			return false
		}
	}
	return true
}

var formats = sync.OnceValue(func() map[string]func([]byte) bool {
	all := map[string]func([]byte) bool{}
	for _, f := range forms() {
		if f.Format != "" {
			all[f.Format], _ = textformat.Format(f.Format)
		}
	}
	return all
})

// couldBe is a quick look before a format is asked in earnest.
func couldBe(format string, v []byte) bool {
	switch format {
	case "uuid":
		return len(v) == 36 && v[8] == '-'
	case "email":
		return slices.Contains(v, '@')
	case "ipv4":
		return len(v) >= 7 && len(v) <= 15 && v[0] >= '0' && v[0] <= '9'
	case "ipv6":
		return len(v) >= 2 && len(v) <= 45 && slices.Contains(v, ':')
	}
	i := slices.Index(v, ':') // uri: a scheme and an authority, or it may be anything
	return i > 1 && i+2 < len(v) && v[i+1] == '/' && v[i+2] == '/'
}
