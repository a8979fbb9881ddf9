// Package judge judges a file against the table of a data contract.
//
// The flow is
//
//	Input ─► compile: contract facts and rules become checks, grouped by column
//	      ─► observe: workers parse blocks; each check's state sees a column of a block
//	      ─► merge:   states of all workers become one, as if one had seen all
//	      ─► second look, only where a duplicate key must be shown: its rows are read again
//	      ─► outcomes, only where asked for: what became of every row, in the order of the file
//	      ─► Report:  results, scores, verdict, quarantine
//
// Merging is commutative and associative and samples are kept by row number,
// so that one thread and many give the same report.
//
// A file that is too large for one process is judged in sections, by as many
// processes as there are, which share nothing but messages:
//
//	Divide          says whether the file can be, and where to look at it
//	tabular's Scan  one range each, then Cut: the sections
//	Observe         one section each: what its rows tell, and its keys by partition
//	RepeatedKeys    one partition of one key each: which rows repeat a key
//	Merge           all of it: the findings
//	Unseen, Look    one section each: the rows that can be shown only now
//	Report          the report, the same as Validate's of the whole
//
// All of them get the same Input, but for its Source being opened in places; what
// differs is noticed, as each message names the plan that it was made by.
package judge

import (
	"context"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/rule"
	"tillwatch/shared/tabular"
)

// contracted judges by all that a contract says.
var contracted = check.Compiler(rule.Compile)

// Validate judges a file. What is wrong with the file is in the report; an
// error means that it could not be read to its end, or that the input makes no
// sense (quality.ErrNoTable). A report is the same whatever in.Threads is, but for
// DurationMS.
func Validate(ctx context.Context, in quality.Input) (*quality.Report, error) {
	return contracted.Validate(ctx, in)
}

// Divide says how the file can be read in sections, or returns quality.ErrWhole.
func Divide(ctx context.Context, in quality.Input) (tabular.Split, error) {
	return check.Divide(ctx, in)
}

// Cut returns the sections of the file that its scans tell of.
func Cut(ctx context.Context, in quality.Input, split tabular.Split, scans []tabular.Scan, size int64) (quality.Sections, error) {
	return check.CutFile(ctx, in, split, scans, size)
}

// Keys returns how many keys the checks on a file have, which is how many
// partitioned sets of messages Observe makes.
func Keys(ctx context.Context, in quality.Input, sections quality.Sections) (int, error) {
	return contracted.Keys(ctx, in, sections)
}

// Observe reads one section and returns what it tells.
func Observe(ctx context.Context, in quality.Input, sections quality.Sections, section int) (quality.Seen, error) {
	return contracted.Observe(ctx, in, sections, section)
}

// RepeatedKeys finds the rows that repeat a key, among one partition of one key:
// messages are the Seen.Keys of all sections, in order.
func RepeatedKeys(messages [][]byte) ([]byte, error) { return key.EncodeRepeated(messages) }

// Merge puts together the states of all sections, which state returns by the
// section's number, and what RepeatedKeys made of each key's partitions.
func Merge(ctx context.Context, in quality.Input, sections quality.Sections, state func(section int) ([]byte, error), repeated func(key int) ([][]byte, error)) (*check.Merged, error) {
	return contracted.Merge(ctx, in, sections, state, repeated)
}

// Look reads the rows of a section again that Merged.Unseen told of.
func Look(ctx context.Context, in quality.Input, sections quality.Sections, section int, unseen []byte) ([]byte, error) {
	return contracted.Look(ctx, in, sections, section, unseen)
}

// Unrun returns the results of a contract's rules in SQL that can't be measured of
// a file as the contract describes it, in the order of the contract: what is not run here, and
// what is wrong. Tables that name no columns are left out.
func Unrun(c *contract.Contract) ([]quality.Result, error) {
	var all []quality.Result
	for _, table := range c.Tables {
		if len(table.Columns) == 0 {
			continue
		}
		var header []string
		for _, col := range table.Columns {
			header = append(header, col.Name)
		}
		blocked, err := check.Compiler(rule.SQL).Blocked(quality.Input{Contract: c, Table: table.Name}, header)
		if err != nil {
			return nil, err
		}
		all = append(all, blocked...)
	}
	return all, nil
}
