package profile

import (
	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

// Said returns what a contract says about how the files of a table are written,
// as far as it does, and which of its columns are personal.
func Said(c *contract.Contract, table string) (d tabular.Dialect, personal []string) {
	d.Encoding = c.Custom["encoding"]
	for _, s := range c.Servers {
		if d.Delimiter == 0 && len(s.Delimiter) == 1 {
			d.Delimiter = s.Delimiter[0]
		}
		if e := s.Custom["encoding"]; e != "" {
			d.Encoding = e
		}
	}
	t, ok := c.Table(table)
	if !ok {
		return d, nil
	}
	if e := t.Custom["encoding"]; e != "" {
		d.Encoding = e
	}
	for _, column := range t.Columns {
		if column.Personal {
			personal = append(personal, column.Name)
		}
	}
	return d, personal
}
