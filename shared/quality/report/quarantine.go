package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tillwatch/shared/quality"
)

// WriteQuarantine writes the rows that were set aside as a delimited file: the
// columns tillwatch_row, tillwatch_line and tillwatch_checks (ids with a space
// between them), then the header and the rows, byte for byte as they came, but
// for a byte order mark, which may only stand at the beginning of a file. A row
// whose last quote is never closed would swallow the rows after it; it becomes
// one quoted cell. A quarantine without rows is only a header.
func WriteQuarantine(w io.Writer, q *quality.Quarantine) error {
	delimiter := q.Delimiter
	if delimiter == 0 {
		delimiter = ','
	}
	b := bufio.NewWriter(w)
	b.WriteString("tillwatch_row")
	b.WriteByte(delimiter)
	b.WriteString("tillwatch_line")
	b.WriteByte(delimiter)
	b.WriteString("tillwatch_checks")
	header := bytes.TrimPrefix(q.Header, []byte("\ufeff"))
	if len(header) > 0 {
		b.WriteByte(delimiter)
		writeRaw(b, header, delimiter)
	}
	b.WriteByte('\n')
	var digits []byte
	for i := range q.Rows {
		row := &q.Rows[i]
		digits = strconv.AppendInt(digits[:0], row.Row, 10)
		digits = append(digits, delimiter)
		digits = strconv.AppendInt(digits, row.Line, 10)
		digits = append(digits, delimiter)
		b.Write(digits)
		checks := strings.Join(row.Checks, " ")
		if strings.ContainsAny(checks, "\"\r\n"+string(rune(delimiter))) {
			checks = quoted(checks)
		}
		b.WriteString(checks)
		b.WriteByte(delimiter)
		writeRaw(b, row.Raw, delimiter)
		b.WriteByte('\n')
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write quarantine: %w", err)
	}
	return nil
}

func writeRaw(b *bufio.Writer, raw []byte, delimiter byte) {
	if endsQuoted(raw, delimiter) {
		b.WriteString(quoted(string(raw)))
		return
	}
	b.Write(raw)
}

// endsQuoted reports whether a record ends inside a quoted cell. A quote opens
// a cell only at its beginning; elsewhere it is an ordinary character.
func endsQuoted(record []byte, delimiter byte) bool {
	opens, inside := true, false
	for i := 0; i < len(record); i++ {
		switch c := record[i]; {
		case inside && c == '"' && i+1 < len(record) && record[i+1] == '"':
			i++
		case inside:
			inside = c != '"'
			opens = false
		case c == '"' && opens:
			inside = true
		default:
			opens = c == delimiter || c == '\n'
		}
	}
	return inside
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
