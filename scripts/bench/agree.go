package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The fifteen checks, and the figures that each yields. A figure may differ
// between two by the share that its check tolerates.
var fifteen = []struct {
	name      string
	figures   []string
	tolerance float64
}{
	{"row count", []string{"rows"}, 0},
	{"completeness of customer_id", []string{"customer_null"}, 0},
	{"completeness of transaction_date", []string{"date_null"}, 0},
	{"completeness of amount", []string{"amount_null"}, 0},
	{"exact uniqueness of transaction_id", []string{"key_repeats"}, 0},
	// Sketches; the worst of them is a tenth off.
	{"distinct customers, approximately", []string{"customers"}, 0.15},
	{"unit_price in range", []string{"price_out"}, 0},
	{"arithmetic between columns", []string{"arithmetic_off"}, 0},
	{"transaction_date parses and is fresh", []string{"date_bad", "fresh"}, 0},
	{"pattern of customer_id", []string{"customer_bad"}, 0},
	{"pattern of email", []string{"email_bad"}, 0},
	{"allowed channels", []string{"channel_bad"}, 0},
	// Some add floats.
	{"sum, mean and deviation of amount", []string{"sum", "mean", "deviation"}, 1e-9},
	{"p50, p95 and p99 of amount", []string{"p50", "p95", "p99"}, 0.02},
	{"rows of each region", []string{"region North", "region South", "region East", "region West", "region Central", "region Northeast",
		"region Southwest", "region Northwest", "region North, Upper", "region South, Lower", `region East, "Old Town"`, "region West, Coast"}, 0},
}

// unasked lists which of the fifteen checks yield no figure, or not all of
// them.
func unasked(figures map[string]float64) []string {
	var list []string
	for _, c := range fifteen {
		var missing []string
		for _, f := range c.figures {
			if _, ok := figures[f]; !ok {
				missing = append(missing, f)
			}
		}
		switch {
		case len(missing) == 0:
		case len(missing) < len(c.figures):
			list = append(list, c.name+" (lacking "+strings.Join(missing, ", ")+")")
		default:
			list = append(list, c.name)
		}
	}
	return list
}

// disagreements lists the figures in which two differ; those that one of them
// does not have are left out.
func disagreements(a string, x map[string]float64, b string, y map[string]float64) []string {
	var list []string
	for _, c := range fifteen {
		for _, f := range c.figures {
			v, has := x[f]
			w, hasToo := y[f]
			if has && hasToo && math.Abs(v-w) > c.tolerance*max(math.Abs(v), math.Abs(w)) {
				list = append(list, fmt.Sprintf("%s: %s has %v, %s has %v", f, a, v, b, w))
			}
		}
	}
	slices.Sort(list)
	return list
}
