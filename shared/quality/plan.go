package quality

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/tabular"
)

// A plan is a contract's table compiled for one file: which columns are looked
// at and by which checks.
type plan struct {
	in       *Input
	table    *contract.Table
	dialect  tabular.Dialect
	header   []string
	position map[string]int // of each column name in the header, first occurrence
	slots    []state.Slot
	slotOf   map[int]int // by position in the header
	checks   []*check
	aggs     []func() state.Aggregate
	aggWhere []int // which filter each aggregate looks through; see state.View.Where
	keys     []*state.KeySpec
	filters  []state.Filter
	filterOf map[string]int // filters by their text
	where    int            // the filter of the rule that is being compiled; 0 is none
	keyBound int            // entries a worker may hold in memory for one key
	// structure is the index of the check on the file's form.
	structure int
	refs      map[string]*reference
	ids       map[string]bool
	listings  map[string]*listing                         // of rules on files, by path
	analyzed  map[string]statistic                        // what analyzers ask for, by its name in AWS Glue
	kept      map[string]measure                          // metrics for history, by name:column
	shared    map[string]int                              // aggregates that several checks read, by what they measure
	sum       uint64                                      // digest, of a plan for a section
	recalled  map[string][]func(*findings, *drift.Column) // what is remembered for later files, by column
	recalls   []string                                    // the keys of recalled, in order
}

// ErrNoTable is returned for an Input whose Table the contract does not have.
var ErrNoTable = errors.New("the contract has no such table")

// compile turns the contract's facts and rules into checks over a file with
// this header. References are not read yet.
func compile(in *Input, header []string, headerFaults []tabular.Fault, d tabular.Dialect) (*plan, error) {
	table, ok := in.Contract.Table(in.Table)
	if !ok {
		return nil, fmt.Errorf("table %q: %w", in.Table, ErrNoTable)
	}
	p := &plan{
		in: in, table: table, dialect: d, header: header,
		position: make(map[string]int, len(header)), slotOf: map[int]int{}, filterOf: map[string]int{},
		refs: map[string]*reference{}, ids: map[string]bool{}, kept: map[string]measure{}, analyzed: map[string]statistic{},
		recalled: map[string][]func(*findings, *drift.Column){}, listings: map[string]*listing{}, shared: map[string]int{},
	}
	for i, name := range header {
		if _, ok := p.position[name]; !ok {
			p.position[name] = i
		}
	}
	p.compileHeader(headerFaults)
	for i := range table.Columns {
		p.compileColumn(&table.Columns[i])
	}
	p.compilePrimaryKey()
	for i := range table.Rules {
		p.compileRule(nil, &table.Rules[i])
	}
	for i := range table.Relationships {
		p.compileRelationship(&table.Relationships[i])
	}
	for i := range in.Contract.SLAs {
		p.compileSLA(&in.Contract.SLAs[i])
	}
	p.compileBusiness()
	bound := in.KeyBytes / state.KeyEntryBytes
	if n := int64(len(p.keys) * in.Threads); n > 1 {
		bound /= n
	}
	p.keyBound = int(max(bound, leastKeys))
	return p, nil
}

// leastKeys is how many keys a worker holds in memory for each key, however
// many there are.
const leastKeys = 64

// add appends a check, making its id unique, and returns its index.
func (p *plan) add(c *check) int {
	id := c.say.ID
	for n := 2; p.ids[c.say.ID]; n++ {
		c.say.ID = fmt.Sprintf("%s_%d", id, n)
	}
	p.ids[c.say.ID] = true
	// A description may serve as the name, and is a sentence then.
	if c.say.Name = strings.TrimSuffix(strings.TrimSpace(c.say.Name), "."); c.say.Name == "" {
		c.say.Name = c.say.ID
	}
	p.checks = append(p.checks, c)
	return len(p.checks) - 1
}

// need registers an aggregate and returns where findings will hold it.
func (p *plan) need(make func() state.Aggregate) int {
	p.aggs, p.aggWhere = append(p.aggs, make), append(p.aggWhere, p.where)
	return len(p.aggs) - 1
}

// column finds a column of the file by its name in the contract, or by the
// physical name that the contract gives it, and returns its slot.
func (p *plan) column(name string) (slot int, ok bool) {
	col, known := p.table.Column(name)
	at, ok := p.position[name]
	if known {
		at, ok = p.find(col)
	}
	if !ok {
		return -1, false
	}
	if s, ok := p.slotOf[at]; ok {
		return s, true
	}
	s := slotFor(name, at, col)
	p.slots = append(p.slots, s)
	p.slotOf[at] = len(p.slots) - 1
	return len(p.slots) - 1, true
}

// find returns the position of a contract's column in the header.
func (p *plan) find(c *contract.Column) (int, bool) {
	if at, ok := p.position[c.Name]; ok {
		return at, true
	}
	if c.PhysicalName == "" {
		return -1, false
	}
	at, ok := p.position[c.PhysicalName]
	return at, ok
}

// columns finds several columns; missing names the first that isn't there.
func (p *plan) columns(names []string) (slots []int, missing string) {
	for _, name := range names {
		s, ok := p.column(name)
		if !ok {
			return nil, cmp.Or(name, "(without a name)") // "" says that none is missing
		}
		slots = append(slots, s)
	}
	return slots, ""
}

// slotFor describes how a column's cells are read as points in time. A column
// without a contract, or of no date type, is read as an ISO timestamp or date.
func slotFor(name string, at int, c *contract.Column) state.Slot {
	s := state.Slot{Name: name, Position: at, Layout: datetime.ISOTimestamp(), Zone: time.UTC}
	s.Loose = c == nil || c.Type == "" || c.Type == contract.String
	if c == nil {
		return s
	}
	switch c.Type {
	case contract.Date:
		s.Layout = datetime.ISODate()
	case contract.Time:
		s.Layout = datetime.ISOTime()
	}
	if c.Options.Format != "" && (c.Type == contract.Date || c.Type == contract.Timestamp || c.Type == contract.Time) {
		if l, err := datetime.Compile(c.Options.Format); err == nil {
			s.Layout = l
		}
	}
	if zone, err := time.LoadLocation(c.Options.DefaultTimezone); err == nil {
		s.Zone = zone
	}
	return s
}

// personal reports whether any of the slots is of a personal column.
func (p *plan) personal(slots ...int) bool {
	for _, s := range slots {
		if s < 0 {
			continue
		}
		if c, ok := p.table.Column(p.slots[s].Name); ok && c.Personal {
			return true
		}
	}
	return false
}

// shown is what a sample shows of a row: the check's column, or the columns
// of its key.
func (p *plan) shown(c *check, v *state.View, row int) string {
	if c.personal && !p.in.ShowPersonal {
		if len(c.shows) == 1 && len(v.Value(c.shows[0], row)) == 0 {
			return "" // that nothing is there tells nobody's secret
		}
		return masked
	}
	if len(c.shows) == 1 {
		return cut(v.Value(c.shows[0], row))
	}
	parts := make([]string, len(c.shows))
	for i, s := range c.shows {
		parts[i] = p.slots[s].Name + "=" + cut(v.Value(s, row))
	}
	return strings.Join(parts, " ")
}

// masked stands for a personal value.
const masked = "•••"

// valueBytes is how much of a value a sample shows.
const valueBytes = 120

// cut returns a value for a person, no longer than valueBytes and valid UTF-8.
func cut(value []byte) string {
	if len(value) <= valueBytes {
		return strings.ToValidUTF8(string(value), "\uFFFD")
	}
	return strings.ToValidUTF8(string(value[:valueBytes]), "") + "…"
}

// A check is one compiled rule: what to say of it, and one of the ways to
// measure it.
type check struct {
	// say is the result's fixed part: id, name, column, dimension, severity,
	// unit, want, impact and place.
	say  Result
	want contract.Want

	// kernel finds bad rows within a block; nil if the check has no such rows.
	kernel state.Kernel
	where  int // the filter that it looks through
	// build makes the kernel once the column's slot is known.
	build func(slot int) state.Kernel
	// prepare, if not nil, runs once the references are read.
	prepare func()
	// keys, if not nil, finds rows whose key came before, once all are seen.
	keys *state.KeySpec
	// finish fills the result where counting bad rows is not all; nil is byRows.
	finish func(f *findings, t *tally, r *Result)
	// blocked says why the check could not be compiled; status is then
	// Errored or Skipped.
	blocked string
	status  Status

	// metric is how AWS Glue names what the check measures; "" if it has no name.
	metric string
	// composite, if not nil, judges the check by checks that are a part.
	composite *composite
	part      bool

	// ofForm is set for each check on the file's form; they share a tally.
	ofForm bool
	// complaint completes "12 of 3,214 values …": "are empty".
	complaint string
	// noun is what is counted: rows or values.
	noun   string
	advice string
	// shows are the slots whose values samples show; none for a check that is
	// of no column.
	shows    []int
	personal bool
}

// strict reports whether a single bad row fails the check.
func (c *check) strict() bool {
	return c.want.Op == contract.Equal && c.want.Low == 0
}

// A tally is what one worker, or all of them, counted for one check.
type tally struct {
	violations, looked int64
	samples            []sample // in file order, no more than the input asks for
	rows               state.RowSet
	repeated           *state.RowSet // rows whose key came before; nil if the check has no keys
	// crashed says why the check stopped; the check is then Errored.
	crashed string
}

// A sample is a bad row before its place in the whole file is known.
type sample struct {
	block, ordinal, line int
	value                string
}

func (s sample) before(o sample) bool {
	return s.block < o.block || s.block == o.block && s.ordinal < o.ordinal
}

// merge adds what other counted; limit is how many samples to keep.
func (t *tally) merge(other *tally, limit int) {
	t.violations += other.violations
	t.looked += other.looked
	t.rows.Merge(&other.rows)
	if t.crashed == "" {
		t.crashed = other.crashed
	}
	merged := make([]sample, 0, limit)
	a, b := t.samples, other.samples
	for len(merged) < limit && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].before(b[0]) {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	t.samples = merged
}
