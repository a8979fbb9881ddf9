package columnar

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"
)

type span struct{ Start, End uint32 }

type record struct {
	Flag  *bool    `parquet:"flag,optional"`
	Small int32    `parquet:"small"`
	Big   *int64   `parquet:"big,optional"`
	Count uint32   `parquet:"count"`
	Price float64  `parquet:"price,dict"`
	Ratio float32  `parquet:"ratio"`
	Name  *string  `parquet:"name,optional,dict,snappy"`
	Note  string   `parquet:"note,zstd"`
	Day   int32    `parquet:"day,date"`
	At    int64    `parquet:"at,timestamp(millisecond)"`
	Net   int64    `parquet:"net,decimal(2:18),delta"`
	ID    [16]byte `parquet:"id,uuid"`
	Place struct {
		City string  `parquet:"city"`
		Zip  *string `parquet:"zip,optional"`
	} `parquet:"place"`
	Tags []string `parquet:"tags,list"`
}

// sample returns n records and what is expected of their columns, row by row.
func sample(n int) (records []record, want []string) {
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		r := record{Small: int32(i - 3), Count: math.MaxUint32 - uint32(i), Price: float64(i%7) / 4, Ratio: float32(i) / 10,
			Note: strings.Repeat("n", i%5), Day: int32(i*400 - 1000), At: int64(i)*86_400_123 - 1, Net: int64(i*13 - 20), Tags: []string{"a", "b"}[:i%3%2]}
		r.ID[15] = byte(i)
		r.Place.City = fmt.Sprint("city ", i%3)
		flag, big, name, zip := "null", "null", "null", "null"
		if chance.IntN(3) > 0 {
			f := i%2 == 0
			r.Flag, flag = &f, strconv.FormatBool(f)
		}
		if chance.IntN(3) > 0 {
			b := int64(i) * -1e15
			r.Big, big = &b, strconv.FormatInt(b, 10)
		}
		if chance.IntN(3) > 0 {
			s := fmt.Sprint("name,", i%4)
			r.Name, name = &s, s
			r.Place.Zip, zip = &s, s
		}
		records = append(records, r)
		net := fmt.Sprintf("%.2f", float64(r.Net)/100)
		want = append(want, strings.Join([]string{flag, fmt.Sprint(r.Small), big, fmt.Sprint(r.Count), strconv.FormatFloat(r.Price, 'f', -1, 64), strconv.FormatFloat(float64(r.Ratio), 'f', -1, 32),
			name, r.Note, dayOf(int64(r.Day)), stampOf(r.At), net, fmt.Sprintf("00000000-0000-0000-0000-0000000000%02x", i%256), r.Place.City, zip}, "|"))
	}
	return records, want
}

func dayOf(days int64) string { return time.Unix(days*86400, 0).UTC().Format(time.DateOnly) }

func stampOf(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z")
}

func write(t testing.TB, records []record, o ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[record](&b, o...)
	if _, err := w.Write(records); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rowsOf returns the text of the rows of a slice.
func rowsOf(f *File, s *Slice, scratch *Scratch) []string {
	rows := make([]string, s.Rows)
	var data []byte
	for c := range f.Names() {
		var spans []span
		data, spans = Append(s, c, data, spans, scratch)
		for i, at := range spans {
			if c > 0 {
				rows[i] += "|"
			}
			if at.End < at.Start {
				rows[i] += "null"
			} else {
				rows[i] += string(data[at.Start:at.End])
			}
		}
	}
	return rows
}

func TestEachTypeReadsAsText(t *testing.T) {
	records, want := sample(1000)
	for name, options := range map[string][]parquet.WriterOption{
		"one group":                 nil,
		"small groups, small pages": {parquet.MaxRowsPerRowGroup(130), parquet.PageBufferSize(64)},
		"pages of version 1":        {parquet.DataPageVersion(1), parquet.PageBufferSize(200)},
		"snappy":                    {parquet.Compression(&parquet.Snappy)},
		"gzip":                      {parquet.Compression(&parquet.Gzip), parquet.DataPageVersion(1)},
		"zstd":                      {parquet.Compression(&parquet.Zstd)},
		"brotli":                    {parquet.Compression(&parquet.Brotli)},
	} {
		file := write(t, records, options...)
		for _, rows := range []int{1, 17, 128, 5000} {
			for _, workers := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s, %d rows, %d workers", name, rows, workers), func(t *testing.T) {
					f, err := Open(bytes.NewReader(file), int64(len(file)))
					if err != nil {
						t.Fatal(err)
					}
					if got, want := strings.Join(f.Names(), " "), "flag small big count price ratio name note day at net id place.city place.zip"; got != want {
						t.Errorf("columns %s, want %s", got, want)
					}
					found := make([][]string, f.Slices(rows))
					var turn sync.Mutex
					var wg sync.WaitGroup
					for range workers {
						wg.Go(func() {
							var scratch Scratch
							var s *Slice
							for at := -1; ; {
								turn.Lock()
								s = f.Next(rows, s)
								turn.Unlock()
								if s == nil {
									return
								}
								if s.Index <= at {
									t.Errorf("slice %d comes after slice %d", s.Index, at)
								}
								at = s.Index
								got := rowsOf(f, s, &scratch)
								s.Done()
								turn.Lock()
								found[at] = got
								turn.Unlock()
							}
						})
					}
					wg.Wait()
					var got []string
					for _, part := range found {
						got = append(got, part...)
					}
					if err := f.Err(); err != nil {
						t.Error(err)
					}
					if !cmp.Equal(got, want) {
						t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
					}
				})
			}
		}
	}
}

func TestFloatsAreWrittenShort(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 10: "10", 1234.5678: "1234.5678", 0.0001: "0.0001", 0.30000000000000004: "0.30000000000000004", 1e20: "100000000000000000000",
		1e21: "1e+21", 1e-7: "1e-07", math.Copysign(0, -1): "-0", math.Inf(1): "+Inf", 562.32: "562.32", 99999999999.99: "99999999999.99",
	} {
		if got := string(appendFloat(nil, x, 64)); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := float64(rapid.Int64Range(-1e14, 1e14).Draw(t, "n")) / math.Pow10(rapid.IntRange(0, 6).Draw(t, "digits"))
		if got, want := string(appendFloat([]byte("0"), x, 64)), "0"+strconv.FormatFloat(x, 'f', -1, 64); got != want && math.Abs(x) >= 1e-6 {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// FuzzOpen damages a file in one place and cuts it off: whatever is there, it
// is read to an end, and comes to the same from far as from near, whatever the library's
// memory held before.
func FuzzOpen(f *testing.F) {
	records, _ := sample(60)
	file := write(f, records, parquet.PageBufferSize(64), parquet.MaxRowsPerRowGroup(40))
	f.Add(uint16(0), byte(0), uint16(0))
	f.Add(uint16(len(file)-5), byte(0xff), uint16(0))
	f.Add(uint16(4), byte(0x7f), uint16(3))
	f.Add(uint16(len(file)-200), byte(0x80), uint16(0))
	f.Fuzz(func(t *testing.T, at uint16, change byte, cut uint16) {
		damaged := bytes.Clone(file)
		damaged[int(at)%len(file)] ^= change
		damaged = damaged[:len(file)-int(cut)%len(file)]
		near, err := Open(bytes.NewReader(damaged), int64(len(damaged)))
		far, farErr := OpenFar(t.Context(), &farFile{text: damaged}, int64(len(damaged)))
		if (err == nil) != (farErr == nil) {
			t.Fatalf("from near %v, from far %v", err, farErr)
		}
		if err != nil {
			return
		}
		defer far.Close()
		read := func(f *File) (rows []string) {
			var scratch Scratch
			for s := f.Next(16, nil); s != nil && f.Err() == nil; s = f.Next(16, s) {
				rows = append(rows, rowsOf(f, s, &scratch)...)
				if wrong := disagreement(f, s, &scratch); wrong != "" {
					t.Error(wrong)
				}
				s.Done()
			}
			return rows
		}
		want, got := read(near), read(far)
		if (near.Err() == nil) != (far.Err() == nil) || near.Err() == nil && !cmp.Equal(got, want) {
			t.Errorf("from far %v, from near %v (-near +far):\n%s", far.Err(), near.Err(), cmp.Diff(want, got))
		}
		if starts, ok := near.Starts(); ok && len(starts) > 1 {
			if err := near.Keep(starts[1], starts[1]+1); err != nil || near.Rows() > far.Rows() {
				t.Errorf("of %d rows %d are kept: %v", far.Rows(), near.Rows(), err)
			}
		}
	})
}

// TestAPageWithoutItsValuesIsAnError changes what the header of a page says of it, so that
// it would hold fewer values than rows.
func TestAPageWithoutItsValuesIsAnError(t *testing.T) {
	type row struct {
		N int32   `parquet:"n"`
		M *int64  `parquet:"m,optional"`
		D float64 `parquet:"d,dict"`
	}
	rows := make([]row, 40)
	for i := range rows {
		m := int64(i)
		rows[i] = row{int32(i), &m, float64(i % 5)}
	}
	for name, options := range map[string][]parquet.WriterOption{
		"version 1": {parquet.DataPageVersion(1)}, "version 2": nil, "snappy": {parquet.Compression(&parquet.Snappy)},
	} {
		var b bytes.Buffer
		if err := parquet.Write(&b, rows, options...); err != nil {
			t.Fatal(err)
		}
		whole, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for c, column := range whole.Names() {
			from, to, err := whole.bounds(0, c)
			if err != nil {
				t.Fatal(err)
			}
			var protocol thrift.CompactProtocol
			reader := protocol.NewReaderFromBytes(b.Bytes()[from:to])
			var header format.PageHeader
			if err := thrift.NewDecoder(reader).Decode(&header); err != nil {
				t.Fatal(err)
			}
			switch {
			case header.DictionaryPageHeader.Valid:
				header.DictionaryPageHeader.V.NumValues += 20
			case header.DataPageHeader.Valid:
				header.DataPageHeader.V.NumValues += 20
			default:
				header.DataPageHeaderV2.V.NumValues += 20
				header.DataPageHeaderV2.V.NumRows += 20
			}
			text, err := thrift.Marshal(&protocol, &header)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) != reader.BytesRead() {
				t.Fatalf("the changed header has %d bytes, the old one %d", len(text), reader.BytesRead())
			}
			damaged := bytes.Clone(b.Bytes())
			copy(damaged[from:], text)
			for range 20 { // what the library's memory holds differs
				f, err := Open(bytes.NewReader(damaged), int64(len(damaged)))
				if err != nil {
					t.Fatal(err)
				}
				Append(f.Next(80, nil), c, nil, []span(nil), new(Scratch))
				if f.Err() == nil {
					t.Fatalf("%s, column %s: no error", name, column)
				}
			}
		}
	}
}

// A file of which only one column is asked for is read in that column only.
func TestOnlyColumnsAskedForAreRead(t *testing.T) {
	records, _ := sample(20_000)
	file := write(t, records)
	in := &counting{ReaderAt: bytes.NewReader(file)}
	f, err := Open(in, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	in.n = 0
	for s := f.Next(1000, nil); s != nil; s = f.Next(1000, s) {
		Append[span](s, 0, nil, nil, &Scratch{})
		s.Done()
	}
	if in.n > len(file)/4 {
		t.Errorf("%d of %d bytes were read", in.n, len(file))
	}
}

// TestWhatTheLibraryMislaysIsRead holds that pages are read which the library, given them
// as they are, makes zeros of or refuses.
func TestWhatTheLibraryMislaysIsRead(t *testing.T) {
	records, want := sample(2000)
	for _, version := range []int{1, 2} {
		file := write(t, records, parquet.Compression(&parquet.Lz4Raw), parquet.DataPageVersion(version), parquet.MaxRowsPerRowGroup(700))
		f, err := Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for s := f.Next(512, nil); s != nil; s = f.Next(512, s) {
			got = append(got, rowsOf(f, s, new(Scratch))...)
			s.Done()
		}
		if err := f.Err(); err != nil || !cmp.Equal(got, want) {
			t.Errorf("LZ4_RAW, pages of version %d: %v (-want +got):\n%.2000s", version, err, cmp.Diff(want, got))
		}
	}
}

type counting struct {
	io.ReaderAt
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += n
	return n, err
}

// disagreement says where a column's codes, numbers or nulls are not what its
// text says, "" if nowhere.
func disagreement(f *File, s *Slice, scratch *Scratch) string {
	for c, name := range f.Names() {
		data, spans := Append[span](s, c, nil, nil, scratch)
		nulls := s.Nulls(c, nil)
		codes, dictionary := s.Codes(c, nil)
		var values []span
		var text []byte
		if dictionary != nil {
			var err error
			if text, values, err = AppendAll[span](dictionary, nil, nil); err != nil {
				return name + ": " + err.Error()
			}
		}
		numbers := Numbers{Scale: 3}
		typed := s.Numbers(c, &numbers)
		if f.Err() != nil {
			return ""
		}
		cells := s.Cells(c)
		var times Times
		timed := s.Times(c, &times)
		for row, at := range spans {
			null := at.End < at.Start
			cell, there := cells.Append(nil, row)
			if row%5 == 0 { // go back and forth
				cells.Append(nil, row/2)
			}
			if there == null || string(cell) != string(data[at.Start:max(at.End, at.Start)]) && !null {
				return fmt.Sprintf("%s, row %d: cell %q, %v", name, row, cell, there)
			}
			if found := len(nulls) > 0 && nulls[0] == uint32(row); found != null {
				return fmt.Sprintf("%s, row %d: null is %v, want %v", name, row, found, null)
			} else if found {
				nulls = nulls[1:]
			}
			if null {
				if typed && numbers.Values[row] != 0 || dictionary != nil && int(codes[row]) != dictionary.Len() {
					return fmt.Sprintf("%s, row %d: null has a value", name, row)
				}
				continue
			}
			want := string(data[at.Start:at.End])
			if timed {
				if got := textOf(&times, row); got != want {
					return fmt.Sprintf("%s, row %d: time %s, want %s", name, row, got, want)
				}
			}
			if dictionary != nil {
				v := values[codes[row]]
				if got := string(text[v.Start:v.End]); got != want {
					return fmt.Sprintf("%s, row %d: %q in the dictionary, want %q", name, row, got, want)
				}
			}
			if typed {
				number, ok := new(big.Rat).SetString(want)
				unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(numbers.Scale)), nil))
				if got := new(big.Rat).SetInt64(numbers.Values[row]); !ok || got.Quo(got, unit).Cmp(number) != 0 || numbers.Whole && strings.Contains(want, ".") {
					return fmt.Sprintf("%s, row %d: number %v, want %q", name, row, got, want)
				}
			}
		}
	}
	return ""
}

// textOf writes the time of a row as ISO 8601 has it.
func textOf(t *Times, row int) string {
	at := time.Unix(t.Seconds[row], int64(t.Nanos[row])).UTC()
	switch {
	case t.Days:
		return at.Format(time.DateOnly)
	case t.Zoned:
		return at.Format("2006-01-02T15:04:05.999999999Z")
	}
	return at.Format("2006-01-02T15:04:05.999999999")
}

func TestTimesOfFourDigitYears(t *testing.T) {
	for _, test := range []struct {
		what string
		day  int32
		at   int64
		days bool
		ats  bool
	}{
		{"the first and the last", -719162, 253402300799999, true, true},
		{"the day before the first", -719163, -62135596800000, false, true},
		{"the moment before the first", 2932896, -62135596800001, true, false},
		{"after the last", 2932897, 253402300800000, false, false},
	} {
		t.Run(test.what, func(t *testing.T) {
			records, _ := sample(1)
			records[0].Day, records[0].At = test.day, test.at
			file := write(t, records)
			f, err := Open(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			s := f.Next(10, nil)
			var times Times
			days := s.Times(slices.Index(f.Names(), "day"), &times)
			ats := s.Times(slices.Index(f.Names(), "at"), &times)
			if days != test.days || ats != test.ats {
				t.Errorf("got %v, %v, want %v, %v", days, ats, test.days, test.ats)
			}
			if wrong := disagreement(f, s, new(Scratch)); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

func TestFormsAgreeWithText(t *testing.T) {
	records, _ := sample(1000)
	for name, options := range map[string][]parquet.WriterOption{
		"one group":                 nil,
		"small groups, small pages": {parquet.MaxRowsPerRowGroup(130), parquet.PageBufferSize(64)},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, records, options...)
			f, err := Open(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			var scratch Scratch
			for s := f.Next(77, nil); s != nil; s = f.Next(77, s) {
				if wrong := disagreement(f, s, &scratch); wrong != "" {
					t.Error(wrong)
				}
				s.Done()
			}
			if err := f.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}
