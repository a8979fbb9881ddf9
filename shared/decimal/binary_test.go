package decimal

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestSumReadBackIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Sum
		for _, text := range rapid.SliceOf(rapid.SampledFrom([]string{"1", "-0.05", "1e30", "-1e400", "9223372036854775807", "0.000000000000000001"})).Draw(t, "numbers") {
			s.AddBytes([]byte(text))
		}
		form, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		var back Sum
		if err := back.UnmarshalBinary(form); err != nil {
			t.Fatal(err)
		}
		if back.Cmp(s) != 0 || back.String() != s.String() {
			t.Errorf("got %v, want %v", back, s)
		}
	})
}

func FuzzSumBinary(f *testing.F) {
	for _, text := range []string{"1.50", "-1e400"} {
		var s Sum
		s.AddBytes([]byte(text))
		form, _ := s.AppendBinary(nil)
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		var s Sum
		if len(form) > 4096 || s.UnmarshalBinary(form) != nil {
			return
		}
		again, _ := s.AppendBinary(nil)
		var back Sum
		if err := back.UnmarshalBinary(again); err != nil || back.Cmp(s) != 0 {
			t.Errorf("%x: read back %v as %v, %v", form, s, back, err)
		}
		if third, _ := back.AppendBinary(nil); !bytes.Equal(third, again) {
			t.Errorf("%x: the form is %x and then %x", form, again, third)
		}
	})
}
