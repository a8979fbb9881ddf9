package retail

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

var inventoryHeader = []string{
	"inventory_date", "store_id", "region", "product_id", "opening_stock", "received", "sold", "closing_stock", "counted_at",
}

// Inventory makes inventory_data: one row for each store and product that was
// sold, and for some that were not, with sold as in Sales of the same day and
// closing = opening + received − sold. A day's stock does not follow from the
// stock of the day before.
func (p *Plan) Inventory(ago int) *Table {
	type shelf struct{ store, product int32 }
	sold := map[shelf]int64{}
	for _, line := range p.lines(ago) {
		sold[shelf{line.Store, line.Product}] += int64(line.Quantity)
	}
	for _, line := range p.lines(ago + 1) {
		if s := (shelf{line.Store, line.Product}); chance(p.Seed, uint64(ago), uint64(s.store), uint64(s.product))%20 == 0 {
			sold[s] += 0
		}
	}
	shelves := make([]shelf, 0, len(sold))
	for s := range sold {
		shelves = append(shelves, s)
	}
	slices.SortFunc(shelves, func(a, b shelf) int {
		return cmp.Or(cmp.Compare(a.store, b.store), cmp.Compare(a.product, b.product))
	})

	t := &Table{Name: "inventory_data", Header: inventoryHeader, Rows: make([][]string, 0, len(shelves))}
	date, end := p.date(ago).Format(time.DateOnly), p.end(ago)
	for i, s := range shelves {
		dice := chance(p.Seed+1, uint64(ago), uint64(s.store), uint64(s.product))
		received := int64(0)
		if dice%3 == 0 {
			received = int64(dice>>8%24) + 1
		}
		opening := max(0, sold[s]-received) + int64(dice>>16%40)
		counted := end.Add(-time.Duration(len(shelves)-1-i) * time.Second / 60)
		t.Rows = append(t.Rows, []string{
			date, storeID(s.store), p.region[s.store], productID(s.product), strconv.FormatInt(opening, 10), strconv.FormatInt(received, 10),
			strconv.FormatInt(sold[s], 10), strconv.FormatInt(opening+received-sold[s], 10), counted.Truncate(time.Second).Format(time.RFC3339),
		})
	}
	return t
}

// chance is a number that looks random and depends on the seed and the parts
// alone (SplitMix64's finisher over a running sum).
func chance(seed uint64, parts ...uint64) uint64 {
	for _, part := range parts {
		seed = (seed ^ part) + 0x9e3779b97f4a7c15
		seed = (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
		seed = (seed ^ seed>>27) * 0x94d049bb133111eb
		seed ^= seed >> 31
	}
	return seed
}
