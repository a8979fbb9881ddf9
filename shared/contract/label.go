package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/document"
)

// DQDL has no word for what ODCS says of a rule besides what it wants. These
// labels of a rule, or of DefaultLabels, say it; others only travel into the
// report.
//
//	severity   P0, P1 or what ODCS calls error; P2 or warning; P3 or info
//	dimension  one of the seven dimensions of ODCS
//	id, name   of the check; in DefaultLabels they say nothing
//	impact     ODCS's businessImpact
const (
	labelSeverity  = "severity"
	labelDimension = "dimension"
	labelID        = "id"
	labelName      = "name"
	labelImpact    = "impact"
)

// priorities are the words for a severity that only labels know.
var priorities = map[string]Severity{"p0": High, "p1": High, "p2": Medium, "p3": Low}

// Label takes over what the labels of a rule in DQDL say. The error is of the
// first label that says nothing known; the rule has taken over the others.
func (r *Rule) Label(labels map[string]string) (err error) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value := labels[key]
		switch key {
		case labelSeverity:
			word := strings.ToLower(value)
			s, known := severities[word]
			if !known {
				s, known = priorities[word]
			}
			if known {
				r.Severity = s
			} else if err == nil {
				err = fmt.Errorf("%q is not a severity; write P1, P2 or P3, or error, warning or info", value)
			}
		case labelDimension:
			d := Dimension(strings.ToLower(value))
			switch d {
			case Accuracy, Completeness, Conformity, Consistency, Coverage, Timeliness, Uniqueness:
				r.Dimension = d
			default:
				if err == nil {
					err = fmt.Errorf("%q is not a dimension; write accuracy, completeness, conformity, consistency, coverage, timeliness or uniqueness", value)
				}
			}
		case labelID:
			r.ID = value
		case labelName:
			r.Name = value
		case labelImpact:
			r.BusinessImpact = value
		}
	}
	return err
}

// labelFaults reports labels that say nothing known.
func labelFaults(rules []*dqdl.Rule, fault func(document.Place, error)) {
	for _, r := range rules {
		if err := new(Rule).Label(r.Labels); err != nil {
			fault(r.Place, err)
		}
		labelFaults(r.Parts, fault)
	}
}
