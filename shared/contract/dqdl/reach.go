package dqdl

import "strings"

// ID makes an id of a rule's type and parameters, or of a composite's text, which
// stays when rules move. Rules may share one.
func (r *Rule) ID() string {
	const most = 60
	var id, of string
	if r.Join != "" {
		bare := *r
		bare.Labels = nil
		id, of = "composite", Format(&bare)
	} else {
		id, of = strings.ToLower(r.Type[:1])+r.Type[1:], strings.Join(r.Parameters, " ")
	}
	for _, part := range strings.FieldsFunc(of, func(c rune) bool { return c < 128 && !letter(byte(c)) && !digit(byte(c)) }) {
		if id += "_" + part; len(id) > most {
			return strings.ToValidUTF8(id[:most], "")
		}
	}
	return id
}

// Names splits a list of names at its commas.
func Names(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}

// Reference reads the second parameter of ReferentialIntegrity: dataset.{a,b},
// dataset.a or dataset.a,b. The dataset is "" if the text names none.
func Reference(text string) (dataset string, columns []string) {
	dataset, list, ok := strings.Cut(text, ".")
	if !ok {
		return "", nil
	}
	list = strings.TrimSpace(list)
	if inner, braced := strings.CutPrefix(list, "{"); braced {
		list = strings.TrimSuffix(inner, "}")
	}
	return strings.TrimSpace(dataset), Names(list)
}

// Mapping reads the columns of DatasetMatch: "a,b" are of these names in both
// datasets, "a->b" is named b in the other.
func Mapping(text string) (here, there []string) {
	for _, name := range Names(text) {
		a, b, mapped := strings.Cut(name, "->")
		if !mapped {
			b = a
		}
		here, there = append(here, strings.TrimSpace(a)), append(there, strings.TrimSpace(b))
	}
	return here, there
}

// An Aggregate is a parameter of AggregateMatch.
type Aggregate struct {
	// Dataset is "" for the one that is judged.
	Dataset string
	// Column is what is summed or averaged, "" where the text is SQL beyond that.
	Column string
	// SQL is the aggregate as an expression over the dataset.
	SQL string
}

// ReadAggregate reads sum(a), avg(dataset.a), where all before the last dot is the
// dataset, and "primary" the one that is judged. Beyond AWS's own reader, dataset.sum(a)
// is the same, and SQL stands for an aggregate of the judged dataset.
func ReadAggregate(text string) Aggregate {
	text = strings.TrimSpace(text)
	var a Aggregate
	if dataset, rest, ok := strings.Cut(text, "."); ok && !strings.ContainsAny(dataset, "( ") {
		a.Dataset, text = dataset, strings.TrimSpace(rest)
	}
	a.SQL = text
	function, inner, ok := strings.Cut(text, "(")
	inner, closed := strings.CutSuffix(inner, ")")
	function = strings.TrimSpace(function)
	if !ok || !closed || !strings.EqualFold(function, "sum") && !strings.EqualFold(function, "avg") || strings.ContainsAny(inner, "()+*/,'") || strings.Contains(inner, " - ") {
		return a
	}
	if at := strings.LastIndex(inner, "."); at >= 0 && a.Dataset == "" {
		a.Dataset, inner = inner[:at], inner[at+1:]
	}
	if a.Dataset == "primary" {
		a.Dataset = ""
	}
	a.Column = strings.NewReplacer("`", "", `"`, "").Replace(strings.TrimSpace(inner))
	a.SQL = function + `("` + a.Column + `")`
	return a
}

// Datasets lists the datasets that the rules compare with, as often as they do.
func (s *Ruleset) Datasets() []string {
	var out []string
	for _, r := range s.Rules {
		out = append(out, r.datasets()...)
	}
	return out
}

func (r *Rule) datasets() []string {
	var out []string
	for _, part := range r.Parts {
		out = append(out, part.datasets()...)
	}
	switch {
	case r.Type == "RowCountMatch", r.Type == "SchemaMatch", r.Type == "DatasetMatch":
		out = append(out, r.Parameters[0])
	case r.Type == "AggregateMatch":
		for _, text := range r.Parameters {
			if a := ReadAggregate(text); a.Dataset != "" {
				out = append(out, a.Dataset)
			}
		}
	case r.Type == "ReferentialIntegrity":
		if dataset, _ := Reference(r.Parameters[1]); dataset != "" {
			out = append(out, dataset)
		}
	}
	return out
}

// LooksBack reports whether a threshold depends on earlier runs.
func (s *Ruleset) LooksBack() bool {
	for _, r := range s.Rules {
		if r.looksBack() {
			return true
		}
	}
	return false
}

func (r *Rule) looksBack() bool {
	for _, part := range r.Parts {
		if part.looksBack() {
			return true
		}
	}
	if r.Type == "DetectAnomalies" {
		return true
	}
	if r.Condition == nil {
		return false
	}
	for _, o := range r.Condition.Operands {
		if o.Number != nil && o.Number.looksBack() {
			return true
		}
	}
	return false
}

func (e *Expression) looksBack() bool {
	if e.Function == "last" {
		return true
	}
	for _, a := range e.Args {
		if a.looksBack() {
			return true
		}
	}
	return false
}
