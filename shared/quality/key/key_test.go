package key

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/view/viewtest"
)

// repeatsOf deals the blocks of a one-column file to buffers and returns the
// rows, from 0, whose key came before.
func repeatsOf(t rapid.TB, spec *Spec, keys []string, block, bound int, deal func(block int) int, buffers int) (rows []int) {
	all := make([]*Buffer, buffers)
	for i := range all {
		spill := NewSpill("")
		defer spill.Close()
		all[i] = NewBuffer(spec, bound, spill)
	}
	var records, before []int
	total := 0
	viewtest.Blocks(t, strings.Join(keys, ",,\n")+",,\n", block, func(v *view.View) {
		if _, err := all[deal(v.Block)].Observe(v); err != nil {
			t.Fatal(err)
		}
		records, before = append(records, v.Batch.Records), append(before, total)
		total += v.Batch.Records
	})
	set, count, err := Repeats(all, records, buffers)
	if err != nil {
		t.Fatal(err)
	}
	rowset.First(rowset.Union([]*rowset.Set{set}, records), total, func(block int, ordinal uint32) {
		rows = append(rows, before[block]+int(ordinal))
	})
	if count != int64(len(rows)) {
		t.Errorf("%d repeats counted, %d found", count, len(rows))
	}
	return rows
}

// obviousRepeats is the slow way to the same.
func obviousRepeats(keys []string) (rows []int) {
	seen := map[string]bool{}
	for i, k := range keys {
		if k != "" && seen[k] {
			rows = append(rows, i)
		}
		seen[k] = true
	}
	return rows
}

// forms are ways to write the key with a number.
var forms = map[string]func(int) string{
	"counted":      func(n int) string { return fmt.Sprint(n) },
	"padded":       func(n int) string { return fmt.Sprintf("T%04d", n) },
	"both widths":  func(n int) string { return fmt.Sprintf("T%0*d", 2+n%2, n) },
	"long":         func(n int) string { return fmt.Sprintf("%024d", n) },
	"far apart":    func(n int) string { return fmt.Sprint(n * n * n * 7919) },
	"two prefixes": func(n int) string { return fmt.Sprintf("%c%d", 'A'+n%2, n/2) },
	"words":        func(n int) string { return strings.Repeat("x", n%50) + "y" },
	"gaps":         func(n int) string { return []string{"", fmt.Sprintf("K%d", n)}[n%3%2] },
	"mixed":        func(n int) string { return []string{"1", "01", "001", "-1", "+1", "1.", "1e0", "", "x"}[n%9] },
}

// TestRepeatsAgreeWithTheObviousWay holds that keys of every form, dealt to any
// number of workers, in memory or beyond it, are told apart.
func TestRepeatsAgreeWithTheObviousWay(t *testing.T) {
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				start := rapid.IntRange(0, 10_000).Draw(t, "start")
				leaps := rapid.SampledFrom([]int{1, 30}).Draw(t, "one in") // else numbers count up
				step := rapid.Custom(func(t *rapid.T) int {
					if rapid.IntRange(1, leaps).Draw(t, "leap") > 1 {
						return 1
					}
					return rapid.IntRange(-50, 50).Draw(t, "by")
				})
				keys, at := []string{form(start)}, start
				for _, s := range rapid.SliceOfN(step, 0, 300).Draw(t, "steps") {
					at = max(0, at+s)
					keys = append(keys, form(at))
				}
				workers := rapid.IntRange(1, 3).Draw(t, "workers")
				dealt := rapid.SliceOfN(rapid.IntRange(0, workers-1), 1, 9).Draw(t, "dealt")
				got := repeatsOf(t, &Spec{Slots: []int{0}}, keys, rapid.IntRange(1, 500).Draw(t, "block"), rapid.SampledFrom([]int{1, 20, 1 << 20}).Draw(t, "bound"),
					func(b int) int { return dealt[b%len(dealt)] }, workers)
				if want := obviousRepeats(keys); !slices.Equal(got, want) {
					t.Errorf("got rows %v, want %v", got, want)
				}
			})
		})
	}
}

// TestNumberingIsReadBack holds that numbers turned into fingerprints are those
// of the keys as written.
func TestNumberingIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n numbering
		keys := rapid.SliceOfN(rapid.StringMatching(`(A|B1?|)(0{0,3})[0-9]{1,20}`), 1, 20).Draw(t, "keys")
		numbers := map[uint64]string{}
		for _, k := range keys {
			number, ok := n.number([]byte(k))
			if !ok {
				continue
			}
			n.note(number)
			numbers[number] = k
		}
		for number, key := range numbers {
			if got := string(n.text(nil, number)); got != key {
				t.Errorf("got %q, want %q", got, key)
			}
		}
	})
}

// TestRepeatsAmongMany holds that partitions, in memory and flushed to disk,
// lose nothing.
func TestRepeatsAmongMany(t *testing.T) {
	keys := make([]string, 250_000)
	for i := range keys {
		if keys[i] = fmt.Sprintf("%dx", i); i%1000 == 999 {
			keys[i] = fmt.Sprintf("%dx", i-i/2)
		}
	}
	want := obviousRepeats(keys)
	for _, bound := range []int{leastPartitioned, 1 << 20} {
		if got := repeatsOf(t, &Spec{Slots: []int{0}}, keys, 1<<18, bound, func(b int) int { return b % 2 }, 2); !slices.Equal(got, want) {
			t.Errorf("bound %d: %d repeats, want %d", bound, len(got), len(want))
		}
	}
}

// Of whole rows every one of several equal ones is found, and a null is a value.
func TestWholeRowsAreAllFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.SampledFrom([]string{"", "a", "b", "c", "a1", "a2", "a3", "d"})).Draw(t, "keys")
		buffers := rapid.IntRange(1, 4).Draw(t, "buffers")
		counts := map[string]int{}
		for _, k := range keys {
			counts[k]++
		}
		var want []int
		for i, k := range keys {
			if counts[k] > 1 {
				want = append(want, i)
			}
		}
		spec := &Spec{Slots: []int{0}, Whole: true}
		got := repeatsOf(t, spec, keys, rapid.IntRange(1, 40).Draw(t, "block"), rapid.SampledFrom([]int{2, 1000}).Draw(t, "bound"), func(block int) int { return block % buffers }, buffers)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", keys, got, want)
		}
	})
}
