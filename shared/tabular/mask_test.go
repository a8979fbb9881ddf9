package tabular

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveQuoted is quoting.find one byte at a time.
func naiveQuoted(text string) (inside []bool, regular bool) {
	open := false
	for i := range len(text) {
		if text[i] == '"' {
			switch before := i - 1; {
			case !open && before >= 0 && !strings.ContainsRune(",\n\"", rune(text[before])):
				return nil, false
			case !open && before >= 0 && text[before] == '"' && inside[before]: // cannot be
				return nil, false
			}
			open = !open
			if rest := text[i+1:]; !open && rest != "" && !strings.ContainsRune(",\n\"", rune(rest[0])) && !strings.HasPrefix(rest, "\r\n") {
				return nil, false
			}
		}
		inside = append(inside, open)
	}
	return inside, true
}

func TestFindsWhatIsQuoted(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	cells := []string{`""`, `"x"`, `"x,y"`, "\"x\ny\"", `"x""y"`, `""""`, `"""x"""`, "", "plain", "\"\r\n\"", "\",\n\""}
	stray := []string{`"`, "\r", "x", ",", "\n"}
	regular := 0
	var q quoting
	const rounds = 30000
	for range rounds {
		var s strings.Builder
		spoil := rng.IntN(3) > 0
		end := []string{"\n", "\r\n"}[rng.IntN(2)]
		for size := 1 + rng.IntN(300); s.Len() < size; {
			if rng.IntN(20) == 0 { // so that groups without a quote occur
				s.WriteString(strings.Repeat("x", rng.IntN(200)))
				s.WriteString([]string{",", "\n", ""}[rng.IntN(3)])
			} else {
				s.WriteString(cells[rng.IntN(len(cells))])
				if spoil && rng.IntN(20) == 0 {
					s.WriteString(stray[rng.IntN(len(stray))])
				}
				s.WriteString([]string{",", ",", end}[rng.IntN(3)])
			}
		}
		text := s.String()
		text = text[:len(text)-rng.IntN(min(len(text), 4))]
		want, isRegular := naiveQuoted(text)
		exact := q.find([]byte(text), ',', '"')
		if exact != isRegular {
			t.Fatalf("%q: exact is %v, want %v", text, exact, isRegular)
		}
		if !exact {
			continue
		}
		regular++
		for i, in := range want {
			if q.inside[i>>6]>>(i&63)&1 != 0 != in {
				t.Fatalf("%q: byte %d is inside: %v, want %v", text, i, !in, in)
			}
		}
		for g := 0; g < len(text); g += 64 {
			pair := false
			for i := max(g, 1); i < min(g+64, len(text)); i++ {
				pair = pair || text[i-1:i+1] == `""` && !want[i-1]
			}
			if got := q.isDoubled(uint32(g), uint32(g+64)); got != pair {
				t.Fatalf("%q: a pair from %d: %v, want %v", text, g, got, pair)
			}
		}
	}
	if regular < rounds/5 || regular > rounds*4/5 {
		t.Errorf("%d of %d texts are regular: the test proves little", regular, rounds)
	}
}

func TestFindsMarks(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var b Batch
	b.delim = ','
	for range 3000 {
		data := make([]byte, rng.IntN([]int{200, 5000}[rng.IntN(2)]))
		few, ascii := 1+rng.IntN(20), rng.IntN(2)*2
		want, ends, foreign := []uint32{}, []uint32{}, false
		for i := range data {
			data[i] = []byte{',' ^ 1, 0, 'x', 0xff, ',' ^ 0x80, '\n' ^ 0x80}[rng.IntN(6-ascii-ascii/2)] // what could be taken for a comma
			if rng.IntN(few) == 0 {
				data[i] = ','
				want = append(want, uint32(i))
			} else if rng.IntN(few) == 0 {
				data[i] = '\n'
				ends = append(ends, uint32(i))
			}
			foreign = foreign || data[i] >= 0x80
		}
		ends = append(ends, uint32(len(data)))
		b.Data = data
		got := b.findMarks(nil)
		if n := len(b.delims) - 1; !slices.Equal(b.delims[:n], want) || int(b.delims[n]) <= len(data) {
			t.Fatalf("%q: got %v, want %v", data, b.delims, want)
		}
		if !slices.Equal(b.ends, ends) || got != foreign {
			t.Fatalf("%q: got lines that end at %v and beyond ASCII %v, want %v and %v", data, b.ends, got, ends, foreign)
		}
	}
}
