// Package textformat judges the text of cells: by ECMA-262 patterns, by the
// named formats of JSON Schema, by the ranges of number formats and by length.
// It takes bytes and does not allocate.
package textformat

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// maxPattern is the longest pattern in bytes.
const maxPattern = 8192

// A PatternError says what is wrong with a pattern.
type PatternError struct {
	Pattern string
	Offset  int // in bytes, from 0
	Message string
	Hint    string // what to write instead, or ""
	// Unsupported says that the pattern may be right but cannot be run here,
	// as with look-around and back-references: matching it can take forever.
	Unsupported bool
}

// Error names the pattern, the place and the hint.
func (e *PatternError) Error() string {
	text := fmt.Sprintf("compile pattern %q: at %d: %s", e.Pattern, e.Offset+1, e.Message)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// A Matcher is a compiled pattern. It is safe for concurrent use, and its time
// is linear in the length of the text whatever the pattern. The zero value is
// not usable.
type Matcher struct {
	pattern string
	slots   *slots   // for texts of one shape, else nil
	machine *machine // for patterns with few states, else nil
	slow    *regexp.Regexp
	// For many texts at a time, or nil: template where slots are of one length,
	// shifter and parallel where there are none.
	template *template
	shifter  *shifter
	parallel *parallel
}

// Pattern compiles an ECMA-262 pattern, without flags, as JSON Schema and ODCS
// use it: it is searched for anywhere in the text, . is anything but a line
// end, $ is the very end, \d and \w are ASCII, \s has Unicode's spaces, and
// text is a sequence of code points as with the u flag. Text that is not UTF-8
// has U+FFFD for each wrong byte. A repeat count is at most 1,000. An error is
// a *PatternError.
func Pattern(ecma string) (*Matcher, error) {
	re2, err := translate(ecma)
	if err != nil {
		return nil, err
	}
	slow, err := regexp.Compile(re2)
	if err != nil {
		return nil, &PatternError{Pattern: ecma, Message: reason(err), Unsupported: true}
	}
	m := &Matcher{pattern: ecma, slow: slow}
	tree, err := syntax.Parse(re2, syntax.Perl)
	if err != nil {
		return m, nil // cannot be: regexp.Compile has parsed it
	}
	m.slots = newSlots(tree)
	if m.slots == nil || m.slots.wide {
		m.machine = newMachine(tree)
	}
	m.template = newTemplate(m.slots)
	if m.slots == nil {
		m.shifter = newShifter(m.machine)
		m.parallel = newParallel(tree)
	}
	return m, nil
}

// reason returns what regexp says without its own rendering of the pattern.
func reason(err error) string {
	if e, ok := err.(*syntax.Error); ok {
		if e.Code == syntax.ErrInvalidRepeatSize {
			return "a repeat count above 1,000 is not run here; bound the length with maxLength"
		}
		return e.Code.String()
	}
	return err.Error()
}

// String returns the pattern as it was given.
func (m *Matcher) String() string { return m.pattern }

// Match reports whether b contains a match.
func (m *Matcher) Match(b []byte) bool {
	if m.slots != nil {
		if matched, sure := m.slots.match(b); sure {
			return matched
		}
	}
	if m.machine != nil {
		return m.machine.match(b)
	}
	return m.slow.Match(b)
}
