package ruleset

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/document"
)

// Import reads a ruleset and writes a contract of one table: the primary data
// source that the ruleset names, else name. It is valid, of ODCS 3.2 and of
// status draft. Errors are document.Errors.
func Import(file string, data []byte, name string) (odcs []byte, lost []document.Loss, err error) {
	c, err := contract.ReadDQDL(file, name, data)
	if err != nil {
		return nil, nil, err
	}
	set, err := dqdl.Parse(file, data)
	if err != nil {
		return nil, nil, err
	}
	if primary := set.DataSources["Primary"]; primary != "" {
		name = primary
	}
	version := set.Metadata["Version"]
	if version == "" {
		version = "1.0.0"
	}
	var l losses
	if _, more := set.DataSources["AdditionalDataSources"]; more {
		l.add(contract.Place{}, "", "AdditionalDataSources is not kept: references are found by the names that rules have for them")
	}
	if len(set.Variables) > 0 {
		l.add(contract.Place{}, "", "variables are replaced by what they are: "+strings.Join(set.Variables, ", "))
	}
	var b strings.Builder
	b.WriteString("apiVersion: v3.2.0\nkind: DataContract\nid: " + quote(name) + "\nversion: " + quote(version) + "\nstatus: draft\nschema:\n  - name: " + quote(name) + "\n    quality:\n")
	taken := map[string]bool{}
	for i, r := range c.Tables[0].Rules {
		b.WriteString("      - type: custom\n        engine: dqdl\n")
		id := clean(r.ID)
		for n := 2; taken[id]; n++ {
			id = fmt.Sprintf("%s_%d", clean(r.ID), n)
		}
		taken[id] = true
		b.WriteString("        id: " + quote(id) + "\n")
		if i >= len(set.Rules) { // the analyzers
			var all []string
			for _, a := range set.Analyzers {
				all = append(all, dqdl.Format(a))
			}
			b.WriteString("        implementation: " + quote("Analyzers = [ "+strings.Join(all, ", ")+" ]") + "\n")
			continue
		}
		rule := set.Rules[i]
		if r.Name != rule.Text {
			b.WriteString("        name: " + quote(r.Name) + "\n")
		}
		if r.Severity != contract.High {
			b.WriteString("        severity: " + severities[r.Severity] + "\n")
		}
		if r.Dimension != "" {
			b.WriteString("        dimension: " + string(r.Dimension) + "\n")
		}
		if r.BusinessImpact != "" {
			b.WriteString("        businessImpact: " + quote(r.BusinessImpact) + "\n")
		}
		b.WriteString("        implementation: " + quote(dqdl.Format(rule)) + "\n")
	}
	if _, err := contract.ReadODCS(file+" as a contract", []byte(b.String())); err != nil {
		return nil, nil, err
	}
	return []byte(b.String()), l, nil
}

// clean makes an id one of ODCS; a label keeps what a ruleset says.
func clean(id string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, cmp.Or(id, "rule"))
}

// severities are ODCS's words.
var severities = map[contract.Severity]string{contract.High: "error", contract.Medium: "warning", contract.Low: "info"}

// quote writes a text for YAML, which reads the texts of JSON.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return `""` // a text always can be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}
