// Package query runs the SQL of data contracts over a file, in the same pass as
// every other check.
//
//	text ─► sql.Parse ─► stages: for each SELECT that aggregates
//	          a program over rows (WHERE, keys, arguments) ─► groups and accumulators
//	          ─► a program over groups (HAVING, the columns) ─► the rows of the stage around it
//	        the first stage sees the blocks of the file; its state merges, is written and read back
//	      ─► an Answer: one number, or how many rows a listing has
//
// # What is run
//
// One SELECT over the dataset, or over a SELECT in FROM, and so on inwards; the
// grammar is that of package sql. A query that yields one value is measured by it,
// truths as 1 and 0. A query that lists rows, or groups, is measured by how many there are.
// In the columns of a query without GROUP BY a value may be a query of its own over the dataset,
// if that yields one value.
//
// Aggregates: COUNT(*), COUNT(x), COUNT(DISTINCT x, …), COUNT_IF, SUM, AVG, MIN, MAX, STDDEV and
// VARIANCE (both _SAMP, with n - 1, as is usual) and their _POP, all with FILTER.
// Functions: see functions. What is not here (joins, windows, other datasets, queries within conditions, other
// functions) is an error with Unsupported set, as is what takes more than a bounded time.
//
// # What it means
//
//   - Numbers are exact decimals: 0.1 + 0.2 = 0.3. Also whole numbers divide to decimals, 1 / 4 is 0.25; a
//     quotient of more than 18 digits is rounded to 18, as package vector has it. A division by 0 is null.
//     Averages are quotients. Only roots, and with them STDDEV, are floating-point numbers.
//   - A column has the logical type that the contract gives it. A cell that is
//     not of that type is null, as if by TRY_CAST, but to IS NULL and COUNT(x), which ask whether the
//     cell is there. Objects and arrays are texts.
//   - A column without a type, like a text in quotes, is what it is compared or computed
//     with: a number with a number, a timestamp with a date; else a text. Two such columns are compared as numbers
//     in the rows where both are, else as texts. Where the query yields it, it is a number.
//     This is how DuckDB takes a text that meets another type, but that what can't be cast is null there too.
//   - A text compared with a number or a date is cast likewise, a date with a timestamp is its midnight.
//   - Texts are compared by bytes; = and IN heed case, LIKE too, ILIKE does not. LENGTH counts code points.
//   - Times without a zone are in UTC, or in the zone that the contract gives the column; parts of dates are those in UTC.
//     CURRENT_DATE and CURRENT_TIMESTAMP are when the file is judged.
//   - NULL is neither true nor false: WHERE drops it, CASE goes on, aggregates leave it out. SUM, AVG, MIN, MAX of nothing are NULL.
//   - Names are found as written, or else in any case. COUNT(DISTINCT x) works on 64-bit fingerprints, as uniqueness does.
//
// Contract SQL is anyone's: text, depth, patterns, numbers, texts and groups are bounded, and it reads nothing but the file's columns.
package query

import (
	"errors"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/sql"
)

// A Table is what queries may refer to.
type Table struct {
	// Names are what FROM may call the dataset.
	Names []string
	// Column finds a column: its slot in the file and its logical type.
	Column func(name string) (slot int, kind contract.Type, err error)
	// Placeholders are what {name} stands for, by names in lower case.
	Placeholders map[string]string
	// Now is the current time.
	Now time.Time
}

// A Query is a compiled query. It is safe for concurrent use.
type Query struct {
	text   string
	stages []*stage // the first reads the file, each other the groups of the one before
	// listing says that the answer is how many rows there are, limit how many at
	// most, -1 for no limit; groups that those rows are groups of another stage.
	listing bool
	limit   int64
	groups  bool
	rows    *rows // what rows the query counts; nil if it counts none
	slots   []int
}

// Compile reads a query. An error is an *[sql.Error], or what table.Column returns.
func Compile(text string, table Table) (q *Query, err error) {
	tree, err := sql.Parse(text, table.Placeholders)
	if err != nil {
		return nil, err
	}
	c := newCompiler(text, table)
	defer c.catch(&err)
	return c.query(tree), nil
}

// Slots returns the slots that the query reads, in the order of the text.
func (q *Query) Slots() []int { return q.slots }

// A Predicate is a compiled condition on rows. It is safe for concurrent use.
type Predicate struct {
	program *program
	truth   int
	slots   []int
}

// CompilePredicate reads a condition, such as follows WHERE. Errors are those of
// Compile.
func CompilePredicate(text string, table Table) (p *Predicate, err error) {
	tree, err := sql.ParseExpression(text, table.Placeholders)
	if err != nil {
		return nil, err
	}
	c := newCompiler(text, table)
	defer c.catch(&err)
	b := newBuilder(false)
	truth := c.in(&scope{table: true}, b).value(tree, vector.Bool)
	return &Predicate{&b.program, truth, c.slots}, nil
}

// Filter returns the filter of the rows for which the condition is true.
func (p *Predicate) Filter() view.Filter {
	pool := machines(p.program)
	return func(v *view.View, rows []uint32) []uint32 {
		m := pool.Get().(*machine)
		defer pool.Put(m)
		m.over(v, func(from, n int) {
			for row, t := range m.registers[p.truth].Truths[:n] {
				if t == vector.True {
					rows = append(rows, uint32(from+row))
				}
			}
		})
		return rows
	}
}

// Unsupported reports whether an error of Compile says that something is not run
// here, which may be right elsewhere.
func Unsupported(err error) bool {
	var wrong *sql.Error
	return errors.As(err, &wrong) && wrong.Unsupported
}
