package textformat

import (
	"math/big"
	"strconv"
)

// A NumberFormat is what a format such as u8 or f32 allows.
type NumberFormat struct {
	// Min and Max are the smallest and the largest value, inclusive: for f32
	// and f64 the largest finite ones, which are whole numbers too. The caller
	// must not change them.
	Min, Max *big.Int
	// Integer says that a fraction is not allowed.
	Integer bool
}

var numberFormats = makeNumberFormats()

func makeNumberFormats() map[string]NumberFormat {
	formats := map[string]NumberFormat{}
	unit := big.NewInt(1)
	power := func(n uint) *big.Int { return new(big.Int).Lsh(unit, n) }
	for bits := uint(8); bits <= 128; bits *= 2 {
		name := strconv.Itoa(int(bits))
		half := power(bits - 1)
		formats["i"+name] = NumberFormat{new(big.Int).Neg(half), new(big.Int).Sub(half, unit), true}
		formats["u"+name] = NumberFormat{new(big.Int), new(big.Int).Sub(power(bits), unit), true}
	}
	float := func(exponent, digits uint) NumberFormat {
		largest := new(big.Int).Sub(power(exponent), power(exponent-digits))
		return NumberFormat{new(big.Int).Neg(largest), largest, false}
	}
	formats["f32"], formats["f64"] = float(128, 24), float(1024, 53)
	return formats
}

// NumberRange returns the number format of a name of ODCS: i8 to i128, u8 to
// u128, f32 and f64; false for any other.
func NumberRange(name string) (NumberFormat, bool) {
	f, ok := numberFormats[name]
	return f, ok
}
