package profile

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// What a suggestion takes for granted only with so much evidence.
const (
	leastRows       = 20   // rows before anything but types is suggested
	leastShaped     = 50   // values before a shape is taken for a rule
	mostCategories  = 40   // different values of a column of categories at most
	leastOfCategory = 5    // rows of its rarest category
	rowsPerCategory = 20   // rows for each category
	rangeSlack      = .25  // of the range, on both sides
	growth          = 10   // times the largest of numbers that count up
	requiredBelow   = .001 // the share of nulls that may hide behind none seen
	lengthSlack     = 3    // times the longest text
	oddShare        = .02  // of texts that are written otherwise than the rest, at most
	repeatedShare   = .05  // of rows that occur more than once, at most
)

// ErrDialects is returned where one contract cannot say how all files are
// written.
var ErrDialects = errors.New("the files are written in different ways, which one contract cannot say: declare how they are to be read, or profile them apart")

// Suggest writes an ODCS contract of that name which every file of the profile
// passes. Its thresholds are where the data's own doubt ends, at 95 %:
//
//   - Completeness: as many nulls as another file of the same kind may have, by the
//     share seen (see allowed), of the fullest doubt among the files; required where
//     that leaves less than 0.1 % and there was none. Of text, the marks that stand
//     for nothing elsewhere, such as N/A, count as nulls where none occurs.
//   - Types: strict where all values fit; where nearly all do, as many exceptions
//     as another file may have.
//   - Ranges: what was seen and a quarter of its range on both sides, rounded
//     outwards to two digits; never below 0 if nothing was. Whole numbers that are
//     all different may count up, to ten times the largest. Where the largest
//     or the smallest stand far from the rest, the next file may have some that stand
//     farther. None for dates, which go on.
//   - Allowed values: where they are few and saturated, that is where even the
//     rarest was seen 5 times and there are 20 rows for each; new values may be
//     as frequent as what never occurred may be in another file.
//   - Shapes: where at least 50 values share one; lengths elsewhere, and of text
//     that is ASCII, or has no blanks around it, hardly any that isn't so.
//   - Keys: where no value occurs twice in any of the files, and that is no chance;
//     where there is no key, rows that occur more than once.
//   - Row counts: more than a tenth of the smallest file, or than a quarter of the
//     smallest of three files or more, and the number of rows as in the history of
//     the dataset, once there are seven runs; of small files few more or fewer don't count.
//   - The header: as many columns without a name of their own as there were.
//
// Columns that are not in every file, or have no name in UTF-8, are left out.
func Suggest(p *Profile, name string) ([]byte, error) {
	if len(p.Files) == 0 {
		return nil, errors.New("there is no file to suggest anything for")
	}
	if len(p.Columns) == 0 {
		return nil, fmt.Errorf("%s has no column that could be told: judge it with 'tillwatch validate' to see what is malformed", p.Files[0].Name)
	}
	first := &p.Files[0]
	for i := range p.Files[1:] {
		if f := &p.Files[1+i]; writtenAs(f) != writtenAs(first) {
			return nil, fmt.Errorf("%w: %s is read as %s, %s as %s", ErrDialects, first.Name, first.ReadAs, f.Name, f.ReadAs)
		}
	}
	w := newWriter(p)
	w.head(name)
	key := w.key()
	w.table(name, key)
	left := []string{}
	w.line(2, "properties:")
	for i := range p.Columns {
		if !w.everywhere(i) {
			left = append(left, p.Columns[i].Name)
			continue
		}
		w.column(i, key)
	}
	if len(left) == len(p.Columns) {
		if len(p.Files) > 1 {
			return nil, errors.New("no column is in all of the files: profile apart what is not of one table")
		}
		return nil, fmt.Errorf("no column of %s has a name in UTF-8: correct its header, or check its delimiter and encoding", p.Files[0].Name)
	}
	if len(left) > 0 {
		w.line(0, "# Left out, for want of a name or because not every file has them: "+strings.Join(quotedAll(left), ", "))
	}
	return []byte(w.out.String()), nil
}

// writtenAs is what a contract says of how a file is written.
func writtenAs(f *File) string {
	s := f.Format + " " + f.Delimiter
	f.dialect.Each(func(name, value string) { s += fmt.Sprintf(" %s %q", name, value) })
	return s
}

// A writer writes a contract.
type writer struct {
	p   *Profile
	z   float64 // of what some rows were; see allowed
	out strings.Builder
}

func newWriter(p *Profile) *writer {
	lacking := 0
	for i := range p.Columns {
		if p.Columns[i].Nulls > 0 || p.Columns[i].Fitting < p.Columns[i].Rows {
			lacking++
		}
	}
	return &writer{p: p, z: together(lacking)}
}

func (w *writer) line(depth int, text string) {
	w.out.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

func (w *writer) linef(depth int, format string, args ...any) {
	w.line(depth, fmt.Sprintf(format, args...))
}

func (w *writer) head(name string) {
	first := w.p.Files[0]
	w.line(0, "# Suggested from what "+words.Plural(int64(len(w.p.Files)), "file")+" held. Read it, give what it lacks a reason and a name,")
	w.line(0, "# and tighten what you know better; then set the status to active.")
	w.line(0, "apiVersion: v3.1.0")
	w.line(0, "kind: DataContract")
	w.line(0, "id: "+quoted("urn:suggested:"+slug(name)))
	w.line(0, "name: "+quoted(name))
	w.line(0, "version: 0.1.0")
	w.line(0, "status: draft")
	w.line(0, "description:")
	w.linef(1, "purpose: %s", quoted(fmt.Sprintf("Suggested from %s rows in %s.", words.Count(w.p.Rows), words.Plural(int64(len(w.p.Files)), "file"))))
	w.line(1, "limitations: Thresholds come from a confidence interval of 95 % of what was seen, not from what is needed.")
	w.line(0, "servers:")
	w.line(1, "- server: landing")
	w.line(2, "type: s3")
	w.linef(2, "location: %s", quoted("s3://*/"+slug(name)+"/**"))
	w.line(2, "format: "+first.Format)
	if first.Delimiter != "" {
		w.linef(2, "delimiter: %s", quoted(first.Delimiter))
	}
	if first.Format != tabular.FormatDelimited {
		return
	}
	w.line(0, "customProperties:")
	// What is not said is detected, file by file, and one in another encoding is
	// then read as if it were meant.
	if first.Encoding == "utf-8" {
		w.line(1, "- { property: encoding, value: \"utf-8\" }")
	}
	first.dialect.Each(func(name, value string) {
		w.linef(1, "- { property: %s, value: %s }", name, quoted(value))
	})
}

func (w *writer) table(name string, key int) {
	w.line(0, "schema:")
	w.linef(1, "- name: %s", quoted(name))
	w.line(2, "logicalType: object")
	w.line(2, "physicalType: file")
	w.linef(2, "description: %s", quoted(w.tableSentence()))
	w.line(2, "quality:")
	if w.least() > 0 {
		w.rule(3, "rows_present", "there are enough rows", "metric: rowCount", fmt.Sprintf("mustBeGreaterThan: %d", w.fewestRows()), "dimension: completeness", "severity: error")
	}
	// Of a small file what comes by chance is more than a fifth: rows that come
	// one by one vary by the root of how many they are.
	few := ""
	if by := math.Ceil(3 * math.Sqrt(float64(w.least()))); by > .2*float64(w.least()) {
		few = fmt.Sprintf(", ignoreChangeBelow: %s", plain(by))
	}
	w.rule(3, "rows_as_usual", "as many rows as in the runs before",
		"type: custom", "engine: tillwatch",
		"implementation: { check: history, metric: rowCount, strategy: robustZScore, minHistory: 7, ignoreChangeBelowPercent: 20"+few+" }",
		"dimension: completeness", "severity: error")
	w.structure()
	if key < 0 {
		w.repeats()
	}
}

// structure writes what may be wrong with the form of a file, if anything was.
func (w *writer) structure() {
	nameless := 0
	for _, f := range w.p.Files {
		nameless = max(nameless, f.nameless)
	}
	worst := w.faultyPercent()
	name, header := "hardly a row is malformed", ""
	switch {
	case nameless == 0 && worst == 0:
		return
	case nameless > 0:
		header = fmt.Sprintf(", headerFaults: %d", nameless)
		if worst == 0 {
			name = "no row is malformed"
		}
	}
	w.rule(3, "structure", name, "type: custom", "engine: tillwatch",
		fmt.Sprintf("implementation: { check: structure, maxPercent: %s%s }", upward(worst), header), "dimension: conformity", "severity: error")
}

// fewestRows is how many rows a file must have more than.
func (w *writer) fewestRows() int64 {
	if len(w.p.Files) < 3 {
		return w.least() / 10
	}
	return w.least() / 4
}

// rule writes one rule.
func (w *writer) rule(depth int, id, name string, lines ...string) {
	w.line(depth, "- id: "+id)
	w.line(depth+1, "name: "+quoted(name))
	for _, l := range lines {
		w.line(depth+1, l)
	}
}

// least returns the rows of the smallest file.
func (w *writer) least() int64 {
	n := w.p.Files[0].Rows
	for _, f := range w.p.Files {
		n = min(n, f.Rows)
	}
	return n
}

// faultyPercent is how many rows may have a fault, 0 if none had one.
func (w *writer) faultyPercent() (worst float64) {
	for _, f := range w.p.Files {
		if f.faulty > 0 {
			worst = max(worst, 100*allowed(f.faulty, f.Rows+f.Malformed, together(1)))
		}
	}
	return worst
}

func (w *writer) tableSentence() string {
	var sizes []string
	for _, f := range w.p.Files {
		if len(sizes) == 5 {
			sizes = append(sizes, "…")
			break
		}
		sizes = append(sizes, words.Count(f.Rows))
	}
	return fmt.Sprintf("%s; rows of each file: %s.", words.Plural(int64(len(w.p.Columns)), "column"), strings.Join(sizes, ", "))
}

// everywhere reports whether the column is in every file and has a name, which a
// contract can only hold in UTF-8.
func (w *writer) everywhere(i int) bool {
	if name := w.p.Columns[i].Name; name == "" || !utf8.ValidString(name) {
		return false
	}
	return !slices.ContainsFunc(w.p.Files, func(f File) bool { return f.nulls[i] < 0 })
}

// sentence describes a column for a reader of the contract. It tells no value
// of a personal column.
func sentence(c *Column) string {
	values := c.Rows - c.Nulls
	if values == 0 {
		return "Empty in every row seen."
	}
	var parts []string
	switch {
	case c.Unique:
		parts = append(parts, "No value occurs twice")
	case c.Distinct == 1:
		parts = append(parts, "The same value everywhere")
	default:
		about := ""
		if !c.DistinctExact {
			about = "about "
		}
		parts = append(parts, about+words.Count(c.Distinct)+" different values")
	}
	if c.Nulls > 0 {
		parts = append(parts, words.Percent(c.NullPercent)+" % null")
	}
	if c.Number != nil {
		parts = append(parts, fmt.Sprintf("from %s to %s, half of them from %s to %s", c.Min, c.Max, short(c.Number.P25), short(c.Number.P75)))
	} else if c.Min != "" && !c.Personal && (c.Type == contract.Date || c.Type == contract.Timestamp) {
		parts = append(parts, "from "+c.Min+" to "+c.Max)
	}
	if c.Fitting < values {
		parts = append(parts, fmt.Sprintf("%s of %s are %s", words.Percent(percent(c.Fitting, values))+" %", "the values", c.Type))
	}
	text := strings.Join(parts, "; ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// wordy is text that YAML reads as text without quotes.
var wordy = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*$`)

// quoted writes text as YAML reads it, in double quotes unless it is plain words.
func quoted(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if wordy.MatchString(text) {
			return text
		}
	}
	return strconv.QuoteToGraphic(strings.ToValidUTF8(text, "\uFFFD"))
}

func quotedAll(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, quoted(s))
	}
	return out
}

// slug makes a name fit for an id and a path.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	return strings.Trim(b.String(), "_-")
}
