package vector

import (
	"bytes"

	"tillwatch/shared/decimal"
)

// truths makes the operation of a table of two truths, by 3a + b.
func truths(table [9]uint8) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		a, b, to := args[0].Truths[:n], args[1].Truths[:n], out.Truths[:n]
		for i, t := range a {
			to[i] = table[3*t+b[i]]
		}
	}
}

// The operators of three-valued logic: what an unknown decides is unknown.
var (
	And = truths([9]uint8{False, False, False, False, True, Unknown, False, Unknown, Unknown})
	Or  = truths([9]uint8{False, True, Unknown, True, True, True, Unknown, True, Unknown})
)

// Not negates, unless unknown.
func Not(out *Vector, args []*Vector, n int) {
	out.Resize(Bool, n)
	for i, t := range args[0].Truths[:n] {
		out.Truths[i] = [3]uint8{True, False, Unknown}[t]
	}
}

// Is makes the operation that is true where a truth is want, and false
// elsewhere, where it is unknown too.
func Is(want uint8) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		for i, t := range args[0].Truths[:n] {
			out.Truths[i] = truth(t == want)
		}
	}
}

func truth(b bool) uint8 {
	if b {
		return True
	}
	return False
}

// IsNull is true for nulls and false for all else.
func IsNull(out *Vector, args []*Vector, n int) {
	out.Resize(Bool, n)
	for i := range n {
		out.Truths[i] = truth(args[0].IsNull(i))
	}
}

// A Test says which outcomes of a comparison (less, equal, greater) are true.
type Test [3]uint8

// The tests.
var (
	Equal        = Test{False, True, False}
	Unequal      = Test{True, False, True}
	Less         = Test{True, False, False}
	LessEqual    = Test{True, True, False}
	Greater      = Test{False, False, True}
	GreaterEqual = Test{False, True, True}
)

// Compare makes the comparison of two vectors of one kind. Texts are compared by
// bytes, truths with false first.
func Compare(test Test) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		a, b := args[0], args[1]
		if a.Kind == Number {
			compareNumbers(out.Truths[:n], a, b, test)
			return
		}
		for i := range n {
			if a.IsNull(i) || b.IsNull(i) {
				out.Truths[i] = Unknown
			} else {
				out.Truths[i] = test[1+Order(a, i, b, i)]
			}
		}
	}
}

func compareNumbers(out []uint8, a, b *Vector, test Test) {
	n := len(out)
	x, y, kx, ky := a.Numbers[:n], b.Numbers[:n], a.Kinds[:n], b.Kinds[:n]
	for i := range out {
		switch {
		case kx[i] == decimal.Fits && ky[i] == decimal.Fits:
			out[i] = test[1+x[i].Cmp(y[i])]
		case kx[i] == decimal.NotNumber || ky[i] == decimal.NotNumber:
			out[i] = Unknown
		default:
			out[i] = test[1+a.Rat(i).Cmp(b.Rat(i))]
		}
	}
}

// Order compares two values of one kind that are not null: -1, 0 or 1.
func Order(a *Vector, i int, b *Vector, j int) int {
	switch a.Kind {
	case Bool:
		return int(a.Truths[i]) - int(b.Truths[j])
	case Number:
		if a.Kinds[i] == decimal.Fits && b.Kinds[j] == decimal.Fits {
			return a.Numbers[i].Cmp(b.Numbers[j])
		}
		return a.Rat(i).Cmp(b.Rat(j))
	case Text:
		return bytes.Compare(a.Texts[i], b.Texts[j])
	case Null:
		return 0
	}
	return a.Moments[i].Compare(b.Moments[j])
}

// CompareLoose makes the comparison of two texts of columns without a type: as
// numbers in the rows where both are numbers, else as texts.
func CompareLoose(test Test) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		for i := range n {
			a, b := args[0].Texts[i], args[1].Texts[i]
			switch {
			case a == nil || b == nil:
				out.Truths[i] = Unknown
			default:
				out.Truths[i] = test[1+orderLoose(a, b)]
			}
		}
	}
}

func orderLoose(a, b []byte) int {
	x, kx := decimal.Parse(a)
	y, ky := decimal.Parse(b)
	if kx == decimal.Fits && ky == decimal.Fits {
		return x.Cmp(y)
	}
	if kx != decimal.NotNumber && ky != decimal.NotNumber {
		rx, okX := decimal.Rat(a)
		ry, okY := decimal.Rat(b)
		if okX && okY {
			return rx.Cmp(ry)
		}
	}
	return bytes.Compare(a, b)
}

// Distinct is true where two values of one kind differ; a null differs from all
// but a null.
func Distinct(out *Vector, args []*Vector, n int) {
	out.Resize(Bool, n)
	a, b := args[0], args[1]
	for i := range n {
		if a.IsNull(i) || b.IsNull(i) {
			out.Truths[i] = truth(a.IsNull(i) != b.IsNull(i))
		} else {
			out.Truths[i] = truth(Order(a, i, b, i) != 0)
		}
	}
}

// Choose makes CASE for values of a kind: arguments are condition, value, … and
// last what holds where no condition does.
func Choose(kind Kind) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(kind, n)
		last := len(args) - 1
	rows:
		for i := range n {
			for c := 0; c < last; c += 2 {
				if args[c].Truths[i] == True {
					out.Copy(i, args[c+1], i)
					continue rows
				}
			}
			out.Copy(i, args[last], i)
		}
	}
}

// First makes COALESCE for values of a kind: the first that is not null.
func First(kind Kind) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(kind, n)
		for i := range n {
			at := 0
			for at < len(args)-1 && args[at].IsNull(i) {
				at++
			}
			out.Copy(i, args[at], i)
		}
	}
}

// Extreme makes GREATEST (sign 1) or LEAST (sign -1) for values of a kind; nulls
// are left out.
func Extreme(kind Kind, sign int) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(kind, n)
		for i := range n {
			best := args[0]
			for _, a := range args[1:] {
				if best.IsNull(i) || !a.IsNull(i) && Order(a, i, best, i)*sign > 0 {
					best = a
				}
			}
			out.Copy(i, best, i)
		}
	}
}

// In makes the test whether a value is in a list of constants, which are the
// rows of list, of the same kind. As SQL has it, a value that is in no list
// with a null is unknown.
func In(list *Vector, rows int) Op {
	nulls := false
	texts := map[string]bool{}
	var others []int
	for i := range rows {
		switch {
		case list.IsNull(i):
			nulls = true
		case list.Kind == Text:
			texts[string(list.Texts[i])] = true
		case list.Kind == Number && list.Kinds[i] == decimal.Fits:
			texts[canonical(list.Numbers[i])] = true
		default:
			others = append(others, i)
		}
	}
	absent := truth(false)
	if nulls {
		absent = Unknown
	}
	var few []decimal.Decimal
	if list.Kind == Number && rows <= fewNumbers {
		for i := range rows {
			if list.Kinds[i] == decimal.Fits {
				few = append(few, list.Numbers[i])
			}
		}
	}
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		a := args[0]
		for i := range n {
			found := false
			switch {
			case a.IsNull(i):
				out.Truths[i] = Unknown
				continue
			case a.Kind == Text:
				found = texts[string(a.Texts[i])]
			case a.Kind == Number && a.Kinds[i] == decimal.Fits && rows <= fewNumbers:
				for _, d := range few {
					found = found || d.Cmp(a.Numbers[i]) == 0
				}
			case a.Kind == Number && a.Kinds[i] == decimal.Fits:
				found = texts[canonical(a.Numbers[i])]
			default:
				for _, j := range others {
					found = found || Order(a, i, list, j) == 0
				}
			}
			if out.Truths[i] = absent; found {
				out.Truths[i] = True
			}
		}
	}
}

// fewNumbers is how many numbers are compared one by one.
const fewNumbers = 16

// canonical writes equal decimals the same.
func canonical(d decimal.Decimal) string { return shorter(d).String() }
