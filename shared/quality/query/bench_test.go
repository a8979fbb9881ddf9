package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tillwatch/shared/quality/view"
)

// BenchmarkObserve measures what three queries as people write them cost a row,
// once its cells are known; ns/row is what to look at.
func BenchmarkObserve(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]string, 4000)
	for i := range rows {
		rows[i] = fmt.Sprintf("T%07d,%d.%02d,%d,%s,%s", i, r.IntN(1000), r.IntN(100), 1+r.IntN(20),
			[]string{"North", "South", "Northeast", "West"}[r.IntN(4)], []string{"web", "store", "mobile"}[r.IntN(3)])
	}
	d := newDataset("id,price:number,qty:integer,region:string,channel:string", rows...)
	for _, text := range []string{
		"SELECT 100.0 * SUM(CASE WHEN price BETWEEN 0.01 AND 10000 THEN 0 ELSE 1 END) / COUNT(*) FROM t",
		"SELECT SUM(price * qty) / SUM(qty) FROM t WHERE region LIKE 'N%' AND channel IN ('web', 'store')",
		"SELECT region, channel, COUNT(*) FROM t GROUP BY region, channel HAVING AVG(price) > 100000",
	} {
		name, _, _ := strings.Cut(text[len("SELECT "):], " FROM")
		b.Run(name, func(b *testing.B) {
			q, err := Compile(text, d.table())
			if err != nil {
				b.Fatal(err)
			}
			s := q.NewState()
			d.views(b, 1<<20, nil, func(v *view.View) {
				s.Observe(v) // the view then knows the cells
				b.ReportAllocs()
				for b.Loop() {
					s.Observe(v)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Len()), "ns/row")
			})
		})
	}
}
