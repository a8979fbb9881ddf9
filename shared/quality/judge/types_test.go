package judge

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

// A typedRow has a column of each type that Parquet and the checks know, its
// values in the pages; codedRow has them in dictionaries as far as there are any.
type typedRow struct {
	Key    int64    `parquet:"key,delta"`
	Small  *int32   `parquet:"small,optional"`
	Big    *int64   `parquet:"big,optional"`
	Count  *uint32  `parquet:"count,optional"`
	Huge   *uint64  `parquet:"huge,optional"`
	Price  *float64 `parquet:"price,optional,snappy"`
	Ratio  *float32 `parquet:"ratio,optional"`
	Net    *int64   `parquet:"net,optional,decimal(2:18)"`
	Tax    *int32   `parquet:"tax,optional,decimal(3:9)"`
	Flag   *bool    `parquet:"flag,optional"`
	Day    *int32   `parquet:"day,optional,date"`
	Millis *int64   `parquet:"millis,optional,timestamp(millisecond)"`
	Micros *int64   `parquet:"micros,optional,timestamp(microsecond)"`
	Nanos  *int64   `parquet:"nanos,optional,timestamp(nanosecond:local)"`
	Word   *string  `parquet:"word,optional"`
	Exact  [12]byte `parquet:"exact,decimal(4:28)"`
	Text   string   `parquet:"text,zstd"`
}

type codedRow struct {
	Key    int64    `parquet:"key,dict"`
	Small  *int32   `parquet:"small,optional,dict"`
	Big    *int64   `parquet:"big,optional,dict"`
	Count  *uint32  `parquet:"count,optional,dict"`
	Huge   *uint64  `parquet:"huge,optional,dict"`
	Price  *float64 `parquet:"price,optional,dict,snappy"`
	Ratio  *float32 `parquet:"ratio,optional,dict"`
	Net    *int64   `parquet:"net,optional,dict,decimal(2:18)"`
	Tax    *int32   `parquet:"tax,optional,dict,decimal(3:9)"`
	Flag   *bool    `parquet:"flag,optional"`
	Day    *int32   `parquet:"day,optional,dict,date"`
	Millis *int64   `parquet:"millis,optional,dict,timestamp(millisecond)"`
	Micros *int64   `parquet:"micros,optional,dict,timestamp(microsecond)"`
	Nanos  *int64   `parquet:"nanos,optional,dict,timestamp(nanosecond:local)"`
	Word   *string  `parquet:"word,optional,dict"`
	Exact  [12]byte `parquet:"exact,dict,decimal(4:28)"`
	Text   string   `parquet:"text,dict"`
}

var typedColumns = strings.Fields("key small big count huge price ratio net tax flag day millis micros nanos word exact text")

// cells writes a row as the README says that Parquet's values are written; "" is
// null.
func (r *typedRow) cells() []string {
	stamp := func(at *int64, unit time.Duration, zone string) string {
		if at == nil {
			return ""
		}
		whole := time.Unix(0, 0).UTC().Add(time.Duration(*at) * unit)
		return whole.Format("2006-01-02T15:04:05.999999999") + zone
	}
	scaled := func(n *int64, places int) string {
		if n == nil {
			return ""
		}
		sign, size := "", uint64(*n)
		if *n < 0 {
			sign, size = "-", -size
		}
		power := uint64(math.Pow10(places))
		return fmt.Sprintf("%s%d.%0*d", sign, size/power, places, size%power)
	}
	day := ""
	if r.Day != nil {
		day = time.Unix(int64(*r.Day)*86400, 0).UTC().Format(time.DateOnly)
	}
	var tax *int64
	if r.Tax != nil {
		n := int64(*r.Tax)
		tax = &n
	}
	price, ratio := "", ""
	if r.Price != nil {
		price = shortest(*r.Price, 64)
	}
	if r.Ratio != nil {
		ratio = shortest(float64(*r.Ratio), 32)
	}
	return []string{strconv.FormatInt(r.Key, 10), plainText(r.Small), plainText(r.Big), plainText(r.Count), plainText(r.Huge), price, ratio, scaled(r.Net, 2), scaled(tax, 3),
		plainText(r.Flag), day, stamp(r.Millis, time.Millisecond, "Z"), stamp(r.Micros, time.Microsecond, "Z"), stamp(r.Nanos, time.Nanosecond, ""), plainText(r.Word), exact(r.Exact), r.Text}
}

// exact writes a number of ten-thousandths in two's complement.
func exact(b [12]byte) string {
	n := new(big.Int).SetBytes(b[:])
	if b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 96))
	}
	return new(big.Rat).SetFrac(n, big.NewInt(10_000)).FloatString(4)
}

func plainText[T any](value *T) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(*value)
}

// shortest writes a float as the package columnar says.
func shortest(x float64, bits int) string {
	if size := math.Abs(x); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.FormatFloat(x, 'e', -1, bits)
	}
	return strconv.FormatFloat(x, 'f', -1, bits)
}

// typedContract asks of each column all that can be asked of it.
func typedContract() string {
	var b strings.Builder
	b.WriteString("apiVersion: v3.1.0\nkind: DataContract\nid: urn:tillwatch:test:types\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    properties:\n")
	types := map[string]string{
		"key":   "unique: true, logicalType: integer",
		"small": "required: true, logicalType: integer, logicalTypeOptions: {minimum: -2, maximum: 5, multipleOf: 2}",
		"big":   "logicalType: integer, logicalTypeOptions: {format: i32}",
		"count": "logicalType: number, logicalTypeOptions: {exclusiveMinimum: 3}",
		"huge":  "logicalType: integer, logicalTypeOptions: {maximum: 9223372036854775807}",
		"price": "logicalType: number, logicalTypeOptions: {minimum: -0.25, exclusiveMaximum: 1.125}",
		"ratio": "logicalType: number, logicalTypeOptions: {maximum: 0.7}",
		"net":   "logicalType: number, logicalTypeOptions: {minimum: -0.05, multipleOf: 0.05}",
		"tax":   "logicalType: integer",
		"flag":  "logicalType: boolean", "day": "logicalType: date, logicalTypeOptions: {minimum: '1970-01-03', maximum: '1970-01-20'}",
		"millis": "logicalType: timestamp, logicalTypeOptions: {exclusiveMinimum: '1970-01-01T00:00:00Z'}",
		"micros": "logicalType: timestamp, logicalTypeOptions: {timezone: false}",
		"nanos":  "logicalType: timestamp, logicalTypeOptions: {defaultTimezone: Europe/Madrid, maximum: '1970-01-02T00:00:00'}",
		"word":   "logicalType: string, unique: true, logicalTypeOptions: {pattern: '^[a-c]+$', minLength: 2, maxLength: 3}",
		"exact":  "logicalType: number, logicalTypeOptions: {minimum: -1, maximum: 900000000000000.5}",
		"text":   "logicalType: string, logicalTypeOptions: {format: email}",
	}
	for _, name := range typedColumns {
		rules := []string{fmt.Sprintf("{id: %s_null, metric: nullValues, mustBe: 0}", name),
			fmt.Sprintf("{id: %s_missing, metric: missingValues, mustBe: 0, arguments: {missingValues: ['0', null, 'true', '1970-01-02']}}", name),
			fmt.Sprintf("{id: %s_valid, metric: invalidValues, mustBe: 0, arguments: {validValues: ['1', '2', ab, '0.5', '0.50']}}", name)}
		for _, statistic := range strings.Fields("mean sum minimum maximum zeros standardDeviation kurtosis median completeness distinctCount uniqueness entropy meanLength minLength maxLength") {
			rules = append(rules, fmt.Sprintf("{id: %[1]s_%[2]s, type: custom, engine: tillwatch, implementation: {check: statistic, statistic: %[2]s, mustBe: -1}}", name, statistic))
		}
		fmt.Fprintf(&b, "      - {name: %s, %s, quality: [%s]}\n", name, types[name], strings.Join(rules, ", "))
	}
	b.WriteString(`    quality:
      - {id: pair, metric: duplicateValues, arguments: {properties: [word, small]}, mustBe: 0}
      - {id: days, type: custom, engine: tillwatch, implementation: {check: coverage, column: word, values: [ab, c]}}
      - {id: price_by_net, type: custom, engine: tillwatch, implementation: {check: statistic, statistic: correlation, columns: [price, net], mustBe: 2}}
`)
	for i, rule := range []string{"price = net / 2", "small + tax <= big", "key * small = count", "ratio < price * 1.5"} {
		fmt.Fprintf(&b, "      - {id: sum%d, type: custom, engine: tillwatch, implementation: {check: arithmetic, expression: '%s', tolerance: 0.01}}\n", i, rule)
	}
	b.WriteString("slaProperties:\n")
	for i, column := range []string{"day", "millis", "micros", "nanos", "word"} {
		fmt.Fprintf(&b, "  - {id: fresh%d, property: freshness, value: 1, unit: d, element: t.%s}\n", i, column)
	}
	return b.String()
}

// typedRows returns rows of few or of many different values, some of them null.
func typedRows(seed uint64, n, nulls, spread int) []typedRow {
	chance := rand.New(rand.NewPCG(seed, 1))
	rows := make([]typedRow, n)
	for i := range rows {
		number := func() int64 { return int64(chance.IntN(2*spread+1) - spread) }
		whole := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, math.MaxInt32}
		floats := []float64{0.1, 0.5, 1.125, math.Copysign(0, -1), 1e15, 1e16, 1e-7, 0.1 + 0.2, math.NaN(), math.Inf(1), math.MaxFloat64, 123456789012345.6}
		r := &rows[i]
		r.Key, r.Text = int64(i/2), fmt.Sprint("x@", number())
		r.Small = some(chance, nulls, int32(number()))
		r.Big = some(chance, nulls, number())
		r.Count = some(chance, nulls, uint32(number()))
		r.Huge = some(chance, nulls, uint64(chance.IntN(spread)))
		r.Price = some(chance, nulls, float64(number())/8)
		r.Ratio = some(chance, nulls, float32(number())/10)
		r.Net = some(chance, nulls, number())
		r.Tax = some(chance, nulls, int32(number()))
		r.Flag = some(chance, nulls, number() > 0)
		r.Day = some(chance, nulls, int32(number()))
		r.Millis = some(chance, nulls, number()*123)
		r.Micros = some(chance, nulls, number()*86_400_000_001)
		r.Nanos = some(chance, nulls, number()*3_600_000_000_100)
		r.Word = some(chance, nulls, []string{"ab", "abc", "d", "cab", "bbbb"}[chance.IntN(5)])
		for b := range r.Exact {
			r.Exact[b] = byte(number() >> 63) // -1 or 0
		}
		binary.BigEndian.PutUint64(r.Exact[4:], uint64(number()*int64(spread)))
		if r.Exact[0] != r.Exact[4] && spread < 1000 {
			r.Exact[0], r.Exact[1], r.Exact[2], r.Exact[3] = r.Exact[4], r.Exact[4], r.Exact[4], r.Exact[4]
		}
		if odd := chance.IntN(200); odd < len(whole) && spread > 3 {
			*r = typedRow{Key: whole[odd], Big: &whole[odd], Net: &whole[odd], Price: &floats[odd], Exact: r.Exact, Text: r.Text}
			huge := uint64(whole[odd])
			r.Huge = &huge
		} else if odd < len(floats)+len(whole) && spread > 3 {
			r.Price = &floats[odd-len(whole)]
		}
	}
	return rows
}

// some returns a value or, as often as nulls say of ten, nil.
func some[T any](chance *rand.Rand, nulls int, value T) *T {
	if chance.IntN(10) < nulls {
		return nil
	}
	return &value
}

// typedLines writes rows as JSON, numbers of one column as numbers.
func typedLines(cells [][]string) tabular.Bytes {
	var b bytes.Buffer
	for _, row := range cells {
		for c, cell := range row {
			value := strconv.Quote(cell)
			if cell == "" {
				value = "null"
			} else if typedColumns[c] == "small" {
				value = cell
			}
			fmt.Fprintf(&b, "%c%q:%s", "{,"[min(c, 1)], typedColumns[c], value)
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

func writeParquet[R any](t rapid.TB, rows []R, o ...parquet.WriterOption) tabular.Bytes {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[R](&b, o...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTypedValuesAreJudgedAsTheirText compares each type in pages and in
// dictionaries with the text that is written of it.
func TestTypedValuesAreJudgedAsTheirText(t *testing.T) {
	c, err := contract.ReadODCS("types.odcs.yaml", []byte(typedContract()))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := typedRows(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 300).Draw(t, "rows"), rapid.SampledFrom([]int{0, 1, 10}).Draw(t, "nulls"), rapid.SampledFrom([]int{2, 40, 1000}).Draw(t, "spread"))
		cells := make([][]string, len(rows))
		coded := make([]codedRow, len(rows))
		for i := range rows {
			cells[i], coded[i] = rows[i].cells(), codedRow(rows[i])
		}
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.Write(typedColumns)
		w.WriteAll(cells)
		options := []parquet.WriterOption{parquet.MaxRowsPerRowGroup(rapid.Int64Range(10, 200).Draw(t, "group")), parquet.PageBufferSize(rapid.IntRange(32, 600).Draw(t, "page")),
			parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(t, "version"))}
		threads, block := rapid.IntRange(1, 3).Draw(t, "threads"), rapid.IntRange(1, 20_000).Draw(t, "block")
		want := judged(t, c, tabular.Bytes(text.Bytes()), 1, 0)
		for name, file := range map[string]tabular.Source{
			"JSON Lines": typedLines(cells), "values in pages": writeParquet(t, rows, options...), "values in dictionaries": writeParquet(t, coded, options...),
		} {
			if got := judged(t, c, file, threads, block); got != want {
				t.Fatalf("%s (-text +%s):\n%s", name, name, cmp.Diff(want, got))
			}
		}
	})
}
