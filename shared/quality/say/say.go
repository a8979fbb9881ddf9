// Package say writes what a contract asks for and what a file holds for the people
// who read a report: a Condition, a Value of the file, the Values that are allowed,
// a Fault, and the text of a rule, which Shorten cuts. A personal value is Masked.
package say

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// Condition writes a condition for a person and for the report's want.
func Condition(w contract.Want) string {
	low, high := words.Number(w.Low), words.Number(w.High)
	switch w.Op {
	case contract.Equal:
		return "= " + low
	case contract.NotEqual:
		return "!= " + low
	case contract.Greater:
		return "> " + low
	case contract.GreaterOrEqual:
		return ">= " + low
	case contract.Less:
		return "< " + low
	case contract.LessOrEqual:
		return "<= " + low
	case contract.Between:
		return "> " + low + " and < " + high
	case contract.NotBetween:
		return "<= " + low + " or >= " + high
	}
	return ""
}

// Masked stands for a personal value.
const Masked = "•••"

// valueBytes is how much of a value a sample shows.
const valueBytes = 120

// Value returns a value for a person, no longer than valueBytes and valid UTF-8.
func Value(value []byte) string {
	if len(value) <= valueBytes {
		return strings.ToValidUTF8(string(value), "\uFFFD")
	}
	return strings.ToValidUTF8(string(value[:valueBytes]), "") + "…"
}

// Shorten cuts the text of a rule for a name or a message: a list may be long.
func Shorten(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Values writes the first few of values for a message.
func Values(values []contract.Value) string {
	var names []string
	for i, v := range values {
		if i == 8 {
			names = append(names, fmt.Sprintf("… (%d in all)", len(values)))
			break
		}
		if v.Null {
			names = append(names, "null")
		} else {
			names = append(names, fmt.Sprintf("%q", v.Text))
		}
	}
	return strings.Join(names, ", ")
}

// Fault tells one fault to a person; header are the names of the file's columns.
func Fault(f tabular.Fault, header []string) string {
	text := string(f.Kind)
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	if f.Column >= 0 && f.Column < len(header) {
		text += fmt.Sprintf(", at column %d", f.Column+1)
		if name := header[f.Column]; name != "" {
			text += fmt.Sprintf(" (%s)", name)
		}
	}
	return text
}
