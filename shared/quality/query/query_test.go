package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
)

// A dataset is a CSV with the types of its columns: "id,price:number,day:date".
type dataset struct {
	names []string
	types []contract.Type
	text  string
}

func newDataset(header string, rows ...string) dataset {
	var d dataset
	for _, column := range strings.Split(header, ",") {
		name, kind, _ := strings.Cut(column, ":")
		d.names, d.types = append(d.names, name), append(d.types, contract.Type(kind))
	}
	d.text = strings.Join(d.names, ",") + "\n" + strings.Join(rows, "\n") + "\n"
	return d
}

func (d dataset) table() Table {
	return Table{
		Names:        []string{"t", "sales"},
		Placeholders: map[string]string{"object": "sales", "table": "sales", "property": d.names[1], "column": d.names[1]},
		Now:          time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Column: func(name string) (int, contract.Type, error) {
			for i, n := range d.names {
				if n == name || strings.EqualFold(n, name) {
					return i, d.types[i], nil
				}
			}
			return 0, "", errors.New("the file has no such column")
		},
	}
}

// slots are those that quality would make of the columns.
func (d dataset) slots() []view.Slot {
	var slots []view.Slot
	for i, name := range d.names {
		s := view.Slot{Name: name, Position: i, Layout: datetime.ISOTimestamp(), Zone: time.UTC}
		switch d.types[i] {
		case contract.Date:
			s.Layout = datetime.ISODate()
		case contract.Time:
			s.Layout = datetime.ISOTime()
		case "", contract.String:
			s.Loose = true
		}
		slots = append(slots, s)
	}
	return slots
}

// views calls each with the views of the data's blocks, of a size in bytes.
func (d dataset) views(t testing.TB, size int64, filters []view.Filter, each func(*view.View)) {
	t.Helper()
	reader, closer, err := tabular.OpenReader(context.Background(), tabular.Bytes([]byte(d.text)), "test.csv", tabular.Options{Limits: tabular.Limits{BlockBytes: int(size)}})
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	v := view.New(d.slots(), filters...)
	var batch tabular.Batch
	var block tabular.Block
	for {
		if err := reader.Next(&block); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		batch.Parse(&block, len(d.names), tabular.Dialect{})
		v.Turn(&batch, block.Index)
		each(v)
	}
}

// ask answers a query over the whole data: the number, NULL, or what is wrong.
func (d dataset) ask(t testing.TB, text string) string {
	t.Helper()
	q, err := Compile(text, d.table())
	if err != nil {
		if Unsupported(err) {
			return "unsupported: " + err.Error()
		}
		return "error: " + err.Error()
	}
	s := q.NewState()
	d.views(t, 1<<20, nil, s.Observe)
	return answered(s)
}

func answered(s *State) string {
	a, problem := s.Answer(3)
	switch {
	case problem != "":
		return "problem: " + problem
	case a.Null:
		return "NULL"
	}
	text := strconv.FormatFloat(a.Value, 'g', -1, 64)
	if len(a.Groups) > 0 {
		text += " " + strings.Join(a.Groups, "; ")
	}
	return text
}

var shop = newDataset("id,price:number,region:string,day:date,sold:timestamp,loose,flag:boolean,qty:integer,note:string",
	`1,10.50,North,2026-11-20,2026-11-20T08:30:00Z,7,true,2,a`,
	`2,0,South,2026-11-21,2026-11-21T23:59:59Z,007,false,3,"b""b"`,
	`3,,North,2026-11-22,2026-11-22T00:00:00Z,x,true,,`,
	`4,abc,East,nope,,12.5,maybe,5,""`,
	`5,-3.25,,2026-10-31,2026-10-31T12:00:00Z,,,1,Ünï`,
	`6,10000.01,North,2026-11-20,2026-11-20T10:00:00+02:00,7,TRUE,2,a`,
)

func TestQueries(t *testing.T) {
	for _, tt := range []struct{ rule, query, want string }{
		{"the standard's own example", "SELECT 100.0 * SUM(CASE WHEN {property} BETWEEN 0.01 AND 10000 THEN 0 ELSE 1 END) / COUNT(*) FROM {object}", "83.33333333333333"},
		{"placeholders with a dollar", "select count(*) from ${table} where ${column} is null", "1"},
		{"rows", "SELECT COUNT(*) FROM t", "6"},
		{"a cell that is no number is there", "SELECT COUNT(price) FROM t", "5"},
		{"but no value", "SELECT COUNT(*) FROM t WHERE price + 0 IS NULL", "2"},
		{"sum", "SELECT SUM(price) FROM t", "10007.26"},
		{"average", "SELECT AVG(qty) FROM t", "2.6"},
		{"minimum and maximum", "SELECT MAX(price) - MIN(price) FROM t", "10003.26"},
		{"decimals are exact", "SELECT COUNT(*) FROM t WHERE price = 10.5 AND 0.1 + 0.2 = 0.3", "1"},
		{"whole numbers divide to decimals", "SELECT COUNT(*) FROM t WHERE qty / 2 = 1.5", "1"},
		{"by zero is null", "SELECT COUNT(*) FROM t WHERE qty / 0 IS NULL", "6"},
		{"three-valued or", "SELECT COUNT(*) FROM t WHERE NOT (region = 'North' OR region = 'South')", "1"},
		{"not in drops nulls", "SELECT COUNT(*) FROM t WHERE region NOT IN ('North', 'South')", "1"},
		{"not in with null", "SELECT COUNT(*) FROM t WHERE region NOT IN ('North', NULL)", "0"},
		{"in numbers", "SELECT COUNT(*) FROM t WHERE qty IN (2, 3.0)", "3"},
		{"untyped against a number", "SELECT COUNT(*) FROM t WHERE loose = 7", "3"},
		{"untyped against a text", "SELECT COUNT(*) FROM t WHERE loose = '7'", "2"},
		{"untyped against each other", "SELECT COUNT(*) FROM t WHERE id = loose", "0"},
		{"untyped yields a number", "SELECT MAX(loose) FROM t", "12.5"},
		{"dates against a text", "SELECT COUNT(*) FROM t WHERE day >= '2026-11-20'", "4"},
		{"date literal", "SELECT COUNT(*) FROM t WHERE sold < DATE '2026-11-21'", "3"},
		{"current date", "SELECT COUNT(*) FROM t WHERE day = CURRENT_DATE - 1 OR day = CURRENT_DATE - INTERVAL '1' MONTH", "1"},
		{"date moved by a unit, as SQL Server writes it", "SELECT COUNT(*) FROM t WHERE day = DATEADD(day, -1, CURRENT_DATE) OR day = DATEADD('month', -1, CURRENT_DATE)", "1"},
		{"age", "SELECT MAX(DATEDIFF('day', day, CURRENT_DATE)) FROM t", "22"},
		{"parts of dates", "SELECT SUM(EXTRACT(DAY FROM day)) + MAX(YEAR(sold)) FROM t", "2140"},
		{"truth columns", "SELECT COUNT(*) FROM t WHERE flag", "3"},
		{"truths are numbers", "SELECT SUM(flag) FROM t", "3"},
		{"boolean result", "SELECT COUNT(*) > 5 FROM t", "1"},
		{"filter", "SELECT COUNT(*) FILTER (WHERE region = 'North') FROM t", "3"},
		{"count distinct", "SELECT COUNT(DISTINCT region) FROM t", "3"},
		{"distinct numbers", "SELECT COUNT(DISTINCT qty) FROM t", "4"},
		{"like", "SELECT COUNT(*) FROM t WHERE region LIKE '_o%th'", "4"},
		{"ilike", "SELECT COUNT(*) FROM t WHERE region ILIKE 'north'", "3"},
		{"not like", "SELECT COUNT(*) FROM t WHERE region NOT LIKE 'N%'", "2"},
		{"rlike", "SELECT COUNT(*) FROM t WHERE region RLIKE '^[NS]'", "4"},
		{"length is in characters", "SELECT MAX(LENGTH(note)) FROM t", "3"},
		{"empty text is no null", "SELECT COUNT(*) FROM t WHERE note = ''", "1"},
		{"texts", "SELECT COUNT(*) FROM t WHERE UPPER(SUBSTRING(TRIM(' ' || region || ' '), 1, 2)) = 'NO'", "3"},
		{"coalesce and nullif", "SELECT SUM(COALESCE(NULLIF(qty, 5), 100)) FROM t", "208"},
		{"case with a value", "SELECT SUM(CASE region WHEN 'North' THEN 1 WHEN 'South' THEN 10 END) FROM t", "13"},
		{"cast", "SELECT SUM(CAST(loose AS INTEGER)) FROM t", "34"},
		{"round", "SELECT ROUND(AVG(price), 2) FROM t", "2501.82"},
		{"no rows, no sum", "SELECT SUM(qty) FROM t WHERE qty > 99", "NULL"},
		{"variance", "SELECT VAR_POP(qty) FROM t", "1.84"},
		{"deviation", "SELECT ROUND(STDDEV(qty), 6) FROM t", "1.516575"},
		{"groups are counted", "SELECT region, COUNT(*) AS n FROM t GROUP BY region HAVING COUNT(*) > 1", "1 region=North n=3"},
		{"count of groups", "SELECT COUNT(*) FROM (SELECT region FROM t WHERE region IS NOT NULL GROUP BY region HAVING COUNT(*) > 1) d", "1"},
		{"aggregates of groups", "SELECT MAX(n) FROM (SELECT region, COUNT(*) AS n FROM t GROUP BY 1) d", "3"},
		{"conditions on groups", "SELECT COUNT(*) FROM (SELECT region, SUM(qty) total FROM t GROUP BY region) d WHERE total >= 4", "2"},
		{"distinct is a group", "SELECT COUNT(*) FROM (SELECT DISTINCT region, qty FROM t) d", "5"},
		{"selection within", "SELECT SUM(x) FROM (SELECT qty * 2 AS x, region FROM t WHERE qty > 1) d WHERE region = 'North'", "8"},
		{"listing", "SELECT * FROM t WHERE qty > 2", "2"},
		{"listing with a limit", "SELECT id FROM t WHERE qty > 0 ORDER BY id LIMIT 2", "2"},
		{"share by queries", "SELECT 100.0 * (SELECT COUNT(*) FROM t WHERE qty > 2) / (SELECT COUNT(*) FROM t)", "33.333333333333336"},
		{"share by queries, from", "SELECT (SELECT COUNT(*) FROM t WHERE qty > 2) / COUNT(*) FROM t WHERE qty IS NOT NULL", "0.4"},
		{"aliases are found", "SELECT COUNT(*) FROM sales s WHERE s.qty > 2", "2"},
		{"any case", "select count(*) from T where QTY > 2;", "2"},
		{"comments", "SELECT COUNT(*) -- all\nFROM t /* of it */", "6"},
		{"is distinct", "SELECT COUNT(*) FROM t WHERE region IS DISTINCT FROM 'North'", "3"},
		{"having without groups", "SELECT COUNT(*) FROM t HAVING COUNT(*) > 100", "NULL"},

		{"a join", "SELECT COUNT(*) FROM t JOIN u ON t.a = u.a", "unsupported: 1:24: a join is not supported"},
		{"a window", "SELECT SUM(qty) OVER (PARTITION BY region) FROM t", "unsupported: 1:17: a window is not supported"},
		{"another dataset", "SELECT COUNT(*)\nFROM orders", "unsupported: 2:6: another dataset, orders, is not read; only t is read"},
		{"an unknown function", "SELECT COUNT(*) FROM t WHERE soundex(region) = 'N'", "unsupported: 1:30: the function SOUNDEX is not supported"},
		{"a query in a condition", "SELECT COUNT(*) FROM t WHERE qty > (SELECT AVG(qty) FROM t)", "unsupported: 1:36: a query within a condition or a value is not supported here"},
		{"in a query", "SELECT COUNT(*) FROM t WHERE id IN (SELECT id FROM u)", "unsupported: 1:36: IN with a query is not supported; a relationship of the contract compares with another dataset"},
		{"a union", "SELECT 1 FROM t UNION SELECT 2 FROM t", "unsupported: 1:17: UNION is not supported"},
		{"a table function", "SELECT COUNT(*) FROM read_csv('/etc/passwd')", "unsupported: 1:22: the table function read_csv is not supported"},
		{"no select", "DROP TABLE t", "unsupported: 1:1: DROP is not supported"},
		{"two columns", "SELECT COUNT(*), SUM(qty) FROM t", "unsupported: 1:1: the query yields 2 columns, and a check compares one number"},
		{"a typo", "SELEC COUNT(*) FROM t", "error: 1:1: SELEC where SELECT is expected"},
		{"an unknown column", "SELECT SUM(nothing) FROM t", `error: column "nothing": the file has no such column`},
		{"not grouped", "SELECT region, MAX(qty) FROM t GROUP BY id", "error: 1:8: region has many values in a group; put it into GROUP BY, or into an aggregate such as MAX"},
		{"nothing in common", "SELECT COUNT(*) FROM t WHERE day > 5", "error: 1:30: a date and a number have nothing in common; cast one of them"},
		{"no date", "SELECT COUNT(*) FROM t WHERE day > 'yesterday'", "error: 1:36: 'yesterday' is not a timestamp"},
		{"an aggregate in where", "SELECT COUNT(*) FROM t WHERE SUM(qty) > 1", "error: 1:30: an aggregate such as SUM does not stand in WHERE, GROUP BY or another aggregate"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			if got := shop.ask(t, tt.query); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.query, got, tt.want)
			}
		})
	}
}

func TestViolations(t *testing.T) {
	below, none, most := contract.Want{Op: contract.LessOrEqual, Low: 5}, contract.Want{Op: contract.Equal}, contract.Want{Op: contract.GreaterOrEqual, Low: 99}
	for _, tt := range []struct {
		rule, query string
		want        contract.Want
		rows        string
	}{
		{"a condition", "SELECT COUNT(*) FROM t WHERE qty > 2", none, "[1 3] of 6"},
		{"a sum of ones", "SELECT 100.0 * SUM(CASE WHEN price BETWEEN 0.01 AND 10000 THEN 0 ELSE 1 END) / COUNT(*) FROM t", below, "[1 2 3 4 5] of 6"},
		{"what is good is summed", "SELECT SUM(CASE WHEN qty > 1 THEN 1.0 ELSE 0 END) / COUNT(*) FROM t", most, "[2 4] of 6"},
		{"an average", "SELECT AVG(CASE WHEN qty > 1 THEN 100.0 ELSE 0 END) FROM t WHERE region IS NOT NULL", most, "[2] of 5"},
		{"a filter", "SELECT COUNT(*) FILTER (WHERE qty > 2) FROM t WHERE region = 'South'", none, "[1] of 1"},
		{"a listing", "SELECT id FROM t WHERE qty > 2", none, "[1 3] of 6"},
		{"a listing of a selection", "SELECT * FROM (SELECT qty AS q FROM t WHERE id > 1) d WHERE q > 2", none, "[1 3] of 6"},
		{"a count that should be large", "SELECT COUNT(*) FROM t WHERE qty > 2", most, "none"},
		{"all rows", "SELECT COUNT(*) FROM t", below, "none"},
		{"a sum of figures", "SELECT SUM(qty) FROM t WHERE qty > 2", none, "none"},
		{"groups", "SELECT region FROM t GROUP BY region HAVING COUNT(*) > 1", none, "none"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			q, err := Compile(tt.query, shop.table())
			if err != nil {
				t.Fatal(err)
			}
			got := "none"
			if kernel := q.Violations(tt.want); kernel != nil {
				shop.views(t, 1<<20, nil, func(v *view.View) {
					bad, looked := kernel(v, nil)
					got = fmt.Sprintf("%v of %d", bad, looked)
				})
			}
			if got != tt.rows {
				t.Errorf("got %s, want %s", got, tt.rows)
			}
		})
	}
}
