package query

import (
	"fmt"
	"strings"
	"sync"

	"tillwatch/shared/contract"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/sql"
)

// loose is the kind of what has none: a column without a type, a text in quotes.
const loose = vector.Kind(100)

// A compiler turns a tree into programs. What is wrong it throws as an error,
// which catch returns.
type compiler struct {
	text  string
	table Table
	slots []int
	kinds map[*sql.Node]vector.Kind
	hash  map[*sql.Node]uint64
}

func newCompiler(text string, table Table) *compiler {
	return &compiler{text: text, table: table, kinds: map[*sql.Node]vector.Kind{}, hash: map[*sql.Node]uint64{}}
}

type thrown struct{ error }

func (c *compiler) catch(err *error) {
	switch e := recover().(type) {
	case nil:
	case thrown:
		*err = e.error
	case vector.Limit:
		*err = e
	default:
		panic(e)
	}
}

func (c *compiler) wrong(at int, hint, format string, args ...any) {
	panic(thrown{(&sql.Error{Message: fmt.Sprintf(format, args...), Hint: hint}).At(c.text, at)})
}

func (c *compiler) unsupported(at int, hint, format string, args ...any) {
	panic(thrown{(&sql.Error{Message: fmt.Sprintf(format, args...), Hint: hint, Unsupported: true}).At(c.text, at)})
}

// A scope is the rows that names are looked up in: the table's, those of a
// stage, or a selection of columns from inner.
type scope struct {
	table   bool
	stage   *stage
	inner   *scope
	columns []sql.Column // of a selection
	star    bool         // the selection has all of inner besides
	where   *sql.Node    // of the selection, in inner
}

// An env compiles values of one scope into a builder. Over groups, group is
// set: names are then keys, and aggregates are registered there.
type env struct {
	*compiler
	scope *scope
	b     *builder
	group *stage
	want  vector.Kind // what the value that is being compiled will be cast to
}

func (c *compiler) in(s *scope, b *builder) env { return env{compiler: c, scope: s, b: b} }

// machines returns a pool of machines for a program.
func machines(p *program) *sync.Pool { return &sync.Pool{New: func() any { return p.machine() }} }

// value compiles n and returns its register, cast to want unless that is Null.
func (e env) value(n *sql.Node, want vector.Kind) int {
	kind := e.kind(n)
	if want == vector.Null {
		if want = kind; kind == loose || kind == vector.Null {
			want = vector.Text
		}
	}
	if e.want = want; e.group != nil {
		if r, natural, ok := e.group.grouped(e, n); ok {
			return e.cast(n, r, natural, want)
		}
	}
	switch n.Op {
	case sql.Null:
		v := new(vector.Vector)
		v.Resize(want, 1)
		v.SetNull(0)
		return e.b.constant(v)
	case sql.Name:
		return e.name(n, want)
	case sql.Case, sql.Call:
		if r, ok := e.polymorphic(n, want); ok {
			return r
		}
	}
	r := e.natural(n)
	if kind == loose {
		kind = vector.Text
	}
	return e.cast(n, r, kind, want)
}

// cast casts a register if it is of another kind; from what n is tells whether
// that makes sense.
func (e env) cast(n *sql.Node, r int, from, want vector.Kind) int {
	if from == want {
		return r
	}
	op := vector.Cast(from, want)
	if op == nil || from == vector.Number && want == vector.Bool || from.Moment() && want == vector.Date {
		if op == nil || n.Op != sql.Cast {
			e.wrong(n.Start, "", "%s is needed, and this is %s", want, from)
		}
	}
	out := e.b.apply(fmt.Sprint("cast ", from, want), op, r)
	if n.Op == sql.Text && e.b.fixed[out] != nil && e.b.fixed[out].IsNull(0) {
		e.wrong(n.Start, "", "'%s' is not %s", n.Text, want)
	}
	return out
}

// kindOf is what the contract's types are here.
func kindOf(t contract.Type) vector.Kind {
	switch t {
	case "":
		return loose
	case contract.Integer, contract.Number:
		return vector.Number
	case contract.Date:
		return vector.Date
	case contract.Timestamp:
		return vector.Timestamp
	case contract.Time:
		return vector.Clock
	case contract.Boolean:
		return vector.Bool
	}
	return vector.Text
}

// column finds a column of the table.
func (e env) column(n *sql.Node) (slot int, kind vector.Kind) {
	slot, t, err := e.table.Column(n.Text)
	if err != nil {
		panic(thrown{fmt.Errorf("column %q: %w", n.Text, err)})
	}
	known := false
	for _, s := range e.slots {
		known = known || s == slot
	}
	if !known {
		e.compiler.slots = append(e.slots, slot)
	}
	return slot, kindOf(t)
}

// name compiles a column.
func (e env) name(n *sql.Node, want vector.Kind) int {
	switch s := e.scope; {
	case e.group != nil:
		e.wrong(n.Start, "put it into GROUP BY, or into an aggregate such as MAX", "%s has many values in a group", n.Text)
	case s.table:
		slot, kind := e.column(n)
		text := kind == loose || kind == vector.Text
		switch {
		case text && want == vector.Date:
			return e.b.apply("day", vector.Truncate(vector.Date, "DAY"), e.b.load(slot, vector.Timestamp, false))
		case text && want == vector.Clock:
			return e.cast(n, e.b.load(slot, vector.Text, false), vector.Text, want)
		case text, kind == want, want == vector.Text:
			return e.b.load(slot, want, false)
		}
		return e.cast(n, e.b.load(slot, kind, false), kind, want)
	case s.stage != nil:
		i, kind := e.output(n)
		return e.cast(n, e.b.load(i, kind, false), kind, want)
	default:
		if x := s.column(n.Text); x != nil {
			return e.at(s.inner).value(x, want)
		}
		if !s.star {
			e.wrong(n.Start, "", "the query in FROM has no column %s", n.Text)
		}
		return e.at(s.inner).name(n, want)
	}
	return 0
}

// at is e in another scope.
func (e env) at(s *scope) env {
	e.scope = s
	return e
}

// output finds a column of the stage that the scope reads.
func (e env) output(n *sql.Node) (int, vector.Kind) {
	for i, o := range e.scope.stage.outputs {
		if same(o.name, n.Text) {
			return i, o.kind
		}
	}
	e.wrong(n.Start, "give it a name with AS", "the query in FROM has no column %s", n.Text)
	return 0, 0
}

// column returns what a selection calls name; nil if it has no such column.
func (s *scope) column(name string) *sql.Node {
	var like *sql.Node
	for _, c := range s.columns {
		if c.Name == name {
			return c.X
		}
		if like == nil && same(c.Name, name) {
			like = c.X
		}
	}
	return like
}

// same reports whether two names differ at most in case.
func same(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

// present compiles whether a value is not null: of a column of the file, whether
// the cell is there.
func (e env) present(n *sql.Node) int {
	s := e.scope
	if n.Op == sql.Name && e.group == nil && (s.table || s.stage != nil) {
		if s.table {
			slot, _ := e.column(n)
			return e.b.load(slot, vector.Bool, true)
		}
		i, _ := e.output(n)
		return e.b.load(i, vector.Bool, true)
	}
	if n.Op == sql.Name && e.group == nil {
		if x := s.column(n.Text); x != nil {
			return e.at(s.inner).present(x)
		}
		if s.star {
			return e.at(s.inner).present(n)
		}
	}
	null := e.b.apply("null", vector.IsNull, e.value(n, vector.Null))
	return e.b.apply("not", vector.Not, null)
}

// number returns the value of a constant number, and whether n is one.
func (e env) number(n *sql.Node) (decimal.Decimal, bool) {
	switch e.kind(n) {
	case vector.Number, loose, vector.Null:
	default:
		return decimal.Decimal{}, false
	}
	v := e.b.fixed[e.value(n, vector.Number)]
	if v == nil || v.Kinds[0] != decimal.Fits {
		return decimal.Decimal{}, false
	}
	return v.Numbers[0], true
}
