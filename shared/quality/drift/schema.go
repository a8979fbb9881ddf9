package drift

import "fmt"

// A Field is a column as its schema is compared.
type Field struct {
	Name string
	Type string // "" if it holds no values, so that nothing is known of it
	// Shown is the type as it is told of a column that came or went.
	Shown string
}

// A Change is one change of a schema.
type Change struct {
	Kind   ChangeKind `json:"kind"`
	Column string     `json:"column"`           // its name after the change, if it is still there
	Before string     `json:"before,omitempty"` // the name, type or place
	After  string     `json:"after,omitempty"`
}

// A ChangeKind says what happened to a column.
type ChangeKind string

// The kinds of change.
const (
	Added     ChangeKind = "added"
	Removed   ChangeKind = "removed"
	Renamed   ChangeKind = "renamed"
	Reordered ChangeKind = "reordered"
	Retyped   ChangeKind = "type changed"
)

// String says in words what happened to a column.
func (c Change) String() string {
	switch c.Kind {
	case Added:
		return c.Column + ", " + c.After
	case Removed:
		return c.Column + ", " + c.Before
	case Renamed:
		return c.Before + " → " + c.After + ", which holds the same"
	}
	return c.Column + ": " + c.Before + " → " + c.After
}

// Likeness is the share of values that a renamed column has in common with what
// it was.
const Likeness = .5

// A Pair is a column of both sides, by its places in them.
type Pair struct{ Before, After int }

// Schema says what changed from one list of columns to another, and which belong
// together, in the order of after: those of one name, and of the rest each with
// the one that is most alike, which has been renamed. Alike is asked with the places
// of a column that is gone and of one that is new, and answers from 0 to 1, from
// Likeness on that they may be the same. Columns that both have were reordered if
// they stand outside the longest run of columns that kept their order.
func Schema(before, after []Field, alike func(i, j int) float64) (changes []Change, pairs []Pair) {
	left := map[string]int{}
	for i, f := range before {
		left[f.Name] = i
	}
	of := make([]int, len(after))
	for j, f := range after {
		of[j] = -1
		if i, ok := left[f.Name]; ok {
			of[j] = i
			delete(left, f.Name)
		}
	}
	for j, f := range after {
		if of[j] >= 0 {
			continue
		}
		most := 0.0
		for i := range before {
			if at, free := left[before[i].Name]; free && at == i {
				if like := alike(i, j); like >= Likeness && like > most {
					of[j], most = i, like
				}
			}
		}
		if i := of[j]; i >= 0 {
			delete(left, before[i].Name)
			changes = append(changes, Change{Renamed, f.Name, before[i].Name, f.Name})
		} else {
			changes = append(changes, Change{Kind: Added, Column: f.Name, After: f.Shown})
		}
	}
	for i, f := range before {
		if at, gone := left[f.Name]; gone && at == i {
			changes = append(changes, Change{Kind: Removed, Column: f.Name, Before: f.Shown})
		}
	}
	for j, i := range of {
		if i < 0 {
			continue
		}
		pairs = append(pairs, Pair{i, j})
		if was, is := before[i].Type, after[j].Type; was != is && was != "" && is != "" {
			changes = append(changes, Change{Retyped, after[j].Name, was, is})
		}
	}
	for _, p := range moved(pairs) {
		changes = append(changes, Change{Reordered, after[p.After].Name, fmt.Sprint("place ", p.Before+1), fmt.Sprint("place ", p.After+1)})
	}
	return changes, pairs
}

// moved returns the pairs outside the longest run of pairs that kept their order.
func moved(pairs []Pair) (out []Pair) {
	best := make([]int, len(pairs))
	from := make([]int, len(pairs))
	end := -1
	for i := range pairs {
		best[i], from[i] = 1, -1
		for j := range i {
			if pairs[j].Before < pairs[i].Before && best[j] >= best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if end < 0 || best[i] > best[end] {
			end = i
		}
	}
	kept := map[int]bool{}
	for i := end; i >= 0; i = from[i] {
		kept[i] = true
	}
	for i, p := range pairs {
		if !kept[i] {
			out = append(out, p)
		}
	}
	return out
}
