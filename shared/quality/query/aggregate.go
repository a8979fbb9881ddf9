package query

import (
	"fmt"

	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/sql"
)

// aggregates are the functions of many rows.
var aggregates = map[string]bool{
	"COUNT": true, "COUNT_IF": true, "COUNTIF": true, "SUM": true, "AVG": true, "MEAN": true, "MIN": true, "MAX": true,
	"STDDEV": true, "STDDEV_SAMP": true, "STDDEV_POP": true, "VARIANCE": true, "VAR_SAMP": true, "VAR_POP": true,
}

// A spec is an aggregate of a stage: what accumulates, over which registers, and
// the register that says which rows count, -1 for all.
type spec struct {
	name string // of the accumulator: count, sum, avg, min, max, var, stddev …
	mask int
	args []int
	kind vector.Kind // of its result
}

// aggregate registers an aggregate of the stage and returns the register of its
// results over the groups.
func (st *stage) aggregate(e, over env, n *sql.Node, filter, where int) (int, vector.Kind, bool) {
	mask := where
	if filter >= 0 {
		mask = over.both(where, filter)
	}
	s := spec{mask: mask, kind: vector.Number}
	need := func(k int) {
		if len(n.Args) != k || n.Star {
			e.wrong(n.Start, "", "%s has one argument", n.Text)
		}
	}
	if n.Distinct && n.Text != "COUNT" && n.Text != "MIN" && n.Text != "MAX" {
		e.unsupported(n.Start, "", "%s(DISTINCT …) is not supported", n.Text)
	}
	switch n.Text {
	case "COUNT":
		switch s.name = "count"; {
		case n.Star && len(n.Args) == 0, len(n.Args) == 0 && !n.Distinct:
		case n.Distinct:
			s.name = "distinct"
			for _, a := range n.Args {
				s.args = append(s.args, over.value(a, over.settled(over.kind(a))))
			}
		default:
			need(1)
			s.mask = over.both(mask, over.present(n.Args[0]))
		}
	case "COUNT_IF", "COUNTIF":
		need(1)
		s.name, s.mask = "count", over.both(mask, over.value(n.Args[0], vector.Bool))
	case "MIN", "MAX":
		need(1)
		if s.kind = over.kind(n.Args[0]); s.kind == loose || s.kind == vector.Null {
			s.kind = vector.Number
			if e.want == vector.Text || e.want.Moment() {
				s.kind = e.want
			}
		}
		s.name = map[string]string{"MIN": "min", "MAX": "max"}[n.Text]
		s.args = []int{over.value(n.Args[0], s.kind)}
	default:
		need(1)
		s.name = map[string]string{"SUM": "sum", "AVG": "avg", "MEAN": "avg", "STDDEV": "stddev_samp", "STDDEV_SAMP": "stddev_samp", "STDDEV_POP": "stddev_pop",
			"VARIANCE": "var_samp", "VAR_SAMP": "var_samp", "VAR_POP": "var_pop"}[n.Text]
		s.args = []int{over.value(n.Args[0], vector.Number)}
	}
	key := fmt.Sprint(s)
	i, ok := st.specOf[key]
	if !ok {
		i = len(st.specs)
		st.specOf[key] = i
		st.specs = append(st.specs, s)
	}
	return e.b.load(len(st.keys)+i, s.kind, false), s.kind, true
}
