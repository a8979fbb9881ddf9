package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/series"
	"tillwatch/shared/tabular"
)

// A Plan is a contract's table compiled for one file: which columns are looked
// at and by which checks.
type Plan struct {
	In       *quality.Input
	Table    *contract.Table
	apart    map[string]string // columns that are not in the header and yet not missing, and what they are
	dialect  tabular.Dialect
	Header   []string
	Faults   []tabular.Fault // of the header, or of the file as a whole
	Position map[string]int  // of each column name in the header, first occurrence
	Slots    []view.Slot     // the columns that are looked at
	slotOf   map[int]int     // by position in the header
	checks   []*Check
	aggs     []func() state.Aggregate
	aggWhere []int // which filter each aggregate looks through; see view.View.Where
	keys     []*key.Spec
	filters  []view.Filter
	filterOf map[string]int // filters by their text
	Where    int            // the filter of the rule that is being compiled; 0 is none
	keyBound int            // entries a worker may hold in memory for one key
	// structure is the index of the first check on the file's form, of which there
	// must be one.
	structure int
	refs      map[string]*Reference
	ids       map[string]bool
	listings  map[string]*Listing                         // of rules on files, by path
	Analyzed  map[string]Statistic                        // what analyzers ask for, by its name in AWS Glue
	Kept      map[string]Measure                          // metrics for history, by name:column
	shared    map[string]int                              // aggregates that several checks read, by what they measure
	sum       uint64                                      // digest, of a plan for a section
	recalled  map[string][]func(*Findings, *drift.Column) // what is remembered for later files, by column
	recalls   []string                                    // the keys of recalled, in order
}

// A Compiler makes the checks of a plan.
type Compiler func(*Plan)

// newPlan has the contract's facts and rules compiled into checks over a file with
// this header. References are not read yet.
func (compile Compiler) newPlan(in *quality.Input, header, lists []string, faults []tabular.Fault, d tabular.Dialect) (*Plan, error) {
	table, ok := in.Contract.Table(in.Table)
	if !ok {
		return nil, fmt.Errorf("table %q: %w", in.Table, quality.ErrNoTable)
	}
	table, apart := unfold(table, header, lists)
	p := &Plan{
		In: in, Table: table, apart: apart, dialect: d, Header: header, Faults: faults,
		Position: make(map[string]int, len(header)), slotOf: map[int]int{}, filterOf: map[string]int{},
		refs: map[string]*Reference{}, ids: map[string]bool{}, Kept: map[string]Measure{}, Analyzed: map[string]Statistic{},
		recalled: map[string][]func(*Findings, *drift.Column){}, listings: map[string]*Listing{}, shared: map[string]int{},
	}
	for i, name := range header {
		if _, ok := p.Position[name]; !ok {
			p.Position[name] = i
		}
	}
	compile(p)
	p.structure = slices.IndexFunc(p.checks, func(c *Check) bool { return c.OfForm })
	bound := in.KeyBytes / key.EntryBytes
	if n := int64(len(p.keys) * in.Threads); n > 1 {
		bound /= n
	}
	p.keyBound = int(max(bound, leastKeys))
	return p, nil
}

// Blocked returns the results of the checks that can't be measured of any file with
// these columns.
func (compile Compiler) Blocked(in quality.Input, header []string) ([]quality.Result, error) {
	defaults(&in)
	p, err := compile.newPlan(&in, header, nil, nil, tabular.Dialect{})
	if err != nil {
		return nil, err
	}
	var blocked []quality.Result
	for _, c := range p.checks {
		if c.Status != "" {
			r := c.Say
			r.Status, r.Message = c.Status, c.Blocked
			blocked = append(blocked, r)
		}
	}
	return blocked, nil
}

// leastKeys is how many keys a worker holds in memory for each key, however
// many there are.
const leastKeys = 64

// Add appends a check, making its id unique and its keys, if it has any, known.
func (p *Plan) Add(c *Check) {
	id := c.Say.ID
	for n := 2; p.ids[c.Say.ID]; n++ {
		c.Say.ID = fmt.Sprintf("%s_%d", id, n)
	}
	p.ids[c.Say.ID] = true
	// A description may serve as the name, and is a sentence then.
	if c.Say.Name = strings.TrimSuffix(strings.TrimSpace(c.Say.Name), "."); c.Say.Name == "" {
		c.Say.Name = c.Say.ID
	}
	if c.Keys != nil {
		c.Keys.Index, c.Keys.Check, c.Keys.Where = len(p.keys), len(p.checks), c.Where
		p.keys = append(p.keys, c.Keys)
	}
	p.checks = append(p.checks, c)
}

// Missing makes c a check that can't be measured, for want of a column.
func (p *Plan) Missing(c *Check, column string) {
	c.Status = quality.Errored
	c.Blocked = fmt.Sprintf("not measured: the file has no column %q (see the check columns)", column)
	if why, ok := p.apart[column]; ok {
		c.Status, c.Blocked = quality.Skipped, why
	}
	c.Kernel, c.Keys, c.Finish = nil, nil, nil
}

// Need registers an aggregate and returns where findings will hold it.
func (p *Plan) Need(make func() state.Aggregate) int {
	p.aggs, p.aggWhere = append(p.aggs, make), append(p.aggWhere, p.Where)
	return len(p.aggs) - 1
}

// Share registers an aggregate that other checks may have asked for already.
func (p *Plan) Share(name string, make func() state.Aggregate) int {
	if p.Where != 0 {
		name += fmt.Sprint(" where ", p.Where)
	}
	if at, ok := p.shared[name]; ok {
		return at
	}
	at := p.Need(make)
	p.shared[name] = at
	return at
}

// Filter registers a filter under its text, unless it is known, and returns its
// number for where.
func (p *Plan) Filter(text string, make func() (view.Filter, error)) (int, error) {
	if at, ok := p.filterOf[text]; ok {
		return at, nil
	}
	f, err := make()
	if err != nil {
		return 0, err
	}
	p.filters = append(p.filters, f)
	p.filterOf[text] = len(p.filters)
	return len(p.filters), nil
}

// A Statistic is read from what was found; note follows its value in a message,
// problem says why there is none.
type Statistic func(f *Findings) (value float64, note, problem string)

// A Measure reads a metric from what was found; problem says why it can't.
type Measure func(f *Findings) (value float64, problem string)

// Past lists a metric's values in the accepted runs before this one.
func (p *Plan) Past(metric string) []series.Point {
	var past []series.Point
	for _, run := range p.In.History {
		if v, ok := run.Metrics[metric]; ok && run.Accepted() && run.At.Before(p.In.Now) {
			past = append(past, series.Point{At: run.At, Value: v})
		}
	}
	return past
}

// Recall has something of a column remembered for later files, unless an
// aggregate that it is read from stopped.
func (p *Plan) Recall(column string, fill func(*Findings, *drift.Column), from ...int) {
	if _, ok := p.recalled[column]; !ok {
		p.recalls = append(p.recalls, column)
	}
	p.recalled[column] = append(p.recalled[column], func(f *Findings, c *drift.Column) {
		for _, at := range from {
			if f.Stopped[at] != "" {
				return
			}
		}
		fill(f, c)
	})
}

// Column finds a column of the file by its name in the contract, or by the
// physical name that the contract gives it, and returns its slot.
func (p *Plan) Column(name string) (slot int, ok bool) {
	col, known := p.Table.Column(name)
	at, ok := p.Position[name]
	if known {
		at, ok = p.Find(col)
	}
	if !ok {
		return -1, false
	}
	if s, ok := p.slotOf[at]; ok {
		return s, true
	}
	s := SlotFor(name, at, col)
	p.Slots = append(p.Slots, s)
	p.slotOf[at] = len(p.Slots) - 1
	return len(p.Slots) - 1, true
}

// Columns finds several columns; missing names the first that isn't there.
func (p *Plan) Columns(names []string) (slots []int, missing string) {
	for _, name := range names {
		s, ok := p.Column(name)
		if !ok {
			return nil, cmp.Or(name, "(without a name)") // "" says that none is missing
		}
		slots = append(slots, s)
	}
	return slots, ""
}

// Find returns the position of a contract's column in the header.
func (p *Plan) Find(c *contract.Column) (int, bool) {
	if at, ok := p.Position[c.Name]; ok {
		return at, true
	}
	if c.PhysicalName == "" {
		return -1, false
	}
	at, ok := p.Position[c.PhysicalName]
	return at, ok
}

// Apart reports whether a column of the contract is in the file, but in another way than as
// a column of the header.
func (p *Plan) Apart(c *contract.Column) bool {
	return p.apart[c.Name] != ""
}

// SlotFor describes how a column's cells are read as points in time. A column
// without a contract, or of no date type, is read as an ISO timestamp or date.
func SlotFor(name string, at int, c *contract.Column) view.Slot {
	s := view.Slot{Name: name, Position: at, Layout: datetime.ISOTimestamp(), Zone: time.UTC}
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

// Personal reports whether any of the slots is of a personal column.
func (p *Plan) Personal(slots ...int) bool {
	for _, s := range slots {
		if s < 0 {
			continue
		}
		if c, ok := p.Table.Column(p.Slots[s].Name); ok && c.Personal {
			return true
		}
	}
	return false
}

// ExtraColumns are the header's columns that the contract does not have.
func (p *Plan) ExtraColumns() []string {
	known := map[int]bool{}
	for i := range p.Table.Columns {
		if at, ok := p.Find(&p.Table.Columns[i]); ok {
			known[at] = true
		}
	}
	var extra []string
	for i, name := range p.Header {
		if !known[i] {
			extra = append(extra, name)
		}
	}
	return extra
}

// NoneFound reports whether a file with a header has no column of the contract.
func (p *Plan) NoneFound() bool {
	return len(p.Header) > 0 && len(p.Table.Columns) > 0 && len(p.ExtraColumns()) == len(p.Header)
}

// HeaderIsPersonal reports whether the first line may be a row of a table with
// personal columns, which no report shows.
func (p *Plan) HeaderIsPersonal() bool {
	if p.In.ShowPersonal || !p.NoneFound() {
		return false
	}
	return slices.ContainsFunc(p.Table.Columns, func(c contract.Column) bool { return c.Personal })
}

// PlaceOf writes a place of the contract as file:line:column.
func (p *Plan) PlaceOf(at contract.Place) string {
	if at.Line == 0 {
		return p.In.Contract.File
	}
	return fmt.Sprintf("%s:%d:%d", p.In.Contract.File, at.Line, at.Column)
}
