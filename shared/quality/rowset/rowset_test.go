package rowset

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/wire"
)

// A place is a row as the obvious way has it.
type place struct {
	block   int
	ordinal uint32
}

// drawn draws rows of a file whose blocks have so many records, and two sets that
// have them between them, as two workers do.
func drawn(t *rapid.T) (records []int, rows []place, sets []*Set) {
	records = rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 63, 64, 65, 500}), 1, 6).Draw(t, "records")
	sets = []*Set{{}, {}}
	for _, block := range rapid.Permutation(order(len(records))).Draw(t, "blocks") {
		var ordinals []uint32
		every := rapid.SampledFrom([]int{1, 2, 60, 1000}).Draw(t, "one in")
		for o := rapid.IntRange(0, 70).Draw(t, "first"); o < records[block]; o += every {
			ordinals = append(ordinals, uint32(o))
			rows = append(rows, place{block, uint32(o)})
		}
		sets[rapid.IntRange(0, 1).Draw(t, "worker")].Add(block, ordinals, records[block])
	}
	slices.SortFunc(rows, func(a, b place) int {
		if a.block != b.block {
			return a.block - b.block
		}
		return int(a.ordinal) - int(b.ordinal)
	})
	return records, rows, sets
}

func order(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// A union, or sets that were merged or joined, have the rows that were added.
func TestSetsHaveWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, rows, sets := drawn(t)
		limit := rapid.IntRange(0, len(rows)+1).Draw(t, "limit")
		var first []place
		total := First(Union(sets, records), limit, func(block int, ordinal uint32) { first = append(first, place{block, ordinal}) })
		if want := rows[:min(limit, len(rows))]; total != int64(len(rows)) || !slices.Equal(first, want) {
			t.Errorf("got %v of %d, want %v of %d", first, total, want, len(rows))
		}
		joined, merged := Joined(sets, records), sets[0]
		merged.Merge(sets[1])
		merged.Sort()
		for block, n := range records {
			marks := make([]uint64, (n+63)/64)
			marked := merged.Mark(block, marks)
			for o := range uint32(n) {
				want := slices.Contains(rows, place{block, o})
				if got := marked && marks[o>>6]&(1<<(o&63)) != 0; got != want || merged.Has(block, o) != want || joined.Has(block, o) != want {
					t.Errorf("block %d, row %d: marked %v, merged %v, joined %v, want %v", block, o, got, merged.Has(block, o), joined.Has(block, o), want)
				}
			}
		}
	})
}

// A set is read as it was written, and moved behind other blocks.
func TestSetIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, rows, sets := drawn(t)
		set := sets[0]
		set.Merge(sets[1])
		set.Sort()
		var w wire.Writer
		set.Encode(&w)
		r, err := wire.Open(w.Seal())
		if err != nil {
			t.Fatal(err)
		}
		var back Set
		back.Decode(r, records)
		if err := r.Done(); err != nil {
			t.Fatal(err)
		}
		behind := rapid.IntRange(0, 3).Draw(t, "behind")
		back.Shift(behind)
		var got []place
		First(Union([]*Set{&back}, append(make([]int, behind), records...)), len(rows)+1, func(block int, ordinal uint32) {
			got = append(got, place{block - behind, ordinal})
		})
		if !slices.Equal(got, rows) {
			t.Errorf("got %v, want %v", got, rows)
		}
	})
}

// Whatever is read, the rows are rows of the file.
func FuzzDecode(f *testing.F) {
	var w wire.Writer
	var s Set
	s.Add(0, []uint32{3}, 500)
	s.Add(2, []uint32{0, 1, 64}, 65)
	s.Encode(&w)
	f.Add(w.Values())
	f.Fuzz(func(t *testing.T, message []byte) {
		records := []int{500, 0, 65}
		var s Set
		s.Decode(wire.NewReader(message), records)
		First(Union([]*Set{&s}, records), 1000, func(block int, ordinal uint32) {
			if int(ordinal) >= records[block] {
				t.Errorf("block %d has no row %d", block, ordinal)
			}
		})
	})
}

func TestIntersectAndAddAreThoseOfSets(t *testing.T) {
	records := []int{3, 70, 5}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (*Set, map[[2]int]bool) {
			s, has := &Set{}, map[[2]int]bool{}
			for block, total := range records {
				ordinals := rapid.SliceOfNDistinct(rapid.Uint32Range(0, uint32(total-1)), 0, total, rapid.ID).Draw(t, name)
				slices.Sort(ordinals)
				s.Add(block, ordinals, total)
				for _, o := range ordinals {
					has[[2]int{block, int(o)}] = true
				}
			}
			return s, has
		}
		a, inA := draw("a")
		b, inB := draw("b")
		other := Union([]*Set{b}, records)
		both, any := Union([]*Set{a}, records), Union([]*Set{a}, records)
		Intersect(both, other)
		Add(any, other)
		and, or := Of(both), Of(any)
		for block, total := range records {
			for o := range total {
				at := [2]int{block, o}
				if got, want := and.Has(block, uint32(o)), inA[at] && inB[at]; got != want {
					t.Fatalf("row %v in both: got %v, want %v", at, got, want)
				}
				if got, want := or.Has(block, uint32(o)), inA[at] || inB[at]; got != want {
					t.Fatalf("row %v in any: got %v, want %v", at, got, want)
				}
			}
		}
	})
}
