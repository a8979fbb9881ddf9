package contract

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func at(id string, locations ...string) *Contract {
	c := &Contract{ID: id, Tables: []Table{{Name: "first"}, {Name: "second"}}}
	for _, l := range locations {
		location, table, _ := strings.Cut(l, " ")
		s := Server{Name: l, Type: "s3", Location: location}
		if table != "" {
			s.Custom = map[string]string{"table": table}
		}
		c.Servers = append(c.Servers, s)
	}
	return c
}

func TestLocate(t *testing.T) {
	contracts := []*Contract{
		at("sales", "s3://landing/sales/dt=*/sales_*.csv"),
		at("any", "s3://*/sales/**"),
		at("store", "s3://landing/sales/dt=*/sales_7.csv", "s3://${landing}/returns/{date}/r.csv second"),
		at("folder", "s3://landing/inventory/"),
		at("missing table", "s3://landing/gone/x.csv nowhere"),
		{ID: "other", Tables: []Table{{Name: "t"}}, Servers: []Server{{Type: "local", Location: "/x"}, {Type: "s3", Location: "nowhere"}}},
	}
	for _, c := range []struct{ rule, bucket, key, want string }{
		{"a star is any name", "landing", "sales/dt=2026-01-02/sales_1.csv", "sales first"},
		{"the most literal characters win", "landing", "sales/dt=2026-01-02/sales_7.csv", "store first"},
		{"a star is no slash", "landing", "sales/dt=2026/01/sales_1.csv", "any first"},
		{"a bucket may be anything", "prod-landing", "sales/dt=2026-01-02/sales_1.csv", "any first"},
		{"placeholders are stars, and a server names its table", "b", "returns/2026-01-02/r.csv", "store second"},
		{"a folder is all in it", "landing", "inventory/a/b.csv", "folder first"},
		{"a name is whole", "landing", "inventory", ""},
		{"a table must be there", "landing", "gone/x.csv", ""},
		{"keys are taken as they are", "landing", "sales/dt=a+b%20c/sales_é.csv", "sales first"},
		{"nothing matches", "landing", "bills/x.csv", ""},
	} {
		m, ok := Locate(contracts, c.bucket, c.key)
		got := ""
		if ok {
			got = m.Contract.ID + " " + m.Table.Name
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
}

func TestConflict(t *testing.T) {
	for _, c := range []struct {
		rule      string
		contracts []*Contract
		want      bool
	}{
		{"the same location", []*Contract{at("a", "s3://b/x/*.csv"), at("b", "s3://b/x/*.csv")}, true},
		{"patterns that cross", []*Contract{at("a", "s3://b/x*/yy.csv"), at("b", "s3://b/xx/y*.csv")}, true},
		{"one is more specific", []*Contract{at("a", "s3://b/x/*.csv"), at("b", "s3://b/x/a*.csv")}, false},
		{"no object could match both", []*Contract{at("a", "s3://b/x/*.csv"), at("b", "s3://b/y/*.csv")}, false},
		{"two servers of one table", []*Contract{at("a", "s3://b/x/*.csv", "s3://*b/x/*.csv")}, false},
		{"two tables of one contract", []*Contract{at("a", "s3://b/x/*.csv", "s3://b/x/*.csv second")}, true},
	} {
		if err := Conflict(c.contracts); (err != nil) != c.want {
			t.Errorf("%s: got %v", c.rule, err)
		}
	}
}

// A pattern matches what the slow, obvious reading of it matches, and two
// patterns overlap if some text matches both.
func TestGlob(t *testing.T) {
	var obvious func(p []rune, s string) bool
	obvious = func(p []rune, s string) bool {
		if len(p) == 0 {
			return s == ""
		}
		if p[0] == within || p[0] == across {
			return obvious(p[1:], s) || s != "" && (p[0] == across || s[0] != '/') && obvious(p, s[1:])
		}
		return s != "" && rune(s[0]) == p[0] && obvious(p[1:], s[1:])
	}
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 0, 6, -1)
	glued := rapid.StringOfN(rapid.SampledFrom([]rune("ab/**")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		p, q, s := pattern(glued.Draw(t, "p")), pattern(glued.Draw(t, "q")), text.Draw(t, "s")
		if got, want := glob(p, s), obvious(p, s); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
		if glob(p, s) && glob(q, s) && !overlap(p, q) {
			t.Fatal("both match and do not overlap")
		}
		if overlap(p, q) != overlap(q, p) {
			t.Fatal("overlap depends on the order")
		}
	})
}

func TestPeriod(t *testing.T) {
	for key, want := range map[string]string{
		"sales/dt=2026-11-22/sales_1.csv":           "2026-11-22",
		"sales/date=20261122/x.csv":                 "2026-11-22",
		"2020-01-01/dt=2026-11-22/x.csv":            "2026-11-22",
		"sales/2026-11-22/x.csv":                    "2026-11-22",
		"sales_20261122.csv":                        "2026-11-22",
		"sales_20261122_120000.csv":                 "2026-11-22",
		"sales_2026-11-22T10:00.csv":                "2026-11-22",
		"sales_99999999_20261122.csv":               "2026-11-22",
		"dt=2026-13-01/x_20261122.csv":              "2026-11-22",
		"dt=latest/x.csv":                           "",
		"sales/x.csv":                               "",
		"sales/1234567890.csv":                      "",
		"sales/2026/11/22/x.csv":                    "",
		"":                                          "",
		"a/20260229.csv":                            "",
		strings.Repeat("20260229/", 100) + "x.csv":  "",
		"prefix/xdt=2026-11-22/y.csv":               "2026-11-22",
		"prefix/store=00000001/dt=2026-11-22/y.csv": "2026-11-22",
	} {
		if got := Period(key); got != want {
			t.Errorf("%.60s: got %q, want %q", key, got, want)
		}
	}
}
