package frictionless

import (
	"encoding/json"
	"regexp"
	"strings"
)

// An object is a map whose keys keep their order; its values, and those of a
// list, are objects, lists, strings, booleans and literals.
type (
	object []member
	member struct {
		key   string
		value any
	}
	list []any
	// A literal is written as it stands: a number, or null.
	literal string
)

func (o *object) set(key string, value any) { *o = append(*o, member{key, value}) }

// setText sets a key unless the text is empty.
func (o *object) setText(key, text string) {
	if text != "" {
		o.set(key, text)
	}
}

func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string can always be written
	}
	// DEL and the controls beyond it are no characters of a YAML file.
	return strings.Map(func(r rune) rune {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff {
			return 0xfffd
		}
		return r
	}, strings.TrimSuffix(b.String(), "\n"))
}

// writeJSON writes a value with two spaces for each level.
func writeJSON(b *strings.Builder, v any, indent string) {
	inner := indent + "  "
	switch v := v.(type) {
	case object:
		if len(v) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteString("{\n")
		for i, m := range v {
			b.WriteString(inner + quote(m.key) + ": ")
			writeJSON(b, m.value, inner)
			comma(b, i < len(v)-1)
		}
		b.WriteString(indent + "}")
	case list:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteString("[\n")
		for i, item := range v {
			b.WriteString(inner)
			writeJSON(b, item, inner)
			comma(b, i < len(v)-1)
		}
		b.WriteString(indent + "]")
	default:
		b.WriteString(scalar(v, quote))
	}
}

func comma(b *strings.Builder, more bool) {
	if more {
		b.WriteByte(',')
	}
	b.WriteByte('\n')
}

func scalar(v any, text func(string) string) string {
	switch v := v.(type) {
	case string:
		return text(v)
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return string(v.(literal))
}

// plain are texts that YAML reads as text without quotes, those apart that it
// reads as something else.
var (
	plainForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	notPlain  = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n)$`)
)

func yamlText(s string) string {
	if plainForm.MatchString(s) && !notPlain.MatchString(s) {
		return s
	}
	return quote(s)
}

// writeYAML writes a value in block style. What is written begins where the
// cursor is: after a key's colon, or a list's dash.
func writeYAML(b *strings.Builder, v any, indent string, afterDash bool) {
	switch v := v.(type) {
	case object:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		for i, m := range v {
			switch {
			case i == 0 && afterDash:
				b.WriteByte(' ')
			case i == 0 && indent != "":
				b.WriteString("\n" + indent)
			default:
				b.WriteString(indent)
			}
			b.WriteString(yamlText(m.key) + ":")
			writeYAML(b, m.value, indent+"  ", false)
		}
	case list:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, item := range v {
			b.WriteString(indent + "-")
			writeYAML(b, item, indent+"  ", true)
		}
	default:
		b.WriteString(" " + scalar(v, yamlText) + "\n")
	}
}
