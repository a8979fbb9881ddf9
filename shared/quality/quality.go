// Package quality judges a file against the table of a data contract.
//
// The flow is
//
//	Input ─► compile: contract facts and rules become checks, grouped by column
//	      ─► observe: workers parse blocks; each check's state sees a column of a block
//	      ─► merge:   states of all workers become one, as if one had seen all
//	      ─► second look, only where a duplicate key must be shown: its rows are read again
//	      ─► Report:  results, scores, verdict, quarantine
//
// Merging is commutative and associative and samples are kept by row number,
// so that one thread and many give the same report.
package quality

import (
	"time"

	"tillwatch/shared/contract"
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
	// Arrived is when the file landed; Now is when it is judged. Both UTC.
	Arrived, Now time.Time
	// Elapsed tells how long judging has taken, for duration_ms; nil is no time.
	Elapsed func() time.Duration
	// References are the datasets that relationships, coverage and totals name.
	References map[string]tabular.Source
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
}

// Accepted reports whether the run's file was accepted: only such runs are a
// baseline.
func (r Run) Accepted() bool { return r.Verdict == VerdictPass || r.Verdict == VerdictWarn }
