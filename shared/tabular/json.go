package tabular

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"tillwatch/shared/tabular/jsontext"
)

// A jsonForm is how a JSON text is laid out, for cutting and parsing it.
type jsonForm struct {
	array  bool // one array of objects; else one object a line
	names  []string
	index  map[string]uint32
	record int // most records of a block, so that many columns of few bytes cost no more than in a delimited text
}

// jsonWindow is how much of a JSON text is looked through for its columns, in
// bytes; the first record is looked at whole if it is longer.
const jsonWindow = 1 << 20

// looksLikeJSON reports whether a text that begins so holds JSON objects, and
// whether they are the elements of an array.
func looksLikeJSON(start []byte) (is, array bool) {
	start = bytes.TrimPrefix(start, byteOrderMark)
	first := jsontext.Space(start, 0)
	second := jsontext.Space(start, first+1)
	if second >= len(start) {
		return false, false
	}
	switch string([]byte{start[first], start[second]}) {
	case `{"`, "{}":
		return true, false
	case "[{", "[]":
		return true, true
	}
	return false, false
}

// detect finds out whether the text is JSON if the dialect leaves that open,
// and how it is laid out.
func (r *Reader) detect(format string) {
	if format != "" && format != FormatJSON {
		return
	}
	var b Block
	b.Data = make([]byte, 0, detectBytes)
	r.fill(&b, detectBytes)
	is, array := looksLikeJSON(b.Data)
	if format == FormatJSON && !is {
		text := bytes.TrimPrefix(b.Data, byteOrderMark)
		first := jsontext.Space(text, 0)
		is, array = true, first < len(text) && text[first] == '['
	}
	r.carry, r.at = b.Data, 0
	if is {
		r.json = &jsonForm{array: array, index: map[string]uint32{}}
	}
}

// detectBytes is how much of a text decides whether it is JSON.
const detectBytes = 4 << 10

// readKeys reads what stands before the first object, and the columns: the keys
// of the first records, in order of first appearance.
func (r *Reader) readKeys() error {
	var b Block
	j := r.json
	for want := jsonWindow / 16; ; want = 2 * len(b.Data) {
		if cap(b.Data) < want+slack {
			b.Data = append(make([]byte, 0, want+slack), b.Data...)
		}
		r.fill(&b, want)
		if len(b.Data) == want && want < jsonWindow {
			continue
		}
		from := 0
		if bytes.HasPrefix(b.Data, byteOrderMark) {
			from = len(byteOrderMark)
		}
		if j.array {
			from = jsontext.Space(b.Data, from) + 1
		}
		text := b.Data[min(from, len(b.Data)):]
		found, err := r.collectKeys(text)
		if err != nil {
			return err
		}
		if found || len(b.Data) < want || len(b.Data) > r.record {
			r.lines = bytes.Count(b.Data[:len(b.Data)-len(text)], []byte{'\n'})
			r.offset = int64(len(b.Data) - len(text))
			r.carry, r.at = append([]byte(nil), text...), 0
			break
		}
	}
	if r.err != nil && r.err != io.EOF && len(r.carry) == 0 {
		return fmt.Errorf("read first record: %w", r.err)
	}
	if len(j.names) == 0 {
		r.faults = append(r.faults, Fault{Kind: EmptyFile, Row: -1, Line: 0, Detail: "no object with a key stands at its beginning, so that its columns are unknown"})
	}
	j.record = max(1, r.block/max(1, len(j.names)))
	r.names = j.names
	r.nameRaw()
	return nil
}

// nameRaw writes the header as that of a delimited text.
func (r *Reader) nameRaw() {
	for i, name := range r.names {
		if i > 0 {
			r.raw = append(r.raw, r.delim)
		}
		r.raw = appendCell(r.raw, []byte(name), r.delim, r.quote)
	}
}

// collectKeys adds the keys of the whole records of text to the columns, and
// reports whether there are such records.
func (r *Reader) collectKeys(text []byte) (found bool, err error) {
	j := r.json
	for pos := 0; ; {
		start, end, next := j.next(text, pos, r.err == io.EOF)
		if next == 0 {
			return found, nil
		}
		pos = next
		if start == end || end-start > r.record {
			continue
		}
		record := text[start:end]
		if stop, _, reason := jsontext.Value(record, 0); reason != "" || stop != len(bytes.TrimRight(record, " \t\r")) || record[0] != '{' {
			continue
		}
		found = true
		for at := jsontext.Space(record, 1); record[at] == '"'; {
			key, _, value := member(record, at)
			if err := r.addKey(key); err != nil {
				return found, err
			}
			at, _, _ = jsontext.Value(record, value)
			if at = jsontext.Space(record, at); record[at] == ',' {
				at = jsontext.Space(record, at+1)
			}
		}
	}
}

// member returns the key of the member at pos of an object, its escapes
// resolved, and where the key ends and the value begins.
func member(record []byte, pos int) (key []byte, end, value int) {
	end, escaped, _ := jsontext.String(record, pos)
	if key = record[pos+1 : end-1]; escaped {
		key = jsontext.Unescape(nil, key)
	}
	return key, end, jsontext.Space(record, jsontext.Space(record, end)+1)
}

func (r *Reader) addKey(key []byte) error {
	j := r.json
	if _, known := j.index[string(key)]; known {
		return nil
	}
	if len(j.names) == mostColumns {
		return fmt.Errorf("read first records: %w", &TooLargeError{What: "number of keys", Limit: mostColumns,
			Advice: "keep what varies from record to record in values, not in keys"})
	}
	if len(key) > longestName {
		return fmt.Errorf("read first records: %w", &TooLargeError{What: "key, in bytes,", Limit: longestName,
			Advice: "keep long texts in values, not in keys"})
	}
	if len(key) == 0 {
		r.faults = append(r.faults, Fault{BlankHeader, -1, 0, len(j.names), "the empty text is a key"})
	}
	if !utf8.Valid(key) && len(r.faults) < keptFaults {
		r.faults = append(r.faults, Fault{BadEncoding, -1, 0, len(j.names), guessEncoding(key)})
	}
	j.index[string(key)] = uint32(len(j.names))
	j.names = append(j.names, string(key))
	return nil
}

// next returns where the next record of text at or after pos stands, and where
// to go on after it, 0 if no whole record is left; start is then len(text) or, in
// an array, where an element begins. What is between the lines or
// elements is a record with start equal to end.
func (j *jsonForm) next(text []byte, pos int, atEnd bool) (start, end, next int) {
	if !j.array {
		line := indexFrom(text, pos, '\n')
		if line == len(text) {
			if !atEnd || pos == line {
				return line, 0, 0
			}
			next = line
		} else {
			next = line + 1
		}
		return jsontext.Space(text[:line], pos), line, next
	}
	for ; pos < len(text); pos++ {
		switch text[pos] {
		case ' ', '\t', '\r', '\n', ',', ']':
			continue
		}
		end = jsontext.Extent(text, pos)
		return pos, end, end
	}
	return len(text), 0, 0
}

// cut returns how many bytes of data are whole records, as the function cut does.
func (j *jsonForm) cut(data []byte, atEnd bool) int {
	if !j.array && bytes.Count(data, []byte{'\n'}) < j.record {
		if atEnd {
			return len(data)
		}
		return bytes.LastIndexByte(data, '\n') + 1
	}
	n := 0
	for range j.record {
		_, _, next := j.next(data, n, atEnd)
		if next == 0 {
			if atEnd && j.array && j.between(data[n:]) {
				return len(data)
			}
			return n
		}
		n = next
	}
	return n
}

// between reports whether text holds nothing but what separates elements.
func (j *jsonForm) between(text []byte) bool {
	return len(bytes.TrimLeft(text, " \t\r\n,]")) == 0
}

// first returns what firstRecord does; an element that does not end is what is
// open then.
func (j *jsonForm) first(data []byte) (end, open int) {
	if _, _, next := j.next(data, 0, false); next > 0 || !j.array {
		return next, -1
	}
	if open = len(data) - len(bytes.TrimLeft(data, " \t\r\n,]")); open == len(data) {
		return 0, -1
	}
	return 0, open
}
