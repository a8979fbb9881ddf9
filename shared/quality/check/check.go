// Package check runs checks over a file.
//
// A Compiler makes the checks of a Plan for one file, once its header is known: each
// Check says which rows are bad (Kernel, Keys), or asks the plan for aggregates
// (Plan.Need), references (Plan.Reference) or files (Plan.List) and reads its
// result from them (Finish). What columns a check looks at it calls by their slots in the
// plan. Then workers show each block of the file to every check, what they
// counted is merged into Findings, and each check's result is read from those.
//
// What a contract can ask for is not known here; see packages rule, fact and glue.
package check

import (
	"errors"
	"fmt"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/textformat"
)

// A Check is one compiled rule: what to say of it, and one of the ways to
// measure it.
type Check struct {
	// Say is the result's fixed part: id, name, column, dimension, severity,
	// unit, want, impact and place.
	Say  quality.Result
	Want contract.Want

	// Kernel finds bad rows within a block; nil if the check has no such rows.
	Kernel kernel.Kernel
	Where  int // the filter that Kernel and Keys look through, of Plan.Filter; 0 is none
	// Prepare, if not nil, runs once the references are read.
	Prepare func()
	// Keys, if not nil, finds rows whose key came before, once all are seen.
	Keys *key.Spec
	// Finish fills the result where counting bad rows is not all; nil is ByRows.
	Finish func(f *Findings, t *Tally, r *quality.Result)
	// Blocked says why the check could not be compiled; Status is then
	// Errored or Skipped.
	Blocked string
	Status  quality.Status

	// Metric is how AWS Glue names what the check measures; "" if it has no name.
	Metric string
	// Composite, if not nil, judges the check by checks that are a part.
	Composite *Composite
	Part      bool // whether this is a part of a composite, which no report shows

	// OfForm is set for each check on the file's form; they share a tally.
	OfForm bool
	// Complaint completes "12 of 3,214 values …": "are empty".
	Complaint string
	// Noun is what is counted: rows or values.
	Noun   string
	Advice string // what to do about bad rows
	// Shows are the slots whose values samples show; none for a check that is
	// of no column.
	Shows    []int
	Personal bool // whether the values that samples show are of a personal column
}

// strict reports whether a single bad row fails the check.
func (c *Check) strict() bool {
	return c.Want.Op == contract.Equal && c.Want.Low == 0
}

// MustBeNone is the condition of everything that a contract states as a fact.
var MustBeNone = contract.Want{Op: contract.Equal}

// FromRule takes over what a rule says of itself.
func (c *Check) FromRule(p *Plan, r *contract.Rule) {
	c.Say.ID = r.ID
	c.Say.Name = r.Name
	if r.Name == "" && r.Description != "" {
		c.Say.Name = r.Description
	}
	c.Say.Severity = r.Severity.String()
	c.Say.Impact = r.BusinessImpact
	c.Say.Place = p.PlaceOf(r.Place)
	c.Say.Schedule = r.Schedule
	if r.Dimension != "" {
		c.Say.Dimension = r.Dimension
	}
}

// Unmeasurable makes c a check that can't be measured.
func (c *Check) Unmeasurable(format string, args ...any) {
	c.Status, c.Blocked = quality.Errored, "not measured: "+fmt.Sprintf(format, args...)
}

// Skip makes c a check that is not executed.
func (c *Check) Skip(format string, args ...any) {
	c.Status, c.Blocked = quality.Skipped, "skipped: "+fmt.Sprintf(format, args...)
	c.Say.Unit, c.Want = "", contract.Want{}
}

// BadPattern makes c a check of a pattern that can't be matched: skipped if the
// pattern asks for what takes unbounded time, else an error of the contract.
func (c *Check) BadPattern(err error) {
	var wrong *textformat.PatternError
	if errors.As(err, &wrong) && wrong.Unsupported {
		c.Status, c.Blocked = quality.Skipped, "skipped: "+err.Error()
		return
	}
	c.Unmeasurable("%v", err)
}

// A Tally is what one worker, or all of them, counted for one check.
type Tally struct {
	Violations, Looked int64
	samples            []sample // in file order, no more than the input asks for
	rows               rowset.Set
	repeated           *rowset.Set // rows whose key came before; nil if the check has no keys
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
func (t *Tally) merge(other *Tally, limit int) {
	t.Violations += other.Violations
	t.Looked += other.Looked
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
