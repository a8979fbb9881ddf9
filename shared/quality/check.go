package quality

import (
	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
)

// A check is one compiled rule: what to say of it, and one of the ways to
// measure it.
type check struct {
	// say is the result's fixed part: id, name, column, dimension, severity,
	// unit, want, impact and place.
	say  Result
	want contract.Want

	// kernel finds bad rows within a block; nil if the check has no such rows.
	kernel state.Kernel
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
