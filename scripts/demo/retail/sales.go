package retail

import (
	"fmt"
	"strconv"
	"time"
)

var salesHeader = []string{
	"transaction_id", "line_number", "receipt_number", "store_id", "region", "customer_id", "product_id",
	"quantity", "unit_price", "discount", "amount", "discount_reason", "transaction_date", "transaction_timestamp",
}

// Sales makes sales_data: one row for each line of a receipt, in order of time.
// In every row amount = round(quantity × unit_price − discount, 2), to the cent.
func (p *Plan) Sales(ago int) *Table {
	lines := p.lines(ago)
	at := p.clock(ago, lines)
	t := &Table{Name: "sales_data", Header: salesHeader, Rows: make([][]string, 0, len(lines))}
	numbers := map[int64]int{}    // lines so far, by basket
	receipts := map[int32]int{}   // receipts so far, by store
	receipt := map[int64]string{} // number, by basket
	for _, line := range lines {
		if numbers[line.Basket]++; numbers[line.Basket] == 1 {
			receipts[line.Store]++
			receipt[line.Basket] = fmt.Sprintf("%s-%s-%04d", storeID(line.Store), p.date(ago).Format("20060102"), receipts[line.Store])
		}
		discount := int64(line.Card) + int64(line.Match)
		reason := ""
		switch {
		case line.Card > 0:
			reason = "loyalty card"
		case line.Match > 0:
			reason = "coupon match"
		}
		when := at(line.Second)
		t.Rows = append(t.Rows, []string{
			fmt.Sprintf("T%d", line.Basket), strconv.Itoa(numbers[line.Basket]), receipt[line.Basket],
			storeID(line.Store), p.region[line.Store], customerID(line.Household), productID(line.Product),
			strconv.Itoa(int(line.Quantity)), unitPrice(int64(line.Net)+discount, int64(line.Quantity)), cents(discount), cents(int64(line.Net)),
			reason, when.Format(time.DateOnly), when.Format(time.RFC3339),
		})
	}
	return t
}

// unitPrice returns the price with the fewest decimals, at least two, whose
// product with the quantity is within half a cent of gross, which is in cents.
// Three for 5.00 cost 1.667 each; fuel by the thousandth of a gallon takes more.
func unitPrice(gross, quantity int64) string {
	scale := int64(1) // 10^(decimals-2)
	for decimals := 2; ; decimals++ {
		price := (2*gross*scale + quantity) / (2 * quantity)
		if off := price*quantity - gross*scale; 2*max(off, -off) < scale {
			unit := 100 * scale
			return fmt.Sprintf("%d.%0*d", price/unit, decimals, price%unit)
		}
		scale *= 10
	}
}
