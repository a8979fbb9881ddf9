package profile

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/statistic"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
	"tillwatch/shared/textformat"
)

// A column is what was seen of one column. Merging is commutative and
// associative, and a column does not depend on the order of its values.
//
// It holds the values whose fingerprints are the smallest, with how often each
// occurs: all values while they are fewer than limit, else a sample of the
// different ones, from which their number is estimated. Source: Bar-Yossef,
// Jayram, Kumar, Sivakumar and Trevisan, Counting Distinct Elements in a Data
// Stream (2002), and Beyer, Haas, Reinwald, Sismanis and Gemulla, On Synopses
// for Distinct-Value Estimation under Multiset Operations (2007). What is known
// of a value is worked out once, when it leaves the sample or at the end.
type column struct {
	limit    int
	below    uint64 // fingerprints from here on are not held
	held     map[uint64]*value
	repeated bool // some value occurs twice

	rows, nulls, empty int64          // empty values are "", which is not null
	kinds              map[kind]int64 // how many values are of exactly these kinds
	numbers            figures
	first, last        datetime.Moment
	firstText          string
	lastText           string
	moments            int64
	days               map[int64]int64 // rows of each day since 1970; nil if there were too many
	shortest, longest  int
	characters         int64
	least, greatest    string // as text
	shapes             shapesOf
	digits             map[int]int64 // values that are nothing but digits, by how many; they are in no shape
	foreign            int64         // texts that aren't ASCII, or with control characters
	blank              int64         // texts that begin or end with a blank
}

// A value is a value that is held, and how often it occurs. A long one is
// accounted for as it comes and only its beginning is kept.
type value struct {
	text string
	n    int64
	long bool
}

const (
	longestHeld = 256
	mostDays    = 100_000
)

func newColumn(limit int) *column {
	return &column{limit: limit, below: math.MaxUint64, held: map[uint64]*value{}, kinds: map[kind]int64{},
		numbers: figures{spread: statistic.NewQuantiles(0)}, days: map[int64]int64{}, shapes: newShapes(), digits: map[int]int64{}}
}

// observe adds the cells of one block.
func (c *column) observe(v *view.View, slot int) {
	spans := v.Spans(slot)
	data := v.Batch.Data
	c.rows += int64(len(spans))
	for _, s := range spans {
		if s.IsNull() {
			c.nulls++
			continue
		}
		c.add(cell(data, s))
	}
}

func cell(data []byte, s tabular.Span) []byte { return data[s.Start:s.End] }

// add adds one value.
func (c *column) add(b []byte) {
	print := xxh3.Hash(b)
	if print >= c.below {
		c.account(b, 1)
		return
	}
	if have := c.held[print]; have != nil {
		have.n++
		c.repeated = true
		if have.long {
			c.account(b, 1)
		}
		return
	}
	one := &value{n: 1, long: len(b) > longestHeld}
	one.text = string(b[:min(len(b), longestHeld)])
	if one.long {
		c.account(b, 1)
	}
	c.held[print] = one
	if len(c.held) > 2*c.limit {
		c.shrink()
	}
}

// shrink lets go of all but the limit values with the smallest fingerprints.
func (c *column) shrink() {
	if len(c.held) <= c.limit {
		return
	}
	prints := make([]uint64, 0, len(c.held))
	for p := range c.held {
		prints = append(prints, p)
	}
	slices.Sort(prints)
	c.below = prints[c.limit]
	c.drop()
}

// drop lets go of what is not below.
func (c *column) drop() {
	for p, v := range c.held {
		if p >= c.below {
			if !v.long {
				c.account([]byte(v.text), v.n)
			}
			delete(c.held, p)
		}
	}
}

// account works out what a value that occurs n times is.
func (c *column) account(b []byte, n int64) {
	first := !c.accounted()
	r := read(b)
	c.kinds[r.kinds] += n
	if len(b) == 0 {
		c.empty += n
	}
	if r.kinds&isNumber != 0 && r.long != nil {
		c.numbers.addLong(*r.long, n)
	} else if r.kinds&isNumber != 0 {
		c.numbers.add(r.number, n)
	}
	if r.timed {
		c.momentOf(r.moment, string(b), n)
	}
	if r.kinds&isInteger != 0 && b[0] != '-' {
		c.digits[len(b)] += n
	}
	if r.kinds&(isNumber|isBoolean) == 0 {
		c.shapes.add(b, n)
		c.writing(b, n)
	}
	length := textformat.Length(b)
	c.characters += int64(length) * n
	short := b[:min(len(b), 64)]
	if first {
		c.shortest, c.longest, c.least, c.greatest = length, length, string(short), string(short)
		return
	}
	c.shortest, c.longest = min(c.shortest, length), max(c.longest, length)
	if string(short) < c.least {
		c.least = string(short)
	} else if string(short) > c.greatest {
		c.greatest = string(short)
	}
}

// writing counts text that is written oddly.
func (c *column) writing(b []byte, n int64) {
	if len(bytes.TrimSpace(b)) < len(b) || len(b) == 0 {
		c.blank += n
	}
	if slices.ContainsFunc(b, func(b byte) bool { return b > '~' || b < ' ' && b != '\n' && b != '\r' && b != '\t' }) {
		c.foreign += n
	}
}

// holds reports whether a text occurs, or may.
func (c *column) holds(text string) bool {
	print := xxh3.HashString(text)
	return print >= c.below || c.held[print] != nil
}

func (c *column) momentOf(m datetime.Moment, text string, n int64) {
	if order := m.Compare(c.first); c.moments == 0 || order < 0 || order == 0 && text < c.firstText {
		c.first, c.firstText = m, text
	}
	if order := m.Compare(c.last); c.moments == 0 || order > 0 || order == 0 && text < c.lastText {
		c.last, c.lastText = m, text
	}
	c.moments += n
	if c.days != nil {
		c.days[int64(math.Floor(float64(m.Unix)/86400))] += n
		if len(c.days) > mostDays {
			c.days = nil
		}
	}
}

// merge adds what another column of the same limit has seen, which must not be
// used any more.
func (c *column) merge(o *column) {
	c.below = min(c.below, o.below)
	o.below = c.below
	c.repeated = c.repeated || o.repeated
	c.drop()
	o.drop()
	for p, v := range o.held {
		if have := c.held[p]; have != nil {
			have.n += v.n
			c.repeated = true
		} else {
			c.held[p] = v
		}
	}
	c.shrink()
	c.mergeAccounts(o)
}

func (c *column) mergeAccounts(o *column) {
	seen, theirs := c.accounted(), o.accounted()
	c.rows += o.rows
	c.nulls += o.nulls
	c.empty += o.empty
	for k, n := range o.kinds {
		c.kinds[k] += n
	}
	c.numbers.merge(&o.numbers)
	if o.moments > 0 {
		days := c.days
		c.days = nil
		c.momentOf(o.first, o.firstText, o.moments)
		c.momentOf(o.last, o.lastText, 0)
		c.days = days
	}
	if c.days != nil && o.days != nil {
		for d, n := range o.days {
			c.days[d] += n
		}
	}
	if o.days == nil || len(c.days) > mostDays {
		c.days = nil
	}
	c.shapes.merge(o.shapes)
	for length, n := range o.digits {
		c.digits[length] += n
	}
	c.foreign += o.foreign
	c.blank += o.blank
	if !theirs {
		return
	}
	if !seen {
		c.shortest, c.longest, c.characters, c.least, c.greatest = o.shortest, o.longest, o.characters, o.least, o.greatest
		return
	}
	c.shortest, c.longest = min(c.shortest, o.shortest), max(c.longest, o.longest)
	c.characters += o.characters
	c.least, c.greatest = min(c.least, o.least), max(c.greatest, o.greatest)
}

// accounted reports whether any value was accounted for.
func (c *column) accounted() bool { return len(c.kinds) > 0 }

// settled returns a column in which every value is accounted for; c stays as
// it is and can be merged on.
func (c *column) settled() *column {
	s := newColumn(c.limit)
	rest := newColumn(c.limit)
	rest.held, rest.below = nil, 0
	for _, v := range c.held {
		if !v.long {
			rest.account([]byte(v.text), v.n)
		}
	}
	s.mergeAccounts(c)
	s.mergeAccounts(rest)
	s.held, s.below, s.repeated = c.held, c.below, c.repeated
	return s
}

// different returns how many different values there are, and whether that is
// exact or an estimate with a relative standard error of 1 ÷ √(limit - 2).
func (c *column) different() (n int64, exact bool) {
	if c.below == math.MaxUint64 {
		return int64(len(c.held)), true
	}
	share := float64(c.below) / math.MaxUint64
	return int64(math.Round(float64(len(c.held)) / share)), false
}

// values returns the values held, most frequent first, then by text.
func (c *column) values() []*value {
	list := make([]*value, 0, len(c.held))
	for _, v := range c.held {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *value) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text)) })
	return list
}
