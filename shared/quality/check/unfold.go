package check

import (
	"cmp"
	"fmt"
	"strings"

	"tillwatch/shared/contract"
)

// unfold returns the table as the file has it: where a column of objects is not in the
// header, but columns of what it holds are, named a.b as in Parquet, the contract's
// properties of the object are columns. apart says of columns that are not in the header and
// yet not missing what they are.
func unfold(t *contract.Table, header []string, lists []string) (unfolded *contract.Table, apart map[string]string) {
	apart = map[string]string{}
	for _, name := range lists {
		apart[name] = fmt.Sprintf("skipped: %s is a list or a map, which is not read", name)
	}
	there := make(map[string]bool, len(header))
	for _, name := range header {
		there[name] = true
	}
	var columns []contract.Column
	opened := false
	var add func(col contract.Column)
	add = func(col contract.Column) {
		source := cmp.Or(col.PhysicalName, col.Name)
		if why, is := apart[source]; is {
			apart[col.Name] = why
		}
		if col.Type != contract.Object || len(col.Properties) == 0 || there[col.Name] || there[source] || !holdsPart(header, source) && !holdsPart(lists, source) {
			columns = append(columns, col)
			return
		}
		opened = true
		properties := col.Properties
		o := &col.Options
		if col.Properties = nil; col.Required || col.Unique || len(col.Rules) > 0 || o.MinProperties != nil || o.MaxProperties != nil || len(o.RequiredProperties) > 0 {
			apart[col.Name] = fmt.Sprintf("skipped: the file has the parts of %s as columns of their own, and not %s itself", col.Name, col.Name)
			columns = append(columns, col)
		}
		for _, part := range properties {
			part.Name, part.PhysicalName = col.Name+"."+part.Name, source+"."+cmp.Or(part.PhysicalName, part.Name)
			part.Personal = part.Personal || col.Personal
			add(part)
		}
	}
	for _, col := range t.Columns {
		add(col)
	}
	if !opened {
		return t, apart
	}
	copied := *t
	copied.Columns = columns
	return &copied, apart
}

// holdsPart reports whether a name is that of a part of an object.
func holdsPart(names []string, object string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, object+".") {
			return true
		}
	}
	return false
}
