package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/document"
)

var operators = []Op{Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, Between, NotBetween}

var dimensions = []string{string(Accuracy), string(Completeness), string(Conformity), string(Consistency), string(Coverage), string(Timeliness), string(Uniqueness)}

var metrics = []string{string(NullValues), string(MissingValues), string(InvalidValues), string(DuplicateValues), string(RowCount)}

// metrics30 are the names that rule had in version 3.0.
var metrics30 = map[string]Metric{"duplicateCount": DuplicateValues, "validValues": InvalidValues}

// rules reads a quality list that stands on column, or on the table if column is nil.
func (r *reader) rules(list *document.Node, table *document.Node, column *Column) []Rule {
	var out []Rule
	for _, n := range list.List() {
		if n.Kind != document.Map {
			continue
		}
		rule := Rule{Name: n.Get("name").Str(), Description: n.Get("description").Str(), Dimension: Dimension(n.Get("dimension").Str()),
			Unit: Unit(n.Get("unit").Str()), BusinessImpact: n.Get("businessImpact").Str(), Place: place(n)}
		rule.Severity = r.severity(n.Get("severity"))
		rule.Scheduler, rule.Schedule = r.schedule(n)
		rule.Kind = Kind(n.Get("type").Str())
		if rule.Kind == "" {
			rule.Kind = Library
		}
		switch rule.Kind {
		case Library:
			r.library(n, &rule, table, column)
		case SQL:
			r.misplaced(n, rule.Kind, "query", "operator")
			if rule.Query = n.Get("query").Str(); n.Entry("query") == nil {
				r.fault(n, "write query: SELECT …", "a rule of type sql needs a query")
			}
			rule.QueryPlace = Place(n.Get("query").Block())
			rule.Want = r.want(n, &rule, true)
		case Custom:
			r.misplaced(n, rule.Kind, "engine", "implementation")
			r.customRule(n, &rule, table, column)
		case Text:
			r.misplaced(n, rule.Kind)
		}
		rule.ID = n.Get("id").Str()
		out = append(out, rule)
	}
	return out
}

// derivedID makes an id of a rule that has none: of its name, which stays when
// rules move, else of what it looks at and its position.
func derivedID(rule *Rule, column *Column, i int) string {
	if id := slug(rule.Name); id != "" {
		return id
	}
	var parts []string
	if column != nil {
		parts = append(parts, slug(column.Name))
	}
	what := string(rule.Metric)
	if what == "" {
		what = string(rule.Kind)
	}
	parts = append(parts, what, strconv.Itoa(i+1))
	return strings.Join(parts, "_")
}

// slug returns the letters and digits of s in lower case, what is between them as one _.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(s) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c > 127 {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			b.WriteRune(c)
			gap = false
		} else {
			gap = true
		}
	}
	return b.String()
}

// severities are the words for a severity. The standard leaves the text free and
// gives error, warning and info as examples; the others are what tools write.
var severities = map[string]Severity{
	"error": High, "critical": High, "high": High, "fatal": High, "blocker": High, "major": High,
	"warning": Medium, "warn": Medium, "medium": Medium, "moderate": Medium,
	"info": Low, "information": Low, "informational": Low, "low": Low, "minor": Low,
}

func (r *reader) severity(n *document.Node) Severity {
	if !n.Is(document.Text) {
		return High
	}
	s, known := severities[strings.ToLower(n.Text)]
	if !known {
		r.fault(n, "write error, warning or info", "%s is not a severity", document.Describe(n))
	}
	return s
}

// misplaced reports the keys of n that rules of kind do not have.
func (r *reader) misplaced(n *document.Node, kind Kind, allowed ...string) {
	belongs := map[string]string{"query": "sql", "engine": "custom", "implementation": "custom", "metric": "library", "rule": "library",
		"arguments": "library", "validValues": "library"}
	for _, e := range n.Entries {
		key, home := e.Key, belongs[e.Key]
		if slices.Contains(operators, Op(key)) {
			key, home = "operator", "library or sql"
		}
		if home == "" || slices.Contains(allowed, key) {
			continue
		}
		r.faults.Addf(e.Place, "write type: "+home+", or remove it", "a rule of type %s has no %s", kind, e.Key)
	}
}

// want reads the one operator of a rule.
func (r *reader) want(n *document.Node, rule *Rule, needed bool) (w Want) {
	var found []document.Entry
	for _, e := range n.Entries {
		if slices.Contains(operators, Op(e.Key)) {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		if needed {
			r.fault(n, "write one, such as mustBe: 0", "the rule has no operator to compare with")
		}
		return w
	}
	if len(found) > 1 {
		hint := "keep one; a second bound is a second rule"
		if len(found) == 2 && n.Entry(string(Greater)) != nil && n.Entry(string(Less)) != nil {
			hint = "write mustBeBetween: [low, high], which leaves out both ends"
		}
		r.faults.Addf(found[1].Place, hint, "a second operator %s beside %s", found[1].Key, found[0].Key)
	}
	e := found[0]
	w.Op = Op(e.Key)
	v := e.Value
	switch {
	case w.Op == Between || w.Op == NotBetween:
		if v.Kind != document.List {
			return w
		}
		var ends []float64
		for _, item := range v.Items {
			if f, ok := r.number(item); ok {
				ends = append(ends, f)
			}
		}
		if len(v.Items) != 2 || len(ends) == 2 && ends[0] >= ends[1] {
			r.fault(v, "write the lower end first: [0, 100]", "%s needs two ascending numbers", w.Op)
		} else if len(ends) == 2 {
			w.Low, w.High = ends[0], ends[1]
		}
	case v.Is(document.Number):
		w.Low, _ = r.number(v)
		if rule.Unit == Percent && rule.Kind == Library && (w.Low < 0 || w.Low > 100) {
			r.fault(v, "a percentage is between 0 and 100", "%s %s percent cannot be", w.Op, v.Text)
		}
	case v.Is(document.Bool) && rule.Kind == SQL:
		if v.True() {
			w.Low = 1
		}
	case (w.Op == Equal || w.Op == NotEqual) && v.Is(document.Bool|document.Text):
		r.fault(v, "write a number without quotes", "expected a number, found %s", document.Describe(v))
	}
	return w
}

// number returns the value of a number that is finite.
func (r *reader) number(n *document.Node) (float64, bool) {
	if !n.Is(document.Number) {
		return 0, false
	}
	f, err := n.Float()
	if err != nil {
		r.fault(n, "", "%s is not a finite number", n.Text)
		return 0, false
	}
	return f, true
}

// library reads what only rules of type library have.
func (r *reader) library(n *document.Node, rule *Rule, table *document.Node, column *Column) {
	r.misplaced(n, Library, "metric", "rule", "arguments", "validValues", "operator")
	name := r.metricName(n)
	rule.Metric = Metric(name.Str())
	if name == nil || name.Kind != document.Text {
		return
	}
	old, renamed := metrics30[name.Text]
	if renamed && r.release == v30 {
		rule.Metric = old
	} else if !slices.Contains(metrics, name.Text) {
		hint := document.Among(name.Text, metrics)
		if renamed {
			hint = "write " + string(old)
		} else if m := similarMetric[strings.ToLower(name.Text)]; m != "" {
			hint = "write " + m
		}
		r.fault(name, hint, "%q is not a metric", name.Text)
		rule.Metric = ""
		return
	}
	switch rule.Unit {
	case "":
		rule.Unit = Rows
	case Rows, Percent:
	default:
		hint := map[Unit]string{"%": "write percent", "row": "write rows", "count": "write rows", "percentage": "write percent"}[rule.Unit]
		if hint == "" {
			hint = "allowed: rows, percent"
		}
		r.fault(n.Get("unit"), hint, "%s is not a unit of a library metric", document.Describe(n.Get("unit")))
		rule.Unit = Rows
	}
	switch {
	case rule.Metric == RowCount && column != nil:
		r.fault(name, "write it under quality of the table", "rowCount counts the rows of a table, not of a column")
	case rule.Metric == RowCount && rule.Unit == Percent:
		r.fault(n.Get("unit"), "write unit: rows", "rowCount has no percentage")
	case rule.Metric != RowCount && rule.Metric != DuplicateValues && column == nil:
		r.fault(name, "write it under quality of a column", "%s looks at the values of a column, not at a table", name.Text)
	}
	// In 3.0 a list of valid values alone says that there be no other.
	bare := renamed && rule.Metric == InvalidValues
	rule.Want = r.want(n, rule, !bare)
	if bare && rule.Want.Op == "" {
		rule.Want = Want{Op: Equal}
	}
	r.arguments(n, rule, table, column)
}

var similarMetric = map[string]string{"nullcount": "nullValues", "nullcheck": "nullValues", "notnull": "nullValues", "missingcount": "missingValues",
	"unique": "duplicateValues", "uniquecheck": "duplicateValues", "duplicate": "duplicateValues", "validvalues": "invalidValues",
	"regex": "invalidValues with a pattern under arguments", "count": "rowCount", "countcheck": "rowCount", "rows": "rowCount",
	"freshness": "an entry of slaProperties"}

// metricName returns the node that names the metric, or nil after reporting
// that there is none.
func (r *reader) metricName(n *document.Node) *document.Node {
	metric, rule := n.Entry("metric"), n.Entry("rule")
	switch {
	case rule != nil && r.release >= v31:
		r.faults.Addf(rule.Place, "write metric", "rule was the name of metric before version 3.1")
	case rule != nil && metric != nil:
		r.faults.Addf(rule.Place, "keep metric", "rule and metric are two names of the same")
	}
	switch {
	case metric != nil:
		return metric.Value
	case rule != nil:
		return rule.Value
	}
	r.fault(n, fmt.Sprintf("write metric: one of %s; or type: text, sql or custom", strings.Join(metrics, ", ")), "the rule has no metric")
	return nil
}

// arguments reads the arguments that the rule's metric takes.
func (r *reader) arguments(n *document.Node, rule *Rule, table *document.Node, column *Column) {
	args := n.Get("arguments")
	takes := map[Metric][]string{MissingValues: {"missingValues"}, InvalidValues: {"validValues", "pattern"}}[rule.Metric]
	if rule.Metric == DuplicateValues && column == nil {
		takes = []string{"properties"}
	}
	if args.Is(document.Map) {
		for _, e := range args.Entries {
			if !slices.Contains(takes, e.Key) {
				hint := "remove it"
				if len(takes) > 0 {
					hint = document.Among(e.Key, takes)
				}
				r.faults.Addf(e.Place, hint, "%s takes no argument %q here", rule.Metric, e.Key)
			}
		}
	}
	valid := args.Get("validValues")
	if valid == nil && r.release == v30 {
		valid = n.Get("validValues")
	}
	rule.ValidValues = r.values(valid)
	rule.MissingValues = r.values(args.Get("missingValues"))
	if p := args.Get("pattern"); p != nil && slices.Contains(takes, "pattern") {
		if !p.Is(document.Text) || p.Text == "" {
			r.fault(p, "write the pattern in single quotes", "expected a pattern, found %s", document.Describe(p))
		}
		rule.Pattern = p.Str()
		r.pattern(p)
	}
	// A pattern that slipped out of arguments was reported as such.
	slipped := n.Get("pattern") != nil || n.Get("missingValues") != nil || n.Get("validValues") != nil || n.Get("properties") != nil
	switch {
	case slipped:
	case rule.Metric == InvalidValues && valid == nil && args.Get("pattern") == nil:
		r.fault(n, "write arguments: {validValues: […]} or arguments: {pattern: '…'}", "invalidValues needs to know what is valid")
	case rule.Metric == MissingValues && args.Get("missingValues") == nil:
		r.fault(n, "write arguments: {missingValues: [null, '', 'N/A']}", "missingValues needs the list of what counts as missing")
	case rule.Metric == DuplicateValues && column == nil && args.Get("properties") == nil:
		r.fault(n, "write arguments: {properties: [column, …]}", "duplicateValues of a table needs the columns that must not repeat together")
	}
	if rule.Metric == DuplicateValues && column == nil {
		rule.Properties = r.columns(args.Get("properties"), table)
	}
}

// values reads a list of scalars; an empty one is reported.
func (r *reader) values(n *document.Node) []Value {
	if n == nil {
		return nil
	}
	if n.Kind != document.List || len(n.Items) == 0 {
		r.fault(n, "write a list: [a, b]", "expected a list of values, found %s", describeList(n))
		return nil
	}
	var out []Value
	for _, v := range n.Items {
		if !v.Is(document.Scalar) {
			r.fault(v, "", "expected a single value, found %s", document.Describe(v))
			continue
		}
		out = append(out, value(v))
	}
	return out
}

func value(n *document.Node) Value {
	if n.Kind == document.Null {
		return Value{Null: true}
	}
	return Value{Text: n.Text}
}

func describeList(n *document.Node) string {
	if n.Kind == document.List && len(n.Items) == 0 {
		return "an empty list"
	}
	return document.Describe(n)
}

// columns reads a list of names of columns of a table.
func (r *reader) columns(n, table *document.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind != document.List || len(n.Items) == 0 {
		r.fault(n, "write a list: [a, b]", "expected a list of columns, found %s", describeList(n))
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, v := range n.Items {
		out = append(out, r.columnName(v, table))
		if name := v.Str(); seen[name] {
			r.fault(v, "keep one of them", "the column %q is named twice", name)
		} else if name != "" {
			seen[name] = true
		}
	}
	return out
}

// columnName returns the name of a column of table, and reports it if there is none.
func (r *reader) columnName(n, table *document.Node) string {
	if !n.Is(document.Text) {
		r.fault(n, "", "expected the name of a column, found %s", document.Describe(n))
		return ""
	}
	if r.find(table.Get("properties"), "name", n.Text) == nil {
		r.fault(n, document.Among(n.Text, r.known(table.Get("properties"), "name")), "there is no column %q in %s", n.Text, table.Get("name").Str())
	}
	return n.Text
}
