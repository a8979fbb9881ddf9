package query

import (
	"bytes"
	"encoding/binary"
	"math/big"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/quality/state"
)

// groups numbers the different keys of a stage as they come, from 0.
type groups struct {
	kinds  []vector.Kind
	table  []uint32 // open addressing by hash: a group's number and 1; 0 is free
	hashes []uint64
	ends   []int  // where each group's key ends in keys
	keys   []byte // all keys, one after the other
	full   bool   // there were more than fit
	most   int    // how many fit
	buffer []byte
}

// maxKeyBytes bounds the keys of one query's groups, as [state.GroupLimit] does
// their number.
const maxKeyBytes = 256 << 20

// groupBudget bounds what the groups of a query take, in units of about 30 bytes.
const groupBudget = 12_000_000

// mostGroups returns how many groups a stage may have: the fewer the more it
// remembers of each.
func mostGroups(st *stage) int {
	units := 2 // the key
	for _, s := range st.specs {
		switch {
		case s.name == "count":
			units++
		case s.name == "distinct":
			units += 32
		case s.kind == vector.Text:
			units += maxGroupText / 32
		default:
			units += 4
		}
	}
	return min(state.GroupLimit, groupBudget/units)
}

// maxGroupText is how long a text may be that is a group's MIN or MAX.
const maxGroupText = 1024

func (g *groups) len() int { return len(g.ends) }

// key returns the key of a group.
func (g *groups) key(i int) []byte {
	start := 0
	if i > 0 {
		start = g.ends[i-1]
	}
	return g.keys[start:g.ends[i]]
}

// noGroup is the group of rows that do not count.
const noGroup = ^uint32(0)

// number sets the group of each row, by the registers of the keys.
func (g *groups) number(out []uint32, keys []*vector.Vector, where []uint8) {
	for row := range out {
		if out[row] = noGroup; where != nil && where[row] != vector.True {
			continue
		}
		g.buffer = g.buffer[:0]
		for _, k := range keys {
			g.buffer = appendValue(g.buffer, k, row)
		}
		out[row] = g.find(g.buffer)
	}
}

// find returns the number of a key's group, a new one if there is none yet;
// noGroup if there is no room for it.
func (g *groups) find(key []byte) uint32 {
	if 4*len(g.ends) >= 3*len(g.table) {
		g.widen()
	}
	hash := xxh3.Hash(key)
	mask := uint64(len(g.table) - 1)
	at := hash & mask
	for ; g.table[at] != 0; at = (at + 1) & mask {
		i := int(g.table[at] - 1)
		if g.hashes[i] == hash && string(g.key(i)) == string(key) {
			return uint32(i)
		}
	}
	if len(g.ends) >= g.most || len(g.keys)+len(key) > maxKeyBytes {
		g.full = true
		return noGroup
	}
	g.keys = append(g.keys, key...)
	g.ends, g.hashes = append(g.ends, len(g.keys)), append(g.hashes, hash)
	g.table[at] = uint32(len(g.ends))
	return uint32(len(g.ends) - 1)
}

func (g *groups) widen() {
	g.table = make([]uint32, max(64, 2*len(g.table)))
	mask := uint64(len(g.table) - 1)
	for i, hash := range g.hashes {
		at := hash & mask
		for g.table[at] != 0 {
			at = (at + 1) & mask
		}
		g.table[at] = uint32(i + 1)
	}
}

// merge adds the groups of other and returns what number each has here.
func (g *groups) merge(other *groups) []uint32 {
	to := make([]uint32, other.len())
	for i := range to {
		to[i] = g.find(other.key(i))
	}
	g.full = g.full || other.full
	return to
}

// values sets the vectors of the keys of some groups.
func (g *groups) values(out []vector.Vector, from, to int) {
	for i, kind := range g.kinds {
		out[i].Resize(kind, to-from)
	}
	for row := range to - from {
		key := g.key(from + row)
		for i := range g.kinds {
			key = readValue(&out[i], row, key)
		}
	}
}

// appendValue appends a value so that equal values, and no others, have equal
// bytes, and that it can be read back.
func appendValue(b []byte, v *vector.Vector, row int) []byte {
	if v.IsNull(row) {
		return append(b, 0)
	}
	switch v.Kind {
	case vector.Bool:
		return append(b, 1, v.Truths[row])
	case vector.Number:
		if v.Kinds[row] == decimal.Large {
			b = append(b, 2)
			return appendBytes(b, []byte(v.Larges[row].RatString()))
		}
		d := v.Numbers[row]
		for d.Scale > 0 && d.Coef%10 == 0 {
			d.Coef, d.Scale = d.Coef/10, d.Scale-1
		}
		b = append(b, 1, d.Scale)
		return binary.AppendVarint(b, d.Coef)
	case vector.Text:
		return appendBytes(append(b, 1), v.Texts[row])
	}
	b = binary.AppendVarint(append(b, 1), v.Moments[row].Unix)
	return binary.AppendUvarint(b, uint64(v.Moments[row].Nano))
}

func appendBytes(b, text []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// readValue sets the value of a row from what appendValue wrote, and returns the
// bytes after it. Bytes that it did not write make a null.
func readValue(out *vector.Vector, row int, b []byte) []byte {
	out.SetNull(row)
	if len(b) == 0 || b[0] == 0 {
		return b[min(1, len(b)):]
	}
	tag, b := b[0], b[1:]
	switch {
	case out.Kind == vector.Bool && len(b) > 0:
		out.Truths[row] = b[0] & 1
		return b[1:]
	case out.Kind == vector.Number && tag == 2:
		text, rest := readBytes(b)
		if bytes.ContainsAny(text, "eEpP.") { // RatString writes none, and they make long numbers
			return rest
		}
		if r, ok := new(big.Rat).SetString(string(text)); ok && !vector.TooLong(r) {
			out.SetRat(row, r)
		}
		return rest
	case out.Kind == vector.Number && len(b) > 0:
		coef, rest := readInt(b[1:])
		if d, ok := decimal.New(coef, b[0]); ok {
			out.Set(row, d)
		}
		return rest
	case out.Kind == vector.Text:
		text, rest := readBytes(b)
		if text == nil {
			text = []byte{}
		}
		out.Texts[row] = text
		return rest
	case out.Kind.Moment():
		unix, rest := readInt(b)
		nano, rest := readCount(rest)
		out.Moments[row], out.Valid[row] = datetime.Moment{Unix: unix, Nano: int32(nano)}, true
		return rest
	}
	return nil
}

func readInt(b []byte) (int64, []byte) {
	n, size := binary.Varint(b)
	return n, b[max(size, 0):]
}

func readCount(b []byte) (int, []byte) {
	n, size := binary.Uvarint(b)
	return int(n), b[max(size, 0):]
}

func readBytes(b []byte) (text, rest []byte) {
	n, rest := readCount(b)
	n = min(max(n, 0), len(rest))
	return rest[:n:n], rest[n:]
}
