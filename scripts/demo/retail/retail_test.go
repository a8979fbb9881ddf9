package retail

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"strconv"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 17, 10, 0, 0, time.UTC)

// sources are the synthetic source and, where it was fetched, the real one.
func sources(t *testing.T) map[string]*Source {
	all := map[string]*Source{"synthetic": Synthetic(now, 1)}
	if cache := "../../../.cache"; Fetched(cache) {
		real, err := Open(Wheel(cache))
		if err != nil {
			t.Fatal(err)
		}
		all["real"] = real
	} else {
		t.Logf("the real transactions are left out: %s is not there; go run ./scripts/demo fetches it", Wheel(cache))
	}
	return all
}

func mustPlan(t *testing.T, s *Source, now time.Time) *Plan {
	t.Helper()
	p, err := s.Plan(Setting{Now: now, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAmountsHoldToTheCent(t *testing.T) {
	for name, s := range sources(t) {
		for weekday := range 7 {
			sales := mustPlan(t, s, now.AddDate(0, 0, -weekday)).Sales(0)
			q, u, d, a := sales.Column("quantity"), sales.Column("unit_price"), sales.Column("discount"), sales.Column("amount")
			for i, row := range sales.Rows {
				gross := number(t, row[q])*number(t, row[u]) - number(t, row[d])
				if off := math.Abs(gross - number(t, row[a])); off >= 0.005 {
					t.Errorf("%s row %d: %v × %v − %v is %v off %v", name, i+1, row[q], row[u], row[d], off, row[a])
				}
			}
		}
	}
}

func TestInventoryAgreesWithSales(t *testing.T) {
	for name, s := range sources(t) {
		p := mustPlan(t, s, now)
		sold := map[[2]string]float64{}
		sales := p.Sales(0)
		for _, row := range sales.Rows {
			sold[[2]string{row[sales.Column("store_id")], row[sales.Column("product_id")]}] += number(t, row[sales.Column("quantity")])
		}
		stock := p.Inventory(0)
		unsold := 0
		for i, row := range stock.Rows {
			key := [2]string{row[stock.Column("store_id")], row[stock.Column("product_id")]}
			out := number(t, row[stock.Column("sold")])
			if out != sold[key] {
				t.Errorf("%s row %d: sold %v, sales have %v", name, i+1, out, sold[key])
			}
			delete(sold, key)
			if out == 0 {
				unsold++
			}
			closing := number(t, row[stock.Column("opening_stock")]) + number(t, row[stock.Column("received")]) - out
			if closing < 0 || closing != number(t, row[stock.Column("closing_stock")]) {
				t.Errorf("%s row %d: closing stock is %v, want %v", name, i+1, row[stock.Column("closing_stock")], closing)
			}
		}
		if len(sold) > 0 || unsold == 0 {
			t.Errorf("%s: %d sold products have no row, and %d rows are of unsold ones", name, len(sold), unsold)
		}
	}
}

func TestSameSettingSameBytes(t *testing.T) {
	files := func() [][]byte {
		p := mustPlan(t, Synthetic(now, 1), now)
		var all [][]byte
		for _, table := range []*Table{p.Sales(0), p.Inventory(0), p.Customers(0), p.Products(), p.Stores(), p.Sales(9), p.Customers(9)} {
			all = append(all, table.CSV())
		}
		return all
	}
	first, second := files(), files()
	for i := range first {
		if !bytes.Equal(first[i], second[i]) {
			t.Errorf("file %d differs between two runs", i)
		}
	}
}

func TestNothingLiesInTheFuture(t *testing.T) {
	s := Synthetic(now, 1)
	for _, clock := range []string{"00:02:01", "00:30:00", "12:00:00", "23:59:59"} {
		at, err := time.Parse(time.RFC3339, "2026-11-22T"+clock+"Z")
		if err != nil {
			t.Fatal(err)
		}
		sales := mustPlan(t, s, at).Sales(0)
		column := sales.Column("transaction_timestamp")
		newest := time.Time{}
		for _, row := range sales.Rows {
			when, err := time.Parse(time.RFC3339, row[column])
			if err != nil {
				t.Fatal(err)
			}
			if when.Format(time.DateOnly) != "2026-11-22" {
				t.Fatalf("at %s: a row is of %v", clock, when)
			}
			newest = when
		}
		if age := at.Sub(newest); age < Quiet || age > Quiet+time.Second {
			t.Errorf("at %s: the newest row is %v old, want %v", clock, age, Quiet)
		}
	}
}

func TestEveryDayOfTheHistoryIsThere(t *testing.T) {
	for name, s := range sources(t) {
		p := mustPlan(t, s, now)
		for ago := range HistoryDays + 1 {
			for _, table := range []*Table{p.Sales(ago), p.Inventory(ago), p.Customers(ago)} {
				if len(table.Rows) == 0 && p.Open(ago) {
					t.Errorf("%s: %s of %d days ago is empty", name, table.Name, ago)
				}
			}
		}
	}
}

func TestTablesReadBack(t *testing.T) {
	p := mustPlan(t, Synthetic(now, 1), now)
	for _, table := range []*Table{p.Sales(0), p.Inventory(0), p.Customers(0), p.Products(), p.Stores()} {
		records, err := csv.NewReader(bytes.NewReader(table.CSV())).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", table.Name, err)
		}
		if len(records) != len(table.Rows)+1 {
			t.Errorf("%s: %d records, want %d", table.Name, len(records), len(table.Rows)+1)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	s := Synthetic(now, 1)
	if _, err := s.Plan(Setting{Now: now, Day: now.AddDate(-1, 0, 0)}); !errors.Is(err, ErrNoDay) {
		t.Errorf("a day that is not there: got %v, want ErrNoDay", err)
	}
	if _, err := s.Plan(Setting{Now: now.Truncate(24 * time.Hour)}); err == nil {
		t.Error("midnight: got no error")
	}
}

func TestUnitPrice(t *testing.T) {
	for _, c := range []struct {
		gross, quantity int64
		want            string
	}{
		{0, 1, "0.00"}, {199, 1, "1.99"}, {500, 3, "1.667"}, {200, 3, "0.667"}, {2405, 8972, "0.002681"}, {54999, 1, "549.99"},
	} {
		if got := unitPrice(c.gross, c.quantity); got != c.want {
			t.Errorf("unitPrice(%d, %d) = %s, want %s", c.gross, c.quantity, got, c.want)
		}
	}
}
