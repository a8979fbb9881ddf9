// Package frictionless converts between data contracts in ODCS and descriptors
// of the Data Package standard: Table Schema, Data Resource and Data Package,
// versions 1 and 2.
//
// The flow is
//
//	Import(file, descriptor) → ODCS 3.2 YAML and what was lost
//	Export(file, contract)   → a Data Package as JSON and what was lost
//
// Both say line by line what the other side has no word for, or understands
// otherwise; what they return is valid of its kind.
//
// # What corresponds
//
//	type string, format email, uri, uuid, binary   string with that format
//	type number, integer, boolean, object, array   the same
//	type date, datetime, time                      date, timestamp, time
//	format %d/%m/%Y                                format dd/MM/yyyy
//	type any, or none                              no logicalType
//	constraints required, unique, enum             the same
//	constraints minimum, maximum, exclusive too    the same
//	constraints minLength, maxLength               minLength, minItems, minProperties …
//	constraints pattern                            pattern within ^ and $; a rule invalidValues
//	                                               for types other than string
//	primaryKey, foreignKeys                        primaryKey, relationships
//	uniqueKeys                                     rules duplicateValues, mustBe 0
//	fieldsMatch exact, equal, subset               check columns closed and ordered, closed, none
//	missingValues                                  the customProperty missingValues, and a rule
//	                                               missingValues for required columns
//	dialect delimiter, encoding                    delimiter of a server, customProperty encoding
//	dialect quoteChar, doubleQuote, escapeChar,    customProperties of the same names
//	commentChar, header, skipInitialSpace,
//	lineTerminator, nullSequence
//
// The standard's prose has fieldsMatch as a text, its JSON Schema as a list: both
// are read, and a list of one is written, unless it is the usual exact.
//
// A pattern of Table Schema must match the whole value, one of ODCS is searched
// for; hence ^ and $. A cell that a missingValues other than "" names is null
// there, and an ordinary value in a contract.
package frictionless

import (
	"fmt"

	"tillwatch/shared/document"
)

// losses collects what a conversion loses.
type losses []document.Loss

func (l *losses) add(at *document.Node, where, format string, args ...any) {
	loss := document.Loss{Where: where, What: fmt.Sprintf(format, args...)}
	if at != nil {
		loss.Place = at.Place
	}
	*l = append(*l, loss)
}

// unknown adds the keys of a map that are not among those known.
func (l *losses) unknown(n *document.Node, where string, known ...string) {
	if !n.Is(document.Map) {
		return
	}
entries:
	for _, e := range n.Entries {
		for _, k := range known {
			if e.Key == k {
				continue entries
			}
		}
		*l = append(*l, document.Loss{Place: e.Place, Where: where, What: e.Key + " is not kept"})
	}
}

// inOrder returns the losses in the order of the file.
func (l losses) inOrder() []document.Loss { return document.LossesInOrder(l) }

// join writes where something stands.
func join(table, column string) string {
	if table == "" || column == "" {
		return table + column
	}
	return table + "." + column
}
