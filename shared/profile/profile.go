// Package profile says what is in files of which nothing is known yet, suggests
// a data contract for them, and compares two of them.
//
// The flow is
//
//	Read(files)     → *Profile: what all files together hold, column by column
//	Suggest(*Profile) → an ODCS document that every one of the files passes
//	Compare(a, b)   → *Difference: changes of the schema and of distributions; package show writes both
//
// What is seen of a column merges, commutatively and associatively, so that a
// profile depends neither on the number of workers nor on the order of rows,
// and several files are profiled as one. Memory is bounded by the number of
// columns, not by the files: at most heldValues different values of a column are
// kept; beyond that their number and their quantiles are estimates, marked so.
package profile

import (
	"context"
	"runtime"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

// Version is the version of a profile's JSON form.
const Version = 1

// heldValues is how many different values of a column are kept, fewer in files
// of very many columns. Beyond it the number of different values is estimated
// with a relative standard error of 0.8 %.
const heldValues = 16_384

// An Input is one file to profile.
type Input struct {
	Name   string // as the profile shows it
	Source tabular.Source
	Bytes  int64 // as stored; negative if unknown
}

// Options say how to read. The zero value detects the delimiter, shows no
// personal value and uses every processor.
type Options struct {
	// Dialect is how the files are written; what it leaves open is detected.
	Dialect tabular.Dialect
	Limits  tabular.Limits
	// Threads is how many workers there are, one per processor if 0.
	Threads int
	// Personal names columns that are personal whatever their name and values.
	Personal []string
	// ShowPersonal leaves values of personal columns as they are.
	ShowPersonal bool
	// KeyBytes bounds the memory for proving that values are unique, 256 MiB if 0;
	// beyond it they go to temporary files in SpillDir ("" is the system's).
	KeyBytes int64
	SpillDir string
	// WholeRows has rows told apart too, which Suggest uses and a profile doesn't show.
	WholeRows bool
	// Progress, if not nil, is called now and then with the bytes read so far of
	// all files, as stored; from one goroutine at a time.
	Progress func(bytes int64)
}

// A Profile is what some files hold together.
type Profile struct {
	Version int      `json:"version"`
	Rows    int64    `json:"rows"` // malformed ones left out
	Bytes   int64    `json:"bytes"`
	Files   []File   `json:"files"`
	Columns []Column `json:"columns"`

	states []*column // of Columns, every value accounted for
}

// A File is one of a profile's files.
type File struct {
	Name        string `json:"name"`
	Rows        int64  `json:"rows"`      // malformed ones left out
	Malformed   int64  `json:"malformed"` // rows whose cells can't be told apart
	Bytes       int64  `json:"bytes"`     // as stored
	Format      string `json:"format"`    // csv, which is any delimited text, fixed, json or parquet
	Delimiter   string `json:"delimiter"` // "" for JSON and Parquet
	Encoding    string `json:"encoding"`
	Compression string `json:"compression,omitempty"`
	// ReadAs says how the file is written, and whether that was declared or detected.
	ReadAs string   `json:"readAs"`
	Header []string `json:"header"`

	dialect  tabular.Dialect
	faulty   int64   // records with a fault of any kind
	nameless int     // columns without a name, or with one that a column before has
	repeated int64   // rows that occur more than once, every one of them; -1 if not told apart
	nulls    []int64 // by column of the profile; -1 where the file lacks it
}

// A Column is what a column holds. Counts are of rows.
type Column struct {
	Name string        `json:"name"`
	Type contract.Type `json:"type"` // that all values have, or nearly all; see Fitting
	// Pattern is how a date or timestamp is written, in the letters of Java's
	// DateTimeFormatter; "" is ISO 8601. Format is email, uuid, ipv4, ipv6 or uri,
	// and Shape a regular expression that all values match; "" if there is none.
	Pattern string `json:"pattern,omitempty"`
	Format  string `json:"format,omitempty"`
	Shape   string `json:"shape,omitempty"`
	// Fitting is how many of the values (those not null) are of Type, Pattern and
	// Format.
	Fitting     int64   `json:"fitting"`
	Rows        int64   `json:"rows"`
	Nulls       int64   `json:"nulls"`
	NullPercent float64 `json:"nullPercent"`
	Empty       int64   `json:"empty"` // values of "", which are not null
	// Distinct is how many different values there are, exactly or by estimate.
	Distinct      int64 `json:"distinct"`
	DistinctExact bool  `json:"distinctExact"`
	// Unique says that no value occurs twice in a file, proved as exactly as
	// 64-bit fingerprints allow.
	Unique bool `json:"unique"`
	// Personal says that values are masked unless asked for.
	Personal bool `json:"personal"`
	// Min and Max are the smallest and largest number, the first and last moment,
	// or the first and last text in the order of its bytes, of which the first 64
	// are kept.
	Min    string   `json:"min,omitempty"`
	Max    string   `json:"max,omitempty"`
	Number *Figures `json:"number,omitempty"` // of a number
	// Shortest, Longest and MeanLength are in characters.
	Shortest   int     `json:"shortest"`
	Longest    int     `json:"longest"`
	MeanLength float64 `json:"meanLength"`
	// Top are the most frequent values. They are exact if TopExact; else they
	// are from a sample of the different values.
	Top          []Frequent `json:"top"`
	TopExact     bool       `json:"topExact"`
	Distribution []Bar      `json:"distribution,omitempty"` // of a number or a date
}

// Figures are what numbers come to.
type Figures struct {
	Sum       string  `json:"sum"` // exact
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"` // of a sample; 0 for fewer than two
	// The quantiles are the smallest numbers that such a share of all does not
	// exceed: exact, or within 0.05 % of the number if not Exact.
	P1    float64 `json:"p1"`
	P5    float64 `json:"p5"`
	P25   float64 `json:"p25"`
	P50   float64 `json:"p50"`
	P75   float64 `json:"p75"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Exact bool    `json:"exact"`
}

// A Frequent is a value that occurs often.
type Frequent struct {
	Value   string  `json:"value"` // masked if personal; the first 256 bytes
	Count   int64   `json:"count"`
	Percent float64 `json:"percent"` // of the rows
}

// A Bar is how many values lie from From up to To. The first bar of a number
// also holds what is below, and the last what is above.
type Bar struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int64  `json:"count"`
}

// Read profiles files as one. Columns are told apart by their names; a name that
// a file uses twice counts where it stands first. An error means that a file
// could not be read to its end.
func Read(ctx context.Context, files []Input, o Options) (*Profile, error) {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.KeyBytes <= 0 {
		o.KeyBytes = 256 << 20
	}
	all := &gathering{at: map[string]int{}}
	var read int64
	for _, in := range files {
		one, err := scan(ctx, in, o, read)
		if err != nil {
			return nil, err
		}
		read += one.file.Bytes
		all.add(one)
	}
	return all.profile(o), nil
}

// A gathering is what was seen of the files so far.
type gathering struct {
	names   []string
	at      map[string]int // of names
	columns []*column
	unique  []bool
	files   []File
}

// add takes in one more file.
func (g *gathering) add(s *scanned) {
	f := s.file
	f.nulls = make([]int64, 0, len(g.names)+len(s.names))
	for range g.names {
		f.nulls = append(f.nulls, -1)
	}
	for i, name := range s.names {
		if at, known := g.at[name]; known {
			f.nulls[at] = s.columns[i].nulls
			g.columns[at].merge(s.columns[i])
			g.unique[at] = g.unique[at] && s.unique[i]
			continue
		}
		g.at[name] = len(g.names)
		f.nulls = append(f.nulls, s.columns[i].nulls)
		g.names, g.columns, g.unique = append(g.names, name), append(g.columns, s.columns[i]), append(g.unique, s.unique[i])
	}
	g.files = append(g.files, f)
}

// profile puts together what was seen.
func (g *gathering) profile(o Options) *Profile {
	p := &Profile{Version: Version, Files: g.files, Columns: []Column{}}
	for i := range p.Files {
		f := &p.Files[i]
		p.Rows += f.Rows
		p.Bytes += f.Bytes
		for len(f.nulls) < len(g.names) {
			f.nulls = append(f.nulls, -1)
		}
	}
	for i, c := range g.columns {
		c = c.settled()
		p.states = append(p.states, c)
		p.Columns = append(p.Columns, c.describe(g.names[i], g.unique[i], o))
	}
	return p
}

// percent is 100 × part ÷ whole, 0 of nothing.
func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// capacity is how many values of a column are kept where there are so many
// columns.
func capacity(columns int) int {
	return min(max(1<<20/max(columns, 1), 1024), heldValues)
}

// Said returns what a contract says about how the files of a table are written,
// as far as it does, and which of its columns are personal.
func Said(c *contract.Contract, table string) (d tabular.Dialect, personal []string) {
	t, ok := c.Table(table)
	if !ok {
		return d, nil
	}
	d = c.Dialect(t)
	for _, column := range t.Columns {
		if column.Personal {
			personal = append(personal, column.Name)
		}
	}
	return d, personal
}
