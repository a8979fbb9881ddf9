package contract

import (
	"slices"
	"strings"

	"tillwatch/shared/document"
)

// A reference is what one end of a relationship names.
type reference struct {
	contract, table, column string
}

// relationships reads those of the i-th table and of its columns.
func (r *reader) relationships(i int, n *document.Node) {
	for _, rel := range n.Get("relationships").List() {
		from, to := rel.Get("from"), rel.Get("to")
		if !from.Is(document.Text|document.List) || !to.Is(document.Text|document.List) {
			continue
		}
		if from.Kind != to.Kind {
			r.fault(to, "write both as one name, or both as lists of the same length", "from is %s and to is %s", from.Kind, to.Kind)
			continue
		}
		if len(from.Items) != len(to.Items) {
			r.fault(to, "name a column of to for each of from", "from names %d columns and to %d", len(from.Items), len(to.Items))
			continue
		}
		sources, known := r.ends(from, false)
		targets, resolved := r.ends(to, true)
		if !known || !resolved {
			continue
		}
		if home, ok := r.tableAt[sources[0].table]; ok {
			r.relate(home, rel, sources, targets)
		}
	}
	var columns func(list *document.Node, path string)
	columns = func(list *document.Node, path string) {
		for _, p := range list.List() {
			name := path + p.Get("name").Str()
			for _, rel := range p.Get("relationships").List() {
				to := rel.Get("to")
				if !to.Is(document.Text | document.List) {
					continue
				}
				if len(to.Items) > 1 {
					r.fault(to, "write a key of several columns under relationships of the table", "a column refers to one column, not to %d", len(to.Items))
					continue
				}
				if targets, ok := r.ends(to, true); ok {
					r.relate(i, rel, []reference{{table: r.out.Tables[i].Name, column: name}}, targets)
				}
			}
			columns(p.Get("properties"), name+".")
		}
	}
	columns(n.Get("properties"), "")
}

func (r *reader) relate(table int, n *document.Node, from, to []reference) {
	t := &r.out.Tables[table]
	rel := Relationship{ID: n.Get("id").Str(), Dataset: to[0].table, Contract: to[0].contract, Place: place(n)}
	for _, f := range from {
		rel.From = append(rel.From, f.column)
	}
	for _, t := range to {
		rel.To = append(rel.To, t.column)
	}
	taken := r.relationIDs[table]
	if taken == nil {
		taken = map[string]int{}
		r.relationIDs[table] = taken
	}
	if rel.ID == "" {
		rel.ID = unique(taken, slug(strings.Join(rel.From, "_")+"_in_"+rel.Dataset))
	} else if unique(taken, rel.ID) != rel.ID {
		r.fault(n.Get("id"), "give each its own", "the relationship id %q is taken", rel.ID)
	}
	t.Relationships = append(t.Relationships, rel)
}

// ends resolves the names of one end, which must be of one table.
func (r *reader) ends(n *document.Node, external bool) ([]reference, bool) {
	names := n.Items
	if n.Kind == document.Text {
		names = []*document.Node{n}
	}
	var out []reference
	for _, name := range names {
		if name.Kind != document.Text {
			return nil, false
		}
		ref, ok := r.resolve(name, external)
		if !ok {
			return nil, false
		}
		if len(out) > 0 && (ref.table != out[0].table || ref.contract != out[0].contract) {
			r.fault(name, "name columns of one table", "a key of columns of %s and of %s", out[0].table, ref.table)
			return nil, false
		}
		out = append(out, ref)
	}
	return out, len(out) > 0
}

// resolve reads table.column, schema/table_id/properties/column_id, or either
// after the name of another contract and a #, which is not looked into.
func (r *reader) resolve(n *document.Node, external bool) (reference, bool) {
	const how = "write table.column, or schema/table_id/properties/column_id"
	var ref reference
	path := n.Text
	if file, rest, found := strings.Cut(path, "#"); found {
		if ref.contract = file; file != "" && !external {
			r.fault(n, how, "a relationship begins in this contract, not in %s", file)
			return ref, false
		}
		path = rest
	}
	path = strings.TrimPrefix(path, "/")
	var parts []string
	byID := strings.Contains(path, "/")
	if byID {
		steps := strings.Split(path, "/")
		if len(steps) < 4 || len(steps)%2 != 0 || steps[0] != "schema" {
			r.fault(n, how, "%s names no column", document.Describe(n))
			return ref, false
		}
		for i, step := range steps {
			if i%2 == 1 {
				parts = append(parts, step)
			} else if i > 0 && step != "properties" {
				r.fault(n, how, "%s names no column", document.Describe(n))
				return ref, false
			}
		}
	} else {
		parts = strings.Split(path, ".")
	}
	if len(parts) < 2 || slices.Contains(parts, "") {
		r.fault(n, how, "%s names no column", document.Describe(n))
		return ref, false
	}
	if ref.contract != "" {
		ref.table, ref.column = parts[0], strings.Join(parts[1:], ".")
		return ref, true
	}
	key := "name"
	if byID {
		key = "id"
	}
	at := r.tableList
	var names []string
	for i, part := range parts {
		found := r.find(at, key, part)
		if found == nil {
			what := "column of " + strings.Join(parts[:i], ".")
			hint := "add it, or correct the name"
			if i == 0 {
				what = "table of this contract"
				hint = "describe it under schema, or name its contract: other.odcs.yaml#" + path
			}
			if near := document.Nearest(part, r.known(at, key)); near != "" {
				hint = "did you mean " + near + "?"
			}
			r.fault(n, hint, "there is no %s with the %s %q", what, key, part)
			return ref, false
		}
		names = append(names, found.Get("name").Str())
		at = found.Get("properties")
	}
	ref.table, ref.column = names[0], strings.Join(names[1:], ".")
	return ref, true
}
