package profile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// difference compares a table with a changed copy of another day's.
func difference(t *testing.T, change func([][]string) [][]string) *Difference {
	t.Helper()
	o := Options{}
	return Compare(profiled(t, o, written(sales(1, 2000))), profiled(t, o, written(change(sales(2, 2100)))))
}

func columnOf(table [][]string, name string) int { return slices.Index(table[0], name) }

func TestCompare(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	each := func(name string, change func(string) string) func([][]string) [][]string {
		return func(table [][]string) [][]string {
			c := columnOf(table, name)
			for _, row := range table[1:] {
				row[c] = change(row[c])
			}
			return table
		}
	}
	for _, c := range []struct {
		rule string
		do   func([][]string) [][]string
		want string // changes of the schema, and columns that changed by which tests
	}{
		{"another day is the same", func(t [][]string) [][]string { return t }, ""},
		{"half a day is the same", func(t [][]string) [][]string { return t[:1000] }, ""},
		{"a new name of the same codes", func(t [][]string) [][]string { t[0][1] = "shop"; return t }, "renamed store → shop, which holds the same"},
		{"a new name of the same numbers", func(t [][]string) [][]string { t[0][6] = "unit_price"; return t }, "renamed price → unit_price, which holds the same"},
		{"a column more", func(t [][]string) [][]string {
			for i := range t {
				t[i] = append(t[i], "x"+strconv.Itoa(i%3))
			}
			return t
		}, "added x0, string"},
		{"a column less", func(t [][]string) [][]string {
			for i := range t {
				t[i] = t[i][:9]
			}
			return t
		}, "removed note, string"},
		{"one column moves", func(t [][]string) [][]string {
			for i := range t {
				t[i] = append(slices.Clone(t[i][1:]), t[i][0])
			}
			return t
		}, "reordered sale_id: place 1 → place 10"},
		{"whole numbers become others", each("quantity", func(v string) string { return v + ".5" }),
			"type changed quantity: integer → number"},
		{"dates are written differently", each("sold_on", func(v string) string { return v[8:] + "/" + v[5:7] + "/" + v[:4] }),
			"type changed sold_on: date → date dd/MM/yyyy"},
		{"prices rise by half", each("price", func(v string) string {
			f, _ := strconv.ParseFloat(v, 64)
			return fmt.Sprintf("%.2f", 1.5*f)
		}), "price kolmogorov-smirnov, stability index"},
		{"prices rise by a fiftieth", each("price", func(v string) string {
			f, _ := strconv.ParseFloat(v, 64)
			return fmt.Sprintf("%.2f", 1.02*f)
		}), ""},
		{"a region is renamed", each("region", func(v string) string { return strings.Replace(v, "North", "Nord", 1) }), "region chi-square, stability index"},
		{"a third lacks a price", each("price", func(v string) string {
			if r.IntN(3) == 0 {
				return ""
			}
			return v
		}), "price nulls"},
		{"codes are built differently", each("store", func(v string) string { return v[3:] + v[:2] }), "store chi-square, stability index"},
		{"keys are built differently", each("sale_id", func(v string) string { return v[1:] + "-S" }), "sale_id shape"},
		{"ten rows are too few to tell", func(t [][]string) [][]string { return t[:11] }, ""},
	} {
		d := difference(t, c.do)
		var got []string
		for _, s := range d.Schema {
			got = append(got, string(s.Kind)+" "+s.String())
		}
		for _, s := range d.Columns {
			var tests []string
			for _, test := range s.Tests {
				if test.Changed {
					tests = append(tests, test.Name)
				}
			}
			if len(tests) > 0 {
				got = append(got, s.Column+" "+strings.Join(tests, ", "))
			}
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, text, c.want)
		}
		if d.Same != (c.want == "") {
			t.Errorf("%s: same is %v", c.rule, d.Same)
		}
	}
}

// Of two hundred pairs of files of one distribution hardly one is called changed.
func TestFewFalseAlarms(t *testing.T) {
	alarms, columns := 0, 0
	for seed := range uint64(40) {
		o := Options{Threads: 1}
		d := Compare(profiled(t, o, written(sales(2*seed+100, 60))), profiled(t, o, written(sales(2*seed+101, 60))))
		for _, c := range d.Columns {
			columns++
			if c.Changed {
				alarms++
			}
		}
	}
	t.Logf("%d false alarms of %d columns", alarms, columns)
	if alarms*40 > columns {
		t.Errorf("%d false alarms of %d columns", alarms, columns)
	}
}

func TestComparedPersonalValuesAreMasked(t *testing.T) {
	a := []byte("contact,v\n" + strings.Repeat("secret1@example.com,1\nsecret2@example.com,2\n", 50))
	b := []byte("contact,v\n" + strings.Repeat("secret3@example.com,1\nsecret2@example.com,2\n", 50))
	d := Compare(profiled(t, Options{}, a), profiled(t, Options{}, b))
	if strings.Contains(fmt.Sprint(d), "secret") {
		t.Errorf("personal values are told: %v", d)
	}
	if d.Same {
		t.Error("that values were exchanged is no secret")
	}
}
