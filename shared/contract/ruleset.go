package contract

import (
	"errors"

	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/document"
)

// engineDQDL are the names that rules in DQDL give for their engine.
var engineDQDL = map[string]bool{"dqdl": true, "awsglue": true}

// ReadDQDL reads a ruleset in DQDL as the contract of one table, named dataset,
// of which it says nothing but its rules: each is a rule of engine dqdl whose
// Implementation is a [*dqdl.Ruleset], and the analyzers are one more. Their
// severity is High, unless a label says otherwise; see [Rule.Label]. The error is [document.Errors].
func ReadDQDL(file, dataset string, data []byte) (*Contract, error) {
	set, err := dqdl.Parse(file, data)
	if err != nil {
		return nil, err
	}
	faults := &document.Faults{File: file}
	labelFaults(set.Rules, func(at document.Place, err error) { faults.Addf(at, "", "label: %v", err) })
	if err := faults.Err(); err != nil {
		return nil, err
	}
	version := set.Metadata["Version"]
	if version == "" {
		version = "without a version"
	}
	table := Table{Name: dataset}
	for _, r := range set.Rules {
		rule := Rule{ID: r.ID(), Name: r.Text, Kind: Custom, Engine: "dqdl",
			Implementation: &dqdl.Ruleset{Rules: []*dqdl.Rule{r}}, Place: Place(r.Place)}
		rule.Label(r.Labels)
		table.Rules = append(table.Rules, rule)
	}
	if len(set.Analyzers) > 0 {
		table.Rules = append(table.Rules, Rule{ID: "analyzers", Kind: Custom, Engine: "dqdl", Implementation: &dqdl.Ruleset{Analyzers: set.Analyzers},
			Place: Place(set.Analyzers[0].Place)})
	}
	return &Contract{File: file, ID: file, Name: dataset, Version: version, Tables: []Table{table}}, nil
}

// ruleset reads the implementation of a rule of engine dqdl: a rule or Rules = […].
func (r *reader) ruleset(impl *document.Node, rule *Rule) {
	if impl.Kind != document.Text {
		r.fault(impl, `write implementation: 'RowCount > 0'`, "expected a rule in DQDL, found %s", document.Describe(impl))
		return
	}
	set, err := dqdl.ParseRules("", impl.Text)
	var wrong document.Errors
	if errors.As(err, &wrong) {
		for _, e := range wrong {
			r.fault(impl, e.Hint, "DQDL, line %d, character %d: %s", e.Line, e.Column, e.Message)
		}
		return
	}
	if err == nil {
		labelFaults(set.Rules, func(at document.Place, err error) {
			r.fault(impl, "", "DQDL, line %d, character %d: label: %v", at.Line, at.Column, err)
		})
		rule.Implementation = set
	}
}
