package query

import (
	"sync"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/sql"
)

// rows are the rows that a query counts, where it does no more than that: it
// lists them, counts those of a condition, or sums a CASE of ones and zeros, and at most
// scales the count and divides it by the count of all rows.
type rows struct {
	program *program
	pool    *sync.Pool
	looked  int // the register of the rows that it looks at, -1 for all
	counted int // of those that it counts
	share   bool
}

// rowsOf finds what rows a query counts; nil if it does something else.
func (c *compiler) rowsOf(tree *sql.Query, q *Query) *rows {
	if len(q.stages) != 1 || tree.Having != nil {
		return nil
	}
	b := newBuilder(false)
	r := &rows{program: &b.program, looked: -1, counted: -1}
	s := q.stages[0].source
	e := c.in(s, b)
	where := e.filter(s, -1)
	if q.listing {
		r.counted = where
	} else {
		count, share := counting(tree.Columns[0].X)
		if count == nil || count.Distinct || !e.flags(count) {
			return nil
		}
		r.share, r.counted = share, where
		if condition := e.counted(count); condition >= 0 {
			r.looked, r.counted = where, e.both(where, condition)
		} else if share {
			return nil // all of all
		}
	}
	if r.counted < 0 {
		return nil
	}
	r.pool = machines(r.program)
	return r
}

// counting finds the aggregate that counts in c, c * 100.0, 100.0 * c / COUNT(*)
// and the like; share says that it is divided by the count of all.
func counting(n *sql.Node) (count *sql.Node, share bool) {
	switch n.Op {
	case sql.Call:
		switch nameOf(n) {
		case "ROUND", "COALESCE":
			if len(n.Args) > 0 {
				return counting(n.Args[0])
			}
		case "COUNT", "COUNT_IF", "COUNTIF", "SUM", "AVG":
			return n, n.Text == "AVG"
		}
	case sql.Cast:
		return counting(n.Args[0])
	case sql.Multiply:
		for i, x := range n.Args {
			if x.Op == sql.Number {
				return counting(n.Args[1-i])
			}
		}
	case sql.Divide:
		count, share = counting(n.Args[0])
		if count != nil && !share && all(n.Args[1]) {
			return count, true
		}
	}
	return nil, false
}

// all reports whether n is the count of all rows, or that with NULLIF around it.
func all(n *sql.Node) bool {
	if n.Op == sql.Cast || n.Op == sql.Call && (nameOf(n) == "NULLIF" || n.Text == "GREATEST") {
		return len(n.Args) > 0 && all(n.Args[0])
	}
	return n.Op == sql.Call && n.Text == "COUNT" && !n.Distinct && n.Filter == nil && (n.Star || len(n.Args) == 1 && n.Args[0].Op == sql.Number)
}

// flags reports whether an aggregate counts rows: SUM and AVG do so of truths,
// and of a CASE of 0 and one other number.
func (e env) flags(n *sql.Node) bool {
	if name := nameOf(n); name != "SUM" && name != "AVG" {
		return true
	}
	x := n.Args[0]
	for x.Op == sql.Cast {
		x = x.Args[0]
	}
	if e.kind(x) == vector.Bool {
		return true
	}
	of := values(x)
	if x.Op == sql.Call && nameOf(x) == "IF" && len(x.Args) == 3 {
		of = x.Args[1:]
	} else if x.Op != sql.Case {
		return false
	}
	other := ""
	for _, v := range of {
		d, ok := e.number(v)
		switch {
		case v.Op == sql.Null || ok && d.Sign() == 0:
		case !ok || d.Sign() < 0 || other != "" && other != d.String():
			return false
		default:
			other = d.String()
		}
	}
	return other != ""
}

// counted compiles the condition of the rows that an aggregate counts, -1 if it
// counts all.
func (e env) counted(n *sql.Node) int {
	condition := -1
	if n.Filter != nil {
		condition = e.value(n.Filter, vector.Bool)
	}
	switch nameOf(n) {
	case "COUNT":
		if len(n.Args) == 1 && n.Args[0].Op != sql.Number {
			return e.both(condition, e.present(n.Args[0]))
		}
	case "COUNT_IF", "COUNTIF":
		return e.both(condition, e.value(n.Args[0], vector.Bool))
	default:
		zero := e.value(&sql.Node{Op: sql.Number, Text: "0"}, vector.Number)
		is := e.b.apply("unequal", vector.Compare(vector.Unequal), e.value(n.Args[0], vector.Number), zero)
		return e.both(condition, e.b.apply("is true", vector.Is(vector.True), is))
	}
	return condition
}

// Violations returns the kernel of the rows that break a rule which wants the
// query's number to be so: the rows that it counts if the number should be
// small, and if a share of all should be large the rows that it does not. It is nil if the
// query names no rows, or the number should be something else.
func (q *Query) Violations(want contract.Want) kernel.Kernel {
	r := q.rows
	if r == nil {
		return nil
	}
	counted := false
	switch want.Op {
	case contract.Less, contract.LessOrEqual:
		counted = true
	case contract.Equal:
		counted = want.Low == 0
		if !counted && (!r.share || want.Low != 1 && want.Low != 100) {
			return nil
		}
	case contract.Greater, contract.GreaterOrEqual:
		if !r.share {
			return nil
		}
	default:
		return nil
	}
	return func(v *view.View, bad []uint32) ([]uint32, int) {
		m := r.pool.Get().(*machine)
		defer r.pool.Put(m)
		looked := 0
		m.over(v, func(from, n int) {
			for row := range n {
				if r.looked >= 0 && m.registers[r.looked].Truths[row] != vector.True {
					continue
				}
				looked++
				if (m.registers[r.counted].Truths[row] == vector.True) == counted {
					bad = append(bad, uint32(from+row))
				}
			}
		})
		return bad, looked
	}
}

// Unit says what the query's number counts: "rows", "groups", or "" if it is
// something else.
func (q *Query) Unit() string {
	switch {
	case q.groups:
		return "groups"
	case q.listing, q.rows != nil && !q.rows.share:
		return "rows"
	}
	return ""
}

// Unlisted returns the kernel of the rows that a query which lists rows leaves
// out; nil if the query is no such listing.
func (q *Query) Unlisted() kernel.Kernel {
	r := q.rows
	if !q.listing || q.groups {
		return nil
	}
	return func(v *view.View, bad []uint32) ([]uint32, int) {
		if r == nil { // it lists all
			return bad, v.Len()
		}
		m := r.pool.Get().(*machine)
		defer r.pool.Put(m)
		m.over(v, func(from, n int) {
			for row := range n {
				if m.registers[r.counted].Truths[row] != vector.True {
					bad = append(bad, uint32(from+row))
				}
			}
		})
		return bad, v.Len()
	}
}
