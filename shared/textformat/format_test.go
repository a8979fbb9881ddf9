package textformat

import (
	"bytes"
	"encoding/base64"
	"math"
	"math/big"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFormat(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, c := range []struct {
		format string
		good   []string
		bad    []string
	}{
		{"email", []string{
			"anna@example.com", "anna.b+c@shop.example.com", "~anna~@example.com", "a@b", `"a b"@example.com`, `"a\"b"@example.com`,
			"a@[127.0.0.1]", "a@[IPv6:::1]", "o'neil@example.com",
		}, []string{
			"", "anna", "@example.com", "anna@", ".anna@example.com", "anna.@example.com", "an..na@example.com", "an na@example.com",
			"anna@exam_ple.com", "anna@-example.com", "anna@example..com", "a@b@c", `"a"b"@c`, "a@[127.0.0.300]", "a@[::1]", "ánna@example.com",
			strings.Repeat("a", 65) + "@example.com", "anna@example.com\n", `"@c`, `""@c`, `"a\"@c`,
		}},
		{"uri", []string{
			"http://example.com", "https://anna:secret@example.com:8080/a/b?c=d&e#f", "urn:isbn:123", "mailto:anna@example.com", "file:///a/b",
			"s3://bucket/key%20with", "http://[::1]:80/", "http://", "tel:+1-816-555", "a:", "http://example.com?a/b?c",
		}, []string{
			"", "example.com", "//example.com", "/a/b", "a b:c", "http://exam ple.com", "http://example.com/a|b", "http://example.com/%zz",
			"http://example.com/%2", "1http://a", "http://[::1", "http://[::g]/", "http://a:port/", "http://a/b\\c", "http://a/#b#c", "http://é.com", ":a",
			"http://a/\"b\"", "http://[::1]x/", "http://a@b@c/",
		}},
		{"uuid", []string{"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "00000000-0000-0000-0000-000000000000"},
			[]string{"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-42661417400g", "{123e4567-e89b-12d3-a456-426614174000}", "123e4567-e89b-12d3-a4566426614174000"}},
		{"hostname", []string{"example.com", "a", "1a.b-c", "xn--bcher-kva.example", long + ".com"},
			[]string{"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", long + "a.com", strings.Repeat("a.", 127) + "a", "é.com", "a b"}},
		{"ipv4", []string{"127.0.0.1", "0.0.0.0", "255.255.255.255"},
			[]string{"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.", "1..2.3", "1.2.3.4 ", "a.b.c.d", "1.2.3.0x4", "1234.1.1.1"}},
		{"ipv6", []string{"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "::ffff:192.168.0.1", "1:2:3:4:5:6:1.2.3.4", "fe80::A", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"},
			[]string{"", ":", ":::", "1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "0:0:0:0:0:0::0:0", "0:0::0:0:0:0:0:0", "12345::", "g::", "fe80::1%eth0", "1:2:3:4:5:6:7:8::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", ":1:2:3:4:5:6:7:8", "1:", "1.2.3.4", "::1:", "1:2:3:4:5:6:7:"}},
		{"byte", []string{"", "YQ==", "YWI=", "YWJj", "+/+/"}, []string{"Y", "YQ", "YQ=", "YQ===", "Y===", "====", "YW-_", "YW Jj", "YQ==YQ==", "YW\nJ"}},
		{"binary", []string{"", "\xff\x00"}, nil},
		{"password", []string{"", "anything"}, nil},
	} {
		check, ok := Format(c.format)
		if !ok {
			t.Errorf("no format %s", c.format)
			continue
		}
		for _, text := range c.good {
			if !check([]byte(text)) {
				t.Errorf("%s: %q is refused", c.format, text)
			}
		}
		for _, text := range c.bad {
			if check([]byte(text)) {
				t.Errorf("%s: %q is taken", c.format, text)
			}
		}
	}
	if _, ok := Format("colour"); ok {
		t.Error("there is a format colour")
	}
}

var uuids = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z`)

var labels = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?(\.[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?)*\z`)

// FuzzFormat compares the formats with the standard library's readers, where
// there are any, and with patterns.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"a.b@example.com", "http://a:1@[::1]:80/b?c#d%20", "123e4567-e89b-12d3-a456-426614174000", "a-b.c", "192.168.0.1", "1:2::3:1.2.3.4", "YWJj", `"a b"@c`, "1:2:3:4:5:6:7:8", "0:0:0:0:0:0::0:0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text := string(b)
		address, err := netip.ParseAddr(text)
		if got, want := isIPv4(b), err == nil && address.Is4(); got != want {
			t.Errorf("ipv4 %q: got %v", b, got)
		}
		if got, want := isIPv6(b), err == nil && address.Is6() && address.Zone() == ""; got != want {
			t.Errorf("ipv6 %q: got %v", b, got)
		}
		if got, want := isUUID(b), uuids.Match(b); got != want {
			t.Errorf("uuid %q: got %v", b, got)
		}
		if got, want := isHostname(b), len(b) <= 253 && labels.Match(b); got != want {
			t.Errorf("hostname %q: got %v", b, got)
		}
		_, err = base64.StdEncoding.DecodeString(text)
		if got, want := isBase64(b), err == nil && !bytes.ContainsAny(b, "\r\n"); got != want {
			t.Errorf("byte %q: got %v", b, got)
		}
		if isURI(b) {
			if u, err := url.Parse(text); err != nil && !strings.Contains(text, "%") || err == nil && u.Scheme == "" {
				t.Errorf("uri %q is taken, but %v", b, err)
			}
		}
		if isEmail(b) && !bytes.ContainsAny(b, `"[`) {
			if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
				t.Errorf("email %q is taken, but %v %v", b, a, err)
			}
		}
		if got, want := Length(b), utf8.RuneCount(b); got != want {
			t.Errorf("Length(%q) = %d, want %d", b, got, want)
		}
	})
}

func TestNumberRange(t *testing.T) {
	for _, c := range []struct {
		name, min, max string
		integer        bool
	}{
		{"i8", "-128", "127", true}, {"u8", "0", "255", true}, {"i16", "-32768", "32767", true}, {"u16", "0", "65535", true},
		{"i32", "-2147483648", "2147483647", true}, {"u32", "0", "4294967295", true},
		{"i64", "-9223372036854775808", "9223372036854775807", true}, {"u64", "0", "18446744073709551615", true},
		{"i128", "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727", true},
		{"u128", "0", "340282366920938463463374607431768211455", true},
		{"f32", "-340282346638528859811704183484516925440", "340282346638528859811704183484516925440", false},
	} {
		f, ok := NumberRange(c.name)
		if !ok || f.Min.String() != c.min || f.Max.String() != c.max || f.Integer != c.integer {
			t.Errorf("NumberRange(%s) = %v %v", c.name, f, ok)
		}
	}
	largest, _ := big.NewFloat(math.MaxFloat64).Int(nil)
	if f, _ := NumberRange("f64"); f.Max.Cmp(largest) != 0 || f.Integer {
		t.Errorf("NumberRange(f64) = %v", f)
	}
	if _, ok := NumberRange("i7"); ok {
		t.Error("there is a format i7")
	}
}

func TestLength(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "Zürich": 6, "12345678é": 9, "\xff\xfe": 2, "😀": 1, "éééééééé": 8} {
		if got := Length([]byte(text)); got != want {
			t.Errorf("Length(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	m, err := Pattern(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("änna@example.com")
	if n := testing.AllocsPerRun(100, func() {
		m.Match(text)
		Length(text)
		for _, check := range formats {
			check(text)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFormat(b *testing.B) {
	for name, text := range map[string]string{"email": "anna.b@shop.example.com", "uuid": "123e4567-e89b-12d3-a456-426614174000", "uri": "https://shop.example.com/p/12?q=3", "ipv4": "192.168.10.1"} {
		check, cell := formats[name], []byte(text)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !check(cell) {
					b.Fatal(text)
				}
			}
		})
	}
}

func BenchmarkLength(b *testing.B) {
	cell := []byte("Organic whole milk 1 l")
	for b.Loop() {
		Length(cell)
	}
}
