package check

import (
	"context"
	"fmt"
	"io"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/dialect"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// A Reference is another dataset that checks compare with. It is read once,
// for all of them.
type Reference struct {
	plan    *Plan
	name    string
	wants   []*Lookup
	Header  []string // its columns, once it was read
	Failure string   // why it could not be read; "" if it was
}

// A Lookup is what one check wants to know of a reference: an aggregate over
// some of its columns.
type Lookup struct {
	ref     *Reference
	columns []string
	make    func(slots []int) state.Aggregate
	Agg     state.Aggregate // the answer; see Problem
	failure string
}

// Reference returns the dataset named name; whether it can be read shows when
// it is.
func (p *Plan) Reference(name string) *Reference {
	if r := p.refs[name]; r != nil {
		return r
	}
	r := &Reference{plan: p, name: name}
	p.refs[name] = r
	return r
}

// Look registers a lookup.
func (r *Reference) Look(columns []string, make func(slots []int) state.Aggregate) *Lookup {
	l := &Lookup{ref: r, columns: columns, make: make}
	r.wants = append(r.wants, l)
	return l
}

// Tuples looks up which tuples of columns there are.
func (r *Reference) Tuples(columns []string) *Lookup {
	return r.Look(columns, func(slots []int) state.Aggregate { return key.NewDistinct(slots) })
}

// Prints returns the fingerprints of a lookup made by Tuples.
func (l *Lookup) Prints() *key.Prints { return l.Agg.(*key.Distinct).Fingerprints() }

// Problem says why the lookup could not be answered; "" if it was.
func (l *Lookup) Problem() string {
	if l.ref.Failure != "" {
		return l.ref.Failure
	}
	if l.failure == "" {
		if d, ok := l.Agg.(*key.Distinct); ok && d.Full {
			return fmt.Sprintf("%s has more than %s different keys", l.ref.name, words.Count(state.GroupLimit))
		}
	}
	return l.failure
}

// read reads the dataset and answers all lookups. What goes wrong is told to
// the checks that asked, not returned; only a cancelled context is.
func (r *Reference) read(ctx context.Context) error {
	src := r.plan.In.References[r.name]
	if src == nil && r.name == r.plan.Table.Name {
		src = r.plan.In.Source // a table may refer to itself
	}
	if src == nil {
		r.Failure = fmt.Sprintf("the reference dataset %s was not given (--reference %s=FILE; references/%s.csv in the results bucket)", r.name, r.name, r.name)
		return nil
	}
	options := tabular.Options{Dialect: r.expected(), Limits: r.plan.In.Limits, Detect: true}
	reader, closer, err := tabular.OpenReader(ctx, src, r.name, options)
	if err != nil {
		r.Failure = fmt.Sprintf("read reference %s: %v", r.name, err)
		return ctx.Err()
	}
	slots, aggs := r.resolve(reader.Header())
	defer closer.Close()
	r.Header = reader.Header()
	if len(r.wants) == 0 {
		return nil // only its columns are asked for
	}
	v := view.New(slots)
	var batch tabular.Batch
	var blk tabular.Block
	for {
		err := next(ctx, reader, &blk)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			r.Failure = fmt.Sprintf("read reference %s: %v", r.name, err)
			return ctx.Err()
		}
		batch.Parse(&blk, len(reader.Header()), reader.Dialect())
		v.Turn(&batch, blk.Index)
		for _, a := range aggs {
			a.Observe(v)
		}
	}
}

// expected is how the reference may be written: as the contract describes its table, but
// for the delimiter, since a reference need not come by the server that the contract names. It
// has a header, by which its columns are found, unless the contract says otherwise.
func (r *Reference) expected() tabular.Dialect {
	var d tabular.Dialect
	if table, ok := r.plan.In.Contract.Table(r.name); ok {
		d = r.plan.In.Contract.Dialect(table)
		d.Delimiter = 0
	} else {
		for _, l := range r.wants {
			d.Names = append(d.Names, l.columns...)
		}
	}
	if d.Header == 0 {
		d.Header = dialect.Present
	}
	return d
}

// resolve finds the columns that the lookups want in the reference's header.
func (r *Reference) resolve(header []string) ([]view.Slot, []state.Aggregate) {
	table, known := r.plan.In.Contract.Table(r.name)
	position := map[string]int{}
	for i, name := range header {
		if _, ok := position[name]; !ok {
			position[name] = i
		}
	}
	var slots []view.Slot
	var aggs []state.Aggregate
	for _, l := range r.wants {
		l.failure = ""
		var at []int
		for _, name := range l.columns {
			pos, ok := position[name]
			var col *contract.Column
			if known && table.Name == r.name {
				if c, has := table.Column(name); has {
					col = c
					if !ok && c.PhysicalName != "" {
						pos, ok = position[c.PhysicalName]
					}
				}
			}
			if !ok {
				l.failure = fmt.Sprintf("the reference dataset %s has no column %q; it has %s", r.name, name, strings.Join(header, ", "))
				if len(header) == 0 {
					l.failure = fmt.Sprintf("the reference dataset %s is empty: it has not even a header", r.name)
				}
				break
			}
			slots = append(slots, SlotFor(name, pos, col))
			at = append(at, len(slots)-1)
		}
		if l.failure == "" {
			l.Agg = l.make(at)
			aggs = append(aggs, l.Agg)
		}
	}
	return slots, aggs
}
