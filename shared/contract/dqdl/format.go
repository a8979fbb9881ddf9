package dqdl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Format writes a rule or analyzer so that reading it gives the same, with
// variables replaced by what they are, and without the labels of a composite's
// parts, which decide nothing. What it writes needs no reading of ours that
// AWS's parser lacks.
func Format(r *Rule) string {
	var b strings.Builder
	formatRule(&b, r)
	if len(r.Labels) > 0 {
		if r.Join != "" {
			text := b.String()
			b.Reset()
			b.WriteString("(" + text + ")")
		}
		var all []string
		for _, key := range slices.Sorted(maps.Keys(r.Labels)) {
			all = append(all, Quote(key)+"="+Quote(r.Labels[key]))
		}
		b.WriteString(" labels=[" + strings.Join(all, ", ") + "]")
	}
	for _, tag := range slices.Sorted(maps.Keys(r.Tags)) {
		b.WriteString(" with " + tag + " " + formatCondition(r.Tags[tag]))
	}
	if r.Threshold != nil {
		b.WriteString(" with threshold " + formatCondition(r.Threshold))
	}
	return b.String()
}

func formatRule(b *strings.Builder, r *Rule) {
	if r.Join != "" {
		for i, part := range r.Parts {
			if i > 0 {
				b.WriteString(" " + r.Join + " ")
			}
			bare := *part
			bare.Labels = nil
			b.WriteString("(" + Format(&bare) + ")")
		}
		return
	}
	b.WriteString(r.Type)
	for _, p := range r.Parameters {
		b.WriteString(" " + Quote(p))
	}
	if r.Condition != nil {
		b.WriteString(" " + formatCondition(r.Condition))
	}
	if r.Where != "" {
		b.WriteString(" where " + Quote(r.Where))
	}
}

// Quote writes a text in quotes. A backslash is doubled only where it would
// escape, so that patterns stay as AWS reads them.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		c := text[i]
		if c == '"' || c == '\\' && (i+1 == len(text) || text[i+1] == '"' || text[i+1] == '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String() + `"`
}

func formatCondition(c *Condition) string {
	var all []string
	for _, o := range c.Operands {
		all = append(all, formatOperand(o))
	}
	switch c.Op {
	case Between, NotBetween:
		return string(c.Op) + " " + strings.Join(all, " and ")
	case In, NotIn:
		return string(c.Op) + " [" + strings.Join(all, ", ") + "]"
	}
	return string(c.Op) + " " + strings.Join(all, ", ")
}

func formatOperand(o Operand) string {
	switch o.Kind {
	case Text:
		return Quote(o.Text)
	case Number:
		return formatNumber(o.Number)
	case Duration:
		return formatSpan(o.Span)
	case Date:
		switch {
		case o.Span < 0:
			return "(now() - " + formatSpan(-o.Span) + ")"
		case o.Span > 0:
			return "(now() + " + formatSpan(o.Span) + ")"
		}
		return "now()"
	case Size:
		for _, unit := range []string{"TB", "GB", "MB", "KB"} {
			if o.Bytes > 0 && o.Bytes%sizes[unit] == 0 {
				return fmt.Sprintf("%d %s", o.Bytes/sizes[unit], unit)
			}
		}
		return fmt.Sprintf("%d B", o.Bytes)
	}
	return o.Text
}

func formatSpan(d time.Duration) string {
	for _, unit := range []struct {
		name string
		span time.Duration
	}{{"days", 24 * time.Hour}, {"hours", time.Hour}} {
		if d > 0 && d%unit.span == 0 {
			return fmt.Sprintf("%d %s", d/unit.span, unit.name)
		}
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

func formatNumber(e *Expression) string {
	if text, plain := Literal(e); plain {
		return text
	}
	var args []string
	for _, a := range e.Args {
		args = append(args, formatNumber(a))
	}
	switch {
	case e.Op == 0:
		return e.Function + "(" + strings.Join(args, ", ") + ")"
	case len(args) == 1:
		return "(0 - " + args[0] + ")"
	}
	return "(" + args[0] + " " + string(e.Op) + " " + args[1] + ")"
}
