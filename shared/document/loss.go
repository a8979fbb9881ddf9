package document

import (
	"cmp"
	"fmt"
	"slices"
)

// A Loss is something that a conversion could not keep as it was.
type Loss struct {
	// Place is where it stands in the file that was read; zero if unknown.
	Place
	// Where is the table and column, such as orders.price; "" for the whole.
	Where string
	// What is kept how, or is not kept, and why.
	What string
}

// String returns "line:column: where: what".
func (l Loss) String() string {
	text := l.What
	if l.Where != "" {
		text = l.Where + ": " + text
	}
	if l.Line > 0 {
		text = fmt.Sprintf("%d:%d: %s", l.Line, l.Column, text)
	}
	return text
}

// LossesInOrder sorts losses by their place in the file.
func LossesInOrder(all []Loss) []Loss {
	slices.SortStableFunc(all, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all
}
