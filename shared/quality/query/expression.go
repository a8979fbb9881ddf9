package query

import (
	"fmt"
	"slices"

	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/sql"
	"tillwatch/shared/textformat"
)

// kind returns what n is by itself: loose if that depends on what it meets.
func (e env) kind(n *sql.Node) vector.Kind {
	if k, ok := e.kinds[n]; ok {
		return k
	}
	k := e.findKind(n)
	e.kinds[n] = k
	return k
}

func (e env) findKind(n *sql.Node) vector.Kind {
	switch n.Op {
	case sql.Null:
		return vector.Null
	case sql.Number, sql.Multiply, sql.Divide, sql.Modulo, sql.Negate:
		return vector.Number
	case sql.Text:
		return loose
	case sql.Concat:
		return vector.Text
	case sql.Name:
		return e.nameKind(n)
	case sql.Cast:
		return e.castKind(n)
	case sql.Add, sql.Subtract:
		return e.sumKind(n)
	case sql.Case:
		return e.common(n, values(n)...)
	case sql.Call:
		return e.callKind(n)
	case sql.Select:
		if len(n.Query.Columns) == 1 && !n.Query.Columns[0].Star {
			inner := e
			inner.scope, inner.group = &scope{table: true}, nil
			return inner.kind(n.Query.Columns[0].X)
		}
		return vector.Number
	case sql.Interval:
		e.unsupported(n.Start, "add it to a date", "an interval stands alone")
	}
	return vector.Bool
}

// values returns what a CASE may yield.
func values(n *sql.Node) []*sql.Node {
	var all []*sql.Node
	for i := 1; i < len(n.Args); i += 2 {
		all = append(all, n.Args[i])
	}
	if len(n.Args)%2 == 1 {
		all = append(all, n.Args[len(n.Args)-1])
	}
	return all
}

func (e env) nameKind(n *sql.Node) vector.Kind {
	switch s := e.scope; {
	case s.table:
		_, kind := e.column(n)
		return kind
	case s.stage != nil:
		_, kind := e.output(n)
		return kind
	default:
		if x := s.column(n.Text); x != nil {
			return e.at(s.inner).kind(x)
		}
		if !s.star {
			e.wrong(n.Start, "", "the query in FROM has no column %s", n.Text)
		}
		return e.at(s.inner).nameKind(n)
	}
}

var types = map[string]vector.Kind{
	"INT": vector.Number, "INTEGER": vector.Number, "BIGINT": vector.Number, "SMALLINT": vector.Number, "TINYINT": vector.Number, "LONG": vector.Number, "INT2": vector.Number,
	"INT4": vector.Number, "INT8": vector.Number, "HUGEINT": vector.Number, "DECIMAL": vector.Number, "NUMERIC": vector.Number, "NUMBER": vector.Number, "DOUBLE": vector.Number,
	"FLOAT": vector.Number, "REAL": vector.Number, "FLOAT4": vector.Number, "FLOAT8": vector.Number, "FLOAT64": vector.Number, "INT64": vector.Number,
	"VARCHAR": vector.Text, "CHAR": vector.Text, "TEXT": vector.Text, "STRING": vector.Text, "NVARCHAR": vector.Text, "CHARACTER": vector.Text,
	"DATE": vector.Date, "TIMESTAMP": vector.Timestamp, "TIMESTAMPTZ": vector.Timestamp, "DATETIME": vector.Timestamp, "TIME": vector.Clock, "BOOLEAN": vector.Bool, "BOOL": vector.Bool,
}

// whole are the types of which numbers are rounded to whole ones.
var whole = []string{"INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "LONG", "INT2", "INT4", "INT8", "HUGEINT", "INT64"}

func (e env) castKind(n *sql.Node) vector.Kind {
	k, ok := types[n.Text]
	if !ok {
		e.unsupported(n.Start, "", "the type %s is not supported", n.Text)
	}
	return k
}

// sumKind is that of + and -, which also work on dates.
func (e env) sumKind(n *sql.Node) vector.Kind {
	if i := n.Args[1]; i.Op == sql.Interval {
		k := e.kind(n.Args[0])
		if k == loose || k == vector.Text || k == vector.Date && slices.Contains([]string{"HOUR", "MINUTE", "SECOND"}, i.Text) {
			return vector.Timestamp
		}
		return k
	}
	a, b := e.kind(n.Args[0]), e.kind(n.Args[1])
	if a == vector.Date && (b == vector.Number || b == loose && n.Args[1].Op != sql.Text) {
		return vector.Date
	}
	return vector.Number
}

// common returns the kind that values are compared in; loose if all are.
func (e env) common(n *sql.Node, all ...*sql.Node) vector.Kind {
	k := vector.Null
	for _, x := range all {
		k = e.unify(n, k, e.kind(x))
	}
	return k
}

func (e env) unify(n *sql.Node, a, b vector.Kind) vector.Kind {
	if a == b || b == vector.Null {
		return a
	}
	if a == vector.Null {
		return b
	}
	if a == loose || a == vector.Text && b != loose {
		a, b = b, a
	}
	if b == loose || b == vector.Text { // the text becomes the other
		if a == vector.Date {
			return vector.Timestamp
		}
		return a
	}
	switch {
	case a == vector.Number && b == vector.Bool, a == vector.Bool && b == vector.Number:
		return vector.Number
	case a != vector.Clock && b != vector.Clock && a.Moment() && b.Moment():
		return vector.Timestamp
	}
	e.wrong(n.Start, "cast one of them", "%s and %s have nothing in common", a, b)
	return 0
}

// natural compiles n as what it is by itself; texts if that is loose.
func (e env) natural(n *sql.Node) int {
	switch n.Op {
	case sql.Number, sql.Text, sql.Bool:
		return e.literal(n)
	case sql.And:
		return e.b.apply("and", vector.And, e.value(n.Args[0], vector.Bool), e.value(n.Args[1], vector.Bool))
	case sql.Or:
		return e.b.apply("or", vector.Or, e.value(n.Args[0], vector.Bool), e.value(n.Args[1], vector.Bool))
	case sql.Not:
		return e.b.apply("not", vector.Not, e.value(n.Args[0], vector.Bool))
	case sql.IsNull:
		present := e.present(n.Args[0])
		if n.Not {
			return present
		}
		return e.b.apply("not", vector.Not, present)
	case sql.Is:
		want := vector.False
		if n.Text == "TRUE" {
			want = vector.True
		}
		return e.negated(n, e.b.apply(fmt.Sprint("is", want), vector.Is(want), e.value(n.Args[0], vector.Bool)))
	case sql.Between:
		low := e.compare(n, sql.GreaterEqual, n.Args[0], n.Args[1])
		high := e.compare(n, sql.LessEqual, n.Args[0], n.Args[2])
		return e.negated(n, e.b.apply("and", vector.And, low, high))
	case sql.In:
		return e.negated(n, e.among(n))
	case sql.Like, sql.Match:
		return e.negated(n, e.pattern(n))
	case sql.DistinctFrom:
		k := e.settled(e.common(n, n.Args...))
		return e.negated(n, e.b.apply("distinct", vector.Distinct, e.value(n.Args[0], k), e.value(n.Args[1], k)))
	case sql.Concat:
		return e.b.apply("join", vector.Join(false), e.value(n.Args[0], vector.Text), e.value(n.Args[1], vector.Text))
	case sql.Negate:
		return e.b.apply("negate", vector.Negate, e.value(n.Args[0], vector.Number))
	case sql.Add, sql.Subtract, sql.Multiply, sql.Divide, sql.Modulo:
		return e.arithmetic(n)
	case sql.Cast:
		return e.castTo(n)
	case sql.Call:
		return e.call(n)
	case sql.Select:
		e.unsupported(n.Start, "", "a query within a condition or a value is not supported here")
	}
	return e.compare(n, n.Op, n.Args[0], n.Args[1])
}

// settled is a kind that is not loose.
func (e env) settled(k vector.Kind) vector.Kind {
	if k == loose || k == vector.Null {
		return vector.Text
	}
	return k
}

func (e env) negated(n *sql.Node, r int) int {
	if n.Not {
		return e.b.apply("not", vector.Not, r)
	}
	return r
}

func (e env) literal(n *sql.Node) int {
	v := new(vector.Vector)
	switch n.Op {
	case sql.Bool:
		v.Resize(vector.Bool, 1)
		if v.Truths[0] = vector.False; n.Text == "TRUE" {
			v.Truths[0] = vector.True
		}
	case sql.Text:
		v.Resize(vector.Text, 1)
		v.PutText(0, []byte(n.Text))
	default:
		text := new(vector.Vector)
		text.Resize(vector.Text, 1)
		text.PutText(0, []byte(n.Text))
		vector.Cast(vector.Text, vector.Number)(v, []*vector.Vector{text}, 1)
		if v.IsNull(0) {
			e.wrong(n.Start, "", "%s is no number that can be computed with", n.Text)
		}
	}
	return e.b.constant(v)
}

var tests = map[sql.Op]vector.Test{
	sql.Equal: vector.Equal, sql.Unequal: vector.Unequal, sql.Less: vector.Less, sql.LessEqual: vector.LessEqual,
	sql.Greater: vector.Greater, sql.GreaterEqual: vector.GreaterEqual,
}

// compare compiles a comparison of x and y.
func (e env) compare(n *sql.Node, op sql.Op, x, y *sql.Node) int {
	test, ok := tests[op]
	if !ok {
		e.unsupported(n.Start, "", "this is not supported")
	}
	kx, ky := e.kind(x), e.kind(y)
	k := e.unify(n, kx, ky)
	if k == loose && x.Op != sql.Text && y.Op != sql.Text {
		return e.b.apply(fmt.Sprint("loose", test), vector.CompareLoose(test), e.value(x, vector.Text), e.value(y, vector.Text))
	}
	k = e.settled(k)
	return e.b.apply(fmt.Sprint("compare", test), vector.Compare(test), e.value(x, k), e.value(y, k))
}

// among compiles a value among others: all at once those that are constant.
func (e env) among(n *sql.Node) int {
	k := e.common(n, n.Args...)
	x := e.value(n.Args[0], e.settled(k))
	list := new(vector.Vector)
	var fixed []*vector.Vector
	result := -1
	or := func(r int) {
		if result >= 0 {
			r = e.b.apply("or", vector.Or, result, r)
		}
		result = r
	}
	for _, item := range n.Args[1:] {
		r := e.value(item, e.settled(k))
		if v := e.b.fixed[r]; v != nil {
			fixed = append(fixed, v)
		} else {
			or(e.b.apply(fmt.Sprint("compare", vector.Equal), vector.Compare(vector.Equal), x, r))
		}
	}
	if len(fixed) > 0 {
		list.Resize(e.settled(k), len(fixed))
		key := "in"
		for i, v := range fixed {
			if list.Copy(i, v, 0); v.IsNull(0) {
				key += " null"
			} else {
				key += fmt.Sprintf(" %q", v.Format(0))
			}
		}
		or(e.b.apply(key, vector.In(list, len(fixed)), x))
	}
	return result
}

// pattern compiles LIKE and RLIKE.
func (e env) pattern(n *sql.Node) int {
	x := e.value(n.Args[0], vector.Text)
	literal := func(a *sql.Node) string {
		v := e.b.fixed[e.value(a, vector.Text)]
		if v == nil || v.IsNull(0) {
			e.unsupported(a.Start, "", "a pattern that is not a text in quotes is not supported")
		}
		return string(v.Texts[0])
	}
	text := literal(n.Args[1])
	var match func([]byte) bool
	var err error
	if n.Op == sql.Match {
		match, err = regular(text)
	} else {
		var escape rune
		if len(n.Args) == 3 {
			r := []rune(literal(n.Args[2]))
			if len(r) != 1 {
				e.wrong(n.Args[2].Start, "", "ESCAPE takes one character")
			}
			escape = r[0]
		}
		match, err = vector.Like(text, escape, n.Text == "ILIKE")
		text = fmt.Sprint(n.Text, escape, " ", text)
	}
	if err != nil {
		e.unsupported(n.Args[1].Start, "", "%v", err)
	}
	return e.b.apply("match "+text, vector.Matches(match), x)
}

// regular compiles a pattern that is searched for in a text.
func regular(text string) (func([]byte) bool, error) {
	m, err := textformat.Pattern(text)
	if err != nil {
		return nil, err
	}
	return m.Match, nil
}

// arithmetic compiles + - * / %.
func (e env) arithmetic(n *sql.Node) int {
	x, y := n.Args[0], n.Args[1]
	if x.Op == sql.Interval && n.Op == sql.Add {
		x, y = y, x
	}
	if (n.Op == sql.Add || n.Op == sql.Subtract) && (y.Op == sql.Interval || e.kind(x).Moment() || e.kind(y).Moment()) {
		return e.dates(n, x, y)
	}
	a, b := e.value(x, vector.Number), e.value(y, vector.Number)
	switch n.Op {
	case sql.Add:
		return e.b.apply("add", vector.Add, a, b)
	case sql.Subtract:
		return e.b.apply("subtract", vector.Subtract, a, b)
	case sql.Multiply:
		return e.b.apply("multiply", vector.Multiply, a, b)
	case sql.Divide:
		return e.b.apply("divide", vector.Divide, a, b)
	}
	return e.b.apply("modulo", vector.Modulo, a, b)
}

// castTo compiles CAST: to a whole number, or one with places, rounding.
func (e env) castTo(n *sql.Node) int {
	to := e.kind(n)
	from := e.kind(n.Args[0])
	if from == vector.Number && to.Moment() || from.Moment() && (to == vector.Number || to == vector.Bool) || from == vector.Bool && to.Moment() {
		e.unsupported(n.Start, "", "%s is not cast to %s", from, to)
	}
	var r int
	if from == loose || from == vector.Null {
		r = e.value(n.Args[0], to)
	} else {
		r = e.cast(n, e.value(n.Args[0], from), from, to)
	}
	places := -1
	if slices.Contains(whole, n.Text) {
		places = 0
	} else if len(n.Args) == 2 {
		d, ok := e.number(n.Args[1])
		if !ok || d.Coef < 0 || d.Scale != 0 || d.Coef > 38 {
			e.wrong(n.Args[1].Start, "", "the places of a type are from 0 to 38")
		}
		places = int(d.Coef)
	}
	if to != vector.Number || places < 0 {
		return r
	}
	v := new(vector.Vector)
	v.Resize(vector.Number, 1)
	v.SetFloat(0, float64(places))
	return e.b.apply("round", vector.Round, r, e.b.constant(v))
}
