package contract

import (
	"errors"
	"slices"
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/document"
	"tillwatch/shared/expression"
	"tillwatch/shared/textformat"
)

// pattern reports a pattern that is wrong. One that is right but cannot be run
// in bounded time is no fault of the contract: its check is skipped and says so.
func (r *reader) pattern(n *document.Node) {
	if !n.Is(document.Text) {
		return
	}
	var wrong *textformat.PatternError
	if _, err := textformat.Pattern(n.Text); errors.As(err, &wrong) && !wrong.Unsupported {
		r.fault(n, wrong.Hint, "the pattern %s is wrong at character %d: %s", n.Text, wrong.Offset+1, wrong.Message)
	}
}

// dateOptions reports a format of dates that is wrong, and bounds that are not
// written in it or in ISO 8601. A format that Java has but that is not read here
// is no fault.
func (r *reader) dateOptions(n *document.Node, t Type) {
	layouts := []*datetime.Layout{datetime.ISOTimestamp(), datetime.ISODate(), datetime.ISOTime()}
	if format := n.Get("format"); format.Is(document.Text) {
		layout, err := datetime.Compile(format.Text)
		var wrong *datetime.PatternError
		switch {
		case errors.As(err, &wrong) && !wrong.Unsupported:
			r.fault(format, wrong.Hint, "the format %s is wrong at character %d: %s", format.Text, wrong.Offset+1, wrong.Message)
		case err != nil:
			return // its check is skipped, and the bounds with it
		default:
			layouts = append(layouts, layout)
		}
	}
	for _, key := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		bound := n.Get(key)
		readable := func(l *datetime.Layout) bool {
			_, ok := l.Parse([]byte(bound.Text), time.UTC)
			return ok
		}
		if bound.Is(document.Text) && !slices.ContainsFunc(layouts, readable) {
			r.fault(bound, "write it as the column's values are written, or in ISO 8601", "%q is no %s", bound.Text, t)
		}
	}
}

// expression reports an expression that is wrong or names a column that the
// table does not have.
func (d *checkReader) expression(n *document.Node) {
	if n.Str() == "" {
		return
	}
	parsed, err := expression.Parse(n.Text)
	var wrong *expression.Error
	if errors.As(err, &wrong) {
		d.fault(n, wrong.Hint, "the expression %s is wrong at character %d: %s", n.Text, wrong.Offset+1, wrong.Message)
		return
	}
	if err != nil {
		return
	}
	for _, column := range parsed.Columns() {
		named := *n
		named.Text = column
		d.columnName(&named, d.table)
	}
}
