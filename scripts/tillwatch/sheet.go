package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/report"
)

// A sheet is a contract in words. Its JSON form is what contract show writes.
type sheet struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Version string       `json:"version"`
	Status  string       `json:"status"`
	Purpose string       `json:"purpose,omitempty"`
	Team    string       `json:"team,omitempty"`
	Domain  string       `json:"domain,omitempty"`
	Lands   []string     `json:"lands"`
	Tables  []sheetTable `json:"tables"`
	Service []sheetRule  `json:"service"`
}

type sheetTable struct {
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Columns     []sheetColumn `json:"columns"`
	Rules       []sheetRule   `json:"rules"`
}

type sheetColumn struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Key         int         `json:"key,omitempty"`
	Required    bool        `json:"required"`
	Unique      bool        `json:"unique"`
	Personal    bool        `json:"personal"`
	Critical    bool        `json:"critical"`
	Description string      `json:"description,omitempty"`
	Holds       []string    `json:"holds"` // what its values must be, in words
	Rules       []sheetRule `json:"rules"`
}

type sheetRule struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	Text      string `json:"text"`
	Dimension string `json:"dimension,omitempty"`
	Severity  string `json:"severity"`
	Place     string `json:"place,omitempty"`
}

func describe(c *contract.Contract) *sheet {
	s := &sheet{ID: c.ID, Name: c.Name, Version: c.Version, Status: c.Status, Purpose: c.Purpose,
		Team: c.Team, Domain: c.Domain, Lands: []string{}, Tables: []sheetTable{}, Service: []sheetRule{}}
	for _, server := range c.Servers {
		if server.Location != "" {
			s.Lands = append(s.Lands, server.Location)
		}
	}
	for i := range c.Tables {
		t := &c.Tables[i]
		out := sheetTable{Name: t.Name, Description: t.Description, Columns: []sheetColumn{}, Rules: []sheetRule{}}
		key := 0
		for j := range t.Columns {
			col := &t.Columns[j]
			one := sheetColumn{Name: col.Name, Type: string(col.Type), Required: col.Required, Unique: col.Unique,
				Personal: col.Personal, Critical: col.Critical, Description: col.Description, Holds: holds(col), Rules: []sheetRule{}}
			if col.PrimaryKey {
				key++
				one.Key = col.KeyPosition
				if one.Key == 0 {
					one.Key = key
				}
			}
			for _, r := range col.Rules {
				one.Rules = append(one.Rules, newSheetRule(c, &r))
			}
			out.Columns = append(out.Columns, one)
		}
		for _, r := range t.Rules {
			out.Rules = append(out.Rules, newSheetRule(c, &r))
		}
		for _, r := range t.Relationships {
			out.Rules = append(out.Rules, sheetRule{ID: r.ID, Text: fmt.Sprintf("%s is among %s of %s",
				strings.Join(r.From, ", "), strings.Join(r.To, ", "), r.Dataset),
				Dimension: string(contract.Accuracy), Severity: contract.High.String(), Place: at(c, r.Place)})
		}
		s.Tables = append(s.Tables, out)
	}
	for _, sla := range c.SLAs {
		text := sla.Property + ": " + sla.Value
		if !sla.Span.IsZero() {
			text = sla.Property + ": " + sla.Span.String()
		}
		if element := strings.Trim(sla.Table+"."+sla.Column, "."); element != "" {
			text += " of " + element
		}
		s.Service = append(s.Service, sheetRule{ID: sla.ID, Name: sla.Description, Text: text, Severity: sla.Severity.String(), Place: at(c, sla.Place)})
	}
	return s
}

func at(c *contract.Contract, p contract.Place) string {
	if p.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", c.File, p.Line, p.Column)
}

func newSheetRule(c *contract.Contract, r *contract.Rule) sheetRule {
	return sheetRule{ID: r.ID, Name: r.Name, Text: ruleText(r), Dimension: string(r.Dimension),
		Severity: r.Severity.String(), Place: at(c, r.Place)}
}

func (s *sheet) json(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("write contract: %w", err)
	}
	return nil
}

// text writes the sheet for a terminal of a width.
func (s *sheet) text(w io.Writer, width int, colored bool) error {
	p := &printer{out: bufio.NewWriter(w), width: max(width, 40), colored: colored}
	p.line("", "", strings.TrimSpace(s.Name+" "+s.Version), true)
	p.field("id", s.ID)
	p.field("status", s.Status)
	p.field("domain", s.Domain)
	p.field("team", s.Team)
	for _, location := range s.Lands {
		p.field("lands at", location)
	}
	if s.Purpose != "" {
		p.line("", "", s.Purpose, false)
	}
	for _, t := range s.Tables {
		p.out.WriteString("\n")
		p.line("", "", t.Name, true)
		if t.Description != "" {
			p.line("", "", t.Description, false)
		}
		p.out.WriteString("\n")
		p.columns(t.Columns)
		if len(t.Rules) > 0 {
			p.out.WriteString("\n")
			p.line("  ", "", "Rules", true)
			p.rules("  ", t.Rules)
		}
	}
	if len(s.Service) > 0 {
		p.out.WriteString("\n")
		p.line("", "", "Service levels", true)
		p.rules("  ", s.Service)
	}
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write contract: %w", err)
	}
	return nil
}

// A printer writes wrapped text; write errors stay in out.
type printer struct {
	out     *bufio.Writer
	width   int
	colored bool
}

func (p *printer) strong(s string) string {
	if !p.colored {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// line writes lead and then s, wrapped, further lines under the first.
func (p *printer) line(indent, lead, s string, strong bool) {
	room := max(p.width-runewidth.StringWidth(indent+lead), 16)
	text := wrap(report.Printable(s), room)
	for i, each := range text {
		if i == 1 {
			lead = strings.Repeat(" ", runewidth.StringWidth(lead))
		}
		if strong {
			each = p.strong(each)
		}
		p.out.WriteString(indent + lead + each + "\n")
	}
}

func (p *printer) field(name, value string) {
	if value != "" {
		p.line("", fmt.Sprintf("%-9s ", name), value, false)
	}
}

func (p *printer) rules(indent string, rules []sheetRule) {
	for _, r := range rules {
		tail := strings.ToLower(r.Severity)
		if r.Dimension != "" {
			tail = r.Dimension + ", " + tail
		}
		lead := "- "
		if r.Name != "" && r.Name != r.Text {
			p.line(indent, lead, r.Name, false)
			lead = "  "
		}
		p.line(indent, lead, r.Text+" ("+tail+")", false)
	}
}

// columns writes the table of columns: name, type, and all else in words.
func (p *printer) columns(columns []sheetColumn) {
	name, kind := len("column"), len("type")
	for _, c := range columns {
		name = max(name, runewidth.StringWidth(report.Printable(c.Name)))
		kind = max(kind, runewidth.StringWidth(c.Type))
	}
	name = min(name, 28)
	lead := func(a, b string) string {
		return runewidth.FillRight(runewidth.Truncate(report.Printable(a), name, "…"), name) + "  " + runewidth.FillRight(b, kind) + "  "
	}
	p.out.WriteString("  " + p.strong(lead("column", "type")+"holds") + "\n")
	for _, c := range columns {
		var words []string
		if c.Key > 0 {
			words = append(words, fmt.Sprintf("primary key %d", c.Key))
		}
		if c.Required {
			words = append(words, "required")
		}
		if c.Unique {
			words = append(words, "unique")
		}
		words = append(words, c.Holds...)
		if c.Critical {
			words = append(words, "critical")
		}
		if c.Personal {
			words = append(words, "personal")
		}
		for _, r := range c.Rules {
			words = append(words, r.Text)
		}
		if len(words) == 0 {
			words = []string{strings.TrimSpace("any " + c.Type)}
		}
		p.line("  ", lead(c.Name, c.Type), strings.Join(words, "; "), false)
	}
}

// wrap breaks s between words into lines of at most width cells; a longer word
// has a line of its own.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && runewidth.StringWidth(line)+1+runewidth.StringWidth(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
