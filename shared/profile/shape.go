package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A shape is how a value is built: 9 for a digit, A and a for letters of ASCII,
// everything else as it is. "T-0042" has the shape A-9999.
//
// shapesOf remembers the shapes of a column while they are few. Merging is
// commutative and associative: whether there were too many depends on all
// values alone.
type shapesOf struct {
	seen  map[string]int64 // nil once there are too many
	start string           // that all values share
	any   bool             // start was set
}

// Limits on shapes: longer values are text, and columns with more shapes too.
const (
	longestShape = 48
	mostShapes   = 200
)

func newShapes() shapesOf { return shapesOf{seen: map[string]int64{}} }

func (s *shapesOf) add(value []byte, n int64) {
	if !s.any {
		s.start, s.any = string(value[:min(len(value), longestShape)]), true
	} else if !strings.HasPrefix(string(value), s.start) {
		s.start = common(s.start, string(value[:min(len(value), longestShape)]))
	}
	if s.seen == nil {
		return
	}
	if len(value) > longestShape {
		s.seen = nil
		return
	}
	var buf [longestShape]byte
	for i, b := range value {
		buf[i] = classOf(b)
	}
	key := buf[:len(value)]
	if have, ok := s.seen[string(key)]; ok {
		s.seen[string(key)] = have + n
	} else if s.seen[string(key)] = n; len(s.seen) > mostShapes {
		s.seen = nil
	}
}

func classOf(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return '9'
	case b >= 'A' && b <= 'Z':
		return 'A'
	case b >= 'a' && b <= 'z':
		return 'a'
	}
	return b
}

func (s *shapesOf) merge(o shapesOf) {
	if o.any && s.any {
		s.start = common(s.start, o.start)
	} else if o.any {
		s.start, s.any = o.start, true
	}
	if s.seen == nil || o.seen == nil {
		s.seen = nil
		return
	}
	for shape, n := range o.seen {
		s.seen[shape] += n
	}
	if len(s.seen) > mostShapes {
		s.seen = nil
	}
}

// common returns what a and b both begin with.
func common(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[:i]
}

// A run is one class of characters, least to most of them in a row.
type run struct {
	class       byte
	least, most int
}

func runs(shape string) []run {
	var list []run
	for i := range len(shape) {
		if n := len(list); n > 0 && list[n-1].class == shape[i] {
			list[n-1].least++
			list[n-1].most++
			continue
		}
		list = append(list, run{shape[i], 1, 1})
	}
	return list
}

// sorts returns a shape's classes without how often each comes in a row.
func sorts(shape string) string { return string(slices.Compact([]byte(shape))) }

// mostForms is how many ways of building a value one pattern takes together.
const mostForms = 3

// pattern returns a regular expression of ECMAScript that all the values match,
// "" if they have nothing in common. Runs of digits or letters whose lengths
// differ may be as long as the longest seen and one more. Start is taken
// literally as what all values begin with; "" if it isn't to be told.
func (s *shapesOf) pattern(start string) string {
	if len(s.seen) == 0 {
		return ""
	}
	byClasses := map[string][]run{}
	often := map[string]int64{}
	for shape, n := range s.seen {
		if !utf8.ValidString(shape) || strings.ContainsFunc(shape, func(r rune) bool { return r < ' ' || r > '~' }) {
			return ""
		}
		list := runs(shape)
		often[sorts(shape)] += n
		held, ok := byClasses[sorts(shape)]
		if !ok {
			byClasses[sorts(shape)] = list
			continue
		}
		for i, r := range list {
			held[i].least, held[i].most = min(held[i].least, r.least), max(held[i].most, r.most)
		}
	}
	if len(byClasses) > mostForms {
		return ""
	}
	var parts []string
	for classes, list := range byClasses {
		// Words are no form that others have to have, and what is rare may be one of many.
		fixed := strings.Contains(classes, "9") || len(byClasses) == 1 && strings.Contains(classes, "A") && uniform(list)
		if !fixed || len(list) > 12 || len(byClasses) > 1 && often[classes] < leastOfCategory {
			return ""
		}
		parts = append(parts, expression(list, start))
	}
	slices.SortFunc(parts, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	if len(parts) == 1 {
		return "^" + parts[0] + "$"
	}
	return "^(" + strings.Join(parts, "|") + ")$"
}

// uniform reports whether all values have runs of the same lengths.
func uniform(list []run) bool {
	return !slices.ContainsFunc(list, func(r run) bool { return r.least != r.most })
}

// expression writes runs as a regular expression; letters within start stay
// what they are.
func expression(list []run, start string) string {
	var b strings.Builder
	for _, r := range list {
		if r.least == r.most && r.class != '9' && len(start) >= r.most {
			for _, c := range []byte(start[:r.most]) {
				literal(&b, c)
			}
			start = start[r.most:]
			continue
		}
		start = ""
		switch r.class {
		case '9':
			b.WriteString("[0-9]")
		case 'A':
			b.WriteString("[A-Z]")
		case 'a':
			b.WriteString("[a-z]")
		default:
			literal(&b, r.class)
		}
		switch {
		case r.least != r.most:
			fmt.Fprintf(&b, "{%d,%d}", r.least, r.most+1)
		case r.most > 1:
			fmt.Fprintf(&b, "{%d}", r.most)
		}
	}
	return b.String()
}

func literal(b *strings.Builder, c byte) {
	if strings.IndexByte(`\^$.|?*+()[]{}/`, c) >= 0 {
		b.WriteByte('\\')
	}
	b.WriteByte(c)
}
