// Package ruleset converts between data contracts in ODCS and rulesets in DQDL,
// the rule language of AWS Glue Data Quality.
//
//	Import(file, ruleset)         → ODCS 3.2 YAML and what was lost
//	Export(file, contract, table) → DQDL and what was lost
//
// Import keeps every rule as it is, as a rule of engine dqdl, so that the contract
// judges files as the ruleset does, and writes into ODCS's own words what labels
// say of severity, dimension and impact. Exporting it again gives the same rules.
//
// Export writes, of one table,
//
//	a column                          ColumnExists
//	required, unique, primary key     IsComplete, IsUnique, IsPrimaryKey
//	logicalType                       ColumnDataType Long, Double, Boolean, Date or Timestamp
//	minimum, maximum, exclusive too   ColumnValues with a comparison
//	minLength, maxLength              ColumnLength
//	pattern, enum, invalidValues      ColumnValues matches, in
//	nullValues, missingValues         IsComplete, Completeness, ColumnValues not in
//	duplicateValues, rowCount         IsUnique, RowCount
//	a statistic of engine tillwatch   the rule type of the same statistic
//	engine dqdl                       the rule
//	relationships                     ReferentialIntegrity
//
// each with labels for the id, and for name, severity, dimension and impact where
// the contract says them. Nulls, which break rules on values in DQDL and none in ODCS,
// are left out by a where. Where the two still understand a thing differently, a file without
// rows has no completeness in DQDL, and a value that is no number breaks a bound.
// Types of columns, by which SchemaMatch compares, are not kept for it. A pattern of ODCS is searched for, one of DQDL must match the
// whole value, hence [\s\S]* around it.
package ruleset

import (
	"tillwatch/shared/contract"
	"tillwatch/shared/document"
)

// losses collects what a conversion loses.
type losses []document.Loss

func (l *losses) add(at contract.Place, where, what string) {
	*l = append(*l, document.Loss{Place: document.Place(at), Where: where, What: what})
}
