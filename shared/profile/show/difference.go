package show

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"tillwatch/shared/profile"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/words"
)

// Attributes of what changed and what could not be told.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// summary says in a line what a difference comes to.
func summary(d *profile.Difference) string {
	changed := int64(0)
	for _, c := range d.Columns {
		if c.Changed {
			changed++
		}
	}
	if d.Same {
		return "No change of schema or distribution"
	}
	return fmt.Sprintf("%s of schema, %s with another distribution", words.Plural(int64(len(d.Schema)), "change"), words.Plural(changed, "column"))
}

// rowsText says how many rows there are and were.
func rowsText(d *profile.Difference) string {
	text := words.Count(d.Before.Rows) + " → " + words.Count(d.After.Rows) + " rows"
	if d.Before.Rows > 0 && d.Before.Rows != d.After.Rows {
		text += fmt.Sprintf(" (%+.1f %%)", 100*float64(d.After.Rows-d.Before.Rows)/float64(d.Before.Rows))
	}
	return text
}

// Difference writes the difference for a person at a terminal: changes of the schema,
// then the columns that changed with their tests, then how many did not.
func Difference(w io.Writer, d *profile.Difference, o TextOptions) error {
	s := newSheet(w, o)
	s.wrapped("", bold, report.Printable(d.Before.Name)+" → "+report.Printable(d.After.Name))
	s.wrapped("", "", summary(d)+" · "+rowsText(d))
	if len(d.Schema) > 0 {
		fmt.Fprintf(s.out, "\n%s\n", s.paint(bold, "Schema"))
		for _, c := range d.Schema {
			s.wrapped("  "+s.paint(yellow, string(c.Kind))+"  ", "", report.Printable(c.String()))
		}
	}
	same := []string{}
	heading := "\n" + s.paint(bold, "Distributions") + "\n"
	for _, c := range d.Columns {
		if !c.Changed {
			same = append(same, report.Printable(c.Column))
			if !told(c) {
				continue
			}
		}
		fmt.Fprint(s.out, heading)
		heading = ""
		mark, color := "≠", red
		if !c.Changed {
			mark, color = "=", green
		}
		spark := ""
		if len(c.Before) > 1 && c.Changed {
			spark = "  " + sparkline(c.Before) + " → " + sparkline(c.After)
			if runewidth.StringWidth(spark)+runewidth.StringWidth(c.Column)+4 > s.Width {
				spark = ""
			}
		}
		fmt.Fprintf(s.out, "  %s %s%s\n", s.paint(color, mark), s.paint(bold, report.Printable(c.Column)), spark)
		for _, t := range c.Tests {
			switch {
			case t.Changed:
				s.wrapped("    "+s.paint(red, t.Name)+": ", "", report.Printable(t.Message)+fmt.Sprintf("; changed from %s on", words.Number(t.Threshold)))
			case c.Changed && t.Value > 0 || !t.Measured:
				s.wrapped("    "+t.Name+": ", "", report.Printable(t.Message))
			}
		}
		for _, n := range c.Notes {
			s.wrapped("    ", faint, report.Printable(n))
		}
	}
	if len(same) > 0 {
		fmt.Fprintln(s.out)
		s.wrapped("Unchanged ("+fmt.Sprint(len(same))+"): ", faint, strings.Join(same, ", "))
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write difference: %w", err)
	}
	return nil
}

// told reports whether there is something to tell of a column that did not
// change.
func told(c profile.Shift) bool {
	if len(c.Notes) > 0 && len(c.Before) == 0 {
		return true
	}
	for _, t := range c.Tests {
		if !t.Measured {
			return true
		}
	}
	return false
}

// wrapped writes text after a lead, whose width further lines leave free.
func (s *sheet) wrapped(lead, attribute, text string) {
	plain := lead
	for _, a := range []string{bold, faint, red, green, yellow, cyan} {
		plain = strings.ReplaceAll(plain, "\x1b["+a+"m", "")
	}
	margin := runewidth.StringWidth(strings.ReplaceAll(plain, "\x1b[0m", ""))
	if margin > s.Width/2 {
		margin = 4
	}
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && margin+runewidth.StringWidth(line)+1+runewidth.StringWidth(word) > s.Width {
			fmt.Fprintln(s.out, lead+s.color(attribute, line))
			lead, line = strings.Repeat(" ", margin), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(s.out, lead+s.color(attribute, line))
}

func (s *sheet) color(attribute, text string) string {
	if attribute == "" {
		return text
	}
	return s.paint(attribute, text)
}

// Markdown writes the difference as a page for a review: a table of the changes
// of the schema, and one of the columns.
func Markdown(w io.Writer, d *profile.Difference) error {
	var b strings.Builder
	cell := func(text string) string {
		return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'").Replace(report.Printable(text))
	}
	fmt.Fprintf(&b, "# %s → %s\n\n%s. %s.\n", cell(d.Before.Name), cell(d.After.Name), summary(d), rowsText(d))
	if len(d.Schema) > 0 {
		b.WriteString("\n| Schema | Column |\n|---|---|\n")
		for _, c := range d.Schema {
			fmt.Fprintf(&b, "| %s | %s |\n", c.Kind, cell(c.String()))
		}
	}
	if len(d.Columns) > 0 {
		b.WriteString("\n| Column | Changed | What the tests say |\n|---|---|---|\n")
		for _, c := range d.Columns {
			changed := "no"
			if c.Changed {
				changed = "**yes**"
			}
			var said []string
			for _, t := range c.Tests {
				said = append(said, t.Name+": "+t.Message)
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(c.Column), changed, cell(strings.Join(append(said, c.Notes...), "; ")))
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write difference: %w", err)
	}
	return nil
}
