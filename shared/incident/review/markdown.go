package review

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Markdown writes the review as a new document.
func (r *Review) Markdown() string { return r.Merge("") }

// Merge writes the review anew over an earlier document of it. Each section
// stands between a marker, which holds a print of what was generated, and an
// end marker; one whose text no longer has that print was changed by a person
// and stays as it is, as does everything outside of the sections. A section
// whose marker a person removed is not brought back.
func (r *Review) Merge(earlier string) string {
	if strings.TrimSpace(earlier) == "" {
		var b strings.Builder
		fmt.Fprintf(&b, "# Review of %s (%s)\n\n", r.Incident, r.Severity)
		for _, s := range r.Sections {
			b.WriteString(s.generated())
			b.WriteString("\n")
		}
		return b.String()
	}
	out := earlier
	for _, s := range r.Sections {
		found, ok := find(out, s.ID)
		if !ok || found.print != printOf(found.body) {
			continue
		}
		out = out[:found.from] + s.generated() + out[found.to:]
	}
	return out
}

// Open counts the things that a person has yet to fill in.
func Open(document string) int { return strings.Count(document, Todo) }

func (s Section) generated() string {
	body := "## " + s.Title + "\n\n" + strings.TrimRight(s.Body, "\n") + "\n"
	return fmt.Sprintf("<!-- section %s %s -->\n%s<!-- end %s -->\n", s.ID, printOf(body), body, s.ID)
}

func printOf(body string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(body, "\r\n", "\n")))
	return hex.EncodeToString(sum[:8])
}

// a place is where a section stands in a document: [from, to) with its markers.
type place struct {
	from, to    int
	print, body string
}

func find(document, id string) (place, bool) {
	head := "<!-- section " + id + " "
	from := strings.Index(document, head)
	if from < 0 {
		return place{}, false
	}
	rest := document[from+len(head):]
	print, rest, ok := strings.Cut(rest, " -->")
	if !ok || len(print) != 16 {
		return place{}, false
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")
	end := "<!-- end " + id + " -->"
	at := strings.Index(rest, end)
	if at < 0 {
		return place{}, false
	}
	to := len(document) - len(rest) + at + len(end)
	for to < len(document) && (document[to] == '\r' || document[to] == '\n') {
		to++
		if document[to-1] == '\n' {
			break
		}
	}
	return place{from: from, to: to, print: print, body: rest[:at]}, true
}
