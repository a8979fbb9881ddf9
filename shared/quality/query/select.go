package query

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/sql"
)

// A stage is one SELECT that aggregates: from rows to groups, and from groups to
// the rows that the query around it sees. Without GROUP BY there is one group,
// also of no rows.
type stage struct {
	source *scope
	// before runs over rows. Where is the register that says which rows count, -1
	// for all; keys are those that make the groups.
	before *builder
	where  int
	keys   []int
	kinds  []vector.Kind // of keys
	hashes []uint64      // of the expressions of keys
	byKeys bool
	specs  []spec
	specOf map[string]int
	// after runs over groups, whose inputs are the keys and then the aggregates.
	after   *builder
	having  int // -1 for all
	outputs []output
}

// An output is a column of a stage's rows.
type output struct {
	name     string
	register int
	kind     vector.Kind
}

// query compiles a whole query.
func (c *compiler) query(tree *sql.Query) *Query {
	q := &Query{text: c.text, limit: tree.Limit}
	s := c.selection(tree, true)
	if s.stage != nil && !s.stage.byKeys {
		if n := len(s.stage.outputs); n != 1 {
			c.unsupported(tree.Start, "", "the query yields %d columns, and a check compares one number", n)
		}
	} else {
		// What it lists is counted.
		q.listing, q.groups = true, s.base() == nil
		top := c.stage(s, nil)
		top.output(c.in(s, nil), &sql.Node{Op: sql.Call, Text: "COUNT", Star: true}, "")
		s = &scope{stage: top}
	}
	for at := s; at != nil; {
		if at.stage == nil {
			at = at.inner
			continue
		}
		q.stages = append([]*stage{at.stage}, q.stages...)
		at = at.stage.source
	}
	q.slots = c.slots
	q.rows = c.rowsOf(tree, q)
	return q
}

// base returns the scope of the table that s selects from, nil if it is groups.
func (s *scope) base() *scope {
	for s.inner != nil {
		s = s.inner
	}
	if s.table {
		return s
	}
	return nil
}

// selection compiles a SELECT to the scope of its rows.
func (c *compiler) selection(q *sql.Query, top bool) *scope {
	s := &scope{table: true}
	switch {
	case q.From == nil:
		if q.Where != nil || !top {
			c.unsupported(q.Start, "", "a query without FROM is not supported here")
		}
	case q.From.Query != nil:
		s = c.selection(q.From.Query, false)
	default:
		known := false
		for _, name := range c.table.Names {
			known = known || same(name, q.From.Name)
		}
		if !known {
			c.unsupported(q.From.Start, "only "+c.table.Names[0]+" is read", "another dataset, %s, is not read", q.From.Name)
		}
	}
	if q.Limit >= 0 && !top {
		c.unsupported(q.Start, "", "LIMIT within a query is not supported")
	}
	if q.Where != nil {
		s = &scope{inner: s, star: true, where: q.Where}
	}
	columns := q.Columns
	if q.GroupBy == nil && q.Having == nil && !aggregating(columns) && !q.Distinct && q.From != nil {
		return c.projection(q, s, columns)
	}
	if q.Distinct && (q.GroupBy != nil || aggregating(columns) && q.From != nil) && (q.GroupBy != nil || q.Having != nil) {
		c.unsupported(q.Start, "", "DISTINCT of groups is not supported")
	}
	keys := q.GroupBy
	if q.Distinct && !aggregating(columns) {
		for _, col := range columns {
			if col.Star {
				c.unsupported(q.Start, "name the columns", "DISTINCT * is not supported")
			}
			keys = append(keys, col.X)
		}
	}
	st := c.stage(s, c.keysOf(q, s, keys))
	e := c.in(s, nil)
	for i, col := range columns {
		if col.Star {
			c.wrong(q.Start, "name the columns that are grouped by", "SELECT * of groups")
		}
		name := col.Name
		if name == "" {
			name = "column" + strconv.Itoa(i+1)
		}
		st.output(e, col.X, name)
	}
	if q.Having != nil {
		st.having = st.env(e).value(c.aliased(q.Having, s, columns), vector.Bool)
	}
	return &scope{stage: st}
}

// aliased puts in what names in a HAVING stand for, if they are columns of the
// query and not of what it reads.
func (c *compiler) aliased(n *sql.Node, s *scope, columns []sql.Column) *sql.Node {
	if n.Op == sql.Name {
		for _, col := range columns {
			if col.X != nil && col.X.Op != sql.Name && same(col.Name, n.Text) && !c.has(s, n.Text) {
				return col.X
			}
		}
		return n
	}
	if n.Op == sql.Call && aggregates[n.Text] {
		return n
	}
	put := *n
	put.Args = nil
	for _, a := range n.Args {
		put.Args = append(put.Args, c.aliased(a, s, columns))
	}
	return &put
}

// has reports whether a scope has a column.
func (c *compiler) has(s *scope, name string) bool {
	switch {
	case s.table:
		_, _, err := c.table.Column(name)
		return err == nil
	case s.stage != nil:
		for _, o := range s.stage.outputs {
			if same(o.name, name) {
				return true
			}
		}
		return false
	}
	return s.column(name) != nil || s.star && c.has(s.inner, name)
}

// keysOf resolves what GROUP BY names: columns by number or alias.
func (c *compiler) keysOf(q *sql.Query, s *scope, keys []*sql.Node) []*sql.Node {
	out := make([]*sql.Node, len(keys))
	for i, k := range keys {
		if out[i] = k; k.Op == sql.Number {
			at, err := strconv.Atoi(k.Text)
			if err != nil || at < 1 || at > len(q.Columns) || q.Columns[at-1].Star {
				c.wrong(k.Start, "", "there is no column %s to group by", k.Text)
			}
			out[i] = q.Columns[at-1].X
			continue
		}
		out[i] = c.aliased(k, s, q.Columns)
	}
	return out
}

// projection is a selection of columns, row by row.
func (c *compiler) projection(q *sql.Query, s *scope, columns []sql.Column) *scope {
	out := &scope{inner: s}
	e := c.in(s, newBuilder(s.base() == nil))
	for i, col := range columns {
		if col.Star {
			out.star = true
			continue
		}
		if col.Name == "" {
			col.Name = "column" + strconv.Itoa(i+1)
		}
		e.value(col.X, vector.Null) // to find what is wrong with it
		out.columns = append(out.columns, col)
	}
	if s.where != nil {
		e.value(s.where, vector.Bool)
	}
	return out
}

// aggregating reports whether an aggregate is among columns.
func aggregating(columns []sql.Column) bool {
	found := false
	for _, col := range columns {
		col.X.Walk(func(n *sql.Node) bool {
			found = found || n.Op == sql.Call && aggregates[n.Text]
			return !found
		})
	}
	return found
}

// stage begins a stage over the rows of s, grouped by keys unless there are none.
func (c *compiler) stage(s *scope, keys []*sql.Node) *stage {
	st := &stage{source: s, before: newBuilder(s.base() == nil), where: -1, having: -1, byKeys: len(keys) > 0, specOf: map[string]int{}, after: newBuilder(true)}
	e := c.in(s, st.before)
	st.where = e.filter(s, -1)
	for _, k := range keys {
		kind := e.settled(e.kind(k))
		st.keys, st.kinds = append(st.keys, e.value(k, kind)), append(st.kinds, kind)
		st.hashes = append(st.hashes, c.hashOf(k))
	}
	return st
}

// filter compiles the conditions of selections within each other, and with.
func (e env) filter(s *scope, with int) int {
	for ; s != nil; s = s.inner {
		if s.where == nil {
			continue
		}
		with = e.both(with, e.at(s.inner).value(s.where, vector.Bool))
	}
	return with
}

// both compiles the and of two registers, of which a may be none.
func (e env) both(a, b int) int {
	if a < 0 {
		return b
	}
	return e.b.apply("and", vector.And, a, b)
}

// env returns the environment of values over the groups.
func (st *stage) env(e env) env {
	e.b, e.group = st.after, st
	return e
}

// over returns the environment of the rows that groups are of.
func (e env) over() env {
	if e.group == nil {
		return e
	}
	e.b, e.scope, e.group = e.group.before, e.group.source, nil
	return e
}

// output adds a column to the stage's rows: a number where nothing else is known.
func (st *stage) output(e env, x *sql.Node, name string) {
	g := st.env(e)
	kind := g.kind(x)
	if kind == loose || kind == vector.Null {
		if kind = vector.Number; st.key(g, x) >= 0 || x.Op == sql.Text {
			kind = vector.Text
		}
	}
	st.outputs = append(st.outputs, output{name, g.value(x, kind), kind})
}

// key returns which key n is, -1 if none.
func (st *stage) key(e env, n *sql.Node) int {
	if len(st.hashes) == 0 {
		return -1
	}
	h := e.hashOf(n)
	for i, k := range st.hashes {
		if h == k {
			return i
		}
	}
	return -1
}

// grouped compiles what of a value over groups comes from the groups: a key, an
// aggregate, or a query of the same dataset that yields one value.
func (st *stage) grouped(e env, n *sql.Node) (register int, kind vector.Kind, ok bool) {
	if i := st.key(e, n); i >= 0 {
		return e.b.load(i, st.kinds[i], false), st.kinds[i], true
	}
	over := e.over()
	switch {
	case n.Op == sql.Call && aggregates[n.Text]:
		if n.Filter != nil {
			return st.aggregate(e, over, n, over.value(n.Filter, vector.Bool), st.where)
		}
		return st.aggregate(e, over, n, -1, st.where)
	case n.Op == sql.Select:
		return st.inner(e, n), e.kind(n), true
	}
	return 0, 0, false
}

// inner compiles a query that yields one value: its aggregates become the
// stage's own, over the rows of its own condition.
func (st *stage) inner(e env, n *sql.Node) int {
	if st.byKeys || st.source.base() == nil {
		e.unsupported(n.Start, "", "a query within a query of groups is not supported")
	}
	q := n.Query
	if len(q.Columns) != 1 || q.Columns[0].Star || q.GroupBy != nil || q.Having != nil || q.Distinct || q.Limit >= 0 || q.From == nil || !aggregating(q.Columns) {
		e.unsupported(n.Start, "", "a query that does not yield one aggregate is not supported here")
	}
	own := *q
	own.Columns = []sql.Column{{Star: true}}
	s := e.selection(&own, false)
	if s.base() == nil {
		e.unsupported(n.Start, "", "a query of groups within a query is not supported")
	}
	// The same stage, seen from other rows.
	view := &stage{source: s, before: st.before, byKeys: false, specOf: st.specOf, after: st.after, specs: st.specs}
	view.where = e.in(s, st.before).filter(s, -1)
	inner := e
	inner.scope, inner.group = s, view
	kind := inner.kind(q.Columns[0].X)
	if kind == loose {
		kind = vector.Number
	}
	r := inner.value(q.Columns[0].X, kind)
	st.specs = view.specs
	return r
}

// hashOf tells expressions apart by their form, whatever the case of their names.
func (c *compiler) hashOf(n *sql.Node) uint64 {
	if n == nil {
		return 0
	}
	if h, ok := c.hash[n]; ok {
		return h
	}
	text := n.Text
	if n.Op == sql.Name {
		text = strings.ToLower(text)
	}
	b := fmt.Appendf(nil, "%d %q %t %t %t ", n.Op, text, n.Not, n.Star, n.Distinct)
	for _, a := range n.Args {
		b = binary.LittleEndian.AppendUint64(b, c.hashOf(a))
	}
	b = binary.LittleEndian.AppendUint64(b, c.hashOf(n.Filter))
	if n.Query != nil {
		b = fmt.Appendf(b, "%p", n.Query)
	}
	h := xxh3.Hash(b)
	c.hash[n] = h
	return h
}
