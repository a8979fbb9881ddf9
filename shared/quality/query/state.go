package query

import (
	"fmt"
	"math/big"
	"slices"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/words"
)

// A State is what a query has seen of a file. It is a [state.Aggregate]; states
// that merge must be of the same query.
type State struct {
	query *Query
	fold  *fold
}

var _ state.Aggregate = (*State)(nil)

// NewState returns a state that has seen nothing.
func (q *Query) NewState() *State { return &State{q, newFold(q.stages[0])} }

// Observe takes in a block.
func (s *State) Observe(v *view.View) {
	s.fold.rows.over(v, func(_, n int) { s.fold.take(n) })
}

// Merge adds what another state has seen.
func (s *State) Merge(other state.Aggregate) { s.fold.merge(other.(*State).fold) }

// A fold is a stage at work: it takes in rows and yields those of its groups.
type fold struct {
	stage        *stage
	rows         *machine
	groups       *groups // nil if there is but one
	accumulators []accumulator
	numbers      []uint32
	args         []*vector.Vector
}

func newFold(st *stage) *fold {
	f := &fold{stage: st, rows: st.before.machine()}
	for _, s := range st.specs {
		f.accumulators = append(f.accumulators, newAccumulator(s, st.byKeys))
	}
	if st.byKeys {
		f.groups = &groups{kinds: st.kinds, most: mostGroups(st)}
	} else {
		f.grow(1)
	}
	return f
}

func (f *fold) grow(n int) {
	for _, a := range f.accumulators {
		a.grow(n)
	}
}

// len returns how many groups there are.
func (f *fold) len() int {
	if f.groups == nil {
		return 1
	}
	return f.groups.len()
}

// take accumulates n rows, whose values are in the registers.
func (f *fold) take(n int) {
	var group []uint32
	if f.groups != nil {
		f.numbers = slices.Grow(f.numbers[:0], n)[:n]
		group = f.numbers
		f.groups.number(group, f.registers(f.stage.keys), f.mask(f.stage.where))
		f.grow(f.groups.len())
	}
	for i, s := range f.stage.specs {
		f.accumulators[i].add(f.registers(s.args), f.mask(s.mask), group, n)
	}
}

func (f *fold) registers(at []int) []*vector.Vector {
	f.args = f.args[:0]
	for _, r := range at {
		f.args = append(f.args, &f.rows.registers[r])
	}
	return f.args
}

func (f *fold) mask(register int) []uint8 {
	if register < 0 {
		return nil
	}
	return f.rows.registers[register].Truths
}

func (f *fold) merge(o *fold) {
	to := []uint32{0}
	if f.groups != nil {
		to = f.groups.merge(o.groups)
		f.grow(f.groups.len())
	}
	for i, a := range f.accumulators {
		a.merge(o.accumulators[i], to)
	}
}

// full says that more groups or values came than are kept; "" if they did not.
func (f *fold) full() string {
	over := f.groups != nil && f.groups.full
	for _, a := range f.accumulators {
		d, ok := a.(*distincts)
		over = over || ok && d.full
	}
	if over {
		most := state.GroupLimit
		if f.groups != nil {
			most = f.groups.most
		}
		return fmt.Sprintf("the query has more than %s groups or different values, or their keys are longer than %s in all; repeated keys are found in any number by the metric duplicateValues", words.Count(int64(most)), words.Bytes(maxKeyBytes))
	}
	return ""
}

// chunk is how many groups are worked on at a time.
const chunk = 1024

// yield calls each with the rows of the stage, by chunks: its outputs, n rows.
func (f *fold) yield(each func(rows []vector.Vector, n int)) {
	m := f.stage.after.machine()
	inputs := make([]vector.Vector, len(f.stage.keys)+len(f.accumulators))
	outputs := make([]vector.Vector, len(f.stage.outputs))
	for from := 0; from < f.len(); from += chunk {
		to := min(from+chunk, f.len())
		if f.groups != nil {
			f.groups.values(inputs, from, to)
		}
		for i, a := range f.accumulators {
			a.result(&inputs[len(f.stage.keys)+i], from, to)
		}
		m.take(inputs, to-from)
		kept := 0
		for i, o := range f.stage.outputs {
			outputs[i].Resize(o.kind, to-from)
		}
		for row := range to - from {
			if h := f.stage.having; h >= 0 && m.registers[h].Truths[row] != vector.True {
				continue
			}
			for i, o := range f.stage.outputs {
				outputs[i].Copy(kept, &m.registers[o.register], row)
			}
			kept++
		}
		each(outputs, kept)
	}
}

// An Answer is what a query yields.
type Answer struct {
	// Value is the number: 1 for true and 0 for false, the count of a listing.
	Value float64
	// Null says that the value is NULL, or that there is no row.
	Null bool
	// Groups are the first of the groups that the query lists, by their text:
	// "region=North count=3".
	Groups []string
}

// Answer returns what the query yields of what s has seen, with up to samples
// groups. A problem says why there is no answer.
func (s *State) Answer(samples int) (a Answer, problem string) {
	f := s.fold
	for i, st := range s.query.stages[1:] {
		if problem := f.full(); problem != "" {
			return a, problem
		}
		next := newFold(st)
		last := i == len(s.query.stages)-2
		f.yield(func(rows []vector.Vector, n int) {
			next.rows.take(rows, n)
			next.take(n)
			if last && s.query.groups {
				a.Groups = noteGroups(a.Groups, next, f.stage.outputs, rows, n, samples)
			}
		})
		f = next
	}
	if problem := f.full(); problem != "" {
		return a, problem
	}
	slices.Sort(a.Groups)
	a.Groups = a.Groups[:min(samples, len(a.Groups))]
	a.Null = true
	f.yield(func(rows []vector.Vector, n int) {
		for row := range n {
			if a.Null, problem = rows[0].IsNull(row), ""; !a.Null {
				a.Value, problem = numeric(&rows[0], row)
			}
		}
	})
	if s.query.limit >= 0 && s.query.listing {
		a.Value = min(a.Value, float64(s.query.limit))
	}
	return a, problem
}

// numeric returns a value as a float64, and why that is impossible.
func numeric(v *vector.Vector, row int) (float64, string) {
	switch v.Kind {
	case vector.Number:
		if v.Kinds[row] == decimal.Fits {
			return v.Numbers[row].Float64(), ""
		}
		f, _ := new(big.Rat).Set(v.Rat(row)).Float64()
		return f, ""
	case vector.Bool:
		return float64(v.Truths[row]), ""
	case vector.Text:
		if d, kind := decimal.Parse(v.Texts[row]); kind == decimal.Fits {
			return d.Float64(), ""
		}
	}
	return 0, fmt.Sprintf("the query yields %s, and a check compares a number", v.Kind)
}

// noteGroups adds the texts of rows that the last stage counted, and now and
// then leaves only the first by text, so that they stay few.
func noteGroups(all []string, next *fold, outputs []output, rows []vector.Vector, n, samples int) []string {
	where := next.mask(next.stage.where)
	for row := range n {
		if where != nil && where[row] != vector.True {
			continue
		}
		text := ""
		for i, o := range outputs {
			value := "null"
			if !rows[i].IsNull(row) {
				value = string(rows[i].Format(row))
			}
			if i > 0 {
				text += " "
			}
			text += o.name + "=" + value
		}
		all = append(all, text)
	}
	if len(all) > 2*chunk {
		slices.Sort(all)
		all = all[:samples]
	}
	return all
}
