package judge

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/wire"
	"tillwatch/shared/tabular"
)

// inSections judges a file in sections that are cut near bounds, passing each
// message through spoil, if that is not nil.
func inSections(ctx context.Context, in quality.Input, bounds []int64, spoil func(what string, message []byte) []byte) (*quality.Report, error) {
	if spoil == nil {
		spoil = func(_ string, message []byte) []byte { return message }
	}
	split, err := Divide(ctx, in)
	if err != nil {
		return nil, err
	}
	src, size := in.Source.(tabular.Ranger), in.Bytes
	bounds = slices.DeleteFunc(slices.Clone(bounds), func(b int64) bool { return b <= split.Body || b >= size })
	slices.Sort(bounds)
	bounds = append(append([]int64{split.Body}, slices.Compact(bounds)...), size)
	var scans []tabular.Scan
	for i := range len(bounds) - 1 {
		s, err := split.Scan(ctx, src, bounds[i], bounds[i+1], size)
		if err != nil {
			return nil, err
		}
		scans = append(scans, s)
	}
	sections, err := Cut(ctx, in, split, scans, size)
	if err != nil {
		return nil, err
	}
	keys, err := Keys(ctx, in, sections)
	if err != nil {
		return nil, err
	}
	seen := make([]quality.Seen, sections.Len())
	for i := range seen {
		if seen[i], err = Observe(ctx, in, sections, i); err != nil {
			return nil, err
		}
	}
	repeated := make([][][]byte, keys)
	for key := range repeated {
		for partition := range sections.Partitions() {
			var messages [][]byte
			for i := range seen {
				messages = append(messages, spoil("keys", seen[i].Keys[key][partition]))
			}
			message, err := RepeatedKeys(messages)
			if err != nil {
				return nil, err
			}
			repeated[key] = append(repeated[key], spoil("repeated", message))
		}
	}
	merge := func() (*check.Merged, error) {
		return Merge(ctx, in, sections,
			func(i int) ([]byte, error) { return spoil("state", seen[i].State), nil },
			func(key int) ([][]byte, error) { return repeated[key], nil })
	}
	merged, err := merge()
	if err != nil {
		return nil, err
	}
	looked := map[int][]byte{}
	for section, unseen := range merged.Unseen() {
		if looked[section], err = Look(ctx, in, sections, section, spoil("unseen", unseen)); err != nil {
			return nil, err
		}
		looked[section] = spoil("looked", looked[section])
	}
	// The report is made by another process than the one that asked for rows.
	if merged, err = merge(); err != nil {
		return nil, err
	}
	merged.Unseen()
	return merged.Report(looked)
}

// everything writes a report and what was set aside, byte for byte.
func everything(t testing.TB, r *quality.Report) string {
	t.Helper()
	report, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	aside, err := json.MarshalIndent(r.Quarantine, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(report) + string(aside)
}

// TestSectionsEqualTheWhole holds that every story, split anywhere into parts
// that know nothing of each other, ends as it does when it is read whole.
func TestSectionsEqualTheWhole(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	divided := 0
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			s := readStory(t, path)
			if _, err := Divide(t.Context(), s.input); errors.Is(err, quality.ErrWhole) {
				t.Skip(err)
			}
			divided++
			rng := rand.New(rand.NewPCG(1, 7))
			want := everything(t, s.judge(t, 1, 0))
			for range 30 {
				in := s.input
				in.Threads, in.Limits.BlockBytes = 1+rng.IntN(2), []int{0, 1, 37}[rng.IntN(3)]
				in.KeyBytes = []int64{0, 1}[rng.IntN(2)]
				var bounds []int64
				for range rng.IntN(8) {
					bounds = append(bounds, rng.Int64N(in.Bytes+1))
				}
				report, err := inSections(t.Context(), in, bounds, nil)
				if err != nil {
					t.Fatalf("cut at %v: %v", bounds, err)
				}
				if got := everything(t, report); got != want {
					t.Fatalf("cut at %v (-whole +sections):\n%s", bounds, cmp.Diff(want, got))
				}
			}
		})
	}
	if divided < 10 {
		t.Errorf("only %d stories could be divided", divided)
	}
}

// TestDamagedMessageIsAnError holds that nothing is judged by half of what was seen.
func TestDamagedMessageIsAnError(t *testing.T) {
	s := readStory(t, "testdata/library_metrics.txtar")
	bounds := []int64{s.input.Bytes / 3, s.input.Bytes / 2}
	for _, what := range []string{"keys", "repeated", "state", "unseen", "looked"} {
		for _, cut := range []bool{false, true} {
			spoilt := 0
			_, err := inSections(t.Context(), s.input, bounds, func(of string, message []byte) []byte {
				if of != what {
					return message
				}
				spoilt++
				if cut {
					return message[:len(message)/2]
				}
				message = slices.Clone(message)
				message[len(message)/2] ^= 0x10
				return message
			})
			if spoilt == 0 || !errors.Is(err, wire.ErrDamaged) {
				t.Errorf("%s: %d messages were spoilt, got %v, want ErrDamaged", what, spoilt, err)
			}
		}
	}
}

func TestSectionOfAnotherContractIsAnError(t *testing.T) {
	s, other := readStory(t, "testdata/library_metrics.txtar"), readStory(t, "testdata/column_facts.txtar")
	split, err := Divide(t.Context(), s.input)
	if err != nil {
		t.Fatal(err)
	}
	sections := quality.Sections{Split: split, Starts: []int64{split.Body}, Size: s.input.Bytes}
	seen, err := Observe(t.Context(), s.input, sections, 0)
	if err != nil {
		t.Fatal(err)
	}
	in := s.input
	in.Contract = other.input.Contract
	_, err = Merge(t.Context(), in, sections, func(int) ([]byte, error) { return seen.State, nil }, func(int) ([][]byte, error) { return nil, nil })
	if err == nil || !strings.Contains(err.Error(), "is not what it was when judging began") {
		t.Errorf("got %v, want an error that tells of another contract", err)
	}
}
