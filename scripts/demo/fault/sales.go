package fault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/scripts/demo/retail"
)

// A breaker writes faults into rows of the sales, no two into one row.
type breaker struct {
	*retail.Table
	order []int // rows still to be had, in a random order
	dice  *rand.Rand
}

// badRows breaks rows of the sales in seven ways.
func badRows(p *retail.Plan, seed uint64) File {
	t := p.Sales(0).Clone()
	b := &breaker{Table: t, dice: rand.New(rand.NewPCG(seed, 0))}
	newest := t.Rows[len(t.Rows)-1][t.Column("transaction_timestamp")]
	for _, row := range b.dice.Perm(len(t.Rows)) {
		// The newest receipt is left alone: the file is to be as fresh as it was.
		if t.Rows[row][t.Column("transaction_timestamp")] != newest {
			b.order = append(b.order, row)
		}
	}
	n := len(t.Rows)
	faults := []Fault{
		b.missingCustomers(n / 50),
		b.pricesOutOfRange(8),
		b.unknownProducts(6),
		b.wrongTotals(7),
		b.yesterday(9, p.Date),
	}
	repeated := b.repeat(n/250 + 1)
	file := File{Dataset: t.Name, Faults: append(faults, repeated)}
	cut, data := b.truncate()
	file.Faults, file.Bytes = append(file.Faults, cut), data
	return file
}

// pick takes n rows that fit, ascending, and gives no row out twice.
func (b *breaker) pick(n int, fits func(row []string) bool) []int {
	var picked, rest []int
	for _, row := range b.order {
		if len(picked) < n && fits(b.Rows[row]) {
			picked = append(picked, row)
		} else {
			rest = append(rest, row)
		}
	}
	b.order = rest
	slices.Sort(picked)
	return picked
}

func anyRow([]string) bool { return true }

// numbers turns positions into row numbers.
func numbers(rows []int) []int64 {
	var all []int64
	for _, row := range rows {
		all = append(all, int64(row)+1)
	}
	return all
}

func (b *breaker) missingCustomers(n int) Fault {
	column := b.Column("customer_id")
	rows := b.pick(n, anyRow)
	for _, row := range rows {
		b.Rows[row][column] = ""
	}
	return Fault{
		Name: "missing customer ids", What: fmt.Sprintf("customer_id emptied in %d of %d rows", n, len(b.Rows)),
		Rows: numbers(rows), Finds: []Finding{rowsFail("customer_id_filled", numbers(rows))},
	}
}

// pricesOutOfRange keys prices without their point, as a till does whose
// decimal key sticks. The till books the difference as a discount, so that the
// row still adds up and only the price is out of range.
func (b *breaker) pricesOutOfRange(n int) Fault {
	quantity, price, discount, amount := b.Column("quantity"), b.Column("unit_price"), b.Column("discount"), b.Column("amount")
	rows := b.pick(n, func(row []string) bool {
		whole, decimals, _ := strings.Cut(row[price], ".")
		return len(decimals) == 2 && (len(whole) > 1 || whole >= "7")
	})
	for _, row := range rows {
		r := b.Rows[row]
		r[price] = strings.Replace(r[price], ".", "", 1)
		r[discount] = money(whole(r[quantity])*whole(r[price])*100 - pennies(r[amount]))
	}
	return Fault{
		Name: "prices out of range", What: fmt.Sprintf("unit_price without its point in %d rows", n),
		Rows: numbers(rows), Finds: []Finding{rowsFail("unit_price.maximum", numbers(rows))},
	}
}

func (b *breaker) unknownProducts(n int) Fault {
	column := b.Column("product_id")
	rows := b.pick(n, anyRow)
	for _, row := range rows {
		b.Rows[row][column] = fmt.Sprintf("P99%06d", b.dice.IntN(1_000_000))
	}
	return Fault{
		Name: "unknown products", What: fmt.Sprintf("product_id that no product has in %d rows", n),
		Rows: numbers(rows), Finds: []Finding{rowsFail("product_id_in_products", numbers(rows))},
	}
}

func (b *breaker) wrongTotals(n int) Fault {
	column := b.Column("amount")
	rows := b.pick(n, anyRow)
	for _, row := range rows {
		b.Rows[row][column] = money(pennies(b.Rows[row][column]) + 1 + b.dice.Int64N(900))
	}
	return Fault{
		Name: "a wrong total", What: fmt.Sprintf("amount too high in %d rows, by a cent or more", n),
		Rows: numbers(rows), Finds: []Finding{rowsFail("amount_adds_up", numbers(rows))},
	}
}

func (b *breaker) yesterday(n int, today time.Time) Fault {
	day, at := b.Column("transaction_date"), b.Column("transaction_timestamp")
	was := today.AddDate(0, 0, -1).Format(time.DateOnly)
	rows := b.pick(n, anyRow)
	for _, row := range rows {
		r := b.Rows[row]
		r[at] = was + strings.TrimPrefix(r[at], r[day])
		r[day] = was
	}
	return Fault{
		Name: "yesterday's date", What: fmt.Sprintf("%s in %d rows", was, n),
		Rows: numbers(rows), Finds: []Finding{rowsFail("of_today", numbers(rows))},
	}
}

// repeat copies rows to the end of the file, in front of its last row. Each
// copy repeats its key, and, as it is a whole row, is an exact duplicate too.
func (b *breaker) repeat(n int) Fault {
	last := len(b.Rows) - 1
	copied := b.pick(n, anyRow)
	tail := b.Rows[last]
	b.Rows = b.Rows[:last:last]
	var rows []int64
	for _, row := range copied {
		b.Rows = append(b.Rows, b.Rows[row])
		rows = append(rows, int64(len(b.Rows)))
	}
	b.Rows = append(b.Rows, tail)
	return Fault{
		Name: "duplicated keys", What: fmt.Sprintf("%d rows copied to the end of the file", n),
		Rows: rows, Finds: []Finding{rowsFail("primary_key", rows), rowsFail("exact_duplicates", rows)},
	}
}

// truncate writes the file and cuts it off in the middle of its last row, which
// changes places with another one first: the newest receipt is to stay whole.
func (b *breaker) truncate() (Fault, []byte) {
	last, other := len(b.Rows)-1, b.pick(1, anyRow)[0]
	b.Rows[last], b.Rows[other] = b.Rows[other], b.Rows[last]
	data := b.CSV()
	start := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	cells := bytes.Split(data[start:], []byte(","))
	cut := start + len(bytes.Join(cells[:4], []byte(","))) + 3
	rows := []int64{int64(len(b.Rows))}
	return Fault{
		Name: "a truncated last line", What: fmt.Sprintf("the file ends with %q", data[max(start, cut-16):cut]),
		Rows: rows, Finds: []Finding{rowsFail("structure", rows)},
	}, data[:cut]
}

// pennies reads an amount of money with two decimals; the rows are our own.
func pennies(amount string) int64 { return whole(strings.Replace(amount, ".", "", 1)) }

func whole(number string) int64 {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("a generated row holds %q where a number should be", number))
	}
	return n
}

func money(pennies int64) string { return fmt.Sprintf("%d.%02d", pennies/100, pennies%100) }
