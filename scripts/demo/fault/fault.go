// Package fault breaks a clean day on purpose and says exactly what a judge of
// its files must find.
//
// The flow is
//
//	Break(plan, seed)     → []File: bytes to land, and the faults that are in them
//	Found(report, rows)   → []Finding: what the judge found
//	File.Compare(found)   → Comparison: fault by fault, and what is reported beyond
//
// The faults are spread over the day's three files so that none hides another.
// Half the stores go missing from the inventory: in the sales, it would take
// rows away that other faults are in. The column is renamed in the customers,
// where only the checks of that column can no longer be measured. Everything
// else is in rows of the sales, each row in one fault at most.
package fault

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/scripts/demo/retail"
	"tillwatch/shared/quality"
)

// A Fault is one thing that was broken.
type Fault struct {
	// Name is as short as a heading, What says what was done to the file.
	Name, What string
	// Rows are the data rows that it is in, from 1, ascending; nil for a fault of
	// the file as a whole.
	Rows []int64
	// Finds are what must be found because of it, one for each check.
	Finds []Finding
}

// A Finding is the result of one check that did not pass.
type Finding struct {
	Check string
	// Status is Fail, or Errored for a check that can't be measured any more.
	Status quality.Status
	// Violations is the check's count, 0 where it counts nothing.
	Violations int64
	// Rows are the data rows that break the check, ascending; nil for a check
	// that is not of rows.
	Rows []int64
}

// A File is a broken file.
type File struct {
	Dataset string
	Bytes   []byte
	Faults  []Fault
}

// Break returns the day's files with faults in them, in an order in which they
// can land: each file is compared with accepted files of the datasets that
// come after it. The same plan and seed give the same files.
func Break(p *retail.Plan, seed uint64) []File {
	return []File{halfTheStores(p, seed), badRows(p, seed), renamedColumn(p)}
}

// renamedColumn renames a column of the customers.
func renamedColumn(p *retail.Plan) File {
	const was, is = "home_store_id", "preferred_store_id"
	t := p.Customers(0).Clone()
	t.Header[t.Column(was)] = is
	return File{Dataset: t.Name, Bytes: t.CSV(), Faults: []Fault{{
		Name: "a renamed column",
		What: fmt.Sprintf("%s is called %s", was, is),
		Finds: []Finding{
			{Check: "columns", Status: quality.Fail, Violations: 1},
			{Check: "drift", Status: quality.Fail, Violations: 1},
			{Check: "home_store_id.pattern", Status: quality.Errored},
			{Check: "home_store_filled", Status: quality.Errored},
			{Check: "home_store_id_in_stores", Status: quality.Errored},
		},
	}}}
}

// halfTheStores leaves every second store of each region out of the inventory.
func halfTheStores(p *retail.Plan, seed uint64) File {
	t := p.Inventory(0).Clone()
	store, region, sold := t.Column("store_id"), t.Column("region"), t.Column("sold")
	byRegion := map[string][]string{}
	for _, row := range t.Rows {
		if stores := byRegion[row[region]]; !slices.Contains(stores, row[store]) {
			byRegion[row[region]] = append(stores, row[store])
		}
	}
	gone := map[string]bool{}
	for _, stores := range byRegion {
		for i, name := range stores {
			if (i+int(seed%2))%2 == 0 {
				gone[name] = true
			}
		}
	}
	var unsold, present int64
	t.Rows = slices.DeleteFunc(t.Rows, func(row []string) bool {
		if gone[row[store]] && row[sold] != "0" {
			unsold++
		}
		return gone[row[store]]
	})
	for _, stores := range byRegion {
		present += int64(len(stores))
	}
	absent := int64(len(p.Stores().Rows)) - present + int64(len(gone))
	return File{Dataset: t.Name, Bytes: t.CSV(), Faults: []Fault{{
		Name: "half the stores missing",
		What: fmt.Sprintf("%d of %d stores left out", len(gone), present),
		Finds: []Finding{
			{Check: "store_coverage", Status: quality.Fail, Violations: absent},
			{Check: "sold_matches_sales", Status: quality.Fail, Violations: unsold},
			{Check: "rows_vs_history", Status: quality.Fail},
			{Check: "stores_vs_history", Status: quality.Fail},
		},
	}}}
}

// rowsFail is the finding of a check that those rows fail.
func rowsFail(check string, rows []int64) Finding {
	return Finding{Check: check, Status: quality.Fail, Violations: int64(len(rows)), Rows: rows}
}

// expected merges the findings of all faults by check: a check that two faults
// break reports both in one result.
func (f File) expected() map[string]Finding {
	all := map[string]Finding{}
	for _, fault := range f.Faults {
		for _, one := range fault.Finds {
			merged, known := all[one.Check]
			if !known {
				merged = Finding{Check: one.Check, Status: one.Status}
			}
			merged.Violations += one.Violations
			if one.Rows != nil {
				merged.Rows = slices.Sorted(slices.Values(append(slices.Clone(merged.Rows), one.Rows...)))
			}
			all[one.Check] = merged
		}
	}
	return all
}

// String writes the finding in one line.
func (f Finding) String() string {
	switch {
	case f.Status == quality.Errored:
		return f.Check + " not measured"
	case f.Rows != nil:
		return fmt.Sprintf("%s fails in %s", f.Check, Rows(f.Rows))
	case f.Violations == 1:
		return f.Check + " fails, 1 violation"
	case f.Violations > 1:
		return fmt.Sprintf("%s fails, %d violations", f.Check, f.Violations)
	}
	return f.Check + " fails"
}

// Rows writes row numbers for a person, the first few of many.
func Rows(rows []int64) string {
	const shown = 4
	if len(rows) == 0 {
		return "no row"
	}
	var text []string
	for _, row := range rows[:min(len(rows), shown)] {
		text = append(text, fmt.Sprint(row))
	}
	more := ""
	if len(rows) > shown {
		more = fmt.Sprintf(" and %d more", len(rows)-shown)
	}
	word := "rows "
	if len(rows) == 1 {
		word = "row "
	}
	return word + strings.Join(text, ", ") + more
}
