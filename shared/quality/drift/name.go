package drift

import "strings"

// Likely picks, among the columns that the contract does not know, the one
// that a missing column seems to have become: the one in its place where as
// many columns as expected are there, else one with a similar name.
func Likely(name string, place int, extra []string, position map[string]int, sameCount bool) string {
	for _, e := range extra {
		if sameCount && position[e] == place {
			return e
		}
	}
	best, bestScore := "", 0.5
	for _, e := range extra {
		if s := similarity(strings.ToLower(name), strings.ToLower(e)); s > bestScore {
			best, bestScore = e, s
		}
	}
	return best
}

// similarity is the share of bigrams that two names have in common (Dice), 0
// to 1.
func similarity(a, b string) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	grams := map[string]int{}
	for i := 0; i+2 <= len(a); i++ {
		grams[a[i:i+2]]++
	}
	common := 0
	for i := 0; i+2 <= len(b); i++ {
		if grams[b[i:i+2]] > 0 {
			grams[b[i:i+2]]--
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b)-2)
}
