package query

import (
	"encoding/binary"
	"fmt"
	"sort"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/quality/view"
)

// A program computes registers, each a vector, for a block of rows: it loads
// columns and runs its steps in order, each of which works on all rows. Equal
// expressions share a register. A program does not change once it is built.
type program struct {
	registers int
	loads     []load
	constants []constant
	steps     []step
}

// A load fills a register from a column of the file, or with input slot of the
// stage before.
type load struct {
	register, slot int
	kind           vector.Kind
	present        bool // whether the cell is not null, instead of its value
}

// A constant is a register with the same value in all rows.
type constant struct {
	register int
	value    *vector.Vector // of one row
}

// A step applies an operation to registers.
type step struct {
	op   vector.Op
	out  int
	args []int
}

// A builder makes a program.
type builder struct {
	program
	same   map[string]int         // registers by what they hold
	fixed  map[int]*vector.Vector // the constant registers' values
	inputs bool                   // columns are inputs and not the file's
}

func newBuilder(inputs bool) *builder {
	return &builder{same: map[string]int{}, fixed: map[int]*vector.Vector{}, inputs: inputs}
}

// maxRegisters bounds what a program computes of each row, and with piece its memory.
const maxRegisters = 2000

// register returns the register of key, and whether it must yet be filled.
func (b *builder) register(key string) (register int, fresh bool) {
	if r, ok := b.same[key]; ok {
		return r, false
	}
	if b.registers == maxRegisters {
		panic(vector.Limit(fmt.Sprintf("the query computes more than %d different things", maxRegisters)))
	}
	b.same[key] = b.registers
	b.registers++
	return b.registers - 1, true
}

func (b *builder) load(slot int, kind vector.Kind, present bool) int {
	r, fresh := b.register(fmt.Sprint("load ", slot, kind, present))
	if fresh {
		b.loads = append(b.loads, load{r, slot, kind, present})
	}
	return r
}

// constant returns the register of a vector of one row.
func (b *builder) constant(v *vector.Vector) int {
	key := fmt.Sprintf("constant %d ", v.Kind)
	if v.IsNull(0) {
		key += "null"
	} else {
		key += "=" + string(v.Format(0))
	}
	r, fresh := b.register(key)
	if fresh {
		b.constants = append(b.constants, constant{r, v})
		b.fixed[r] = v
	}
	return r
}

// apply returns the register of an operation on others; name tells operations
// apart. What only depends on constants is computed here.
func (b *builder) apply(name string, op vector.Op, args ...int) int {
	key := []byte(name)
	key = append(key, 0)
	fixed := make([]*vector.Vector, 0, len(args))
	for _, a := range args {
		key = binary.AppendUvarint(key, uint64(a))
		if v := b.fixed[a]; v != nil {
			fixed = append(fixed, v)
		}
	}
	if len(fixed) == len(args) {
		out := new(vector.Vector)
		op(out, fixed, 1)
		return b.constant(out)
	}
	r, fresh := b.register(string(key))
	if fresh {
		b.steps = append(b.steps, step{op, r, args})
	}
	return r
}

// A machine runs a program; it is used by one goroutine at a time.
type machine struct {
	program   *program
	registers []vector.Vector
	filled    []int // how many rows of the constants hold their value
	args      []*vector.Vector
}

func (p *program) machine() *machine {
	return &machine{program: p, registers: make([]vector.Vector, p.registers), filled: make([]int, len(p.constants))}
}

// piece is how many rows a program works on at a time, so that its registers
// stay small whatever a block holds.
const piece = 2048

// over runs the program over a block of the file, piece by piece: it calls each
// with the row that a piece begins with and how many rows it has, whose values are
// then in the registers.
func (m *machine) over(v *view.View, each func(from, n int)) {
	for _, l := range m.program.loads {
		v.Spans(l.slot) // unquoting may move the data, so that all of it comes first
	}
	for from := 0; from < v.Len(); from += piece {
		n := min(piece, v.Len()-from)
		for _, l := range m.program.loads {
			fill(&m.registers[l.register], v, l, from, n)
		}
		m.run(n)
		each(from, n)
	}
}

// take runs the program on n rows of inputs.
func (m *machine) take(inputs []vector.Vector, n int) {
	for _, l := range m.program.loads {
		if l.present {
			vector.IsNull(&m.registers[l.register], []*vector.Vector{&inputs[l.slot]}, n)
			vector.Not(&m.registers[l.register], []*vector.Vector{&m.registers[l.register]}, n)
		} else {
			m.registers[l.register] = inputs[l.slot]
		}
	}
	m.run(n)
}

func (m *machine) run(n int) {
	for i, c := range m.program.constants {
		if m.filled[i] >= n {
			continue
		}
		r := &m.registers[c.register]
		r.Resize(c.value.Kind, n)
		for row := range n {
			r.Copy(row, c.value, 0)
		}
		m.filled[i] = n
	}
	for i := range m.program.steps {
		s := &m.program.steps[i]
		m.args = m.args[:0]
		for _, a := range s.args {
			m.args = append(m.args, &m.registers[a])
		}
		s.op(&m.registers[s.out], m.args, n)
	}
}

// fill sets out to n rows of a column of a block.
func fill(out *vector.Vector, v *view.View, l load, from, n int) {
	switch {
	case !l.present && l.kind == vector.Number:
		fillNumbers(out, v, l.slot, from, n)
		return
	case !l.present && l.kind.Moment():
		moments, valid := v.Moments(l.slot)
		out.Kind, out.Moments, out.Valid = l.kind, moments[from:from+n], valid[from:from+n]
		return
	}
	data := v.Batch.Data
	out.Resize(l.kind, n)
	for i, s := range v.Spans(l.slot)[from : from+n] {
		switch {
		case l.present && s.IsNull():
			out.Truths[i] = vector.False
		case l.present:
			out.Truths[i] = vector.True
		case s.IsNull():
			out.SetNull(i)
		case l.kind == vector.Bool:
			out.Truths[i] = vector.ReadBool(data[s.Start:s.End])
		default:
			out.Texts[i] = data[s.Start:s.End:s.End]
		}
	}
}

// fillNumbers sets out to n numbers of a column.
func fillNumbers(out *vector.Vector, v *view.View, slot, from, n int) {
	u := v.Units(slot)
	out.Resize(vector.Number, n)
	for i, x := range u.Values[from : from+n] {
		out.Numbers[i] = decimal.Decimal{Coef: x, Scale: u.Scale}
		out.Kinds[i] = decimal.Fits
	}
	first := sort.Search(len(u.Odd), func(i int) bool { return int(u.Odd[i].Row) >= from })
	for _, o := range u.Odd[first:] {
		row := int(o.Row) - from
		if row >= n {
			return
		}
		out.Numbers[row], out.Kinds[row] = o.Number, o.Kind
		if o.Kind == decimal.Large {
			out.Enlarge(row, v.Value(slot, int(o.Row)))
		}
	}
}
