package wire

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func message() []byte {
	var w Writer
	w.Uint(math.MaxUint64)
	w.Int(math.MinInt64)
	w.Word(7)
	w.Float(-0.5)
	w.Bool(true)
	w.Text("été")
	w.Bytes(nil)
	w.Words([]uint64{1, 2})
	return w.Seal()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	r, err := Open(message())
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Uint(); n != math.MaxUint64 {
		t.Errorf("got %d", n)
	}
	if n := r.Int(); n != math.MinInt64 {
		t.Errorf("got %d", n)
	}
	if n := r.Word(); n != 7 {
		t.Errorf("got %d", n)
	}
	if x := r.Float(); x != -0.5 {
		t.Errorf("got %v", x)
	}
	if !r.Bool() || r.Text() != "été" || len(r.Bytes()) != 0 || !slices.Equal(r.Words(), []uint64{1, 2}) {
		t.Error("truth, text, bytes or words differ")
	}
	if err := r.Done(); err != nil {
		t.Error(err)
	}
}

func TestDamageIsAnError(t *testing.T) {
	whole := message()
	for i := range whole {
		damaged := slices.Clone(whole)
		damaged[i] ^= 1
		if _, err := Open(damaged); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d changed: got %v, want ErrDamaged", i, err)
		}
		if _, err := Open(whole[:i]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut off at %d: got %v, want ErrDamaged", i, err)
		}
	}
	var w Writer
	w.Uint(1 << 40)
	r, err := Open(w.Seal())
	if err != nil {
		t.Fatal(err)
	}
	if words := r.Words(); len(words) != 0 || !errors.Is(r.Done(), ErrDamaged) {
		t.Errorf("got %d words and %v, want none and ErrDamaged", len(words), r.Done())
	}
	r, _ = Open(whole)
	r.Uint()
	if err := r.Done(); !errors.Is(err, ErrDamaged) {
		t.Errorf("more than was read: got %v, want ErrDamaged", err)
	}
}
