package datetime

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Skip("no zone database:", err)
	}
	for _, c := range []struct {
		rule, pattern, text string
		loc                 *time.Location
		want                string // RFC 3339, or "" for no
	}{
		{"a date", "yyyy-MM-dd", "2025-03-04", nil, "2025-03-04T00:00:00Z"},
		{"u is a year", "uuuu-MM-dd", "2025-03-04", nil, "2025-03-04T00:00:00Z"},
		{"capitals as people write them", "YYYY-MM-DD", "2025-12-30", nil, "2025-12-30T00:00:00Z"},
		{"slashes", "dd/MM/yyyy", "04/03/2025", nil, "2025-03-04T00:00:00Z"},
		{"American", "M/d/yy", "3/4/25", nil, "2025-03-04T00:00:00Z"},
		{"two digits fill one letter", "M/d/yy", "12/31/25", nil, "2025-12-31T00:00:00Z"},
		{"two letters want two digits", "MM/dd/yy", "3/04/25", nil, ""},
		{"no separators", "yyyyMMddHHmmss", "20250304050607", nil, "2025-03-04T05:06:07Z"},
		{"month only", "yyyy-MM", "2025-03", nil, "2025-03-01T00:00:00Z"},
		{"year only", "yyyy", "2025", nil, "2025-01-01T00:00:00Z"},
		{"day of the year", "yyyy-DDD", "2025-063", nil, "2025-03-04T00:00:00Z"},
		{"day 366 of a leap year", "yyyy-DDD", "2024-366", nil, "2024-12-31T00:00:00Z"},
		{"day 366 of another", "yyyy-DDD", "2025-366", nil, ""},
		{"month's abbreviation", "dd-MMM-yyyy", "04-Mar-2025", nil, "2025-03-04T00:00:00Z"},
		{"case counts", "dd-MMM-yyyy", "04-MAR-2025", nil, ""},
		{"month's name", "d MMMM yyyy", "4 March 2025", nil, "2025-03-04T00:00:00Z"},
		{"weekday that agrees", "E, d MMM yyyy", "Tue, 4 Mar 2025", nil, "2025-03-04T00:00:00Z"},
		{"weekday that does not", "EEEE, d MMM yyyy", "Monday, 4 Mar 2025", nil, ""},
		{"T in quotes", "yyyy-MM-dd'T'HH:mm:ss", "2025-03-04T05:06:07", nil, "2025-03-04T05:06:07Z"},
		{"T without", "yyyy-MM-ddTHH:mm:ss", "2025-03-04T05:06:07", nil, "2025-03-04T05:06:07Z"},
		{"the standard's default", "YYYY-MM-DDTHH:mm:ss.SSSZ", "2025-03-04T05:06:07.089Z", nil, "2025-03-04T05:06:07.089Z"},
		{"Z reads an offset", "yyyy-MM-ddTHH:mm:ssZ", "2025-03-04T05:06:07+0200", nil, "2025-03-04T03:06:07Z"},
		{"Z reads a colon", "yyyy-MM-ddTHH:mm:ssZ", "2025-03-04T05:06:07-02:30", nil, "2025-03-04T07:36:07Z"},
		{"Z wants a zone", "yyyy-MM-ddTHH:mm:ssZ", "2025-03-04T05:06:07", nil, ""},
		{"quoted Z is text", "yyyy-MM-dd'Z'", "2025-03-04Z", rome, "2025-03-03T23:00:00Z"},
		{"X hours", "yyyy-MM-dd HHX", "2025-03-04 05+02", nil, "2025-03-04T03:00:00Z"},
		{"X with minutes", "yyyy-MM-dd HHX", "2025-03-04 05+0230", nil, "2025-03-04T02:30:00Z"},
		{"XX wants minutes", "yyyy-MM-dd HHXX", "2025-03-04 05+02", nil, ""},
		{"XXX wants a colon", "yyyy-MM-dd HHXXX", "2025-03-04 05+0200", nil, ""},
		{"XXX letter", "yyyy-MM-dd HHXXX", "2025-03-04 05Z", nil, "2025-03-04T05:00:00Z"},
		{"x has no letter", "yyyy-MM-dd HHxxx", "2025-03-04 05Z", nil, ""},
		{"XXXXX seconds", "yyyy-MM-dd HHXXXXX", "2025-03-04 05+00:00:30", nil, "2025-03-04T04:59:30Z"},
		{"XXXX without seconds", "yyyy-MM-dd HHXXXX", "2025-03-04 05+0000", nil, "2025-03-04T05:00:00Z"},
		{"offset beyond 18 hours", "yyyy-MM-dd HHXXX", "2025-03-04 05+18:01", nil, ""},
		{"offset of 60 minutes", "yyyy-MM-dd HHXXX", "2025-03-04 05+01:60", nil, ""},
		{"zone's name", "yyyy-MM-dd HH z", "2025-03-04 05 EST", nil, "2025-03-04T10:00:00Z"},
		{"unknown zone's name", "yyyy-MM-dd HH z", "2025-03-04 05 XYZ", nil, ""},
		{"zone's id", "yyyy-MM-dd HH:mm VV", "2025-07-04 05:00 Europe/Rome", nil, "2025-07-04T03:00:00Z"},
		{"unknown zone's id", "yyyy-MM-dd HH:mm VV", "2025-07-04 05:00 Europe/Nowhere", nil, ""},
		{"zone's id outside the database", "yyyy-MM-dd HH:mm VV", "2025-07-04 05:00 ../etc/passwd", nil, ""},
		{"a zone's own comes first", "yyyy-MM-dd HHX", "2025-03-04 05Z", rome, "2025-03-04T05:00:00Z"},
		{"a given location", "yyyy-MM-dd HH:mm", "2025-07-04 05:00", rome, "2025-07-04T03:00:00Z"},
		{"morning", "yyyy-MM-dd hh:mm a", "2025-03-04 12:05 AM", nil, "2025-03-04T00:05:00Z"},
		{"afternoon", "yyyy-MM-dd h:mm a", "2025-03-04 1:05 pm", nil, "2025-03-04T13:05:00Z"},
		{"morning in two cases", "yyyy-MM-dd h:mm a", "2025-03-04 1:05 aM", nil, ""},
		{"hour 13 of a half", "yyyy-MM-dd h:mm a", "2025-03-04 13:05 PM", nil, ""},
		{"hour 0 of a clock's half", "yyyy-MM-dd h:mm a", "2025-03-04 0:05 PM", nil, ""},
		{"k counts to 24", "yyyy-MM-dd kk", "2025-03-04 24", nil, "2025-03-04T00:00:00Z"},
		{"K counts from 0", "yyyy-MM-dd K a", "2025-03-04 0 PM", nil, "2025-03-04T12:00:00Z"},
		{"fraction has its width", "HH:mm:ss.SSS", "05:06:07.1", nil, ""},
		{"nanoseconds", "HH:mm:ss.n", "00:00:01.5", nil, "1970-01-01T00:00:01.000000005Z"},
		{"option present", "yyyy-MM-dd[ HH:mm[:ss]]", "2025-03-04 05:06:07", nil, "2025-03-04T05:06:07Z"},
		{"inner option absent", "yyyy-MM-dd[ HH:mm[:ss]]", "2025-03-04 05:06", nil, "2025-03-04T05:06:00Z"},
		{"option absent", "yyyy-MM-dd[ HH:mm[:ss]]", "2025-03-04", nil, "2025-03-04T00:00:00Z"},
		{"option broken", "yyyy-MM-dd[ HH:mm[:ss]]", "2025-03-04 05", nil, ""},
		{"option leaves no trace", "yyyy-MM-dd[ HH:mm'x'][ HH]", "2025-03-04 05", nil, "2025-03-04T05:00:00Z"},
		{"two quotes are one", "yyyy''MM", "2025'03", nil, "2025-03-01T00:00:00Z"},
		{"text of many letters", "yyyy'm é'MM", "2025m é03", nil, "2025-03-01T00:00:00Z"},
		{"text left over", "yyyy-MM-dd", "2025-03-04 ", nil, ""},
		{"space before", "yyyy-MM-dd", " 2025-03-04", nil, ""},
		{"empty", "yyyy-MM-dd", "", nil, ""},
		{"cut off", "yyyy-MM-dd", "2025-03-0", nil, ""},
		{"30 February", "yyyy-MM-dd", "2025-02-30", nil, ""},
		{"29 February of a leap year", "yyyy-MM-dd", "2024-02-29", nil, "2024-02-29T00:00:00Z"},
		{"29 February of 1900", "yyyy-MM-dd", "1900-02-29", nil, ""},
		{"29 February of 2000", "yyyy-MM-dd", "2000-02-29", nil, "2000-02-29T00:00:00Z"},
		{"31 April", "yyyy-MM-dd", "2025-04-31", nil, ""},
		{"month 13", "yyyy-MM-dd", "2025-13-45", nil, ""},
		{"month 0", "yyyy-MM-dd", "2025-00-10", nil, ""},
		{"day 0", "yyyy-MM-dd", "2025-01-00", nil, ""},
		{"hour 24", "yyyy-MM-dd HH:mm:ss", "2025-03-04 24:00:00", nil, ""},
		{"minute 60", "yyyy-MM-dd HH:mm:ss", "2025-03-04 05:60:00", nil, ""},
		{"second 60", "yyyy-MM-dd HH:mm:ss", "2025-03-04 05:06:60", nil, ""},
		{"year 0", "yyyy-MM-dd", "0000-01-01", nil, "0000-01-01T00:00:00Z"},
		{"year 9999", "yyyy-MM-dd", "9999-12-31", nil, "9999-12-31T00:00:00Z"},
		{"five digits of a year", "yyyy-MM-dd", "12025-01-01", nil, ""},
		{"digits of another script", "yyyy", "٢٠٢٥", nil, ""},
	} {
		l, err := Compile(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		m, ok := l.Parse([]byte(c.text), c.loc)
		got := ""
		if ok {
			got = m.Time().Format(time.RFC3339Nano)
		}
		if got != c.want {
			t.Errorf("%s: %q as %s: got %q, want %q", c.rule, c.text, c.pattern, got, c.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		layout *Layout
		text   string
		want   string
		zoned  bool
	}{
		{ISODate(), "2025-03-04", "2025-03-04T00:00:00Z", false},
		{ISODate(), "2025-3-4", "", false},
		{ISODate(), "2025-03-04T00:00:00", "", false},
		{ISOTimestamp(), "2025-03-04T05:06:07", "2025-03-04T05:06:07Z", false},
		{ISOTimestamp(), "2025-03-04 05:06:07", "2025-03-04T05:06:07Z", false},
		{ISOTimestamp(), "2025-03-04 05:06", "2025-03-04T05:06:00Z", false},
		{ISOTimestamp(), "2025-03-04 05:06Z", "2025-03-04T05:06:00Z", true},
		{ISOTimestamp(), "2025-03-04T05:06:07.123456789Z", "2025-03-04T05:06:07.123456789Z", true},
		{ISOTimestamp(), "2025-03-04T05:06:07.5+02:00", "2025-03-04T03:06:07.5Z", true},
		{ISOTimestamp(), "2025-03-04T05:06:07+0200", "2025-03-04T03:06:07Z", true},
		{ISOTimestamp(), "2025-03-04T05:06:07-02", "2025-03-04T07:06:07Z", true},
		{ISOTimestamp(), "2025-03-04T05:06:07.", "", false},
		{ISOTimestamp(), "2025-03-04T05:06:07.1234567890", "", false},
		{ISOTimestamp(), "2025-03-04T05:06:7", "", false},
		{ISOTimestamp(), "2025-03-04T24:00:00", "", false},
		{ISOTimestamp(), "2025-03-04", "", false},
		{ISOTimestamp(), "2025-03-04T05:06:07+", "", false},
		{ISOTimestamp(), "2025-03-04T05:06:07ZZ", "", false},
		{ISOTime(), "05:06:07", "1970-01-01T05:06:07Z", false},
		{ISOTime(), "05:06", "1970-01-01T05:06:00Z", false},
		{ISOTime(), "05:06:07.25+01:00", "1970-01-01T04:06:07.25Z", true},
		{ISOTime(), "25:00", "", false},
	} {
		m, ok := c.layout.Parse([]byte(c.text), nil)
		got := ""
		if ok {
			got = m.Time().Format(time.RFC3339Nano)
		}
		if got != c.want || m.Zoned != c.zoned {
			t.Errorf("%s as %s: got %q zoned %v, want %q %v", c.text, c.layout, got, m.Zoned, c.want, c.zoned)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for _, c := range []struct {
		pattern string
		offset  int
		part    string
	}{
		{"", 0, "empty"}, {"hh:mm", 0, "without AM or PM"}, {"HH:mm a", 6, "without h"},
		{"MM-dd", 0, "without a year"}, {"yyyy-dd", 0, "without a month"}, {"yyyy-mm-dd", 5, "m is minutes"}, {"%Y-%m-%d", 0, "another language"}, {"date-time", 0, "leave it out"}, {"date", 0, "JSON Schema"},
		{"yyyy-MM-dd mm:ss", 0, "without an hour"}, {"'text'", 0, "neither"}, {"yyyy[", 4, "never closed"}, {"yyyy]", 4, "closes nothing"},
		{"yyyy'T", 4, "never closed"}, {"yyyy{", 4, "reserved"}, {"yyyy-MM-ddt", 10, "means nothing"}, {"yyyyy", 0, "at most 4"},
		{"yyyy-MMMMM", 5, "at most"}, {"yyyy-jj", 5, "means nothing"}, {"yyyy-MM-ddTTHH", 10, "means nothing"},
		{strings.Repeat("y", 300), 0, "longer"}, {"yyyy" + strings.Repeat("[", 9), 12, "deeply"}, {"HH:mm:ss.SSSSSSSSSS", 9, "at most 9"},
	} {
		_, err := Compile(c.pattern)
		var e *PatternError
		if !errors.As(err, &e) || e.Offset != c.offset || !strings.Contains(e.Error(), c.part) {
			t.Errorf("Compile(%q): got %v", c.pattern, err)
		}
	}
}

func TestEveryDayFrom0000To9999(t *testing.T) {
	var b []byte
	for d := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 10000; d = d.AddDate(0, 0, 1) {
		b = d.AppendFormat(b[:0], time.DateOnly)
		if m, ok := ISODate().Parse(b, nil); !ok || m.Unix != d.Unix() {
			t.Fatalf("%s: got %v %v", b, m, ok)
		}
	}
}

// testdata/java.tsv holds pattern, text, and what OpenJDK 17's DateTimeFormatter
// makes of it with ResolverStyle.STRICT in the US locale: seconds and nanoseconds,
// or no. Half of the texts are wrong by a byte or two. Left out is where this
// package means to differ: years before 0, zeros before what one letter
// reads, and x with +00mm, of which Java reads only the hours.
func TestParseIsJavas(t *testing.T) {
	data, err := os.ReadFile("testdata/java.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		got := "no"
		if m, ok := mustCompile(part[0]).Parse([]byte(part[1]), nil); ok {
			got = fmt.Sprintf("%d.%d", m.Unix, m.Nano)
		}
		if got != part[2] {
			t.Errorf("%q as %s: got %s, want %s", part[1], part[0], got, part[2])
		}
	}
}

// pairs are patterns that Go's layouts can express too.
var pairs = []struct{ pattern, layout string }{
	{"yyyy-MM-dd", "2006-01-02"},
	{"dd/MM/yyyy", "02/01/2006"},
	{"yyyyMMdd", "20060102"},
	{"dd.MM.yyyy HH:mm", "02.01.2006 15:04"},
	{"yyyy-MM-dd'T'HH:mm:ss", "2006-01-02T15:04:05"},
	{"yyyy-MM-dd HH:mm:ss.SSS", "2006-01-02 15:04:05.000"},
	{"yyyy-MM-dd'T'HH:mm:ssXXX", "2006-01-02T15:04:05Z07:00"},
	{"yyyy-MM-dd'T'HH:mm:ss.SSSSSSxx", "2006-01-02T15:04:05.000000-0700"},
	{"d MMM yyyy", "2 Jan 2006"},
	{"EEEE, dd MMMM yyyy hh:mm a", "Monday, 02 January 2006 03:04 PM"},
	{"yyyy-DDD", "2006-002"},
}

func FuzzParse(f *testing.F) {
	for i, text := range []string{"2025-03-04", "04/03/2025", "20250304", "04.03.2025 05:06", "2025-03-04T05:06:07", "2025-03-04 05:06:07.089",
		"2025-03-04T05:06:07+02:00", "2025-03-04T05:06:07.123456-0230", "4 Mar 2025", "Tuesday, 04 March 2025 05:06 PM", "2025-063", "2024-02-29", "0000-02-29"} {
		f.Add(uint8(i), []byte(text))
	}
	var layouts []*Layout
	for _, p := range pairs {
		layouts = append(layouts, mustCompile(p.pattern))
	}
	f.Fuzz(func(t *testing.T, i uint8, b []byte) {
		ISOTime().Parse(b, nil)
		k := int(i) % len(pairs)
		m, ok := layouts[k].Parse(b, nil)
		want, err := time.Parse(pairs[k].layout, string(b))
		// Go is more liberal with fractions, the case of names and offsets, so
		// that what it reads counts only if it writes it the same way.
		same := err == nil && want.Format(pairs[k].layout) == string(b)
		if same && !ok && !liberal(want) {
			t.Fatalf("%q as %s: not read, Go has %v", b, pairs[k].pattern, want)
		}
		if ok && (err != nil || m.Time() != want.UTC()) {
			t.Fatalf("%q as %s: got %v, Go has %v %v", b, pairs[k].pattern, m.Time(), want, err)
		}
		// The fast way and the slow one are the same.
		slow := *layouts[k]
		slow.fixed = nil
		if again, okAgain := slow.Parse(b, nil); again != m || okAgain != ok {
			t.Fatalf("%q as %s: got %v %v, slowly %v %v", b, pairs[k].pattern, m, ok, again, okAgain)
		}
		slow = *ISOTimestamp()
		slow.fixed, slow.tail = nil, false
		m, ok = ISOTimestamp().Parse(b, time.Local)
		if again, okAgain := slow.Parse(b, time.Local); again != m || okAgain != ok {
			t.Fatalf("%q: got %v %v, slowly %v %v", b, m, ok, again, okAgain)
		}
	})
}

// liberal reports offsets that Go reads and Java does not.
func liberal(t time.Time) bool {
	_, offset := t.Zone()
	return offset > 18*3600 || offset < -18*3600
}

// FuzzCompile wants no panic of any pattern and text.
func FuzzCompile(f *testing.F) {
	f.Add("yyyy-MM-dd['T'HH:mm[:ss[.SSS]][XXX]]", []byte("2025-03-04T05:06Z"))
	f.Add("EEE d MMM yyyy h:mm a z''VV", []byte("Tue 4 Mar 2025 5:06 AM UTC'Europe/Rome"))
	f.Add("[[[yyyy]]]-D k K n L", []byte("2025"))
	f.Fuzz(func(t *testing.T, pattern string, text []byte) {
		l, err := Compile(pattern)
		if err != nil {
			var e *PatternError
			if !errors.As(err, &e) || e.Offset > len(pattern) {
				t.Fatalf("Compile(%q): %v", pattern, err)
			}
			return
		}
		if strings.Contains(pattern, "V") && len(text) > 40 {
			return // zone files
		}
		if m, ok := l.Parse(text, nil); ok && l.HasDate() {
			if y := m.Time().Year(); y < -1 || y > 10000 || m.Nano < 0 || m.Nano > 999_999_999 {
				t.Fatalf("%q as %s: %v", text, pattern, m)
			}
		}
	})
}

func TestCompareIsThatOfTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Moment {
			return Moment{rapid.Int64Range(-3, 3).Draw(t, name), int32(rapid.IntRange(0, 2).Draw(t, name)), rapid.Bool().Draw(t, name)}
		}
		m, n := draw("m"), draw("n")
		if got, want := m.Compare(n), m.Time().Compare(n.Time()); got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	})
}

func TestParseDoesNotAllocate(t *testing.T) {
	custom := mustCompile("dd/MM/yyyy[ HH:mm]")
	zone := mustCompile("yyyy-MM-dd VV")
	rome, _ := time.LoadLocation("Europe/Rome")
	date, stamp, mine, named := []byte("2025-03-04"), []byte("2025-03-04T05:06:07.123+01:00"), []byte("04/03/2025"), []byte("2025-03-04 Europe/Rome")
	if n := testing.AllocsPerRun(100, func() {
		ISODate().Parse(date, rome)
		ISOTimestamp().Parse(stamp, nil)
		custom.Parse(mine, nil)
		zone.Parse(named, nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, pattern, layout, text string }{
		{"date", "yyyy-MM-dd", "2006-01-02", "2025-03-04"},
		{"european", "dd/MM/yyyy", "02/01/2006", "04/03/2025"},
		{"timestamp", "yyyy-MM-dd HH:mm:ss", "2006-01-02 15:04:05", "2025-03-04 05:06:07"},
		{"default", "", time.RFC3339Nano, "2025-03-04T05:06:07.123+01:00"},
	} {
		l := ISOTimestamp()
		if c.pattern != "" {
			l = mustCompile(c.pattern)
		}
		text := []byte(c.text)
		b.Run(c.name+"/ours", func(b *testing.B) {
			for b.Loop() {
				if _, ok := l.Parse(text, nil); !ok {
					b.Fatal("not read")
				}
			}
		})
		b.Run(c.name+"/time.Parse", func(b *testing.B) {
			for b.Loop() {
				if _, err := time.Parse(c.layout, string(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
