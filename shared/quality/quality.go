// Package quality says what it is to judge a file against the table of a data
// contract: an Input goes in, a Report comes out. Who judges is package judge; the
// packages on its way are
//
//	judge      the way in: a whole file, or one in sections
//	rule       what a contract asks of a table becomes checks; so do
//	fact       what it states of columns, keys and references, and
//	glue       the rules of a ruleset in DQDL
//	figure     statistics of columns and answers of SQL, which rules compare
//	check      a check, the plan that it belongs to, and the workers that run plans over a file
//	query      SQL over the rows of a file
//	statistic  what describes the values of columns
//	kernel     which rows of a block break a rule
//	key        what rows are told apart by, and which of them repeat it
//	rowset     rows of a file, as they are found to be bad
//	state      what is remembered of columns over many blocks, and merges
//	view       what a block of rows holds of the columns that are looked at
//	short      short texts, compared without a loop
//	drift      how the content of two files differs
//	say        how a value, a condition or a fault is written for a person
//	wire       how states travel between processes
//	report     how a report is written
package quality

import (
	"errors"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/tabular"
)

// An Input is one file to judge and what its contract needs to judge it.
type Input struct {
	Contract *contract.Contract
	// Table names the table of the contract; "" is the first.
	Table string
	// Object is how the report names the file.
	Object string
	Source tabular.Source
	// Bytes is the object's size as stored, before decompression; -1 if unknown.
	Bytes int64
	// Dialect, if not nil, changes what the contract says about how the file is written.
	Dialect func(*tabular.Dialect)
	// Arrived is when the file landed; Now is when it is judged. Both UTC.
	Arrived, Now time.Time
	// Elapsed tells how long judging has taken, for duration_ms; nil is no time.
	Elapsed func() time.Duration
	// References are the datasets that relationships, coverage and totals name.
	References map[string]tabular.Source
	// Files lists what rules on files name; nil leaves such rules the judged file
	// only, and skips those that name another path.
	Files Files
	// History are earlier runs of the same dataset in any order; the file under
	// judgement must not be among them.
	History []Run
	// Threads is how many workers observe blocks; 0 is one per processor.
	Threads int
	// Samples is how many rows each failed check shows, 5 if 0.
	Samples int
	// QuarantineRows caps the rows set aside, 10,000 if 0; negative keeps none.
	QuarantineRows int
	// ShowPersonal leaves sample values of personal columns unmasked.
	ShowPersonal bool
	Limits       tabular.Limits
	// KeyBytes bounds the memory for the keys of uniqueness checks, 256 MiB if
	// 0; beyond it they go to temporary files in SpillDir ("" is the system's).
	KeyBytes int64
	SpillDir string
	// Outcomes, if not nil, is told what became of every row, once all that the
	// report holds is known. The file is then read once more.
	Outcomes Outcomes
	// Progress, if not nil, is called now and then with the bytes read so far,
	// as stored; from one goroutine at a time.
	Progress func(bytes int64)
}

// A Run is what history keeps of one judged file.
type Run struct {
	At      time.Time          `json:"at"`
	Verdict Verdict            `json:"verdict"`
	Metrics map[string]float64 `json:"metrics"`
	Columns []string           `json:"columns,omitempty"`
	Content []drift.Column     `json:"content,omitempty"` // what drift is measured from
}

// Accepted reports whether the run's file was accepted: only such runs are a
// baseline.
func (r Run) Accepted() bool { return r.Verdict == VerdictPass || r.Verdict == VerdictWarn }

// ErrNoTable is returned for an Input whose Table the contract does not have.
var ErrNoTable = errors.New("the contract has no such table")

// ErrFormat is returned for a file whose format is not read.
var ErrFormat = errors.New("the format is not read; delimited text, JSON and Parquet are, compressed or not")
