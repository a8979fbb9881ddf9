package columnar

import (
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Times are a column of a slice as points in time: the days or the timestamps
// that its text writes.
type Times struct {
	Days  bool // dates, else timestamps
	Zoned bool // written with a Z
	// Seconds since 1970 and Nanos within the second, 0 where the row is null.
	Seconds []int64
	Nanos   []int32
	Nulls   []uint32 // the rows that are null, ascending
}

// The seconds that are written as ISO 8601 has them, of the years 1 to 9999.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// Times reads column c into to, whose memory it uses again, and reports whether
// it is of dates or timestamps that stand in the pages themselves, all of the
// years 1 to 9999.
func (s *Slice) Times(c int, to *Times) bool {
	col := s.group.chunks[c].column
	each := int64(1) // units of a second
	switch {
	case col.kind == parquet.Int32 && col.means == date:
	case col.kind == parquet.Int64 && col.means == timestamp:
		each = int64(time.Second) / col.unit
	default:
		return false
	}
	to.Days, to.Zoned, to.Nulls = col.means == date, col.utc, to.Nulls[:0]
	to.Seconds = slices.Grow(to.Seconds[:0], s.Rows)[:s.Rows]
	to.Nanos = slices.Grow(to.Nanos[:0], s.Rows)[:s.Rows]
	fits := true
	if !s.each(c, func(p *part) error {
		if fits = fits && p.coded == nil; !fits {
			return nil
		}
		out := to.Seconds[p.row:][:p.rows]
		values := p.page.Data()
		if to.Days {
			for i, day := range values.Int32()[p.at:][:p.there] {
				out[i] = int64(day) * 86400
			}
		} else {
			copy(out, values.Int64()[p.at:][:p.there])
		}
		to.Nulls = p.nulls(to.Nulls)
		p.spread(out)
		return nil
	}) || !fits {
		return false
	}
	for i, n := range to.Seconds {
		second := n / each
		if n%each < 0 {
			second--
		}
		if second < firstSecond || second > lastSecond {
			return false
		}
		to.Seconds[i], to.Nanos[i] = second, int32((n-second*each)*(int64(time.Second)/each))
	}
	return true
}
