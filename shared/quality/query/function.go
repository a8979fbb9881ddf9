package query

import (
	"bytes"
	"fmt"
	"strings"

	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/sql"
)

// A function has arguments of given kinds, of which the last may be missing if
// least says so; more of that kind may follow if many is set.
type function struct {
	args  []vector.Kind
	least int
	many  bool
	out   vector.Kind
	op    vector.Op
}

const (
	num = vector.Number
	txt = vector.Text
)

// functions are the functions of values, but for those whose kind is that of
// their arguments (COALESCE, NULLIF, GREATEST, LEAST, IF) and those of dates
// (YEAR and other parts, EXTRACT, DATE_PART, DATE_TRUNC, DATEDIFF, DATE_ADD, DATE_SUB, NOW).
var functions = map[string]function{
	"ABS": {args: []vector.Kind{num}, out: num, op: vector.Abs}, "FLOOR": {args: []vector.Kind{num}, out: num, op: vector.Floor},
	"CEIL": {args: []vector.Kind{num}, out: num, op: vector.Ceil}, "SIGN": {args: []vector.Kind{num}, out: num, op: vector.Sign},
	"SQRT": {args: []vector.Kind{num}, out: num, op: vector.Root}, "MOD": {args: []vector.Kind{num, num}, out: num, op: vector.Modulo},
	"ROUND":  {args: []vector.Kind{num, num}, least: 1, out: num, op: vector.Round},
	"LENGTH": {args: []vector.Kind{txt}, out: num, op: vector.Length},
	"LOWER":  {args: []vector.Kind{txt}, out: txt, op: vector.Lower}, "UPPER": {args: []vector.Kind{txt}, out: txt, op: vector.Upper},
	"TRIM": {args: []vector.Kind{txt, txt}, least: 1, out: txt}, "LTRIM": {args: []vector.Kind{txt, txt}, least: 1, out: txt}, "RTRIM": {args: []vector.Kind{txt, txt}, least: 1, out: txt},
	"SUBSTRING": {args: []vector.Kind{txt, num, num}, least: 2, out: txt, op: vector.Substring},
	"LEFT":      {args: []vector.Kind{txt, num}, out: txt, op: vector.Left}, "RIGHT": {args: []vector.Kind{txt, num}, out: txt, op: vector.Right},
	"CONCAT": {args: []vector.Kind{txt}, many: true, out: txt, op: vector.Join(true)}, "REPLACE": {args: []vector.Kind{txt, txt, txt}, out: txt, op: vector.Replace},
	"STRPOS": {args: []vector.Kind{txt, txt}, out: num, op: vector.Position}, "POSITION": {args: []vector.Kind{txt, txt}, out: num},
	"CONTAINS":    {args: []vector.Kind{txt, txt}, out: vector.Bool, op: vector.Holds(bytes.Contains)},
	"STARTS_WITH": {args: []vector.Kind{txt, txt}, out: vector.Bool, op: vector.Holds(bytes.HasPrefix)},
	"ENDS_WITH":   {args: []vector.Kind{txt, txt}, out: vector.Bool, op: vector.Holds(bytes.HasSuffix)},
	"REGEXP_LIKE": {args: []vector.Kind{txt, txt}, out: vector.Bool},
}

// synonyms of functions.
var synonyms = map[string]string{
	"CEILING": "CEIL", "CHAR_LENGTH": "LENGTH", "CHARACTER_LENGTH": "LENGTH", "LEN": "LENGTH", "LCASE": "LOWER", "UCASE": "UPPER", "SUBSTR": "SUBSTRING",
	"INSTR": "STRPOS", "STARTSWITH": "STARTS_WITH", "PREFIX": "STARTS_WITH", "ENDSWITH": "ENDS_WITH", "SUFFIX": "ENDS_WITH", "REGEXP_MATCHES": "REGEXP_LIKE",
	"IFNULL": "COALESCE", "NVL": "COALESCE", "IIF": "IF", "CURRENT_TIMESTAMP": "NOW", "LOCALTIMESTAMP": "NOW", "GETDATE": "NOW", "TODAY": "CURRENT_DATE",
	"DATE_DIFF": "DATEDIFF", "DATEPART": "DATE_PART", "DATEADD": "DATE_ADD", "DAYOFMONTH": "DAY", "DAYOFWEEK": "DOW", "DAYOFYEAR": "DOY", "TO_DATE": "DATE",
}

func nameOf(n *sql.Node) string {
	if s := synonyms[n.Text]; s != "" {
		return s
	}
	return n.Text
}

func (e env) callKind(n *sql.Node) vector.Kind {
	switch name := nameOf(n); name {
	case "COALESCE", "GREATEST", "LEAST":
		return e.common(n, n.Args...)
	case "NULLIF":
		if len(n.Args) == 2 {
			return e.kind(n.Args[0])
		}
	case "IF":
		if len(n.Args) == 3 {
			return e.common(n, n.Args[1:]...)
		}
	case "NOW":
		return vector.Timestamp
	case "CURRENT_DATE", "DATE":
		return vector.Date
	case "DATE_ADD", "DATE_SUB", "DATE_TRUNC", "DATETRUNC":
		values := n.Args
		if len(values) == 3 {
			values = values[2:] // DATEADD(unit, count, x)
		}
		for _, a := range values {
			if a.Op != sql.Interval && a.Op != sql.Text && a.Op != sql.Number && e.kind(a) == vector.Date {
				return vector.Date
			}
		}
		return vector.Timestamp
	case "MIN", "MAX":
		if len(n.Args) == 1 {
			return e.over().kind(n.Args[0])
		}
	default:
		if f, ok := functions[name]; ok {
			return f.out
		}
	}
	return vector.Number // parts of dates, and aggregates
}

// polymorphic compiles what is of the kind of its arguments.
func (e env) polymorphic(n *sql.Node, want vector.Kind) (int, bool) {
	name := nameOf(n)
	if n.Op == sql.Case {
		name = "CASE"
	}
	natural := e.settled(e.kind(n))
	if k := e.kind(n); k == loose || k == vector.Null {
		natural = want
	}
	kind := fmt.Sprint(" ", natural)
	args := func(nodes []*sql.Node, k vector.Kind) []int {
		var all []int
		for _, a := range nodes {
			all = append(all, e.value(a, k))
		}
		return all
	}
	var r int
	switch {
	case name == "CASE" || name == "IF" && len(n.Args) == 3:
		var all []int
		for i, a := range n.Args {
			if k := natural; i%2 == 0 && i < len(n.Args)-1 {
				k = vector.Bool
				all = append(all, e.value(a, k))
			} else {
				all = append(all, e.value(a, k))
			}
		}
		if len(n.Args)%2 == 0 {
			v := new(vector.Vector)
			v.Resize(natural, 1)
			v.SetNull(0)
			all = append(all, e.b.constant(v))
		}
		r = e.b.apply("choose"+kind, vector.Choose(natural), all...)
	case name == "COALESCE" && len(n.Args) > 0:
		r = e.b.apply("first"+kind, vector.First(natural), args(n.Args, natural)...)
	case name == "GREATEST" && len(n.Args) > 0:
		r = e.b.apply("greatest"+kind, vector.Extreme(natural, 1), args(n.Args, natural)...)
	case name == "LEAST" && len(n.Args) > 0:
		r = e.b.apply("least"+kind, vector.Extreme(natural, -1), args(n.Args, natural)...)
	case name == "NULLIF" && len(n.Args) == 2:
		// Compared as what the two have in common, it stays what the first is.
		k := e.settled(e.common(n, n.Args...))
		equal := e.b.apply(fmt.Sprint("compare", vector.Equal), vector.Compare(vector.Equal), e.value(n.Args[0], k), e.value(n.Args[1], k))
		v := new(vector.Vector)
		v.Resize(natural, 1)
		v.SetNull(0)
		r = e.b.apply("choose"+kind, vector.Choose(natural), equal, e.b.constant(v), e.value(n.Args[0], natural))
	default:
		return 0, false
	}
	return e.cast(n, r, natural, want), true
}

// call compiles a function.
func (e env) call(n *sql.Node) int {
	name := nameOf(n)
	f, known := functions[name]
	switch {
	case n.Distinct || n.Star || n.Filter != nil || aggregates[n.Text]:
		if !aggregates[n.Text] {
			e.unsupported(n.Start, "", "the aggregate %s is not supported", n.Text)
		}
		e.wrong(n.Start, "", "an aggregate such as %s does not stand in WHERE, GROUP BY or another aggregate", n.Text)
	case !known:
		return e.date(n, name)
	case len(n.Args) > len(f.args) && !f.many || len(n.Args) < f.least || f.least == 0 && len(n.Args) < len(f.args):
		e.wrong(n.Start, "", "%s has %d arguments", n.Text, len(n.Args))
	}
	var args []int
	for i, a := range n.Args {
		args = append(args, e.value(a, f.args[min(i, len(f.args)-1)]))
	}
	switch name {
	case "ROUND":
		if len(args) == 1 {
			args = append(args, e.literal(&sql.Node{Op: sql.Number, Text: "0"}))
		}
	case "TRIM", "LTRIM", "RTRIM":
		return e.trim(n, name, args)
	case "POSITION": // POSITION(part IN text)
		return e.b.apply("STRPOS", vector.Position, args[1], args[0])
	case "REGEXP_LIKE":
		return e.pattern(&sql.Node{Op: sql.Match, Args: n.Args, Start: n.Start})
	}
	return e.b.apply(name, f.op, args...)
}

func (e env) trim(n *sql.Node, name string, args []int) int {
	if len(args) == 1 {
		op := map[string]vector.Op{"TRIM": vector.Trim, "LTRIM": vector.TrimLeft, "RTRIM": vector.TrimRight}[name]
		return e.b.apply(name, op, args[0])
	}
	set := e.b.fixed[args[1]]
	if set == nil || set.IsNull(0) {
		e.unsupported(n.Args[1].Start, "", "characters to trim that are not a text in quotes are not supported")
	}
	return e.b.apply(name+" "+string(set.Texts[0]), vector.TrimSet(string(set.Texts[0]), name != "RTRIM", name != "LTRIM"), args[0])
}

// date compiles a function of dates.
func (e env) date(n *sql.Node, name string) int {
	need := func(least, most int) {
		if len(n.Args) < least || len(n.Args) > most {
			e.wrong(n.Start, "", "%s has %d arguments", n.Text, len(n.Args))
		}
	}
	switch name {
	case "NOW", "CURRENT_DATE":
		need(0, 0)
		v := new(vector.Vector)
		v.Resize(vector.Timestamp, 1)
		v.Moments[0], v.Valid[0] = datetime.Moment{Unix: e.table.Now.Unix(), Nano: int32(e.table.Now.Nanosecond())}, true
		if r := e.b.constant(v); name == "NOW" {
			return r
		} else {
			return e.b.apply("day", vector.Cast(vector.Timestamp, vector.Date), r)
		}
	case "DATE":
		need(1, 1)
		return e.castTo(&sql.Node{Op: sql.Cast, Text: "DATE", Args: n.Args, Start: n.Start})
	case "EXTRACT", "DATE_PART":
		need(2, 2)
		return e.part(n, e.word(n.Args[0]), n.Args[1])
	case "DATE_TRUNC", "DATETRUNC":
		need(2, 2)
		unit, kind := e.word(n.Args[0]), e.kind(n)
		op := vector.Truncate(kind, unit)
		if op == nil {
			e.unsupported(n.Args[0].Start, "", "there is no unit of time %s", unit)
		}
		return e.b.apply(fmt.Sprint("truncate ", unit, kind), op, e.value(n.Args[1], kind))
	case "DATEDIFF":
		need(2, 3)
		unit, from, to := "DAY", n.Args[len(n.Args)-2], n.Args[len(n.Args)-1]
		if len(n.Args) == 2 { // of two dates, MySQL and Spark take the later first
			from, to = to, from
		} else {
			unit = e.word(n.Args[0])
		}
		op := vector.Between(unit)
		if op == nil {
			e.unsupported(n.Start, "", "there is no unit of time %s", unit)
		}
		return e.b.apply("between "+unit, op, e.value(from, vector.Timestamp), e.value(to, vector.Timestamp))
	case "DATE_ADD", "DATE_SUB":
		need(2, 3)
		op := sql.Add
		if name == "DATE_SUB" {
			op = sql.Subtract
		}
		x, y := n.Args[0], n.Args[1]
		if len(n.Args) == 3 { // unit, count and date, as SQL Server and Snowflake have them
			x, y = n.Args[2], &sql.Node{Op: sql.Interval, Text: strings.TrimSuffix(e.word(n.Args[0]), "S"), Args: []*sql.Node{y}, Start: y.Start}
		}
		if y.Op == sql.Number {
			y = &sql.Node{Op: sql.Interval, Text: "DAY", Args: []*sql.Node{y}, Start: y.Start}
		}
		return e.dates(&sql.Node{Op: op, Args: []*sql.Node{x, y}, Start: n.Start}, x, y)
	}
	if vector.Part(name) != nil {
		need(1, 1)
		return e.part(n, name, n.Args[0])
	}
	e.unsupported(n.Start, "", "the function %s is not supported", n.Text)
	return 0
}

// word returns a part of a date that is written in quotes or as a word.
func (e env) word(n *sql.Node) string {
	if n.Op != sql.Text && n.Op != sql.Name {
		e.unsupported(n.Start, "", "a unit of time that is not written out is not supported")
	}
	return strings.ToUpper(n.Text)
}

func (e env) part(n *sql.Node, name string, x *sql.Node) int {
	op := vector.Part(name)
	if op == nil {
		e.unsupported(n.Start, "", "dates have no part %s here", name)
	}
	kind := e.kind(x)
	if !kind.Moment() {
		kind = vector.Timestamp
	}
	return e.b.apply("part "+name, op, e.value(x, kind))
}

// dates compiles + and - where a point in time is among the operands.
func (e env) dates(n, x, y *sql.Node) int {
	sign := int64(1)
	if n.Op == sql.Subtract {
		sign = -1
	}
	kind := e.kind(x)
	if y.Op == sql.Interval {
		d, ok := e.number(y.Args[0])
		if !ok || !d.IsInteger() {
			e.unsupported(y.Start, "", "an interval that is not a whole number of units is not supported")
		}
		if kind == vector.Date && (y.Text == "HOUR" || y.Text == "MINUTE" || y.Text == "SECOND") || !kind.Moment() {
			kind = vector.Timestamp
		}
		count := sign * d.Floor().Coef
		op, err := vector.Shift(kind, count, y.Text)
		if err != nil {
			e.unsupported(y.Start, "", "%v", err)
		}
		return e.b.apply(fmt.Sprint("shift ", kind, count, y.Text), op, e.value(x, kind))
	}
	ky := e.kind(y)
	switch {
	case kind == vector.Date && !ky.Moment() && ky != vector.Bool:
		return e.b.apply(fmt.Sprint("days ", sign), vector.AddDays(sign), e.value(x, vector.Date), e.value(y, vector.Number))
	case sign < 0 && (kind == vector.Date && ky == vector.Date):
		return e.b.apply("between DAY", vector.Between("DAY"), e.value(y, vector.Timestamp), e.value(x, vector.Timestamp))
	}
	e.unsupported(n.Start, "write DATEDIFF('day', a, b), or add an INTERVAL", "%s and %s are not computed with", kind, ky)
	return 0
}
