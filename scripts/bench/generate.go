package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A dice is SplitMix64: the same seed, the same file on every machine.
type dice struct{ state uint64 }

func (d *dice) roll() uint64 {
	d.state += 0x9E3779B97F4A7C15
	z := d.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.roll() >> 33 % uint64(n)) }

// once is true once in a million divided by ppm.
func (d *dice) once(ppm int) bool { return d.below(1_000_000) < ppm }

// pick returns one of words.
func (d *dice) pick(words []string) string { return words[d.below(len(words))] }

const header = "transaction_id,customer_id,product_id,store_id,channel,quantity,unit_price,discount,amount,currency,transaction_date,transaction_ts,email,region,payment_method\n"

var (
	channels   = []string{"store", "web", "mobile", "marketplace"}
	regions    = []string{"North", "South", "East", "West", "Central", "Northeast", "Southwest", "Northwest"}
	quoted     = []string{`"North, Upper"`, `"South, Lower"`, `"East, ""Old Town"""`, `"West, Coast"`}
	payments   = []string{"card", "cash", "paypal", "voucher", "bank_transfer", "apple_pay"}
	currencies = []string{"EUR", "EUR", "EUR", "USD", "GBP", "CHF"}
	hosts      = []string{"@example.com", "@mail.example.org", "@shop.example.net", "@test.co"}
	badHosts   = []string{"example.com", "@", "@nodot", " at example.com"}
	badDates   = []string{"2025-13-45", "30/06/2025", "not-a-date", "2025-02-30"}
)

// newest is the newest day in every file; judged is the day after it, on
// which the files are judged.
var newest = time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC)

const judged = "2025-07-01"

// transactions writes retail transactions: about 140 bytes a row, one in ten
// with a quoted comma, a few in ten thousand wrong in each of several ways.
func transactions(w *bufio.Writer, rows int) {
	d := &dice{seed}
	days := make([]string, 30)
	for i := range days {
		days[i] = newest.AddDate(0, 0, -i).Format(time.DateOnly)
	}
	w.WriteString(header)
	b := make([]byte, 0, 512)
	for i := 1; i <= rows; i++ {
		b = transaction(b[:0], d, i, days)
		w.Write(b)
	}
}

// transaction appends the row with that number. The order of the rolls is that
// of the columns, but where a column's fault is rolled before its value.
func transaction(b []byte, d *dice, id int, days []string) []byte {
	if id > 1000 && d.once(500) {
		id -= 1 + d.below(1000)
	}
	b = padded(append(b, 'T'), id, 10)
	b = append(b, ',')
	customer := d.below(250_000)
	if !d.once(5000) {
		b = padded(append(b, 'C'), customer, 6)
	}
	b = padded(append(b, ",P"...), d.below(20_000), 5)
	b = padded(append(b, ",S"...), d.below(400), 4)
	b = append(append(b, ','), d.pick(channels)...)
	quantity, price := 1+d.below(20), 50+d.below(99_950)
	if d.once(1000) {
		if d.below(2) == 0 {
			price = -price
		} else {
			price = 1_000_001 + d.below(500_000)
		}
	}
	discount := 0
	if d.below(4) == 0 {
		discount = d.below(max(quantity*price, -quantity*price)/5 + 1)
	}
	amount := quantity*price - discount
	if d.once(500) {
		amount += 100 + d.below(10_000)
	}
	b = strconv.AppendInt(append(b, ','), int64(quantity), 10)
	b = cents(append(b, ','), price)
	b = cents(append(b, ','), discount)
	b = cents(append(b, ','), amount)
	b = append(append(b, ','), d.pick(currencies)...)
	day := days[d.below(30)]
	date := day
	if d.once(100) {
		date = d.pick(badDates)
	}
	b = append(append(b, ','), date...)
	b = append(append(b, ','), day...)
	b = padded(append(b, 'T'), d.below(24), 2)
	b = padded(append(b, ':'), d.below(60), 2)
	b = padded(append(b, ':'), d.below(60), 2)
	b = strconv.AppendInt(append(b, "Z,user"...), int64(customer), 10)
	if d.once(3000) {
		b = append(b, d.pick(badHosts)...)
	} else {
		b = append(b, d.pick(hosts)...)
	}
	b = append(b, ',')
	if d.below(10) == 0 {
		b = append(b, d.pick(quoted)...)
	} else {
		b = append(b, d.pick(regions)...)
	}
	b = append(append(b, ','), d.pick(payments)...)
	return append(b, '\n')
}

// padded appends a number with leading zeros to that width.
func padded(b []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			b = append(b, "000000000"[:width-1]...)
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// cents appends an amount of money.
func cents(b []byte, n int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, int64(n/100), 10)
	return padded(append(b, '.'), n%100, 2)
}

// faultless writes rows in which nothing is wrong.
func faultless(w *bufio.Writer, rows int) {
	w.WriteString(header)
	for i := range rows {
		price := 1 + i%900
		fmt.Fprintf(w, "T%010d,C%06d,P00001,S0001,web,3,%d.25,0.00,%d.75,EUR,2025-06-15,2025-06-15T09:38:10Z,user%d@mail.example.org,North,card\n",
			i, i%250_000, price, price*3, i%250_000)
	}
}

// faulty writes as many rows, each of which breaks every check that a row can.
func faulty(w *bufio.Writer, rows int) {
	w.WriteString(header)
	for i := range rows {
		price := 20_000 + i%900
		fmt.Fprintf(w, "T0000000001,X%06d,P00001,S0001,wxb,3.5,%d.25,0.00,%d.75,EUR,2025-16-15,2025-06-15T09:38:10Z,user%dmail.example.org,Other,card\n",
			i%250_000, price, price*3, i%250_000)
	}
}

// wideColumns is how many columns a wide file has; wideContract makes two
// checks of each.
const wideColumns = 500

func wide(w *bufio.Writer, rows int) {
	for c := range wideColumns {
		fmt.Fprintf(w, "c%d", c)
		w.WriteByte(",\n"[c/(wideColumns-1)])
	}
	d := &dice{1}
	var b []byte
	for range rows {
		b = b[:0]
		for c := range wideColumns {
			b = append(strconv.AppendInt(b, int64(d.below(1000)), 10), ",\n"[c/(wideColumns-1)])
		}
		w.Write(b)
	}
}

func wideContract(w *bufio.Writer, _ int) {
	w.WriteString("apiVersion: v3.1.0\nkind: DataContract\nid: urn:tillwatch:bench:wide\nversion: 1.0.0\nstatus: active\nschema:\n  - name: wide\n    properties:\n")
	for c := range wideColumns {
		fmt.Fprintf(w, "      - {name: c%d, logicalType: integer, required: true}\n", c)
	}
}

// file returns the path of a generated file, which is written if it is not
// there yet; it appears whole or not at all.
func file(folder, name string, write func(io.Writer) error) (string, error) {
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.CreateTemp(folder, name+".partial-*")
	if err != nil {
		return "", fmt.Errorf("generate %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // nothing is left of it when it was moved
	if err := write(f); err != nil {
		f.Close()
		return "", fmt.Errorf("generate %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return "", fmt.Errorf("generate %s: %w", name, err)
	}
	return path, os.Rename(f.Name(), path)
}

// buffered makes a writer of rows one of a file.
func buffered(rows int, write func(w *bufio.Writer, rows int)) func(io.Writer) error {
	return func(out io.Writer) error {
		w := bufio.NewWriterSize(out, 1<<18)
		write(w, rows)
		return w.Flush()
	}
}
