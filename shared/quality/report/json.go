package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"tillwatch/shared/quality"
)

// Schema is the JSON Schema (draft 2020-12) of what JSON writes.
//
//go:embed schema.json
var Schema []byte

// JSON writes the report as one line of JSON in version 1 of its schema, with
// a newline after it, so that lines appended to a file are its history. Keys
// come in a fixed order, maps sorted by key. Numbers carry at most twelve
// significant digits; what is not finite is null, or absent from a map. Lists
// and maps that are empty are written as such and never as null.
func JSON(w io.Writer, r *quality.Report) error {
	out := *r
	out.Scores, out.Metrics = finite(r.Scores), finite(r.Metrics)
	if out.Columns == nil {
		out.Columns = []string{}
	}
	out.Checks = make([]quality.Result, len(r.Checks))
	for i, c := range r.Checks {
		c.Measured, c.Score = quieted(c.Measured), quieted(c.Score)
		if c.Samples == nil {
			c.Samples = []quality.Sample{}
		}
		out.Checks[i] = c
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&out); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	if _, err := w.Write(asciiControls(b.Bytes())); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

// asciiControls escapes what does not print in a JSON text, so that it can be
// shown at a terminal. Such characters stand only within strings.
func asciiControls(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\n' || strconv.IsPrint(r):
			out = append(out, text[:n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// quieted returns v without noise, nil if it is not finite.
func quieted(v *float64) *float64 {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return nil
	}
	q := quiet(*v)
	return &q
}

func finite(m map[string]float64) map[string]float64 {
	out := make(map[string]float64, len(m))
	for k, v := range m {
		if q := quieted(&v); q != nil {
			out[k] = *q
		}
	}
	return out
}
