package datetime

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Layout is a compiled pattern. It is safe for concurrent use. The zero
// value reads only the empty text.
type Layout struct {
	pattern string
	ops     []op
	hasDate bool
	zones   *zoneCache // for V only
	fixed   *fixed     // for what always stands at the same places, else nil
	tail    bool       // ISOTimestamp: fixed, then a fraction and a zone
}

// String returns the pattern.
func (l *Layout) String() string { return l.pattern }

// HasDate reports whether the layout has a date; if not its moments are times
// of day.
func (l *Layout) HasDate() bool { return l.hasDate }

// An op reads one part of a text.
type op struct {
	kind     opKind
	min, max uint8  // number of digits
	literal  string // opLiteral
	inner    []op   // opOptional
}

type opKind uint8

const (
	opLiteral opKind = iota
	opOptional
	opYear
	opShortYear // two digits of 2000–2099
	opMonth
	opMonthAbbreviation
	opMonthName
	opDay
	opDayOfYear
	opWeekdayAbbreviation
	opWeekdayName
	opHour      // 0–23
	opClockHour // k, 1–24
	opHalfHour  // K, 0–11
	opClockHalf // h, 1–12
	opHalf      // AM or PM
	opMinute
	opSecond
	opFraction
	opNano
	opZone      // ±hh:mm, ±hhmm, ±hh or Z, as the zone flags in min say
	opZoneName  // z
	opZoneID    // V
	opSeparator // T or a space
	opISOTime   // HH:mm[:ss[.fraction]][zone]
)

// The forms of a zone offset, as flags in op.min.
const (
	zoneHours    = 1 << iota // ±hh
	zoneBasic                // ±hhmm
	zoneExtended             // ±hh:mm
	zoneSeconds              // seconds after either
	zoneLetterZ              // Z
	zoneAny      = zoneHours | zoneBasic | zoneExtended | zoneLetterZ
)

// maxPattern is the longest pattern in bytes, maxDepth the deepest nesting of [ ].
const (
	maxPattern = 256
	maxDepth   = 8
)

// A PatternError says what is wrong with a pattern.
type PatternError struct {
	Pattern string
	Offset  int // in bytes
	Message string
	Hint    string // what to write instead, or ""
	// Unsupported says that the pattern is right in Java but is not read here.
	Unsupported bool
}

// Error names the pattern, the place and the hint.
func (e *PatternError) Error() string {
	text := fmt.Sprintf("compile date pattern %q: at %d: %s", e.Pattern, e.Offset+1, e.Message)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Compile compiles a pattern. An error is a *PatternError.
func Compile(pattern string) (*Layout, error) {
	c := &compiler{pattern: pattern}
	if len(pattern) > maxPattern {
		return nil, c.fail(0, "pattern is longer than 256 bytes", "")
	}
	if pattern == "" {
		return nil, c.fail(0, "pattern is empty", "write for example yyyy-MM-dd")
	}
	if pattern == "date-time" || pattern == "date" || pattern == "time" {
		return nil, c.fail(0, "this is a name of JSON Schema's, not a pattern", "leave it out, as ISO 8601 is read without, or write for example yyyy-MM-dd")
	}
	if at := strings.IndexByte(pattern, '%'); at >= 0 {
		return nil, c.fail(at, "% is of another language of patterns", "write yyyy-MM-dd for %Y-%m-%d, HH:mm:ss for %H:%M:%S")
	}
	c.letters = unquotedLetters(pattern)
	ops, err := c.sequence(0)
	if err != nil {
		return nil, err
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	l := &Layout{pattern: pattern, ops: fuse(ops), hasDate: c.has("yuYMLdDE")}
	if c.has("V") {
		l.zones = newZoneCache()
	}
	l.fixed = newFixed(l.ops)
	return l, nil
}

type compiler struct {
	pattern string
	at      int
	letters string // every letter of the pattern outside quotes
}

func (c *compiler) fail(at int, message, hint string) *PatternError {
	return &PatternError{Pattern: c.pattern, Offset: at, Message: message, Hint: hint}
}

func (c *compiler) has(letters string) bool { return strings.ContainsAny(c.letters, letters) }

// unquotedLetters returns the letters of a pattern that stand for fields.
func unquotedLetters(pattern string) string {
	var b strings.Builder
	quoted := false
	for _, r := range pattern {
		if r == '\'' {
			quoted = !quoted
		} else if !quoted && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// complete reports fields that have no meaning without others.
func (c *compiler) complete() error {
	switch {
	case c.has("hK") && !c.has("a"):
		return c.fail(strings.IndexAny(c.pattern, "hK"), "an hour of half a day without AM or PM", "write HH for 0–23, or add a")
	case c.has("a") && !c.has("hK"):
		return c.fail(strings.Index(c.pattern, "a"), "AM or PM without h", "write hh for the hour")
	case c.has("MLdDE") && !c.has("yuY"):
		return c.fail(0, "a date without a year", "add yyyy")
	case c.has("dD") && !c.has("ML") && c.has("m"):
		return c.fail(strings.Index(c.pattern, "m"), "m is minutes, and no letter is the month", "write MM for the month")
	case c.has("dE") && !c.has("ML"):
		return c.fail(0, "a day without a month", "add MM, or write D for the day of the year")
	case c.has("ms") && !c.has("HkKh"):
		return c.fail(0, "minutes or seconds without an hour", "add HH, and write MM for a month")
	case !c.has("yuYHkKh"):
		return c.fail(0, "neither a date nor a time", "write for example yyyy-MM-dd")
	}
	return nil
}

// sequence compiles up to the end or, within brackets, to the closing one.
func (c *compiler) sequence(depth int) ([]op, error) {
	var ops []op
	for c.at < len(c.pattern) {
		start, b := c.at, c.pattern[c.at]
		switch {
		case b == '[':
			if depth == maxDepth {
				return nil, c.fail(start, "brackets nested too deeply", "")
			}
			c.at++
			inner, err := c.sequence(depth + 1)
			if err != nil {
				return nil, err
			}
			if c.at == len(c.pattern) {
				return nil, c.fail(start, "[ is never closed", "")
			}
			c.at++
			ops = append(ops, op{kind: opOptional, inner: fuse(inner)})
		case b == ']':
			if depth == 0 {
				return nil, c.fail(start, "] closes nothing", "quote it: ']'")
			}
			return ops, nil
		case b == '\'':
			text, err := c.quoted()
			if err != nil {
				return nil, err
			}
			ops = append(ops, op{kind: opLiteral, literal: text})
		case b == '{' || b == '}' || b == '#':
			return nil, c.fail(start, string(b)+" is reserved", "quote it: '"+string(b)+"'")
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			o, err := c.field()
			if err != nil {
				return nil, err
			}
			ops = append(ops, o)
		default:
			_, size := utf8.DecodeRuneInString(c.pattern[c.at:])
			c.at += size
			ops = append(ops, op{kind: opLiteral, literal: c.pattern[start:c.at]})
		}
	}
	return ops, nil
}

// quoted reads text in apostrophes, or two apostrophes for one.
func (c *compiler) quoted() (string, error) {
	start := c.at
	c.at++
	if strings.HasPrefix(c.pattern[c.at:], "'") {
		c.at++
		return "'", nil
	}
	var text strings.Builder
	for c.at < len(c.pattern) {
		b := c.pattern[c.at]
		c.at++
		if b != '\'' {
			text.WriteByte(b)
			continue
		}
		if c.at == len(c.pattern) || c.pattern[c.at] != '\'' {
			return text.String(), nil
		}
		text.WriteByte('\'')
		c.at++
	}
	return "", c.fail(start, "' is never closed", "")
}

// field compiles a run of one letter.
func (c *compiler) field() (op, error) {
	start, b := c.at, c.pattern[c.at]
	for c.at < len(c.pattern) && c.pattern[c.at] == b {
		c.at++
	}
	n := c.at - start
	tooMany := func(limit int) error {
		if n <= limit {
			return nil
		}
		return c.fail(start, fmt.Sprintf("%d letters %c, at most %d mean something", n, b, limit), "")
	}
	number := func(kind opKind) (op, error) {
		if n == 2 {
			return op{kind: kind, min: 2, max: 2}, nil
		}
		return op{kind: kind, min: 1, max: 2}, tooMany(2)
	}
	name := func(short, long opKind) (op, error) {
		if n == 4 {
			return op{kind: long}, nil
		}
		return op{kind: short}, tooMany(4)
	}
	switch b {
	case 'y', 'u', 'Y':
		if n == 2 {
			return op{kind: opShortYear, min: 2, max: 2}, nil
		}
		return op{kind: opYear, min: uint8(min(n, 4)), max: 4}, tooMany(4)
	case 'M', 'L':
		if n >= 3 {
			return name(opMonthAbbreviation, opMonthName)
		}
		return number(opMonth)
	case 'd':
		return number(opDay)
	case 'D':
		if c.has("ML") && !c.has("d") {
			return number(opDay)
		}
		return op{kind: opDayOfYear, min: uint8(min(n, 3)), max: 3}, tooMany(3)
	case 'E':
		return name(opWeekdayAbbreviation, opWeekdayName)
	case 'H':
		return number(opHour)
	case 'k':
		return number(opClockHour)
	case 'K':
		return number(opHalfHour)
	case 'h':
		return number(opClockHalf)
	case 'a':
		return op{kind: opHalf}, tooMany(1)
	case 'm':
		return number(opMinute)
	case 's':
		return number(opSecond)
	case 'S':
		return op{kind: opFraction, min: uint8(min(n, 9)), max: uint8(min(n, 9))}, tooMany(9)
	case 'n':
		return op{kind: opNano, min: uint8(min(n, 9)), max: 9}, tooMany(9)
	case 'X', 'x':
		forms := [...]uint8{zoneHours | zoneBasic, zoneBasic, zoneExtended, zoneBasic | zoneSeconds, zoneExtended | zoneSeconds}
		if err := tooMany(len(forms)); err != nil {
			return op{}, err
		}
		form := forms[n-1]
		if b == 'X' {
			form |= zoneLetterZ
		}
		return op{kind: opZone, min: form}, nil
	case 'Z':
		return op{kind: opZone, min: zoneBasic | zoneExtended | zoneLetterZ}, tooMany(5)
	case 'z':
		return op{kind: opZoneName}, tooMany(4)
	case 'V':
		return op{kind: opZoneID}, tooMany(2)
	case 'T':
		if n == 1 {
			return op{kind: opLiteral, literal: "T"}, nil
		}
	}
	if what, ok := javaOnly[b]; ok {
		err := c.fail(start, fmt.Sprintf("the letter %c (%s) is not read here", b, what), "write the date with y, M and d")
		err.Unsupported = true
		return op{}, err
	}
	return op{}, c.fail(start, fmt.Sprintf("%c means nothing here", b), fmt.Sprintf("quote text: '%c'", b))
}

// javaOnly are the letters that Java's patterns have beyond those that are read
// here, with what they stand for.
var javaOnly = map[byte]string{
	'G': "era", 'Q': "quarter", 'q': "quarter", 'Y': "week-based year", 'w': "week of the year", 'W': "week of the month",
	'e': "day of the week as a number", 'c': "day of the week as a number", 'F': "week of the month", 'A': "millisecond of the day",
	'N': "nanosecond of the day", 'O': "zone offset in words", 'v': "zone name", 'B': "period of the day", 'g': "modified Julian day", 'p': "padding",
}

// fuse joins literals that follow each other.
func fuse(ops []op) []op {
	var out []op
	for i := 0; i < len(ops); i++ {
		if n := len(out); n > 0 && ops[i].kind == opLiteral && out[n-1].kind == opLiteral {
			out[n-1].literal += ops[i].literal
			continue
		}
		out = append(out, ops[i])
	}
	return out
}
