package contract

import (
	"maps"
	"slices"
	"strconv"

	"tillwatch/shared/dialect"
	"tillwatch/shared/document"
)

// Dialect returns how the contract says that the files of table t are written; what
// it leaves open is to be detected. The delimiter is that of the first server that has one. All
// else is among the customProperties, of the table, of a server or of the contract, the first
// that has it winning, by the names of dialect.Properties:
//
//	delimiter, quoteChar, doubleQuote, escapeChar, commentChar, header, skipRows,
//	nullSequence, skipInitialSpace, lineTerminator, widths, encoding
//
// A table of which columns have the customProperties start (the character that the column begins with,
// counted from 1) and width is of fixed width. Values that are wrong are faults of the contract, which ReadODCS
// reports.
func (c *Contract) Dialect(t *Table) dialect.Dialect {
	var d dialect.Dialect
	said := map[string]string{}
	maps.Copy(said, c.Custom)
	for _, s := range slices.Backward(c.Servers) {
		maps.Copy(said, s.Custom)
		if len(s.Delimiter) == 1 {
			said["delimiter"] = s.Delimiter
		}
	}
	maps.Copy(said, t.Custom)
	for _, p := range dialect.Properties { // in their order, since one may refer to another
		if value, ok := said[p.Name]; ok {
			d.Set(p.Name, value) // a wrong one was reported when the contract was read
		}
	}
	for i := range t.Columns {
		column := &t.Columns[i]
		d.Names = append(d.Names, column.Name)
		if column.Start > 0 {
			d.Fields = append(d.Fields, dialect.Field{Name: column.Name, Start: column.Start - 1, Width: column.Width})
		}
	}
	return d
}

// customDialect reads customProperties as custom does, and reports those of a dialect
// that are wrong.
func (r *reader) customDialect(n *document.Node) map[string]string {
	for _, p := range n.List() {
		name, value := p.Get("property"), p.Get("value")
		if name.Str() == "" || !value.Is(document.Scalar) {
			continue
		}
		var d dialect.Dialect
		if _, err := d.Set(name.Text, value.Text); err != nil {
			r.fault(value, err.Error(), "%s is no %s", document.Describe(value), name.Text)
		}
	}
	return r.custom(n)
}

// place reads where a column of fixed width stands.
func (r *reader) fixedPlace(n *document.Node, c *Column) {
	number := func(name string, least int) (int, *document.Node) {
		for _, p := range n.Get("customProperties").List() {
			if value := p.Get("value"); p.Get("property").Str() == name && value != nil {
				i, err := strconv.Atoi(value.Text)
				if err != nil || i < least || i > 1<<20 {
					r.fault(value, "give a number of characters from 1", "%s is no %s of a column", document.Describe(value), name)
					return 0, value
				}
				return i, value
			}
		}
		return 0, nil
	}
	start, at := number("start", 1)
	width, widthAt := number("width", 1)
	if at == nil && widthAt != nil {
		r.fault(widthAt, "write the customProperty start too: the character that the column begins with, counted from 1", "a column with a width and no start")
	}
	c.Start, c.Width = start, width
}

// fixedPlaces reports columns of fixed width that overlap, and those that do
// not say where they stand when others do.
func (r *reader) fixedPlaces(n *document.Node, t *Table) {
	end, open, fixed := 0, "", false
	for i := range t.Columns {
		fixed = fixed || t.Columns[i].Start > 0
	}
	for i, p := range n.Get("properties").List() {
		if !fixed || i >= len(t.Columns) {
			return
		}
		c := &t.Columns[i]
		switch {
		case c.Start == 0:
			r.fault(p, "write the customProperties start and width", "column %s has no place in the line, and others have", c.Name)
		case open != "":
			r.fault(p, "write the customProperty width for all columns but the last", "column %s reaches to the end of the line, and column %s stands after it", open, c.Name)
		case c.Start <= end:
			r.fault(p, "list columns in the order of the line, without overlap", "column %s begins at character %d, and the column before it ends at %d", c.Name, c.Start, end)
		}
		if c.Width == 0 && c.Start > 0 {
			open = c.Name
		}
		end = c.Start + c.Width - 1
	}
}
