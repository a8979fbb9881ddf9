// Package show writes profiles and differences for people: at a terminal, as a
// page, and as Markdown.
package show

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"

	"tillwatch/shared/contract"
	"tillwatch/shared/profile"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/words"
)

// TextOptions say how Text writes.
type TextOptions struct {
	// Color writes ANSI colours; meaning never hangs on them.
	Color bool
	// Width is the terminal's width in cells; 80 if 0, at least 60.
	Width int
}

// The ANSI attributes in use.
const (
	bold  = "1"
	faint = "2"
	cyan  = "36"
)

// A sheet is text under way to a terminal. Write errors stay in out.
type sheet struct {
	out *bufio.Writer
	TextOptions
}

func newSheet(w io.Writer, o TextOptions) *sheet {
	if o.Width == 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, 60)
	return &sheet{bufio.NewWriter(w), o}
}

func (s *sheet) paint(attribute, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + attribute + "m" + text + "\x1b[0m"
}

// row writes cells of fixed widths, the last of which takes what is left.
func (s *sheet) row(widths []int, attributes []string, cells ...string) {
	var b strings.Builder
	used := 0
	for i, c := range cells {
		width := s.Width - used
		if i < len(widths) {
			width = widths[i]
		}
		c = runewidth.Truncate(c, max(width, 0), "…")
		attribute := ""
		if i < len(attributes) {
			attribute = attributes[i]
		}
		text := c
		if attribute != "" {
			text = s.paint(attribute, c)
		}
		b.WriteString(text)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", width-runewidth.StringWidth(c)+1))
		}
		used += width + 1
	}
	fmt.Fprintln(s.out, strings.TrimRight(b.String(), " "))
}

// Text writes the profile for a person at a terminal: what the files are, then
// for each column one line of what it is and one or two of what it holds.
func Text(w io.Writer, p *profile.Profile, o TextOptions) error {
	s := newSheet(w, o)
	for _, f := range p.Files {
		fmt.Fprintln(s.out, s.paint(bold, report.Printable(f.Name)))
		fmt.Fprintln(s.out, "  "+fileLine(f))
	}
	if len(p.Files) > 1 {
		fmt.Fprintf(s.out, "%s  %s, %s\n", s.paint(bold, "Together"), words.Plural(p.Rows, "row"), words.Bytes(p.Bytes))
	}
	name, kind := 6, 4
	for i := range p.Columns {
		name = max(name, runewidth.StringWidth(report.Printable(p.Columns[i].Name)))
		kind = max(kind, runewidth.StringWidth(p.Columns[i].Kind()))
	}
	name, kind = min(name, s.Width/4), min(kind, s.Width/4)
	widths := []int{name, kind, 7, 12}
	fmt.Fprintln(s.out)
	s.row(widths, []string{faint, faint, faint, faint, faint}, "COLUMN", "TYPE", "NULL", "DIFFERENT", "DISTRIBUTION")
	for i := range p.Columns {
		c := &p.Columns[i]
		s.row(widths, []string{bold, cyan}, report.Printable(c.Name), c.Kind(), words.Percent(c.NullPercent)+" %", distinctText(c), sparkline(c.Distribution))
		for _, note := range notes(c) {
			s.row([]int{1}, []string{"", faint}, "", report.Printable(note))
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}

// fileLine says what a file is.
func fileLine(f profile.File) string {
	parts := []string{words.Plural(f.Rows, "row"), words.Plural(int64(len(f.Header)), "column"), words.Bytes(f.Bytes),
		report.Printable(f.ReadAs)}
	if f.Compression != "" {
		parts = append(parts, f.Compression)
	}
	if f.Malformed > 0 {
		parts = append(parts, words.Count(f.Malformed)+" malformed")
	}
	return strings.Join(parts, ", ")
}

// distinctText says how many different values there are, and how surely.
func distinctText(c *profile.Column) string {
	switch {
	case c.Unique:
		return "unique"
	case c.DistinctExact:
		return words.Count(c.Distinct)
	}
	return "≈ " + words.Count(c.Distinct)
}

// notes say what a column holds.
func notes(c *profile.Column) (list []string) {
	switch {
	case c.Rows == c.Nulls:
		return nil
	case c.Number != nil:
		f := c.Number
		about := ""
		if !f.Exact {
			about = " ≈"
		}
		list = append(list, fmt.Sprintf("%s to %s, mean %s ± %s", c.Min, c.Max, short(f.Mean), short(f.Deviation)),
			fmt.Sprintf("p5%s %s  p25 %s  p50 %s  p75 %s  p95 %s  p99 %s", about,
				short(f.P5), short(f.P25), short(f.P50), short(f.P75), short(f.P95), short(f.P99)))
	case c.Hidden():
		list = append(list, lengths(c)+"; personal, values masked")
	case c.Type == contract.Date || c.Type == contract.Timestamp || c.Type == contract.Time:
		list = append(list, c.Min+" to "+c.Max)
	case c.Shape != "":
		list = append(list, "like "+c.Shape)
	default:
		list = append(list, lengths(c))
	}
	if c.Empty > 0 {
		list[0] += "; " + words.Count(c.Empty) + ` times ""`
	}
	if top := topText(c); top != "" {
		list = append(list, top)
	}
	return list
}

func lengths(c *profile.Column) string {
	if c.Shortest == c.Longest {
		return words.Plural(int64(c.Longest), "character")
	}
	return fmt.Sprintf("%d to %d characters, %s on average", c.Shortest, c.Longest, strconv.FormatFloat(c.MeanLength, 'f', 1, 64))
}

// topText lists the most frequent values where some of them are worth it: a
// value of its own column's thousands is not.
func topText(c *profile.Column) string {
	if len(c.Top) == 0 || c.Hidden() || c.Distinct > 20 && c.Top[0].Percent < 1 {
		return ""
	}
	var parts []string
	for i, v := range c.Top {
		if i == 5 {
			parts = append(parts, "…")
			break
		}
		text := v.Value
		if text == "" || strings.TrimSpace(text) != text {
			text = strconv.Quote(text)
		}
		parts = append(parts, fmt.Sprintf("%s %s %%", runewidth.Truncate(text, 24, "…"), words.Percent(v.Percent)))
	}
	lead := ""
	if !c.TopExact {
		lead = "of a sample of values: "
	}
	return lead + strings.Join(parts, ", ")
}

// sparkline draws a distribution with block characters; "" for none.
func sparkline(list []profile.Bar) string {
	if len(list) < 2 {
		return ""
	}
	most := mostOf(list)
	var b strings.Builder
	for _, bar := range list {
		switch {
		case bar.Count == 0:
			b.WriteByte(' ')
		default:
			b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(int(bar.Count*8/max(most, 1)), 7)])
		}
	}
	return b.String()
}

func mostOf(list []profile.Bar) (most int64) {
	for _, b := range list {
		most = max(most, b.Count)
	}
	return most
}

// short writes a number with five digits.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }
