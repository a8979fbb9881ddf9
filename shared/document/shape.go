package document

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Shape says what a node may look like. The zero value allows anything.
type Shape struct {
	// Name is what stands here, with its article: "a server".
	Name string
	// Kinds are the kinds allowed; 0 allows any.
	Kinds Kind
	// Keys are the shapes of a map's values; nil allows any key.
	Keys map[string]*Shape
	// Need names the keys that must be there.
	Need []string
	// Item is the shape of a list's values, and Min how many there must be.
	Item *Shape
	Min  int
	// Words are the texts allowed; nil allows any.
	Words []string
	// Instead says what to write for a key that is unknown, or for a text that
	// is not among Words: key or text → hint.
	Instead map[string]string
	// Pick, if set, returns the shape that holds instead of this one.
	Pick func(*Node) *Shape
	// Check, if set, looks further at a node whose kind is right.
	Check func(*Node, *Faults)
}

// CheckNode reports to f whatever of n, and of all within it, is not as s says.
func (s *Shape) CheckNode(n *Node, f *Faults) {
	if s == nil || n == nil || f.Full() {
		return
	}
	if s.Pick != nil {
		if s = s.Pick(n); s == nil {
			return
		}
	}
	if s.Kinds != 0 && n.Kind&s.Kinds == 0 {
		f.Addf(n.Place, s.hint(n), "expected %s, found %s", s.want(), Describe(n))
		return
	}
	switch {
	case n.Kind == Text && s.Words != nil && !slices.Contains(s.Words, n.Text):
		hint := s.Instead[n.Text]
		if hint == "" {
			hint = Among(n.Text, s.Words)
		}
		f.Addf(n.Place, hint, "%q is not %s", n.Text, cmp.Or(s.Name, "known here"))
	case n.Kind == List:
		if len(n.Items) < s.Min {
			f.Addf(n.Place, "", "expected at least %d in the list", s.Min)
		}
		for _, v := range n.Items {
			s.Item.CheckNode(v, f)
		}
	case n.Kind == Map && s.Keys != nil:
		s.checkKeys(n, f)
	}
	if s.Check != nil {
		s.Check(n, f)
	}
}

func (s *Shape) checkKeys(n *Node, f *Faults) {
	for _, e := range n.Entries {
		if v, ok := s.Keys[e.Key]; ok {
			v.CheckNode(e.Value, f)
			continue
		}
		if f.Full() {
			break
		}
		hint := s.Instead[e.Key]
		if hint == "" {
			if near := Nearest(e.Key, slices.Sorted(maps.Keys(s.Keys))); near != "" {
				hint = "did you mean " + near + "?"
			}
		}
		f.Addf(e.Place, hint, "unknown key %q in %s", e.Key, cmp.Or(s.Name, "this map"))
	}
	for _, key := range s.Need {
		if n.Entry(key) == nil {
			f.Addf(n.Place, "", "%s needs the key %q", cmp.Or(s.Name, "this map"), key)
		}
	}
}

func (s *Shape) want() string {
	if len(s.Words) > 0 {
		return strings.Join(s.Words, " or ")
	}
	return s.Kinds.String()
}

func (s *Shape) hint(n *Node) string {
	switch {
	case n.Kind == Null:
		return "write a value or remove the key"
	case s.Kinds&Bool != 0 && n.Kind == Text && yesNo[strings.ToLower(n.Text)] != "":
		return "write " + yesNo[strings.ToLower(n.Text)]
	case s.Kinds&Number != 0 && n.Kind == Text && resolve(n.Text)&s.Kinds != 0:
		return "write it without quotes"
	case s.Kinds&Text != 0 && n.Kind&Scalar != 0:
		return "put it in quotes"
	case s.Kinds&List != 0 && n.Kind&(Map|Scalar) != 0:
		return "begin each entry with a dash"
	}
	return ""
}

// yesNo are the words that other versions of YAML took for booleans.
var yesNo = map[string]string{"yes": "true", "y": "true", "on": "true", "true": "true", "no": "false", "n": "false", "off": "false", "false": "false"}

// Describe names a node for a message: text "ten", the number 3, a list.
func Describe(n *Node) string {
	text := n.Text
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	switch n.Kind {
	case Bool:
		return text
	case Int, Float:
		return "the number " + text
	case Text:
		return "text " + quote(text)
	}
	return n.Kind.String()
}

func quote(s string) string {
	return `"` + strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, `"`, `\"`).Replace(s) + `"`
}

// Among returns a hint for a word that is none of those allowed: the nearest,
// if one is near, and all of them.
func Among(word string, allowed []string) string {
	if len(allowed) == 0 {
		return ""
	}
	if near := Nearest(word, allowed); near != "" && len(allowed) > 12 {
		return "did you mean " + near + "?"
	} else if near != "" {
		return "did you mean " + near + "? Allowed: " + strings.Join(allowed, ", ")
	}
	if len(allowed) > maxAmong {
		return fmt.Sprintf("allowed: %s and %d more", strings.Join(allowed[:maxAmong], ", "), len(allowed)-maxAmong)
	}
	return "allowed: " + strings.Join(allowed, ", ")
}

const (
	maxAmong   = 48  // words that a hint lists
	maxNearest = 256 // words among which the nearest is looked for
)

// Nearest returns the word of words that takes the fewest changes to become
// word, letters' case aside, or "" if none takes at most a third of its length.
// The first of several as near is returned. Among very many words none is.
func Nearest(word string, words []string) string {
	a := []rune(strings.ToLower(word))
	if len(a) > 64 || len(words) > maxNearest {
		return ""
	}
	best, nearest := max(1, min(len(a)/3, 4))+1, ""
	for _, w := range words {
		b := []rune(strings.ToLower(w))
		if len(b) >= len(a)+best || len(a) >= len(b)+best {
			continue
		}
		if d := distance(a, b); d < best {
			best, nearest = d, w
		}
	}
	return nearest
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b []rune) int {
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, one[j+1]+1, one[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], two[j-1]+1)
			}
		}
		two, one, row = one, row, two
	}
	return one[len(b)]
}
