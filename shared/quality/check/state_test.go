package check

import (
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/statistic"
	"tillwatch/shared/quality/wire"
	"tillwatch/shared/tabular"
	"tillwatch/shared/textformat"
)

// everyState makes checks that keep each kind of state.
func everyState(p *Plan) {
	form := &Check{OfForm: true, Noun: "rows"}
	form.Say.ID = "structure"
	p.Add(form)
	store, _ := p.Column("store")
	amount, _ := p.Column("amount")
	day, _ := p.Column("day")
	bad := &Check{Kernel: kernel.Number(amount), Noun: "values", Shows: []int{amount}}
	bad.Say.ID = "number"
	p.Add(bad)
	twice := &Check{Keys: &key.Spec{Slots: []int{store}}, Noun: "rows", Shows: []int{store}}
	twice.Say.ID = "unique"
	p.Add(twice)
	for _, make := range []func() state.Aggregate{
		func() state.Aggregate { return &state.Nulls{Slot: amount} },
		func() state.Aggregate { return &state.Extent{Slot: day} },
		func() state.Aggregate { return &state.Newest{Slot: day, Until: p.In.Now} },
		func() state.Aggregate { return &state.Figures{Slot: amount} },
		func() state.Aggregate { return &statistic.Powers{Slot: amount, Degree: 4} },
		func() state.Aggregate { return &statistic.Pair{X: amount, Y: store} },
		func() state.Aggregate { return &statistic.Forms{Slot: store} },
		func() state.Aggregate { return state.NewOccurrences(store) },
		func() state.Aggregate { return state.NewPeriods(day, 24*time.Hour) },
		func() state.Aggregate { return state.NewGroups([]int{store}, amount, false) },
		func() state.Aggregate { return statistic.NewContent(amount) },
		func() state.Aggregate { return key.NewDistinct([]int{store}) },
		func() state.Aggregate { return statistic.NewHistogram(store, 2) },
		func() state.Aggregate { return statistic.NewJoint(store, amount) },
		func() state.Aggregate { return statistic.NewShare(store, "1") },
		func() state.Aggregate { return statistic.NewLengths(store, textformat.Length) },
		func() state.Aggregate { return statistic.NewCardinality([]int{store}) },
		func() state.Aggregate { return statistic.NewFrequencies([]int{store}) },
		func() state.Aggregate { return statistic.NewQuantiles(amount) },
	} {
		p.Need(make)
	}
}

// FuzzState holds that no state of a section makes merging panic.
func FuzzState(f *testing.F) {
	c, err := contract.ReadODCS("c", []byte("apiVersion: v3.0.2\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n"))
	if err != nil {
		f.Fatal(err)
	}
	data := []byte("store,amount,day\n1,2.50,2026-11-21\n2,x,2026-11-22\n1,,\n3,1e3,2026-11-20\n2,7\n")
	in := quality.Input{Contract: c, Object: "f.csv", Source: tabular.Bytes(data), Bytes: int64(len(data)), Threads: 1, Now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	split, err := Divide(f.Context(), in)
	if err != nil {
		f.Fatal(err)
	}
	sections := quality.Sections{Split: split, Starts: []int64{split.Body}, Size: in.Bytes}
	p, reader, closer, err := Compiler(everyState).openSection(f.Context(), in, sections, 0)
	if err != nil {
		f.Fatal(err)
	}
	defer closer()
	w := newWorker(p)
	if err := scan(f.Context(), reader, []*worker{w}, func() {}); err != nil {
		f.Fatal(err)
	}
	if n := len(w.tallies[1].samples); n != 1 {
		f.Fatalf("%d values are no number, want 1", n)
	}
	var out wire.Writer
	join([]*worker{w}).encode(&out)
	f.Add(out.Values())
	f.Fuzz(func(t *testing.T, state []byte) {
		w, r := newWorker(p), wire.NewReader(state)
		if w.decode(r); r.Done() != nil {
			return
		}
		rows := 0
		for _, b := range w.blocks {
			rows += b.records
		}
		if rows > 1<<20 {
			return
		}
		found := w.findings(1)
		report := found.report(reader)
		found.wishes(report)
	})
}
