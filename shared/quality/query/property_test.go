package query

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// queries use every accumulator, with groups and without.
var queries = []string{
	"SELECT 100.0 * SUM(CASE WHEN price BETWEEN 0.01 AND 10000 THEN 0 ELSE 1 END) / COUNT(*) FROM t",
	"SELECT AVG(price / 3) + VAR_SAMP(price) + STDDEV_POP(qty) FROM t",
	"SELECT COUNT(DISTINCT price) + COUNT(DISTINCT region, qty) FROM t WHERE region > 'A'",
	"SELECT DATEDIFF('day', MIN(day), MAX(day)) FROM t",
	"SELECT LENGTH(MAX(region || '')) + LENGTH(MIN(UPPER(region))) FROM t",
	"SELECT region, day, COUNT(*) AS n, MAX(price) AS p FROM t GROUP BY region, day HAVING COUNT(*) > 1",
	"SELECT SUM(n * m) FROM (SELECT qty, price, COUNT(DISTINCT region) n, AVG(price) m FROM t GROUP BY qty, price) d",
	"SELECT COUNT(*) FROM (SELECT DISTINCT region, flag FROM t) d",
}

// rowsOf draws rows of a small world with every kind of bad cell.
func drawRows(t *rapid.T) []string {
	cell := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	rows := make([]string, rapid.IntRange(0, 12).Draw(t, "rows"))
	for i := range rows {
		rows[i] = strings.Join([]string{
			fmt.Sprint(i), cell("price", "1", "-2.50", "0.1", "", "x", "99999999999999999999", "0.3333333333333333333"), cell("region", "North", "South", "", `"a,""b"`, `""`),
			cell("day", "2026-01-01", "2026-01-02", "", "no"), "2026-01-01T00:00:00Z", cell("loose", "1", "x", ""), cell("flag", "true", "false", ""), cell("qty", "1", "2", "3", ""), "n",
		}, ",")
	}
	return rows
}

// TestPartsMergeToTheWhole holds that rows split anywhere, seen in parts, written, read back
// and merged in any order answer as the whole does.
func TestPartsMergeToTheWhole(t *testing.T) {
	world := shop
	for _, text := range queries {
		q, err := Compile(text, world.table())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		t.Run(text, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				see := func(rows []string) *State {
					d := world
					d.text = strings.Join(d.names, ",") + "\n" + strings.Join(rows, "\n") + "\n"
					if len(rows) == 0 {
						d.text = strings.Join(d.names, ",") + "\n"
					}
					s := q.NewState()
					d.views(t, int64(rapid.IntRange(1, 400).Draw(r, "block")), nil, s.Observe)
					return s
				}
				var all []string
				var states []*State
				for range rapid.IntRange(1, 4).Draw(r, "parts") {
					rows := drawRows(r)
					all = append(all, rows...)
					s := q.NewState()
					var w wire.Writer
					see(rows).Encode(&w)
					in := wire.NewReader(w.Values())
					s.Decode(in)
					if err := in.Done(); err != nil {
						r.Fatalf("read back: %v", err)
					}
					var again wire.Writer
					if s.Encode(&again); !bytes.Equal(again.Values(), w.Values()) {
						r.Fatal("what was read back is written otherwise")
					}
					states = append(states, s)
				}
				for len(states) > 1 {
					i := rapid.IntRange(1, len(states)-1).Draw(r, "from")
					states[0], states[i] = states[i], states[0]
					states[0].Merge(states[i])
					states = slices.Delete(states, i, i+1)
				}
				whole := see(all)
				if got, want := answered(states[0]), answered(whole); got != want {
					r.Fatalf("parts answer %s, the whole %s", got, want)
				}
			})
		})
	}
}

// FuzzDecode holds that no bytes make a state panic, neither when it reads them
// nor when it is used afterwards.
func FuzzDecode(f *testing.F) {
	for i, text := range queries {
		q, err := Compile(text, shop.table())
		if err != nil {
			f.Fatal(err)
		}
		s := q.NewState()
		shop.views(f, 1<<20, nil, s.Observe)
		var w wire.Writer
		s.Encode(&w)
		f.Add(byte(i), w.Values())
	}
	f.Fuzz(func(t *testing.T, i byte, form []byte) {
		q, err := Compile(queries[int(i)%len(queries)], shop.table())
		if err != nil {
			t.Fatal(err)
		}
		s, other := q.NewState(), q.NewState()
		s.Decode(wire.NewReader(form))
		other.Merge(s)
		if len(form) < 2000 {
			answered(other)
		}
	})
}

// FuzzCompile holds that no text makes the compiler panic or hang, and that what
// compiles also runs, or says that it would be too much.
func FuzzCompile(f *testing.F) {
	for _, text := range queries {
		f.Add(text)
	}
	for _, text := range []string{
		"SELECT COUNT(*) FROM t WHERE TRIM(BOTH 'x' FROM region) LIKE 'a!%%' ESCAPE '!' AND qty::int % 2 = 0 OR NOT flag IS TRUE",
		"SELECT * FROM (SELECT id, DATE_TRUNC('month', day) m FROM t) d WHERE m > DATE '2026-01-01' + INTERVAL '3' DAY ORDER BY 1 LIMIT 3",
		"SELECT (SELECT COUNT(*) FROM t WHERE qty IN (1, NULL)) / NULLIF((SELECT COUNT(*) FROM t), 0)",
		"SELECT SUM(REPLACE(loose, '1', '22222222') || price) FROM t WHERE region RLIKE '(a|b)*c' AND COALESCE(qty, price, 0) <> GREATEST(1, qty)",
		"SELECT MAX(price * price * price * price * price * price) FROM t HAVING MIN(SUBSTRING(note FROM -2 FOR 1)) >= ''",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Compile(text, shop.table())
		if err != nil {
			return
		}
		s := q.NewState()
		defer func() { // as the caller does with whatever stops a check
			if r := recover(); r != nil {
				if _, ok := r.(interface{ Error() string }); !ok || strings.Contains(fmt.Sprint(r), "runtime error") {
					panic(r)
				}
			}
		}()
		shop.views(t, 100, nil, func(v *view.View) { s.Observe(v) })
		answered(s)
	})
}
