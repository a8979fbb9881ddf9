// Package rule makes the checks of what a contract asks of a table: its rules, of the
// ODCS library, in SQL or of engine tillwatch, and its service levels. What the contract states as
// facts is left to package fact, and rulesets in DQDL to package glue.
package rule

import (
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/fact"
)

// Compile makes the checks of everything that a contract says of a table, in
// the order of the report.
func Compile(p *check.Plan) {
	fact.Form(p)
	for i := range p.Table.Columns {
		col := &p.Table.Columns[i]
		fact.Column(p, col)
		for j := range col.Rules {
			compileRule(p, col, &col.Rules[j])
		}
	}
	fact.PrimaryKey(p)
	for i := range p.Table.Rules {
		compileRule(p, nil, &p.Table.Rules[i])
	}
	for i := range p.Table.Relationships {
		fact.Relationship(p, &p.Table.Relationships[i])
	}
	for i := range p.In.Contract.SLAs {
		compileSLA(p, &p.In.Contract.SLAs[i])
	}
	compileBusiness(p)
}
