package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/rivo/uniseg"

	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

// TextOptions say how Text writes.
type TextOptions struct {
	// Color writes ANSI colours; meaning never hangs on them.
	Color bool
	// Width is the terminal's width in cells; 80 if 0, at least 40.
	Width int
	// Verbose lists passed checks, which are otherwise only counted, and adds
	// the score and the business impact of every check.
	Verbose bool
}

// Text writes the report for a person at a terminal: the verdict and its
// reason, the scores against their targets, and the failed checks, worst
// first, with rows and advice; then what could not be measured, what was
// skipped, and how many passed.
func Text(w io.Writer, r *quality.Report, o TextOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, 40)
	out := bufio.NewWriter(w)
	p := &sheet{out: out, TextOptions: o}
	p.head(r)
	p.scores(r)
	all := sorted(r)
	p.section("Failed", "✗", red, all.failed)
	p.section("Could not be measured", "!", yellow, all.errored)
	p.section("Skipped", "–", dim, all.skipped)
	p.passed(all.passed)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write text report: %w", err)
	}
	return nil
}

// The ANSI attributes in use.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// A sheet is text under way to a terminal. Write errors stay in out.
type sheet struct {
	out *bufio.Writer
	TextOptions
}

// paint wraps s in an ANSI attribute, if it is one and colours are wanted.
func (p *sheet) paint(attribute, s string) string {
	if !p.Color || s == "" || attribute == "" {
		return s
	}
	return "\x1b[" + attribute + "m" + s + "\x1b[0m"
}

// wrap writes s after lead, broken between words at the width, further lines
// at an indent; words longer than a line are broken anywhere. attribute paints
// s and may be "".
func (p *sheet) wrap(lead, indent, attribute, s string) {
	first := p.Width - runewidth.StringWidth(plain(lead))
	for i, line := range fold(s, first, p.Width-runewidth.StringWidth(indent)) {
		if i > 0 {
			lead = indent
		}
		p.out.WriteString(lead + p.paint(attribute, line) + "\n")
	}
}

// plain returns s without the attributes that paint added.
func plain(s string) string {
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		if !found {
			return s
		}
		_, after, _ := strings.Cut(rest, "m")
		s = before + after
	}
}

// fitting returns how many bytes of a word a line of so many cells holds, and how
// many cells they take.
func fitting(word string, width int) (end, cells int) {
	state := -1
	for rest := word; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		n := runewidth.StringWidth(cluster)
		if cells+n > width {
			break
		}
		end, cells = end+len(cluster), cells+n
	}
	return end, cells
}

// fold breaks s into at least one line of at most first cells and further
// ones of at most rest cells.
func fold(s string, first, rest int) []string {
	var lines []string
	line, used, width := "", 0, max(first, 16)
	turn := func() {
		lines = append(lines, line)
		line, used, width = "", 0, max(rest, 16)
	}
	for _, word := range strings.Fields(s) {
		end, n := fitting(word, width)
		if used > 0 && (end < len(word) || used+1+n > width) {
			turn()
			end, n = fitting(word, width)
		}
		for end < len(word) { // no line holds the word: break inside it
			line, word = word[:end], word[end:]
			turn()
			end, n = fitting(word, width)
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += n
	}
	return append(lines, line)
}

func (p *sheet) head(r *quality.Report) {
	word, color := strings.ToUpper(Printable(string(r.Verdict))), red
	switch r.Verdict {
	case quality.VerdictPass:
		color = green
	case quality.VerdictWarn, quality.VerdictError:
		color = yellow
	}
	p.wrap(p.paint(bold+";"+color, word)+"  ", strings.Repeat(" ", len(word)+2), bold, Printable(r.Object))
	p.wrap("", "", "", Reason(r))
	facts := []string{words.Plural(r.Rows, "row")}
	if s := words.Bytes(r.Bytes); s != "" {
		facts = append(facts, s)
	}
	facts = append(facts, span(r.DurationMS))
	if r.BadRows > 0 {
		facts = append(facts, words.Plural(r.BadRows, "bad row"))
	}
	facts = append(facts, "dataset "+Printable(r.Dataset))
	p.wrap("", "", dim, strings.Join(facts, " · "))
	if r.ReadAs != "" {
		p.wrap("", "", dim, "Read as: "+Printable(r.ReadAs))
	}
}

// barWidth is how many cells a score's bar takes.
const barWidth = 20

func (p *sheet) scores(r *quality.Report) {
	list := scores(r)
	if len(list) == 0 {
		return
	}
	p.out.WriteString("\n" + p.paint(bold, "Scores") + "\n")
	for _, s := range list {
		line := fmt.Sprintf("  %-12s %6s", clip(Printable(s.Name), 12), points(s.Value))
		filled := min(max(int(s.Value/100*barWidth), 0), barWidth)
		color := green
		switch {
		case s.Missed:
			color = red
		case s.Target == 0:
			color = ""
		}
		if p.Width >= 60 {
			line += "  " + p.paint(color, strings.Repeat("█", filled)) + p.paint(dim, strings.Repeat("░", barWidth-filled))
		}
		switch {
		case s.Missed:
			line += "  " + p.paint(red, "✗ target > "+number(s.Target))
		case s.Target > 0:
			line += p.paint(dim, "  ✓ target > "+number(s.Target))
		}
		p.out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// clip cuts s to width cells.
func clip(s string, width int) string { return runewidth.Truncate(s, width, "…") }

// section writes the checks of one status, if there are any.
func (p *sheet) section(name, mark, color string, checks []*quality.Result) {
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(p.out, "\n%s\n", p.paint(bold, fmt.Sprintf("%s (%s)", name, words.Count(int64(len(checks))))))
	for _, c := range checks {
		p.check(mark, color, c)
	}
}

const inset = "    "

func (p *sheet) check(mark, color string, c *quality.Result) {
	head := title(c)
	if column := aside(c); column != "" {
		head += " · " + column
	}
	severity := clip(Printable(c.Severity), 8)
	lead := "  " + p.paint(color, mark) + " " + p.paint(color, severity) + " "
	p.wrap(lead, inset, bold, head)
	if found := message(c); found != "" {
		p.wrap(inset, inset, "", sentence(found))
	}
	facts := []string{Printable(string(c.Dimension))}
	if f := finding(c); f != "" {
		facts = append(facts, f)
	}
	if p.Verbose && c.Score != nil {
		facts = append(facts, "score "+points(*c.Score))
	}
	p.wrap(inset, inset, dim, strings.Join(facts, " · "))
	if p.Verbose && c.Impact != "" {
		p.wrap(inset, inset, dim, "impact: "+Printable(c.Impact))
	}
	p.samples(c)
	if c.Advice != "" {
		p.wrap(inset+"→ ", inset+"  ", "", sentence(Printable(c.Advice)))
	}
	if c.Place != "" {
		p.wrap(inset, inset, dim, "rule at "+Printable(c.Place))
	}
}

// samples lists where a check was broken, the values aligned.
func (p *sheet) samples(c *quality.Result) {
	width := 0
	for _, s := range c.Samples {
		width = max(width, len(at(s)))
	}
	for _, s := range c.Samples {
		where := at(s)
		room := max(p.Width-len(inset)-width-4, 16)
		fmt.Fprintf(p.out, "%s  %s  %s\n", inset, p.paint(dim, where+strings.Repeat(" ", width-len(where))), clip(shown(s.Value), room))
	}
	if more := c.Violations - int64(len(c.Samples)); len(c.Samples) > 0 && more > 0 {
		fmt.Fprintf(p.out, "%s  %s\n", inset, p.paint(dim, "and "+words.Count(more)+" more"))
	}
}

func (p *sheet) passed(checks []*quality.Result) {
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(p.out, "\n%s\n", p.paint(bold, fmt.Sprintf("Passed (%s)", words.Count(int64(len(checks))))))
	if !p.Verbose {
		return
	}
	for _, c := range checks {
		line := title(c)
		if f := finding(c); f != "" {
			line += " · " + f
		}
		p.wrap("  "+p.paint(green, "✓")+" ", inset, "", line)
	}
}
