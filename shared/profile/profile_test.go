package profile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	p := profiled(t, Options{Threads: 2}, written(sales(1, 1500)), written(sales(2, 1400)))
	s, err := Suggest(p, "sales")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "sales.odcs.yaml", s)
	j, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "sales.json", append(j, '\n'))
}

// One thread and many, one file and its halves, any order: the same columns.
func TestMergingChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := sales(rapid.Uint64Range(1, 99).Draw(rt, "seed"), rapid.IntRange(0, 400).Draw(rt, "rows"))
		for i := range table[1:] {
			if i%7 == 0 {
				table[i+1][5] = rapid.StringN(0, 3, 10).Draw(rt, "odd")
			}
		}
		o := Options{Dialect: tabular.Dialect{Delimiter: ',', Encoding: "utf-8"}, Limits: tabular.Limits{BlockBytes: 300}, Threads: 1}
		whole := profiled(t, o, written(table))
		cut := rapid.IntRange(1, len(table)).Draw(rt, "cut")
		shuffled := slices.Clone(table[1:])
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		o.Threads = 3
		for what, p := range map[string]*Profile{
			"three threads": profiled(t, o, written(table)),
			"two files":     profiled(t, o, written(table[:cut]), written(append([][]string{table[0]}, table[cut:]...))),
			"another order": profiled(t, o, written(append([][]string{table[0]}, shuffled...))),
		} {
			want, got := slices.Clone(whole.Columns), slices.Clone(p.Columns)
			if what == "two files" { // a key of each file need not be one of both
				for i := range want {
					want[i].Unique, got[i].Unique = false, false
					want[i].Top, got[i].Top = nil, nil // left out where unique
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%s: %s", what, diff)
			}
		}
	})
}

// TestNumbersThatNoDecimalHolds holds that whole numbers of 64 bits without a sign and
// floats as programs write them are numbers, with figures of theirs.
func TestNumbersThatNoDecimalHolds(t *testing.T) {
	table := [][]string{{"u", "f"}, {"18446744073709551615", "5.655136772680869e-05"}, {"9223372036854775808", "0.25"}, {"1", "-1.565513677268087e-25"}}
	p := profiled(t, Options{Threads: 1}, written(table))
	for i, want := range []struct {
		kind           contract.Type
		least, most    string
		sum            string
		mean, greatest float64
	}{
		{contract.Integer, "1", "18446744073709551615", "27670116110564327424", 27670116110564327424. / 3, 18446744073709551615},
		{contract.Number, "-1.565513677268087e-25", "0.25", "0.2500565513677268", 0.2500565513677268 / 3, 0.25},
	} {
		c := p.Columns[i]
		if c.Type != want.kind || c.Min != want.least || c.Max != want.most || c.Number == nil || c.Number.Sum != want.sum ||
			math.Abs(c.Number.Mean/want.mean-1) > 1e-12 || math.Abs(c.Number.P99/want.greatest-1) > 1e-12 {
			t.Errorf("got %+v %+v, want %+v", c, c.Number, want)
		}
	}
}

// Samples of the different values merge as if there had been one.
func TestSampledColumnsMerge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		whole, parts := newColumn(8), []*column{newColumn(8), newColumn(8), newColumn(8)}
		for range rapid.IntRange(0, 300).Draw(rt, "values") {
			v := fmt.Appendf(nil, "%d.%d", rapid.IntRange(-50, 50).Draw(rt, "v"), rapid.IntRange(0, 9).Draw(rt, "f"))
			if rapid.IntRange(0, 3).Draw(rt, "long") == 0 { // no Decimal holds it
				v = append(v, []string{"e-25", "e30", "12345678901234567890"}[rapid.IntRange(0, 2).Draw(rt, "how")]...)
			}
			whole.rows++
			whole.add(v)
			c := parts[rapid.IntRange(0, 2).Draw(rt, "part")]
			c.rows++
			c.add(v)
		}
		parts[2].merge(parts[0])
		parts[2].merge(parts[1])
		// Neither has let go of the same values yet: only that is left to chance.
		whole.shrink()
		parts[2].shrink()
		a, b := whole.settled(), parts[2].settled()
		if diff := cmp.Diff(a.describe("c", false, Options{}).Number, b.describe("c", false, Options{}).Number); diff != "" && a.below == b.below {
			rt.Fatalf("%s", diff)
		}
		if diff := cmp.Diff(a.kinds, b.kinds); diff != "" {
			rt.Fatalf("%s", diff)
		}
	})
}

func TestEstimatesAreNear(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("n,v\n")
	r := rand.New(rand.NewPCG(3, 4))
	var all []float64
	for i := range 200_000 {
		v := math.Round(math.Exp(r.NormFloat64())*1e4) / 1e4
		all = append(all, v)
		fmt.Fprintf(&b, "%d,%g\n", i, v)
	}
	p := profiled(t, Options{}, b.Bytes())
	if c := p.Columns[0]; !c.Unique || c.DistinctExact || math.Abs(float64(c.Distinct)/200_000-1) > .03 {
		t.Errorf("got %d different of 200,000, unique %v", c.Distinct, c.Unique)
	}
	slices.Sort(all)
	f := p.Columns[1].Number
	for _, q := range []struct{ p, got float64 }{{.05, f.P5}, {.5, f.P50}, {.99, f.P99}} {
		if want := all[int(q.p*float64(len(all)))]; math.Abs(q.got/want-1) > .002 {
			t.Errorf("quantile %v: got %v, want %v", q.p, q.got, want)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		rule   string
		values []string
		kind   string
	}{
		{"digits are integers", []string{"1", "-20", "0"}, "integer"},
		{"a point makes numbers", []string{"1", "2.50"}, "number"},
		{"an exponent too", []string{"1e3", "2"}, "number"},
		{"64 bits are an integer", []string{"18446744073709551615"}, "integer"},
		{"longer ones are codes", []string{"184467440737095516150"}, "string"},
		{"a float as programs write it", []string{"5.655136772680869e-05"}, "number"},
		{"a padded number is a code", []string{"007", "123"}, "string"},
		{"true and false", []string{"true", "FALSE"}, "boolean"},
		{"ISO dates", []string{"2026-02-28", "2024-02-29"}, "date"},
		{"no such day", []string{"2026-02-30"}, "string"},
		{"day first where it can't be month first", []string{"31/12/2025", "01/02/2026"}, "date dd/MM/yyyy"},
		{"month first where it can't be day first", []string{"12/31/2025", "01/02/2026"}, "date MM/dd/yyyy"},
		{"dots", []string{"31.12.2025"}, "date dd.MM.yyyy"},
		{"ISO timestamps", []string{"2026-01-01T10:00:00Z", "2026-01-01 10:00:00"}, "timestamp"},
		{"timestamps of other forms", []string{"31/12/2025 23:59"}, "timestamp dd/MM/yyyy HH:mm"},
		{"times", []string{"10:30", "23:59:59"}, "time"},
		{"e-mail", []string{"a@example.com"}, "email"},
		{"uuid", []string{"123e4567-e89b-12d3-a456-426614174000"}, "uuid"},
		{"addresses of machines", []string{"10.0.0.1"}, "ipv4"},
		{"addresses of pages", []string{"https://example.com/x"}, "uri"},
		{"nothing", []string{"", ""}, "empty"},
		{"nearly all", slices.Concat(slices.Repeat([]string{"5"}, 19), []string{"N/A"}), "integer 95 %"},
		{"not nearly all", []string{"5", "N/A"}, "string"},
	} {
		p := profiled(t, Options{Dialect: tabular.Dialect{Delimiter: ','}}, []byte("x,y\n"+strings.Join(c.values, ",\n")+",\n"))
		if got := p.Columns[0].Kind(); got != c.kind {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.kind)
		}
	}
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		rule   string
		values []string
		want   string
	}{
		{"what all share is literal", []string{"T-001", "T-942"}, "^T-[0-9]{3}$"},
		{"lengths that differ have room for one more", []string{"A1", "A123"}, "^A[0-9]{1,4}$"},
		{"letters that differ are a class", []string{"AB12", "CD34"}, "^[A-Z]{2}[0-9]{2}$"},
		{"signs are escaped", []string{"(1)", "(2)"}, `^\([0-9]\)$`},
		{"up to three ways of writing", slices.Repeat([]string{"1-2", "1/2"}, 5), `^([0-9]-[0-9]|[0-9]\/[0-9])$`},
		{"a rare way may be one of many", append(slices.Repeat([]string{"1-2"}, 5), "1/2"), ""},
		{"words among codes are no shape", slices.Repeat([]string{"1-2", "soon"}, 5), ""},
		{"short codes of capitals", []string{"EUR", "USD"}, "^[A-Z]{3}$"},
		{"words are no shape", []string{"North", "South", "East"}, ""},
		{"text is no shape", []string{"a b c d e f g h", "one", "2 of them"}, ""},
	} {
		s := newShapes()
		for _, v := range c.values {
			s.add([]byte(v), 1)
		}
		if got := s.pattern(s.start); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
}

func TestPersonalValuesAreMasked(t *testing.T) {
	data := []byte("id,contact,phone_number,product_name,customerName\n" + strings.Repeat("1,secret1@example.com,5551234,Milk,Secretname\n2,secret2@example.com,5551235,Eggs,Othersecret\n", 30))
	for _, show := range []bool{false, true} {
		p := profiled(t, Options{ShowPersonal: show}, data)
		s, err := Suggest(p, "x")
		if err != nil {
			t.Fatal(err)
		}
		j, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"secret1", "555", "Secretname"} {
			if strings.Contains(string(j), secret) != show {
				t.Errorf("show %v: %s told or not", show, secret)
			}
		}
		if !strings.Contains(string(j), "Milk") {
			t.Error("a product's name is not personal")
		}
		if strings.Contains(string(s), "ecret") || strings.Contains(string(s), "555") && !show {
			t.Errorf("the contract tells personal values:\n%s", s)
		}
	}
}

func TestDetection(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String("id;größe\n1;klein\n2;groß, sehr\n")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("a\tb\n1\t2\n"))
	z.Close()
	for _, c := range []struct {
		rule                string
		data                string
		delimiter, encoding string
		compression         string
	}{
		{"semicolons, though there are commas", latin, ";", "windows-1252", ""},
		{"tabs in gzip", packed.String(), "\t", "utf-8", "gzip"},
		{"bars", "a|b|c\n1|2|3\n", "|", "utf-8", ""},
		{"commas in quotes are none", "a;b\n\"1,2,3,4\";2\n", ";", "utf-8", ""},
		{"one column", "a\n1\n", ",", "utf-8", ""},
		{"nothing", "", ",", "utf-8", ""},
	} {
		f := profiled(t, Options{}, []byte(c.data)).Files[0]
		if f.Delimiter != c.delimiter || f.Encoding != c.encoding || f.Compression != c.compression {
			t.Errorf("%s: got %q %s %s", c.rule, f.Delimiter, f.Encoding, f.Compression)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,x\n2,y\n"))
	f.Add([]byte("a;b\n\"1;\n\x00\xff;;\n"))
	f.Add([]byte(",,\n,,\n-,+.,1e999999\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Read(context.Background(), []Input{{Name: "f", Source: tabular.Bytes(data), Bytes: int64(len(data))}}, Options{Threads: 1})
		if err != nil {
			return
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(err)
		}
		if s, err := Suggest(p, "f"); err == nil {
			judged(t, s, data, nil)
		}
	})
}
