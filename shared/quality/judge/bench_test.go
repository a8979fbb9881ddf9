package judge

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// benchContract asks for a check of each kind that reads every row.
const benchContract = `
apiVersion: v3.1.0
kind: DataContract
id: urn:tillwatch:test:bench
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: id, unique: true}
      - {name: customer, logicalType: string, required: true, logicalTypeOptions: {pattern: '^C[0-9]{6}$'}}
      - {name: quantity, logicalType: integer}
      - {name: price, logicalType: number, logicalTypeOptions: {minimum: 0.01, maximum: 10000}}
      - {name: amount, logicalType: number}
      - {name: day, logicalType: date}
      - name: channel
        quality:
          - {id: channels, metric: invalidValues, arguments: {validValues: [store, web, mobile, marketplace]}, mustBe: 0}
    quality:
      - id: sum
        type: custom
        engine: tillwatch
        implementation: {check: arithmetic, expression: "amount = quantity * price", tolerance: "0.01"}
`

// BenchmarkValidate judges a whole file of 200,000 rows; what is wrong with
// every row of the second, each check finds.
func BenchmarkValidate(b *testing.B) {
	c, err := contract.ReadODCS("bench.odcs.yaml", []byte(benchContract))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range []struct{ name, row string }{
		{"clean", "T%010[1]d,C%06[1]d,3,%[2]d.25,%[3]d.75,2026-06-15,store,\"North, Upper\"\n"},
		{"faulty", "T0000000001,X%06[1]d,x3,9%[2]d000.25,%[3]d.75,2026-16-15,shop,\"North, Upper\"\n"},
	} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", f.name, threads), func(b *testing.B) {
				var text bytes.Buffer
				text.WriteString("id,customer,quantity,price,amount,day,channel,region\n")
				for i := range 200_000 {
					fmt.Fprintf(&text, f.row, i, 1+i%900, 3*(1+i%900))
				}
				in := quality.Input{Contract: c, Object: "f", Source: tabular.Bytes(text.Bytes()), Bytes: int64(text.Len()),
					Now: time.Unix(0, 0), Arrived: time.Unix(0, 0), Threads: threads, QuarantineRows: -1}
				b.SetBytes(in.Bytes)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Validate(context.Background(), in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
