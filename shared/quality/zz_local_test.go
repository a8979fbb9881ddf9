package quality

import (
	"context"
	"os"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

func BenchmarkLocal(b *testing.B) {
	text, err := os.ReadFile("../../scripts/bench/contract.odcs.yaml")
	if err != nil {
		b.Fatal(err)
	}
	c, err := contract.ReadODCS("c.yaml", text)
	if err != nil {
		b.Fatal(err)
	}
	in := Input{Contract: c, Object: "f", Source: tabular.File("/tmp/bench/f1.csv"), Bytes: -1,
		Now: time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC), Arrived: time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC), Threads: 1, QuarantineRows: -1}
	b.SetBytes(139646488)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Validate(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}
