package columnar

import (
	"bytes"
	"errors"
	"math/bits"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/rle"
	"pgregory.net/rapid"
)

// TestLevelsAreCounted holds what is counted in runs against the library that wrote them.
func TestLevelsAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		highest := rapid.ByteRange(1, 20).Draw(t, "highest")
		run := rapid.Custom(func(t *rapid.T) []byte {
			return bytes.Repeat([]byte{rapid.ByteRange(0, highest).Draw(t, "level")}, rapid.IntRange(1, 20).Draw(t, "times"))
		})
		levels := bytes.Join(rapid.SliceOfN(run, 1, 30).Draw(t, "runs"), nil)
		width := bits.Len8(highest)
		text, err := (&rle.Encoding{BitWidth: width}).EncodeLevels(nil, levels)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Count(levels, []byte{highest})
		if got, err := countLevels(text, len(levels), highest); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
		// The library writes what fills no group of eight as runs of equal ones, which nothing can be left off.
		if got, err := countLevels(text[:len(text)-1], len(levels), highest); err == nil {
			t.Errorf("of levels that are cut off: got %d, want an error", got)
		}
	})
}

func TestRunsThatMakeNoSense(t *testing.T) {
	for name, test := range map[string]struct {
		text   []byte
		width  uint
		values int
		held   int
		err    error
	}{
		"three times 1":                     {[]byte{3 << 1, 1}, 1, 3, 3, nil},
		"eight apart, of which five count":  {[]byte{1<<1 | 1, 0x1f}, 1, 5, 5, nil},
		"the last group lacks what is over": {[]byte{1<<1 | 1, 0xff, 0x03}, 4, 3, 3, nil},
		"it lacks what counts":              {[]byte{1<<1 | 1, 0xff}, 4, 3, 0, errRuns},
		"a dictionary of one value":         {[]byte{9 << 1}, 0, 9, 9, nil},
		"more equal ones than there are":    {[]byte{4 << 1, 1}, 1, 3, 0, errRuns},
		"thousands of millions":             {[]byte{0xfe, 0xff, 0xff, 0xff, 0x0f, 1}, 1, 3, 0, errRuns},
		"none at all":                       {[]byte{0, 1}, 1, 3, 0, errRuns},
		"a number that does not end":        {[]byte{0x80, 0x80, 0x80, 0x80, 0x80, 1}, 1, 3, 0, errRuns},
		"the value is missing":              {[]byte{3 << 1}, 1, 3, 0, errRuns},
		"too few":                           {[]byte{2 << 1, 1}, 1, 3, 2, nil},
		"nothing":                           {nil, 1, 3, 0, nil},
	} {
		if held, err := walk(test.text, test.width, test.values, nil); held != test.held || !errors.Is(err, test.err) {
			t.Errorf("%s: got %d, %v, want %d, %v", name, held, err, test.held, test.err)
		}
	}
}
