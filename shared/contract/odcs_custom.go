package contract

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a zone that a contract names is the same on every machine

	"tillwatch/shared/document"
)

// engine is the name that rules of ours give.
const engine = "tillwatch"

// customRule reads what only rules of type custom have.
func (r *reader) customRule(n *document.Node, rule *Rule, table *document.Node, column *Column) {
	for _, key := range []string{"engine", "implementation"} {
		if n.Entry(key) == nil {
			r.fault(n, "write engine: tillwatch, or the name of another tool, and what it runs", "a rule of type custom needs the key %q", key)
		}
	}
	rule.Engine = n.Get("engine").Str()
	impl := n.Get("implementation")
	if engineDQDL[strings.ToLower(rule.Engine)] && impl != nil {
		r.ruleset(impl, rule)
		return
	}
	if !strings.EqualFold(rule.Engine, engine) || impl == nil {
		return
	}
	switch impl.Kind {
	case document.Map:
	case document.Text:
		if impl = document.ParseText(r.faults, impl); impl == nil {
			return
		}
	default:
		return
	}
	if impl.Kind != document.Map {
		r.fault(impl, "write check: and one of "+strings.Join(sortedKeys(checks), ", "), "an implementation is a map, found %s", document.Describe(impl))
		return
	}
	name := impl.Get("check")
	c, known := checks[name.Str()]
	switch {
	case name == nil:
		r.fault(impl, "write check: and one of "+strings.Join(sortedKeys(checks), ", "), "the implementation names no check")
		return
	case !known:
		r.fault(name, document.Among(name.Text, sortedKeys(checks)), "%s is not a check", document.Describe(name))
		return
	}
	before := r.faults.Len()
	mapOf("the check "+name.Text, with(c.keys, keys{"check": text}), c.need...).CheckNode(impl, r.faults)
	d := &checkReader{reader: r, n: impl, table: table}
	if column != nil {
		d.column = column.Name
	}
	read := c.read(d)
	if r.faults.Len() == before {
		rule.Implementation = read
	}
}

// checks are the checks by name: the keys each has and how it is read.
var checks = map[string]struct {
	keys keys
	need []string
	read func(*checkReader) any
}{
	"history": {keys{"metric": text, "column": text, "strategy": text, "season": text, "lower": number, "upper": number, "minHistory": count,
		"lookback": count, "ignoreChangeBelowPercent": number, "ignoreChangeBelow": number}, []string{"metric"}, (*checkReader).history},
	"fileSize":   {keys{"min": bytes, "max": bytes}, nil, (*checkReader).fileSize},
	"arrival":    {keys{"after": text, "by": text, "zone": text}, []string{"by"}, (*checkReader).arrival},
	"coverage":   {keys{"column": text, "values": listOf(scalar), "dataset": full, "refColumn": full, "every": text, "last": text, "minRows": count, "atLeastPercent": number}, nil, (*checkReader).coverage},
	"arithmetic": {keys{"expression": full, "tolerance": tolerance, "maxPercent": number}, []string{"expression"}, (*checkReader).arithmetic},
	"columns":    {keys{"ordered": truth, "closed": truth}, nil, func(d *checkReader) any { return ColumnsCheck{d.n.Get("ordered").True(), d.n.Get("closed").True()} }},
	"drift":      {keys{"column": text, "method": text, "threshold": number, "dataset": full, "refColumn": full}, nil, (*checkReader).drift},
	"structure": {keys{"maxPercent": number, "headerFaults": count}, []string{"maxPercent"}, func(d *checkReader) any {
		return StructureCheck{d.number("maxPercent", 0, 0, 100), int(d.whole("headerFaults", 0, 0, 10_000))}
	}},
	"total": {keys{"by": columnsOrOne, "otherBy": columnsOrOne, "sum": full, "otherSum": full, "dataset": full, "tolerance": tolerance, "missing": text},
		[]string{"sum", "dataset"}, (*checkReader).total},
	"freshness":  {keys{"column": text, "within": text}, []string{"within"}, func(d *checkReader) any { return FreshnessCheck{d.columnOf(true), d.span("within")} }},
	"processing": {keys{"within": text}, []string{"within"}, func(d *checkReader) any { return ProcessingCheck{d.span("within")} }},
	"statistic":  {statisticKeys, []string{"statistic"}, (*checkReader).statistic},
	"period": {keys{"column": text, "offset": whole, "zone": text}, nil, func(d *checkReader) any {
		return PeriodCheck{d.columnOf(true), int(d.whole("offset", 0, -366, 366)), d.zoneOf()}
	}},
}

var (
	bytes         = &shape{Kinds: document.Int | document.Text}
	columnsOrOne  = &shape{Kinds: document.Text | document.List, Item: full, Min: 1}
	toleranceForm = regexp.MustCompile(`^\d{1,30}(?:\.\d{1,30})?$`)
	tolerance     = &shape{Kinds: document.Number | document.Text, Check: func(n *document.Node, f *document.Faults) {
		if !toleranceForm.MatchString(n.Text) {
			f.Addf(n.Place, "write a decimal such as 0.01", "%s is not a decimal from 0 on", document.Describe(n))
		}
	}}
)

// A checkReader reads the implementation of one check.
type checkReader struct {
	*reader
	n, table *document.Node
	column   string // that the rule stands on; "" for a table
}

// oneOf returns the text of key, which is among words, or fallback.
func (d *checkReader) oneOf(key, fallback string, words ...string) string {
	n := d.n.Get(key)
	if !n.Is(document.Text) {
		return fallback
	}
	if !slices.Contains(words, n.Text) {
		d.fault(n, document.Among(n.Text, words), "%s cannot be %s", key, document.Describe(n))
	}
	return n.Text
}

func (d *checkReader) number(key string, fallback, low, high float64) float64 {
	n := d.n.Get(key)
	f, ok := d.reader.number(n)
	if !ok {
		return fallback
	}
	if f < low || f > high {
		limit := fmt.Sprintf("write a number from %g to %g", low, high)
		if math.IsInf(high, 1) {
			limit = fmt.Sprintf("write a number from %g on", low)
		}
		d.fault(n, limit, "%s cannot be %s", key, n.Text)
	}
	return f
}

func (d *checkReader) whole(key string, fallback, low, high int64) int64 {
	n := d.n.Get(key)
	if !n.Is(document.Int) {
		return fallback
	}
	i, err := n.Int()
	if err != nil || int64(i) < low || int64(i) > high {
		d.fault(n, fmt.Sprintf("write a whole number from %d to %d", low, high), "%s cannot be %s", key, n.Text)
	}
	return int64(i)
}

// columnOf returns the column that the check names or that the rule stands on.
func (d *checkReader) columnOf(needed bool) string {
	n := d.n.Get("column")
	switch {
	case n.Is(document.Text):
		return d.columnName(n, d.table)
	case n == nil && d.column == "" && needed:
		d.fault(d.n, "write column: and its name", "the check names no column")
	}
	return d.column
}

func (d *checkReader) span(key string) Span {
	n := d.n.Get(key)
	if !n.Is(document.Text) {
		return Span{}
	}
	s, err := ParseSpan(n.Text)
	if err != nil {
		d.fault(n, "write 60 minutes or PT60M", "%v", err)
	}
	return s
}

func (d *checkReader) zoneOf() *time.Location {
	if n := d.n.Get("zone"); n.Is(document.Text) {
		return d.zone(n)
	}
	return time.UTC
}

// zone returns the IANA time zone that n names.
func (r *reader) zone(n *document.Node) *time.Location {
	if zone, err := time.LoadLocation(n.Text); err == nil && n.Text != "" && n.Text != "Local" {
		return zone
	}
	r.fault(n, "write an IANA name such as Europe/Paris or America/New_York", "%s is no time zone", document.Describe(n))
	return time.UTC
}

var (
	sizeForm = regexp.MustCompile(`^(\d{1,15}(?:\.\d{1,6})?)\s*([A-Za-z]*)$`)
	sizeUnit = map[string]float64{"": 1, "b": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
)

func (d *checkReader) size(key string) int64 {
	n := d.n.Get(key)
	if !n.Is(document.Int | document.Text) {
		return 0
	}
	if m := sizeForm.FindStringSubmatch(n.Text); m != nil {
		unit, known := sizeUnit[strings.ToLower(m[2])]
		if f, err := strconv.ParseFloat(m[1], 64); err == nil && known && f*unit < 1<<60 {
			return int64(math.Round(f * unit))
		}
	}
	d.fault(n, "write bytes, 10 KB (1,000 bytes each) or 2 GiB (1,024³ bytes each)", "%s is no size", document.Describe(n))
	return 0
}

func (d *checkReader) fileSize() any {
	f := FileSizeCheck{Min: d.size("min"), Max: d.size("max")}
	switch {
	case d.n.Get("min") == nil && d.n.Get("max") == nil:
		d.fault(d.n, "write min, max or both", "the check bounds nothing")
	case f.Max > 0 && f.Min > f.Max:
		d.fault(d.n.Get("min"), "swap them", "min is above max")
	}
	return f
}

var clockForm = regexp.MustCompile(`^(\d{1,2}):(\d\d)(?::(\d\d))?$`)

func (d *checkReader) clock(key string) time.Duration {
	n := d.n.Get(key)
	if !n.Is(document.Text) {
		return 0
	}
	if m := clockForm.FindStringSubmatch(n.Text); m != nil {
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		second, _ := strconv.Atoi(m[3])
		at := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
		if minute < 60 && second < 60 && at <= 24*time.Hour {
			return at
		}
	}
	d.fault(n, `write hours and minutes: "06:30"`, "%s is no time of day", document.Describe(n))
	return 0
}

func (d *checkReader) arrival() any {
	return ArrivalCheck{After: d.clock("after"), By: d.clock("by"), Zone: d.zoneOf()}
}

func (d *checkReader) coverage() any {
	c := CoverageCheck{Column: d.columnOf(true), Dataset: d.n.Get("dataset").Str(), RefColumn: d.n.Get("refColumn").Str(),
		Every: d.oneOf("every", "", "day", "hour"), Last: d.span("last"), MinRows: d.whole("minRows", 1, 1, 1e15),
		AtLeastPercent: d.number("atLeastPercent", 100, 0, 100)}
	if v := d.n.Get("values"); v != nil {
		c.Values = d.values(v)
	}
	ways := 0
	for _, key := range []string{"values", "dataset", "every"} {
		if d.n.Get(key) != nil {
			ways++
		}
	}
	switch {
	case ways == 0:
		d.fault(d.n, "write values: […], or dataset: and refColumn:, or every: day", "the check does not say what is expected")
	case ways > 1:
		d.fault(d.n, "keep one of values, dataset and every", "the check says twice what is expected")
	case c.Dataset == "" && c.RefColumn != "":
		d.fault(d.n.Get("refColumn"), "write dataset: and its name", "refColumn without a dataset")
	case c.Dataset != "" && c.RefColumn == "":
		c.RefColumn = c.Column
	}
	if c.Every == "" && d.n.Get("last") != nil {
		d.fault(d.n.Get("last"), "write every: day or every: hour", "last without every")
	}
	d.refColumns(c.Dataset, d.n.Get("refColumn"))
	return c
}

// refColumns reports columns that a dataset of this contract does not have;
// of a reference file nothing is known here.
func (d *checkReader) refColumns(dataset string, columns ...*document.Node) {
	for _, t := range d.tables {
		if t.Get("name").Str() != dataset || dataset == "" {
			continue
		}
		for _, c := range columns {
			if c.Is(document.Text) && c.Text != "rows" {
				plain := *c
				plain.Text = strings.TrimPrefix(c.Text, "-")
				d.columnName(&plain, t)
			}
		}
	}
}

func (d *checkReader) arithmetic() any {
	e := d.n.Get("expression")
	d.expression(e)
	return ArithmeticCheck{Expression: e.Str(), Tolerance: d.text("tolerance"), MaxPercent: d.number("maxPercent", 0, 0, 100)}
}

// text returns a scalar as written.
func (d *checkReader) text(key string) string {
	if n := d.n.Get(key); n.Is(document.Scalar) {
		return n.Text
	}
	return ""
}

func (d *checkReader) total() any {
	t := TotalCheck{By: d.names("by"), OtherBy: d.names("otherBy"), Sum: d.text("sum"), OtherSum: d.text("otherSum"),
		Dataset: d.text("dataset"), Tolerance: d.text("tolerance")}
	if d.oneOf("missing", "zero", "zero", "ignore") == "ignore" {
		t.Missing = "ignore"
	}
	for _, n := range listOrOne(d.n.Get("by")) {
		d.columnName(n, d.table)
	}
	if n := d.n.Get("sum"); n.Str() != "" && n.Text != "rows" && n.Text != "-rows" {
		plain := *n
		plain.Text = strings.TrimPrefix(n.Text, "-")
		d.columnName(&plain, d.table)
	}
	if d.n.Get("otherBy") == nil {
		t.OtherBy = t.By
	} else if len(t.By) != len(t.OtherBy) {
		d.fault(d.n.Get("otherBy"), "name a column for each of by", "by names %d columns and otherBy %d", len(t.By), len(t.OtherBy))
	}
	if d.n.Get("otherSum") == nil {
		t.OtherSum = t.Sum
	}
	d.refColumns(t.Dataset, append(listOrOne(d.n.Get("otherBy")), d.n.Get("otherSum"))...)
	return t
}

func listOrOne(n *document.Node) []*document.Node {
	if n.Is(document.Text) {
		return []*document.Node{n}
	}
	return slices.Clone(n.List())
}

func (d *checkReader) names(key string) (out []string) {
	for _, n := range listOrOne(d.n.Get(key)) {
		out = append(out, n.Str())
	}
	return out
}
