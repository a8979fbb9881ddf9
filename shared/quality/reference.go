package quality

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/decimal"
	"tillwatch/shared/dialect"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// A reference is another dataset that checks compare with. It is read once,
// for all of them.
type reference struct {
	plan    *plan
	name    string
	wants   []*lookup
	header  []string
	failure string
}

// A lookup is what one check wants to know of a reference: an aggregate over
// some of its columns.
type lookup struct {
	ref     *reference
	columns []string
	make    func(slots []int) state.Aggregate
	agg     state.Aggregate
	failure string
}

// reference returns the dataset named name; whether it can be read shows when
// it is.
func (p *plan) reference(name string) *reference {
	if r := p.refs[name]; r != nil {
		return r
	}
	r := &reference{plan: p, name: name}
	p.refs[name] = r
	return r
}

// look registers a lookup.
func (r *reference) look(columns []string, make func(slots []int) state.Aggregate) *lookup {
	l := &lookup{ref: r, columns: columns, make: make}
	r.wants = append(r.wants, l)
	return l
}

// tuples looks up which tuples of columns there are.
func (r *reference) tuples(columns []string) *lookup {
	return r.look(columns, func(slots []int) state.Aggregate { return state.NewDistinct(slots) })
}

// prints returns the fingerprints of a lookup made by tuples.
func (l *lookup) prints() *state.Prints { return l.agg.(*state.Distinct).Fingerprints() }

// problem says why the lookup could not be answered; "" if it was.
func (l *lookup) problem() string {
	if l.ref.failure != "" {
		return l.ref.failure
	}
	if l.failure == "" {
		if d, ok := l.agg.(*state.Distinct); ok && d.Full {
			return fmt.Sprintf("%s has more than %s different keys", l.ref.name, words.Count(state.GroupLimit))
		}
	}
	return l.failure
}

// read reads the dataset and answers all lookups. What goes wrong is told to
// the checks that asked, not returned; only a cancelled context is.
func (r *reference) read(ctx context.Context) error {
	src := r.plan.in.References[r.name]
	if src == nil && r.name == r.plan.table.Name {
		src = r.plan.in.Source // a table may refer to itself
	}
	if src == nil {
		r.failure = fmt.Sprintf("the reference dataset %s was not given (--reference %s=FILE; references/%s.csv in the results bucket)", r.name, r.name, r.name)
		return nil
	}
	options := tabular.Options{Dialect: r.expected(), Limits: r.plan.in.Limits, Detect: true}
	reader, closer, err := tabular.OpenReader(ctx, src, r.name, options)
	if err != nil {
		r.failure = fmt.Sprintf("read reference %s: %v", r.name, err)
		return ctx.Err()
	}
	slots, aggs := r.resolve(reader.Header())
	defer closer.Close()
	r.header = reader.Header()
	if len(r.wants) == 0 {
		return nil // only its columns are asked for
	}
	view := state.NewView(slots)
	var batch tabular.Batch
	var blk tabular.Block
	for {
		err := next(ctx, reader, &blk)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			r.failure = fmt.Sprintf("read reference %s: %v", r.name, err)
			return ctx.Err()
		}
		batch.Parse(&blk, len(reader.Header()), reader.Dialect())
		view.Turn(&batch, blk.Index)
		for _, a := range aggs {
			a.Observe(view)
		}
	}
}

// expected is how the reference may be written: as the contract describes its table, but
// for the delimiter, since a reference need not come by the server that the contract names. It
// has a header, by which its columns are found, unless the contract says otherwise.
func (r *reference) expected() tabular.Dialect {
	var d tabular.Dialect
	if table, ok := r.plan.in.Contract.Table(r.name); ok {
		d = r.plan.in.Contract.Dialect(table)
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
func (r *reference) resolve(header []string) ([]state.Slot, []state.Aggregate) {
	table, known := r.plan.in.Contract.Table(r.name)
	position := map[string]int{}
	for i, name := range header {
		if _, ok := position[name]; !ok {
			position[name] = i
		}
	}
	var slots []state.Slot
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
			slots = append(slots, slotFor(name, pos, col))
			at = append(at, len(slots)-1)
		}
		if l.failure == "" {
			l.agg = l.make(at)
			aggs = append(aggs, l.agg)
		}
	}
	return slots, aggs
}

func (p *plan) compileTotal(c *check, impl contract.TotalCheck) {
	c.say.Dimension, c.say.Unit = contract.Consistency, "keys"
	tolerance, kind := decimal.Parse([]byte(orZero(impl.Tolerance)))
	if kind != decimal.Fits {
		c.error("tolerance %q is not a number", impl.Tolerance)
		return
	}
	otherBy := impl.OtherBy
	if len(otherBy) == 0 {
		otherBy = impl.By
	}
	by, absent := p.columns(impl.By)
	sum, minus := strings.CutPrefix(impl.Sum, "-")
	column := -1
	if absent == "" && sum != "rows" {
		var ok bool
		if column, ok = p.column(sum); !ok {
			absent = sum
		}
	}
	if absent != "" {
		p.missing(c, absent)
		return
	}
	c.personal = p.personal(by...)
	ours := p.need(func() state.Aggregate { return state.NewGroups(by, column, minus) })
	otherSum, otherMinus := strings.CutPrefix(impl.OtherSum, "-")
	columns := otherBy
	if otherSum != "rows" {
		columns = append(append([]string(nil), otherBy...), otherSum)
	}
	theirs := p.reference(impl.Dataset).look(columns, func(slots []int) state.Aggregate {
		if otherSum == "rows" {
			return state.NewGroups(slots, -1, otherMinus)
		}
		return state.NewGroups(slots[:len(otherBy)], slots[len(otherBy)], otherMinus)
	})
	c.finish = func(f *findings, _ *tally, r *Result) {
		if problem := theirs.problem(); problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		a, b := f.aggs[ours].(*state.Groups), theirs.agg.(*state.Groups)
		if a.Full || b.Full {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: more than %s keys", words.Count(state.GroupLimit))
			return
		}
		differ, keys := compareTotals(a.Sums, b.Sums, tolerance, impl.Missing == "ignore")
		r.LookedAt, r.Violations = int64(keys), int64(len(differ))
		c.measure(r, float64(len(differ)))
		what := fmt.Sprintf("%s by %s", impl.Sum, strings.Join(impl.By, ", "))
		if len(impl.By) == 0 {
			what = impl.Sum
		}
		if len(differ) == 0 {
			r.Message = fmt.Sprintf("%s agrees with %s of %s for all %s keys", what, impl.OtherSum, impl.Dataset, words.Count(int64(keys)))
			return
		}
		r.Message = fmt.Sprintf("%s differs from %s of %s", what, impl.OtherSum, impl.Dataset)
		if len(impl.By) > 0 {
			r.Message = fmt.Sprintf("%s differs from %s of %s for %s of %s keys", what, impl.OtherSum, impl.Dataset, words.Count(int64(len(differ))), words.Count(int64(keys)))
		}
		r.Advice = fmt.Sprintf("Find out which of the two is right for these keys; %s may be of another day or not complete yet.", impl.Dataset)
		for i := 0; i < len(differ) && i < p.in.Samples; i++ {
			key := strings.ReplaceAll(differ[i].key, string(rune(state.KeySeparator)), ", ")
			if c.personal && !p.in.ShowPersonal {
				key = masked
			}
			r.Samples = append(r.Samples, Sample{Value: strings.TrimSpace(fmt.Sprintf("%s here %s, in %s %s", key, differ[i].here, impl.Dataset, differ[i].there))})
		}
	}
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// A difference is a key whose sums disagree.
type difference struct{ key, here, there string }

// compareTotals lists the keys whose sums differ by more than tolerance, in
// order, and how many keys were compared.
func compareTotals(ours, theirs map[string]*decimal.Sum, tolerance decimal.Decimal, ignoreTheirs bool) ([]difference, int) {
	var differ []difference
	keys := 0
	compare := func(key string, a, b *decimal.Sum) {
		keys++
		if a == nil {
			a = new(decimal.Sum)
		}
		if b == nil {
			b = new(decimal.Sum)
		}
		if !a.Within(*b, tolerance) {
			differ = append(differ, difference{key, a.String(), b.String()})
		}
	}
	for key, a := range ours {
		compare(key, a, theirs[key])
	}
	for key, b := range theirs {
		if ours[key] == nil && !ignoreTheirs {
			compare(key, nil, b)
		}
	}
	sort.Slice(differ, func(i, j int) bool { return differ[i].key < differ[j].key })
	return differ, keys
}
