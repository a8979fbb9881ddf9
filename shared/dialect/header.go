package dialect

import (
	"slices"
	"strings"
)

// likelihood says how likely a cell is one cell, from 0 to 1.
func likelihood(cell string, quoted bool, d Dialect) float64 {
	if quoted || cell == "" {
		return 1
	}
	if kind(cell) != word {
		return 1
	}
	if strings.ContainsAny(cell, ";\t|\x01\x1f") {
		return 0.1
	}
	quote := byte('"')
	if d.Quote == '"' {
		quote = '\''
	}
	if n := len(cell); n > 1 && cell[0] == quote && cell[n-1] == quote || strings.Contains(cell, `\`+string(rune(d.Delimiter))) {
		return 0.3
	}
	if strings.HasSuffix(cell, `\`) && d.Escape != '\\' || strings.HasPrefix(cell, `"`) {
		return 0.3
	}
	if i := strings.IndexByte(cell, ','); i >= 0 && i+1 < len(cell) && cell[i+1] != ' ' {
		return 0.5 // prose has a space after a comma
	}
	return 1
}

// The kinds of cell.
const (
	word = iota
	number
	date
)

// kind tells numbers and dates, as they are written anywhere, from words.
func kind(cell string) int {
	cell = strings.TrimSpace(cell)
	digits, marks, separators := 0, 0, 0
	for i, c := range []byte(cell) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case (c == '-' || c == '/' || c == ':') && i > 0, c == 'T' && digits >= 6, c == 'Z' && i == len(cell)-1 && digits >= 6, c == ' ' && digits >= 6:
			separators++
		case c == '.' || c == ',' || c == '-' || c == '+' || c == '%' || c == '(' || c == ')' || c == '\'':
			marks++
		case c == 'e' || c == 'E':
			if digits == 0 || i == len(cell)-1 {
				return word
			}
			marks++
		case c == '$' || c == 0xe2 || c == 0x82 || c == 0xac || c == 0xc2 || c == 0xa3 || c == 0xa5:
			marks++ // dollar, euro, pound, yen
		default:
			return word
		}
	}
	switch {
	case digits == 0:
		return word
	case separators > 0 && digits >= 3:
		return date
	case separators > 0 || marks > digits+2:
		return word
	}
	return number
}

// hasHeader reports whether the first record names the columns. It does if it has at least half of
// the expected names. It does not if its cells are like those below it: where
// columns hold numbers or dates, the first record has some too; else, where names are expected and
// it has none of them, if a cell of it comes again below. Years above numbers are names.
func (s *sample) hasHeader(t trial) bool {
	if len(t.rows) == 0 {
		return true
	}
	first := t.rows[0]
	single := len(s.names) == 1 && strings.TrimSpace(first[0]) == s.names[0]
	if single || t.matched > 0 && 2*t.matched >= len(s.names) {
		return true
	}
	if t.matched > 0 || len(s.names) > 0 && len(first) != len(s.names) {
		return true
	}
	typed, alike, again, years := 0, 0, 0, 0
	for c, cell := range first {
		same, total := 0, 0
		kinds := [3]int{}
		for _, row := range t.rows[1:] {
			if c >= len(row) || row[c] == "" {
				continue
			}
			total++
			kinds[kind(row[c])]++
			if row[c] == cell && cell != "" {
				same++
			}
		}
		if same > 0 {
			again++
		}
		if cell == "" {
			continue
		}
		k := number
		if kinds[date] > kinds[number] {
			k = date
		}
		if total > 0 && kinds[k]*10 >= total*9 {
			typed++
			if kind(cell) == k {
				alike++
				if k == number && year(cell) {
					years++
				}
			}
		}
	}
	if len(t.rows) == 1 {
		return !slices.ContainsFunc(first, func(c string) bool { return kind(c) != word && !year(c) })
	}
	if typed > 0 {
		return 2*alike <= typed || years == alike
	}
	return again == 0 || len(s.names) == 0 && again*2 < len(first)
}

// year reports whether a cell may be a year of our time.
func year(cell string) bool {
	return len(cell) == 4 && (strings.HasPrefix(cell, "19") || strings.HasPrefix(cell, "20")) && kind(cell) == number
}
