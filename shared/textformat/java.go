package textformat

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Java returns a pattern of java.util.regex, in which DQDL and Spark write theirs, as
// ECMA-262 has it: flags i and s at the beginning, \A \z \Z, \h, \Q...\E, \p{Alpha}
// and the other classes of POSIX, and \s, which is ASCII there. What reads the same
// in both but means another thing, as [a-z&&[^b]] does, is an error with
// Unsupported set; what neither has is left for Pattern to tell.
func Java(pattern string) (string, error) {
	j := &java{pattern: pattern}
	closing := ""
	if flags, ok := leadingFlags(pattern); ok {
		j.out.WriteString("(?" + flags + ":")
		j.at, closing = len("(?)")+len(flags), ")"
	}
	for j.at < len(pattern) {
		if err := j.next(); err != nil {
			return "", err
		}
	}
	return j.out.String() + closing, nil
}

// leadingFlags returns the flags of a pattern that begins with (?i), (?s) or both.
func leadingFlags(pattern string) (string, bool) {
	rest, ok := strings.CutPrefix(pattern, "(?")
	flags, _, closed := strings.Cut(rest, ")")
	return flags, ok && closed && (flags == "i" || flags == "s" || flags == "is" || flags == "si")
}

type java struct {
	pattern string
	at      int
	class   bool // within brackets
	out     strings.Builder
}

// javaSets are what escapes and properties stand for, as members of a class.
var javaSets = map[string]string{
	"h": ` \t\xA0\u1680\u180E\u2000-\u200A\u202F\u205F\u3000`, "s": ` \t\n\x0B\f\r`,
	"Lower": `a-z`, "Upper": `A-Z`, "ASCII": `\x00-\x7F`, "Alpha": `a-zA-Z`, "Digit": `0-9`, "Alnum": `a-zA-Z0-9`, "Punct": `!-\/:-@\[-\x60{-~`,
	"Graph": `!-~`, "Print": ` -~`, "Blank": ` \t`, "Cntrl": `\x00-\x1F\x7F`, "XDigit": `0-9a-fA-F`, "Space": ` \t\n\x0B\f\r`,
}

// next translates what begins at j.at.
func (j *java) next() error {
	rest := j.pattern[j.at:]
	switch {
	case rest[0] == '\\' && len(rest) > 1:
		j.escape(rest)
	case j.class && (rest[0] == '[' || strings.HasPrefix(rest, "&&")):
		return &PatternError{Pattern: j.pattern, Offset: j.at, Message: "a class within a class is not run here", Hint: `write \[ or \& for the character`, Unsupported: true}
	default:
		if rest[0] == '[' || rest[0] == ']' {
			j.class = rest[0] == '['
		}
		j.take(1)
		// In Java a bracket that comes first is a member, as is one after [^.
		for _, first := range []string{"^]", "]"} {
			if rest[0] == '[' && strings.HasPrefix(rest[1:], first) {
				j.out.WriteString(strings.Replace(first, "]", `\]`, 1))
				j.at += len(first)
				break
			}
		}
	}
	return nil
}

func (j *java) take(n int) {
	j.out.WriteString(j.pattern[j.at : j.at+n])
	j.at += n
}

// escape translates an escape.
func (j *java) escape(rest string) {
	switch rest[1] {
	case 'A', 'z', 'Z':
		if !j.class {
			j.out.WriteString(map[byte]string{'A': "^", 'z': "$", 'Z': "$"}[rest[1]])
			j.at += 2
			return
		}
	case 'h', 's':
		j.set(rest[1:2], false)
		j.at += 2
		return
	case 'H', 'S':
		if !j.class {
			j.set(strings.ToLower(rest[1:2]), true)
			j.at += 2
			return
		}
	case 'p', 'P':
		name, _, closed := strings.Cut(strings.TrimPrefix(rest[2:], "{"), "}")
		if _, known := javaSets[name]; closed && known && len(name) > 1 && (rest[1] == 'p' || !j.class) {
			j.set(name, rest[1] == 'P')
			j.at += len(`\p{}`) + len(name)
			return
		}
	case 'Q':
		text, _, _ := strings.Cut(rest[2:], `\E`)
		for _, r := range text {
			if strings.ContainsRune(`\^$.|?*+()[]{}/-`, r) {
				j.out.WriteByte('\\')
			}
			j.out.WriteRune(r)
		}
		j.at = min(j.at+len(`\Q\E`)+len(text), len(j.pattern))
		return
	}
	_, size := utf8.DecodeRuneInString(rest[1:])
	j.take(1 + size)
}

// set writes a set, or its complement.
func (j *java) set(name string, negated bool) {
	switch {
	case j.class:
		j.out.WriteString(javaSets[name])
	case negated:
		fmt.Fprintf(&j.out, "[^%s]", javaSets[name])
	default:
		fmt.Fprintf(&j.out, "[%s]", javaSets[name])
	}
}
