package words

import (
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ rule, got, want string }{
		{"no comma below a thousand", Count(999), "999"},
		{"a comma between thousands", Count(1234567), "1,234,567"},
		{"a sign is no digit", Count(-100000), "-100,000"},
		{"one thing", Plural(1, "row"), "1 row"},
		{"no things", Plural(0, "row"), "0 rows"},
		{"many things", Plural(1000, "row"), "1,000 rows"},
		{"a whole number", Number(5036), "5,036"},
		{"no noise", Number(0.1), "0.1"},
		{"no exponent", Number(1e-7), "0.0000001"},
		{"two digits", Percent(16.666), "16.67"},
		{"a small share is not 0", Percent(0.00012), "0.0001"},
		{"a large share is not 100", Percent(99.9999), "99.9999"},
		{"all", Percent(100), "100"},
		{"none", Percent(0), "0"},
		{"an article", A("store_id"), "a store_id"},
		{"an article before a vowel", A("order_id"), "an order_id"},
		{"an unknown size", Bytes(-1), ""},
		{"one byte", Bytes(1), "1 byte"},
		{"kilobytes", Bytes(6000), "6.0 kB"},
		{"no fourth digit", Bytes(999_600), "1.0 MB"},
		{"hundreds", Bytes(145_000), "145 kB"},
		{"milliseconds", Duration(1500 * time.Microsecond), "1 millisecond"},
		{"units that are not zero", Duration(26*time.Hour + 5*time.Second), "1 day 2 hours 5 seconds"},
		{"before", Duration(-90 * time.Second), "-1 minute 30 seconds"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, c.got, c.want)
		}
	}
}
