package textformat

import "bytes"

// Format returns the check of a format as JSON Schema and ODCS name it, and
// false for a name that is not known:
//
//	email     a mailbox of RFC 5321: dot-atom or quoted local part, and a
//	          hostname or an address in brackets
//	uri       an absolute URI of RFC 3986, with a scheme
//	uuid      8-4-4-4-12 hexadecimal digits in any case
//	hostname  RFC 1123: labels of 1–63 letters, digits and inner hyphens, 253
//	          bytes in all, without a final dot
//	ipv4      four decimals of 0–255 without leading zeros
//	ipv6      RFC 4291, without a zone
//	byte      padded base64 of RFC 4648, the standard alphabet
//	binary    anything
//	password  anything
//
// The checks do not allocate.
func Format(name string) (func([]byte) bool, bool) {
	f, ok := formats[name]
	return f, ok
}

var formats = map[string]func([]byte) bool{
	"email": isEmail, "uri": isURI, "uuid": isUUID, "hostname": isHostname,
	"ipv4": isIPv4, "ipv6": isIPv6, "byte": isBase64,
	"binary": isAnything, "password": isAnything,
}

func isAnything([]byte) bool { return true }

// The kinds of bytes, as flags in kinds.
const (
	isAlpha = 1 << iota
	isDigit
	isHex
	isAtom       // in a dot-atom of RFC 5321
	isUnreserved // RFC 3986, with its sub-delims
	isPathOther  // : and @
	isBase       // in base64
)

var kinds = makeKinds()

func makeKinds() (k [256]uint8) {
	mark := func(flag uint8, chars string) {
		for i := range len(chars) {
			k[chars[i]] |= flag
		}
	}
	const lower, upper, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	mark(isAlpha, lower+upper)
	mark(isDigit, digits)
	mark(isHex, digits+"abcdefABCDEF")
	mark(isAtom, lower+upper+digits+"!#$%&'*+-/=?^_`{|}~")
	mark(isUnreserved, lower+upper+digits+"-._~"+"!$&'()*+,;=")
	mark(isPathOther, ":@")
	mark(isBase, lower+upper+digits+"+/")
	return k
}

// all reports whether every byte of b has one of flags.
func all(b []byte, flags uint8) bool {
	for _, c := range b {
		if kinds[c]&flags == 0 {
			return false
		}
	}
	return true
}

func isUUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-' &&
		all(b[:8], isHex) && all(b[9:13], isHex) && all(b[14:18], isHex) && all(b[19:23], isHex) && all(b[24:], isHex)
}

func isHostname(b []byte) bool {
	if len(b) == 0 || len(b) > 253 {
		return false
	}
	label := 0 // where the label begins
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] != '.' {
			if kinds[b[i]]&(isAlpha|isDigit) == 0 && b[i] != '-' {
				return false
			}
			continue
		}
		if n := i - label; n == 0 || n > 63 || b[label] == '-' || b[i-1] == '-' {
			return false
		}
		label = i + 1
	}
	return true
}

func isIPv4(b []byte) bool {
	for part := range 4 {
		n, i := 0, 0
		for i < len(b) && i < 3 && kinds[b[i]]&isDigit != 0 {
			n = n*10 + int(b[i]-'0')
			i++
		}
		if i == 0 || n > 255 || i > 1 && b[0] == '0' {
			return false
		}
		b = b[i:]
		if part < 3 {
			if len(b) == 0 || b[0] != '.' {
				return false
			}
			b = b[1:]
		}
	}
	return len(b) == 0
}

func isIPv6(b []byte) bool {
	groups, gap := 0, false
	if bytes.HasPrefix(b, []byte("::")) {
		gap = true
		b = b[2:]
		if len(b) == 0 {
			return true
		}
	}
	for {
		i := 0
		for i < len(b) && i < 5 && kinds[b[i]]&isHex != 0 {
			i++
		}
		if i < len(b) && b[i] == '.' {
			groups += 2
			return isIPv4(b) && (gap != (groups == 8)) && groups <= 8
		}
		if i == 0 || i > 4 {
			return false
		}
		groups++
		b = b[i:]
		if len(b) == 0 {
			return groups <= 8 && gap != (groups == 8)
		}
		if b[0] != ':' || groups >= 8 {
			return false
		}
		b = b[1:]
		if len(b) > 0 && b[0] == ':' {
			if gap {
				return false
			}
			gap = true
			if b = b[1:]; len(b) == 0 {
				return groups < 8
			}
		}
	}
}

func isBase64(b []byte) bool {
	if len(b)%4 != 0 {
		return false
	}
	for pad := 0; pad < 2 && len(b) > 0 && b[len(b)-1] == '='; pad++ {
		b = b[:len(b)-1]
	}
	return all(b, isBase)
}

func isEmail(b []byte) bool {
	at := bytes.LastIndexByte(b, '@')
	if at < 1 || at > 64 || len(b) > 254 {
		return false
	}
	return isLocalPart(b[:at]) && isMailDomain(b[at+1:])
}

// isLocalPart reads a dot-atom or a quoted string; b is not empty.
func isLocalPart(b []byte) bool {
	if b[0] == '"' {
		if len(b) < 3 || b[len(b)-1] != '"' {
			return false
		}
		b = b[1 : len(b)-1]
		for i := 0; i < len(b); i++ {
			if b[i] == '\\' {
				i++
				if i == len(b) {
					return false
				}
			} else if b[i] == '"' {
				return false
			}
			if b[i] < ' ' || b[i] > '~' {
				return false
			}
		}
		return true
	}
	dot := true // a dot may not begin, end or follow another
	for _, c := range b {
		if c == '.' {
			if dot {
				return false
			}
			dot = true
			continue
		}
		if kinds[c]&isAtom == 0 {
			return false
		}
		dot = false
	}
	return !dot
}

func isMailDomain(b []byte) bool {
	if len(b) > 2 && b[0] == '[' && b[len(b)-1] == ']' {
		address := b[1 : len(b)-1]
		if bytes.HasPrefix(address, []byte("IPv6:")) {
			return isIPv6(address[5:])
		}
		return isIPv4(address)
	}
	return isHostname(b)
}

func isURI(b []byte) bool {
	colon := bytes.IndexByte(b, ':')
	if colon < 1 || kinds[b[0]]&isAlpha == 0 {
		return false
	}
	for _, c := range b[:colon] {
		if kinds[c]&(isAlpha|isDigit) == 0 && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	b = b[colon+1:]
	if i := bytes.IndexByte(b, '#'); i >= 0 {
		if !isURIText(b[i+1:], isUnreserved|isPathOther, "/?") {
			return false
		}
		b = b[:i]
	}
	if i := bytes.IndexByte(b, '?'); i >= 0 {
		if !isURIText(b[i+1:], isUnreserved|isPathOther, "/?") {
			return false
		}
		b = b[:i]
	}
	if bytes.HasPrefix(b, []byte("//")) {
		b = b[2:]
		end := bytes.IndexByte(b, '/')
		if end < 0 {
			end = len(b)
		}
		if !isAuthority(b[:end]) {
			return false
		}
		b = b[end:]
	}
	return isURIText(b, isUnreserved|isPathOther, "/")
}

// isURIText reports whether b has only bytes with one of flags, those of more,
// and percent-encoded ones.
func isURIText(b []byte, flags uint8, more string) bool {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case kinds[c]&flags != 0:
		case c == '%':
			if len(b)-i < 3 || !all(b[i+1:i+3], isHex) {
				return false
			}
			i += 2
		case bytes.IndexByte([]byte(more), c) < 0:
			return false
		}
	}
	return true
}

// isAuthority reads [user@]host[:port].
func isAuthority(b []byte) bool {
	if at := bytes.IndexByte(b, '@'); at >= 0 {
		if !isURIText(b[:at], isUnreserved, ":") {
			return false
		}
		b = b[at+1:]
	}
	if len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 || !isIPv6(b[1:end]) {
			return false
		}
		b = b[end+1:]
		return len(b) == 0 || b[0] == ':' && all(b[1:], isDigit)
	}
	if colon := bytes.IndexByte(b, ':'); colon >= 0 {
		if !all(b[colon+1:], isDigit) {
			return false
		}
		b = b[:colon]
	}
	return isURIText(b, isUnreserved, "")
}
