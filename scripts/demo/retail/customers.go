package retail

import (
	"strconv"
	"time"
)

var customerHeader = []string{
	"customer_id", "home_store_id", "region", "first_purchase_date", "age_band", "income_band",
	"home_ownership", "marital_status", "household_size", "kids_count", "updated_at",
}

// Customers makes customer_data: every household that had bought by that day,
// with what is known of it. The home store is where it bought most often in
// the weeks of the plan, empty if it did not.
func (p *Plan) Customers(ago int) *Table {
	first := map[int32]int{}
	for day, lines := range p.source.Days {
		if day > p.day-ago {
			continue
		}
		for _, line := range lines {
			if seen, ok := first[line.Household]; !ok || day < seen {
				first[line.Household] = day
			}
		}
	}
	homes := p.homes()
	t, written := &Table{Name: "customer_data", Header: customerHeader}, p.end(ago).Format(time.RFC3339)
	for _, h := range p.source.Households {
		day, ok := first[h.ID]
		if !ok {
			continue
		}
		home := ""
		if homes[h.ID] != 0 {
			home = storeID(homes[h.ID])
		}
		t.Rows = append(t.Rows, []string{
			customerID(h.ID), home, p.region[homes[h.ID]], p.date(p.day - day).Format(time.DateOnly), h.Age, h.Income,
			h.Home, h.Marital, h.Size, h.Kids, written,
		})
	}
	return t
}

// homes returns each household's most visited store, the lowest of several.
func (p *Plan) homes() map[int32]int32 {
	visits := map[[2]int32]int{}
	for ago := 0; ago <= HistoryDays; ago++ {
		for _, line := range p.lines(ago) {
			visits[[2]int32{line.Household, line.Store}]++
		}
	}
	homes := map[int32]int32{}
	for visit, n := range visits {
		household, store := visit[0], visit[1]
		best := visits[[2]int32{household, homes[household]}]
		if n > best || n == best && store < homes[household] {
			homes[household] = store
		}
	}
	return homes
}

// Products makes the reference file of every product.
func (p *Plan) Products() *Table {
	t := &Table{Name: "products", Header: []string{
		"product_id", "manufacturer_id", "department", "brand", "product_category", "product_type", "package_size"}}
	for _, a := range p.source.Products {
		maker := ""
		if a.Manufacturer != 0 {
			maker = strconv.Itoa(int(a.Manufacturer))
		}
		t.Rows = append(t.Rows, []string{productID(a.ID), maker, a.Department, a.Brand, a.Category, a.Type, a.Size})
	}
	return t
}

// Stores makes the reference file of the chain's stores.
func (p *Plan) Stores() *Table {
	t := &Table{Name: "stores", Header: []string{"store_id", "region"}}
	for _, store := range p.stores {
		t.Rows = append(t.Rows, []string{storeID(store), p.region[store]})
	}
	return t
}
