package profile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/decimal"
)

// column writes one column with what its values say.
func (w *writer) column(i, key int) {
	c := &w.p.Columns[i]
	s := w.p.states[i]
	values := c.Rows - c.Nulls
	strict := values > 0 && c.Fitting == values
	enough := w.least() >= leastRows
	w.line(3, "- name: "+quoted(c.Name))
	w.linef(4, "description: %s", quoted(sentence(c)))
	if strict {
		w.linef(4, "logicalType: %s", c.Type)
	} else {
		w.line(4, "logicalType: string")
	}
	if c.Personal {
		w.line(4, "classification: restricted")
	}
	r := rules{w: w, c: c, s: s, at: i, strict: strict, enough: enough, categories: enough && saturated(c, s)}
	if options := r.options(); len(options) > 0 {
		w.line(4, "logicalTypeOptions: { "+strings.Join(options, ", ")+" }")
	}
	r.nulls = w.nullPercent(i)
	if i == key {
		w.line(4, "primaryKey: true")
	} else if enough && w.keyLike(i) {
		w.line(4, "unique: true")
	}
	r.required = enough && c.Nulls == 0 && (i == key || r.nulls <= 100*requiredBelow)
	if r.required {
		w.line(4, "required: true")
	}
	r.write()
}

// rules are those of one column.
type rules struct {
	w          *writer
	c          *Column
	s          *column
	at         int     // of the profile's columns
	nulls      float64 // allowed, in percent
	enough     bool    // rows for more than types
	strict     bool    // all values are of the type
	required   bool
	categories bool
	shaped     bool // a pattern says what the values are
	begun      bool
}

// add writes one rule; its id is the column's name, its place and what.
func (r *rules) add(what, name string, lines ...string) {
	if !r.begun {
		r.w.line(4, "quality:")
	}
	r.begun = true
	r.w.rule(5, slug(r.c.Name)+"_"+strconv.Itoa(r.at+1)+"_"+what, name, append(lines, "severity: error")...)
}

func (r *rules) write() {
	c, w := r.c, r.w
	values := c.Rows - c.Nulls
	r.filled()
	if !r.strict && values > 0 {
		if pattern := exceptions[c.Type]; pattern != "" && c.Pattern == "" {
			r.add("type", fmt.Sprintf("hardly a value of %s is no %s", c.Name, c.Type), "metric: invalidValues",
				"arguments: { pattern: "+quoted(pattern)+" }",
				"mustBeLessOrEqualTo: "+upward(w.worstPercent(values-c.Fitting)), "unit: percent", "dimension: conformity")
		}
	}
	if r.categories {
		var list []string
		for _, v := range r.s.values() {
			list = append(list, quoted(v.text))
		}
		slices.Sort(list)
		r.add("known", "the value of "+c.Name+" is a known one", "metric: invalidValues",
			"arguments: { validValues: ["+strings.Join(list, ", ")+"] }",
			"mustBeLessOrEqualTo: "+upward(w.worstPercent(0)), "unit: percent", "dimension: conformity")
	}
	if r.free() {
		r.written()
	}
	if r.enough && r.strict && c.numeric() {
		r.usual()
	}
}

func (c *Column) numeric() bool { return c.Type == contract.Integer || c.Type == contract.Number }

// free reports whether the values are text that no other rule says the form of.
func (r *rules) free() bool {
	return r.enough && r.strict && r.c.Type == contract.String && r.c.Format == "" && !r.categories && !r.shaped
}

// blanks are what is written for nothing.
var blanks = []string{"#N/A", "#REF!", "#VALUE!", "-", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}

// filled writes how many nulls there may be, and with them of what stands for
// nothing where there was none of it.
func (r *rules) filled() {
	if !r.enough || r.nulls >= 100 {
		return
	}
	limit := []string{"mustBeLessOrEqualTo: " + upward(r.nulls), "unit: percent", "dimension: completeness"}
	name := r.c.Name + " is filled as usual"
	if !r.free() {
		if !r.required {
			r.add("filled", name, append([]string{"metric: nullValues"}, limit...)...)
		}
		return
	}
	var list []string
	for _, text := range blanks {
		if !r.s.holds(text) {
			list = append(list, strconv.Quote(text))
		}
	}
	r.add("filled", name, append([]string{"metric: missingValues", "arguments: { missingValues: [" + strings.Join(list, ", ") + "] }"}, limit...)...)
}

// written writes how text is written: as ASCII, and without blanks around it.
func (r *rules) written() {
	values := r.c.Rows - r.c.Nulls
	most := int64(oddShare * float64(values))
	pattern, n, how := "", int64(0), ""
	switch {
	case values < leastShaped:
		return
	case r.s.foreign <= most && r.s.blank <= most:
		pattern, n, how = `^[!-~]([\t\n\r -~]*[!-~])?$`, r.s.foreign+r.s.blank, "in ASCII, without blanks around it"
	case r.s.blank <= most:
		pattern, n, how = `^\S([\s\S]*\S)?$`, r.s.blank, "without blanks around it"
	default:
		return
	}
	r.add("written", r.c.Name+" is written as usual: "+how, "metric: invalidValues", "arguments: { pattern: "+quoted(pattern)+" }",
		"mustBeLessOrEqualTo: "+upward(r.w.worstPercent(n)), "unit: percent", "dimension: conformity")
}

// usual writes bounds of numbers that a few may exceed.
func (r *rules) usual() {
	b := r.bounds()
	name := `\"` + strings.ReplaceAll(strings.ReplaceAll(r.c.Name, `\`, `\\`), `"`, `\"\"`) + `\"`
	var parts []string
	if expressible(b.low) && !b.lowStrict {
		parts = append(parts, name+" >= "+b.low)
	}
	if expressible(b.high) && !b.highStrict {
		parts = append(parts, name+" <= "+b.high)
	}
	if len(parts) == 0 || strings.ContainsFunc(r.c.Name, func(r rune) bool { return r < ' ' }) {
		return
	}
	r.add("usual", "hardly a value of "+r.c.Name+" is out of the usual range", "type: custom", "engine: tillwatch",
		fmt.Sprintf("implementation: { check: arithmetic, expression: \"%s\", maxPercent: %s }", strings.Join(parts, " and "), upward(r.w.worstPercent(0))),
		"dimension: conformity")
}

// expressible reports whether a bound can stand in an expression, whose numbers are decimals.
func expressible(bound string) bool {
	_, kind := decimal.Parse([]byte(bound))
	return kind == decimal.Fits
}

// exceptions are the regular expressions of types where not every value fits.
var exceptions = map[contract.Type]string{
	contract.Integer: `^-?[0-9]+$`,
	contract.Number:  `^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`,
	contract.Date:    `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
	contract.Boolean: `^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$`,
}
