package dqdl

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"tillwatch/shared/document"
)

// Parse reads a ruleset. File is the name that errors show. The error is
// [document.Errors]: all faults at once, each with its place and what to write
// instead.
func Parse(file string, data []byte) (*Ruleset, error) {
	p := &parser{faults: &document.Faults{File: file}, variables: map[string][]Operand{}}
	if p.open(string(data)) {
		p.ruleset()
	}
	if err := p.faults.Err(); err != nil {
		return nil, err
	}
	return &p.out, nil
}

// ParseRules reads what another document embeds: a ruleset, or a single rule.
func ParseRules(file, text string) (*Ruleset, error) {
	p := &parser{faults: &document.Faults{File: file}, variables: map[string][]Operand{}}
	if p.open(text) {
		if p.peek().kind == word && p.ahead(1).text == "=" && p.ahead(1).kind == mark && types[p.peek().text] == (signature{}) {
			p.ruleset()
		} else if r := p.rule(0, false); r != nil {
			p.out.Rules = []*Rule{r}
			if t := p.peek(); t.kind != end {
				p.fault(t, "write Rules = [ …, … ] for several", "%s follows the rule", t)
			}
		}
	}
	if err := p.faults.Err(); err != nil {
		return nil, err
	}
	return &p.out, nil
}

// A parser reads tokens by recursive descent.
type parser struct {
	faults    *document.Faults
	text      string
	tokens    []token
	at        int
	rules     int
	values    int // of all lists, with those that variables stand for
	variables map[string][]Operand
	defaults  map[string]string
	out       Ruleset
}

func (p *parser) open(text string) bool {
	if len(text) > MaxBytes {
		p.faults.Addf(document.Place{}, "split it", "the ruleset is longer than %d bytes", MaxBytes)
		return false
	}
	p.text = strings.TrimPrefix(text, "\ufeff")
	if good := strings.ToValidUTF8(p.text, "\x00"); good != p.text {
		at := 0
		for at < len(good) && good[at] == p.text[at] {
			at++
		}
		line := strings.Count(good[:at], "\n")
		column := utf8.RuneCountInString(good[strings.LastIndexByte(good[:at], '\n')+1 : at])
		p.faults.Addf(document.Place{Line: line + 1, Column: column + 1}, "save it as UTF-8", "the ruleset is not UTF-8")
		return false
	}
	l := &lexer{text: p.text, place: document.Place{Line: 1, Column: 1}, faults: p.faults}
	l.tokenize()
	p.tokens = l.tokens
	return true
}

func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }
func (p *parser) peek() token       { return p.ahead(0) }

func (p *parser) next() token {
	t := p.peek()
	p.at = min(p.at+1, len(p.tokens)-1)
	return t
}

// is reports whether the next token is a mark.
func (p *parser) is(text string) bool { t := p.peek(); return t.kind == mark && t.text == text }

// says reports whether the next token is a keyword, in any case.
func (p *parser) says(text string) bool {
	t := p.peek()
	return t.kind == word && strings.EqualFold(t.text, text)
}

// take goes on if the next token is a mark.
func (p *parser) take(text string) bool {
	if p.is(text) {
		p.next()
		return true
	}
	return false
}

// need goes on if the next token is a mark, and reports it if not.
func (p *parser) need(text, hint string) bool {
	if p.take(text) {
		return true
	}
	t := p.peek()
	p.fault(t, hint, "expected %s, found %s", text, t)
	return false
}

func (p *parser) fault(t token, hint, format string, args ...any) {
	p.faults.Addf(t.place, hint, format, args...)
}

// String names a token for a message.
func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case quoted:
		return `text "` + t.text + `"`
	case digits:
		return "the number " + t.text
	}
	return t.text
}

// skip goes to the next comma or closing bracket of a list, which stays. A
// comma before the name of a type ends a rule whatever was left open.
func (p *parser) skip() {
	for depth := 0; p.peek().kind != end; p.next() {
		t := p.peek()
		if t.kind != mark {
			continue
		}
		switch t.text {
		case "[":
			depth++
		case "]":
			if depth == 0 {
				return
			}
			depth--
		case ",":
			after := p.ahead(1)
			if _, begins := types[after.text]; depth == 0 && after.text != "" && after.kind != digits || begins && after.kind == word {
				return
			}
		}
	}
}

const sectionHint = "write Rules = [ … ]"

func (p *parser) ruleset() {
	seen := map[string]bool{}
	for p.peek().kind != end && !p.faults.Full() {
		name := p.next()
		if name.kind != word {
			hint := sectionHint
			if name.text == "]" || name.text == "," {
				hint = "the list of rules ended before it"
			}
			p.fault(name, hint, "expected the name of a section or variable, found %s", name)
			p.section()
			continue
		}
		if seen[name.text] {
			p.fault(name, "keep one of them", "%s is there twice", name.text)
		}
		seen[name.text] = true
		if !p.need("=", name.text+" = …") {
			p.section()
			continue
		}
		switch name.text {
		case "Metadata", "DataSources":
			if name.text == "Metadata" {
				p.out.Metadata = p.dictionary("Version")
			} else {
				p.out.DataSources = p.dictionary("Primary", "AdditionalDataSources")
			}
		case "Rules", "Analyzers":
			rules := p.list(name.text == "Analyzers")
			if name.text == "Rules" {
				p.out.Rules = rules
			} else {
				p.out.Analyzers = rules
			}
		case "DefaultLabels":
			p.defaults = p.labels()
		default:
			p.out.Variables = append(p.out.Variables, name.text)
			p.variable(name)
		}
	}
	if len(p.out.Rules)+len(p.out.Analyzers) == 0 && p.faults.Len() == 0 {
		p.fault(p.peek(), sectionHint, "the ruleset has no rules")
	}
	for _, r := range p.out.Rules {
		p.label(r)
	}
}

// label gives a rule the ruleset's labels that it does not have itself.
func (p *parser) label(r *Rule) {
	for _, part := range r.Parts {
		p.label(part)
	}
	for key, value := range p.defaults {
		if _, own := r.Labels[key]; !own {
			if r.Labels == nil {
				r.Labels = map[string]string{}
			}
			r.Labels[key] = value
		}
	}
	if len(r.Labels) > MaxLabels {
		p.faults.Addf(r.Place, "keep what decides who acts", "the rule has %d labels with the defaults, more than %d", len(r.Labels), MaxLabels)
	}
}

// section goes to what may be the beginning of the next section.
func (p *parser) section() {
	for p.peek().kind != end && !(p.peek().kind == word && p.ahead(1).kind == mark && p.ahead(1).text == "=") {
		p.next()
	}
}

// variable reads the value of a variable.
func (p *parser) variable(name token) {
	if near := document.Nearest(name.text, []string{"Metadata", "DataSources", "DefaultLabels", "Rules", "Analyzers"}); near != "" && p.is("[") && p.ahead(1).kind == word {
		p.fault(name, "did you mean "+near+"?", "%s is not a section", name.text)
		p.list(false)
		return
	}
	if p.is("[") {
		if values, ok := p.operands(0); ok {
			p.variables[name.text] = values
		} else {
			p.section()
		}
		return
	}
	if v, ok := p.operand(0); ok {
		p.variables[name.text] = v
	} else {
		p.section()
	}
}

// dictionary reads { "key": "value", "key": ["a", "b"] }, of keys that are known.
func (p *parser) dictionary(known ...string) map[string]string {
	out := map[string]string{}
	if !p.need("{", `write { "Key": "value" }`) {
		p.section()
		return out
	}
	for !p.take("}") {
		key := p.next()
		if key.kind != quoted || !p.need(":", `write { "Key": "value" }`) {
			if key.kind != quoted {
				p.fault(key, `write { "Key": "value" }`, "expected a key, found %s", key)
			}
			p.section()
			return out
		}
		if !oneOf(key.text, known...) {
			p.fault(key, document.Among(key.text, known), "%q is no key of this section", key.text)
		}
		if p.is("[") {
			p.operands(0)
			out[key.text] = ""
		} else if value := p.next(); value.kind == quoted {
			out[key.text] = value.text
		} else {
			p.fault(value, `write { "Key": "value" }`, "expected a text, found %s", value)
			p.section()
			return out
		}
		if !p.take(",") && !p.is("}") {
			p.need("}", "entries are separated by commas")
			p.section()
			return out
		}
	}
	return out
}

// labels reads [ "key"="value", … ].
func (p *parser) labels() map[string]string {
	out := map[string]string{}
	const hint = `write [ "key"="value" ]`
	if !p.need("[", hint) {
		p.skip()
		return out
	}
	for first := true; first || !p.take("]"); first = false {
		key := p.next()
		if key.kind != quoted {
			p.fault(key, hint, "expected a label, found %s", key)
			p.skip()
			p.take("]")
			return out
		}
		if !p.need("=", hint) {
			p.skip()
			p.take("]")
			return out
		}
		value := p.next()
		if value.kind != quoted {
			p.fault(value, hint, "expected the label's value, found %s", value)
			p.skip()
			p.take("]")
			return out
		}
		if _, twice := out[key.text]; twice {
			p.fault(key, "keep one of them", "the label %q is there twice", key.text)
		}
		if key.text == "" || value.text == "" {
			p.fault(key, hint, "a label has no empty key or value")
		}
		out[key.text] = value.text
		if len(out) == MaxLabels+1 {
			p.fault(key, "keep what decides who acts", "there are more than %d labels", MaxLabels)
		}
		if !p.take(",") && !p.is("]") {
			p.need("]", "labels are separated by commas")
			p.skip()
			p.take("]")
			return out
		}
	}
	return out
}

// list reads the rules of a section.
func (p *parser) list(analyzers bool) []*Rule {
	var out []*Rule
	if !p.need("[", sectionHint) {
		p.section()
		return nil
	}
	for !p.take("]") && !p.faults.Full() {
		if p.peek().kind == end {
			p.fault(p.peek(), "close it with ]", "the list of rules is never closed")
			return out
		}
		before, start := p.faults.Len(), p.at
		if r := p.rule(0, analyzers); r != nil {
			out = append(out, r)
		}
		if p.faults.Len() > before {
			if p.peek().kind != end {
				p.at = start
			}
			p.skip()
		}
		if p.take(",") {
			if p.is("]") {
				p.fault(p.peek(), "remove the comma before it", "expected a rule, found ]")
			}
			continue
		}
		if t := p.peek(); !p.is("]") && t.kind != end {
			p.fault(t, "rules are separated by commas", "%s follows a rule", t)
			p.skip()
			p.take(",")
		}
	}
	return out
}

// RuleTypes lists the rule types in alphabetical order, analyzers among them.
func RuleTypes() []string { return slices.Sorted(maps.Keys(types)) }
