package landing_test

import (
	"context"
	"io"
	"testing"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/landing"
	"tillwatch/shared/memory"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// TestReferences wants a dataset that a contract compares with from the
// references, else from the accepted file of the same day, else left out; and
// that what happens to it says nothing about the judged file.
func TestReferences(t *testing.T) {
	h := newHouse()
	judged(t, h, h.bucket.Put("landing", salesKey, []byte("yesterday was good\n"), noon), noon)
	judged(t, h, h.bucket.Put("landing", "sales/dt=2026-11-22/bad.csv", []byte("bad\n"), noon.Add(time.Minute)), noon)
	stock := &contract.Contract{
		File: "stock.odcs.yaml", ID: "urn:retail:stock",
		Servers: []contract.Server{{Name: "landing", Type: "s3", Location: "s3://landing/stock/**"}},
		Tables: []contract.Table{{
			Name:          "stock",
			Relationships: []contract.Relationship{{Dataset: "products"}, {Dataset: "stock"}, {Dataset: "suppliers"}},
			Rules:         []contract.Rule{{Implementation: contract.TotalCheck{Dataset: "sales_data"}}},
		}},
	}
	h.library.Shelf.Contracts = append(h.library.Shelf.Contracts, stock)
	h.library.References = map[string]tabular.Source{"products": memory.Bytes("product_id\n")}
	got := map[string]string{}
	j := h.judger()
	j.Validate = func(ctx context.Context, in quality.Input) (*quality.Report, error) {
		for name, src := range in.References {
			r, err := src.Open(ctx)
			if err != nil {
				return nil, err
			}
			b, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			got[name] = string(b)
		}
		return judgeByWord(ctx, in)
	}
	o := h.bucket.Put("landing", "stock/dt=2026-11-22/stock.csv", []byte("1\n"), noon.Add(time.Hour))
	if _, err := j.Judge(t.Context(), o, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["products"] != "product_id\n" || got["sales_data"] != "yesterday was good\n" {
		t.Errorf("references %q, want products and the accepted file of sales_data", got)
	}
	day, _ := h.ledger.Day(t.Context(), "sales_data", "2026-11-22")
	for _, f := range day {
		h.bucket.Delete(f.Object)
	}
	clear(got)
	o = h.bucket.Put("landing", "stock/dt=2026-11-22/stock.csv", []byte("2\n"), noon.Add(2*time.Hour))
	if out, err := j.Judge(t.Context(), o, noon.Add(2*time.Hour)); err != nil || out.Decision != landing.Judged || len(got) != 1 {
		t.Errorf("a reference that was removed: %s, %v with %d references; want judged with 1", out.Decision, err, len(got))
	}
	h.library.References["products"] = vanishing{}
	o = h.bucket.Put("landing", "stock/dt=2026-11-22/stock.csv", []byte("3\n"), noon.Add(3*time.Hour))
	if out, err := j.Judge(t.Context(), o, noon.Add(3*time.Hour)); !landing.Retryable(err) {
		t.Errorf("a reference that goes while it is read: %s, %v; want a retryable error", out.Decision, err)
	}
}

// vanishing is a reference that is gone when it is opened.
type vanishing struct{}

func (vanishing) Open(context.Context) (io.ReadCloser, error) { return nil, landing.ErrGone }
