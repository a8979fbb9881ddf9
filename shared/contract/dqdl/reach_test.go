package dqdl

import "testing"

func TestReadAggregate(t *testing.T) {
	for text, want := range map[string]Aggregate{
		"sum(amount)":                     {"", "amount", `sum("amount")`},
		" AVG( unit price ) ":             {"", "unit price", `AVG("unit price")`},
		"avg(budget.planned)":             {"budget", "planned", `avg("planned")`},
		"sum(shop.budget-2.planned)":      {"shop.budget-2", "planned", `sum("planned")`},
		"sum(primary.amount)":             {"", "amount", `sum("amount")`},
		"sum(`amount`)":                   {"", "amount", `sum("amount")`},
		"budget.sum(planned)":             {"budget", "planned", `sum("planned")`},
		"sum(price * quantity)":           {"", "", "sum(price * quantity)"},
		"budget.count(*)":                 {"budget", "", "count(*)"},
		"sum(amount - discount)":          {"", "", "sum(amount - discount)"},
		"sum(amount":                      {"", "", "sum(amount"},
		"":                                {},
		"sum(coalesce(a, 0)) / avg(b)":    {"", "", "sum(coalesce(a, 0)) / avg(b)"},
		"max(amount) - min(other.amount)": {"", "", "max(amount) - min(other.amount)"},
	} {
		if got := ReadAggregate(text); got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}
