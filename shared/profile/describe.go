package profile

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/words"
)

// masked stands for a personal value.
const masked = "•••"

// topValues is how many frequent values a profile shows of a column.
const topValues = 8

// topSampled is how many it shows where only a sample of the values was counted.
const topSampled = 3

// fittingShare is how many of the values must be of a type for it to be the
// column's, where not all of them are.
const fittingShare = 0.9

// bars is how many bars a distribution has.
const bars = 16

// describe says what a settled column holds.
func (c *column) describe(name string, unique bool, o Options) Column {
	f, fitting := c.form()
	d := Column{Name: name, Type: f.Type, Pattern: f.Pattern, Format: f.Format, Fitting: fitting,
		Rows: c.rows, Nulls: c.nulls, NullPercent: percent(c.nulls, c.rows), Empty: c.empty, Unique: unique,
		Shortest: c.shortest, Longest: c.longest, Top: []Frequent{}}
	d.Distinct, d.DistinctExact = c.different()
	values := c.rows - c.nulls
	if values > 0 {
		d.MeanLength = float64(c.characters) / float64(values)
	}
	d.Personal = slices.Contains(o.Personal, name) || personalName(name) || 2*c.fits(form{Type: contract.String, Format: "email"}) > values && values > 0
	hide := d.Personal && !o.ShowPersonal
	if f.Type == contract.String && f.Format == "" {
		d.Shape = c.pattern(hide)
	}
	c.describeRange(&d, f)
	c.describeTop(&d)
	if hide {
		d.hide()
	}
	return d
}

// form returns the form that all values have, or else nearly all, or else text;
// and how many values have it.
func (c *column) form() (form, int64) {
	values := c.rows - c.nulls
	text := form{Type: contract.String}
	if values == 0 {
		return text, 0
	}
	best, most := text, int64(0)
	for _, f := range forms() {
		if n := c.fits(f); n > most {
			best, most = f, n
		}
	}
	if float64(most) >= fittingShare*float64(values) {
		return best, most
	}
	return text, values
}

// fits returns how many values have a form.
func (c *column) fits(f form) int64 {
	at := slices.IndexFunc(forms(), func(g form) bool { return g.Type == f.Type && g.Pattern == f.Pattern && g.Format == f.Format })
	var n int64
	for kinds, count := range c.kinds {
		if kinds&(1<<at) != 0 {
			n += count
		}
	}
	return n
}

// pattern returns a regular expression that every value matches, "" if there is
// none worth the name. It does not tell what all values begin with if that is
// to be hidden.
func (c *column) pattern(hide bool) string {
	all, shaped := c.built()
	if shaped < c.rows-c.nulls || c.empty > 0 {
		return "" // decimals and the like have no shape
	}
	if hide {
		return all.pattern("")
	}
	return all.pattern(all.start)
}

// built returns the shapes with those of digits alone, which codes such as 0042
// and 1042 have in common, and how many values have one.
func (c *column) built() (all shapesOf, shaped int64) {
	all = shapesOf{seen: map[string]int64{}, start: c.shapes.start, any: c.shapes.any}
	if c.shapes.seen == nil {
		return all, 0
	}
	for shape, n := range c.shapes.seen {
		all.seen[shape] += n
		shaped += n
	}
	if !codes(c.shapes.seen) {
		return all, shaped // 950 beside 1,200 is no code
	}
	for length, n := range c.digits {
		if length <= longestShape {
			all.seen[strings.Repeat("9", length)] += n
			shaped += n
		}
	}
	return all, shaped
}

// describeRange fills in the extremes and the distribution.
func (c *column) describeRange(d *Column, f form) {
	d.Min, d.Max = c.least, c.greatest
	switch {
	case c.rows == c.nulls:
		d.Min, d.Max = "", ""
	case f.Type == contract.Integer || f.Type == contract.Number:
		list, exact := c.weights()
		mean, deviation := c.numbers.meanDeviation()
		at := func(p float64) float64 { return drift.Quantile(list, p) }
		least, greatest, sum := c.numbers.texts()
		d.Number = &Figures{Sum: sum, Mean: mean, Deviation: deviation,
			P1: at(.01), P5: at(.05), P25: at(.25), P50: at(.5), P75: at(.75), P95: at(.95), P99: at(.99), Exact: exact}
		d.Min, d.Max = least, greatest
		d.Distribution = barsOf(list, f.Type == contract.Integer, d.Number)
	case f.layout != nil && f.Pattern == "" && f.Type != contract.Time:
		d.Min, d.Max = c.firstText, c.lastText
		d.Distribution = dayBars(c.dayWeights())
	case f.layout != nil && f.Type != contract.Time: // in a form whose order is not that of its text
		d.Min, d.Max = c.extent(f)
	}
}

// extent returns the first and last moment among the values held.
func (c *column) extent(f form) (first, last string) {
	var texts []string
	for _, v := range c.held {
		texts = append(texts, v.text)
	}
	slices.Sort(texts)
	for i, text := range texts {
		m, ok := f.layout.Parse([]byte(text), time.UTC)
		if !ok {
			continue
		}
		if low, have := f.layout.Parse([]byte(first), time.UTC); i == 0 || !have || m.Compare(low) < 0 {
			first = text
		}
		if high, have := f.layout.Parse([]byte(last), time.UTC); i == 0 || !have || m.Compare(high) > 0 {
			last = text
		}
	}
	return first, last
}

// barsOf divides numbers into bars of one width between the first and the last
// hundredth; bars of whole numbers hold as many of them each.
func barsOf(list []drift.Weight, whole bool, f *Figures) []Bar {
	if len(list) == 0 {
		return nil
	}
	low, high := list[0].At, list[len(list)-1].At
	n := bars
	switch {
	case low == high:
		n = 1
	case whole: // bars of whole numbers, as many each
		if f.P1 < f.P99 && high-low >= bars {
			low, high = f.P1, f.P99
		}
		each := math.Ceil((high - low + 1) / bars)
		n = int(math.Ceil((high - low + 1) / each))
		high = low + float64(n)*each
	default:
		if f.P1 < f.P99 {
			low, high = f.P1, f.P99
		}
	}
	width := (high - low) / float64(n)
	out := make([]Bar, n)
	for i := range out {
		out[i].From, out[i].To = short(low+float64(i)*width), short(low+float64(i+1)*width)
		if n == 1 {
			out[i].To = out[i].From
		} else if whole {
			out[i].To = short(low + float64(i+1)*width - 1)
		}
	}
	for _, w := range list {
		at := 0
		if width > 0 {
			at = int(min(max(math.Floor((w.At-low)/width), 0), float64(n-1)))
		}
		out[at].Count += w.N
	}
	return out
}

// short writes a number with five digits.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }

// dayBars divides days into bars of as many days each.
func dayBars(list []drift.Weight) []Bar {
	if len(list) == 0 {
		return nil
	}
	first, last := int64(list[0].At), int64(list[len(list)-1].At)
	width := (last-first)/bars + 1
	out := make([]Bar, (last-first)/width+1)
	for i := range out {
		from := first + int64(i)*width
		out[i].From, out[i].To = dateOf(from), dateOf(min(from+width-1, last))
	}
	for _, w := range list {
		out[(int64(w.At)-first)/width].Count += w.N
	}
	return out
}

func dateOf(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }

// describeTop fills in the most frequent values, but where hardly any value
// occurs twice.
func (c *column) describeTop(d *Column) {
	d.TopExact = d.DistinctExact
	if d.Unique {
		return
	}
	for _, v := range c.values() {
		if len(d.Top) == topValues || len(d.Top) == topSampled && !d.TopExact || v.n < 2 && len(c.held) > topValues {
			break
		}
		d.Top = append(d.Top, Frequent{strings.ToValidUTF8(v.text, "\uFFFD"), v.n, percent(v.n, c.rows)})
	}
}

// hide masks every value.
func (d *Column) hide() {
	if d.Min != "" || d.Max != "" {
		d.Min, d.Max = masked, masked
	}
	d.Number, d.Distribution = nil, nil
	for i := range d.Top {
		if d.Top[i].Value != "" {
			d.Top[i].Value = masked
		}
	}
}

// Words of column names that hold personal data; the second list does so with
// a word before or after that says whose it is, or alone.
var (
	personalWords = []string{"email", "mail", "phone", "telephone", "mobile", "fax", "surname", "firstname", "lastname", "fullname",
		"birthday", "birthdate", "dob", "ssn", "passport", "iban", "address", "street", "username", "nickname"}
	ownedWords = []string{"name", "birth"}
	owners     = []string{"first", "last", "full", "given", "family", "middle", "maiden", "customer", "contact", "person", "user",
		"employee", "holder", "member", "client", "patient", "guest", "date", "of"}
)

// personalName reports whether a column's name says that it holds personal
// data: email, phone_number, CustomerName, but not product_name.
func personalName(name string) bool {
	parts := tokens(name)
	owned := slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(owners, p) })
	for _, p := range parts {
		if slices.Contains(personalWords, p) || slices.Contains(ownedWords, p) && (owned || len(parts) == 1) {
			return true
		}
	}
	return false
}

// tokens splits a name into its words in lower case: customerName is customer
// and name.
func tokens(name string) []string {
	var list []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			list, word = append(list, strings.ToLower(string(word))), nil
		}
	}
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
			flush()
			continue
		case unicode.IsUpper(r) && len(word) > 0 && unicode.IsLower(word[len(word)-1]):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return list
}

// Kind says what a column is in a word or two: its type and how it is written,
// and the share of values that are so unless it is all.
func (c *Column) Kind() string {
	text := string(c.Type)
	switch {
	case c.Rows == c.Nulls:
		return "empty"
	case c.Format != "":
		text = c.Format
	case c.Pattern != "":
		text += " " + c.Pattern
	}
	if values := c.Rows - c.Nulls; c.Fitting < values {
		text += " " + words.Percent(percent(c.Fitting, values)) + " %"
	}
	return text
}

// Hidden reports whether the column's values are masked.
func (c *Column) Hidden() bool { return c.Min == masked }
