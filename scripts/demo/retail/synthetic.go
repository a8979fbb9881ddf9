package retail

import "time"

// Synthetic makes a small source of the same shape as the real one, for tests
// that must run without it: forty stores and 64 days that end on end.
func Synthetic(end time.Time, seed uint64) *Source {
	const stores, households, products = 40, 300, 500
	s := &Source{Days: map[int][]Line{}}
	for id := range int32(products) {
		s.Products = append(s.Products, Product{ID: 1000 + id, Manufacturer: 1 + id%50, Department: "GROCERY", Brand: "Private"})
	}
	for id := range int32(households) {
		if id%3 == 0 {
			s.Households = append(s.Households, Household{ID: 1 + id, Age: "35-44", Income: "50-74K", Size: "2", Kids: "0"})
		}
	}
	for ago := range HistoryDays + 8 {
		day := dayOf(end) - ago
		var lines []Line
		for basket := range uint64(900) {
			dice := func(part uint64) uint64 { return chance(seed, uint64(day), basket, part) }
			for line := range 2 + dice(0)%3 {
				card := int32(0)
				if dice(100+line)%2 == 0 {
					card = int32(dice(200+line) % 60)
				}
				lines = append(lines, Line{
					Second: int32(basket) * 90, Household: 1 + int32(dice(1)%households), Store: 300 + int32(basket%stores),
					Product: 1000 + int32(dice(300+line)%products), Quantity: 1 + int32(dice(400+line)%3),
					Net: 50 + int32(dice(500+line)%1500), Card: card, Basket: int64(day)*1000 + int64(basket),
				})
			}
		}
		s.Days[day] = lines
	}
	s.complete()
	return s
}
