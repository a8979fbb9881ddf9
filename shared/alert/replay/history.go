package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tillwatch/shared/alert"
)

// maxLine bounds a line of a history, in bytes.
const maxLine = 1 << 20

// Labels are those of a line. Numbers and booleans are taken as written.
type Labels map[string]string

// UnmarshalJSON reads labels.
func (l *Labels) UnmarshalJSON(data []byte) error {
	var texts map[string]string
	if json.Unmarshal(data, &texts) == nil {
		*l = texts
		return nil
	}
	var any map[string]json.RawMessage
	if err := json.Unmarshal(data, &any); err != nil {
		return fmt.Errorf("labels are no object: %w", err)
	}
	*l = make(Labels, len(any))
	for name, raw := range any {
		switch raw[0] {
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return err
			}
			(*l)[name] = text
		case 'n':
		case '{', '[':
			return fmt.Errorf("label %s is neither text nor a number", name)
		default:
			(*l)[name] = string(raw)
		}
	}
	return nil
}

// words are other names of severities.
var words = map[string]alert.Severity{
	"critical": alert.P0, "emergency": alert.P0, "high": alert.P1, "error": alert.P1,
	"medium": alert.P2, "warning": alert.P2, "low": alert.P3, "info": alert.P3,
}

// Read calls each for every line of a history in JSON Lines, in their order.
// Empty lines are passed over. An error names the line.
func Read(r io.Reader, each func(Line) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	n := 0
	for s.Scan() {
		n++
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var l Line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if severity, ok := words[strings.ToLower(string(l.Severity))]; ok {
			l.Severity = severity
		}
		if err := each(l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d: longer than %d bytes", n+1, maxLine)
	}
	return s.Err()
}

// A Journal writes the outcomes of a history in the order of its lines, one
// JSON object each, although some are known late: it keeps only these until the
// end. Make one with NewJournal.
type Journal struct {
	draft io.ReadWriteSeeker
	w     *bufio.Writer
	next  int
	late  map[int]Outcome
}

// NewJournal returns a journal that drafts in an empty temporary file.
func NewJournal(draft io.ReadWriteSeeker) *Journal {
	return &Journal{draft: draft, w: bufio.NewWriterSize(draft, 256<<10), late: map[int]Outcome{}}
}

// Decided notes the outcome of a line; the last one counts.
func (j *Journal) Decided(line int, o Outcome) error {
	if line < j.next {
		j.late[line] = o
		return nil
	}
	j.next++
	return encode(j.w, o)
}

func encode(w io.Writer, o Outcome) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// WriteTo writes all outcomes to w.
func (j *Journal) WriteTo(w io.Writer) (int64, error) {
	if err := j.w.Flush(); err != nil {
		return 0, err
	}
	if _, err := j.draft.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(w, 256<<10)
	s := bufio.NewScanner(j.draft)
	s.Buffer(make([]byte, 64<<10), 2*maxLine)
	for line := 0; s.Scan(); line++ {
		if o, ok := j.late[line]; ok {
			if err := encode(out, o); err != nil {
				return 0, err
			}
			continue
		}
		if _, err := out.Write(append(s.Bytes(), '\n')); err != nil {
			return 0, err
		}
	}
	return 0, errors.Join(s.Err(), out.Flush())
}

// Text returns the report as a person reads it.
func (r Report) Text() string {
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "%-22s %s\n", name, value) }
	number := func(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
	row("raw signals", strconv.Itoa(r.Signals))
	row("notifications", fmt.Sprintf("%d (%d escalations, %d repeats)", r.Notifications, r.Escalations, r.Repeats))
	row("reduction", number(r.Reduction, 2)+" %")
	row("incidents", strconv.Itoa(r.Incidents))
	if r.Untold > 0 {
		row("told to nobody", fmt.Sprintf("%d signals, by their routes", r.Untold))
	}
	row("ends told", strconv.Itoa(r.Resolves))
	row("updates to the room", strconv.Itoa(r.Updates))
	row("added delay p50", number(r.DelayP50, 1)+" s")
	row("added delay p95", number(r.DelayP95, 1)+" s")
	row("slowest P0 or P1", number(r.CriticalMax, 1)+" s")
	if t := r.Truth; t != nil {
		row("true incidents", strconv.Itoa(t.Incidents))
		if t.Untold > 0 {
			row("told to nobody", fmt.Sprintf("%d of these, left out below", t.Untold))
		}
		row("recall of incidents", number(t.Recall, 1)+" %")
		row("pages per incident", number(t.PagesPerIncident, 2)+" besides escalations")
		row("pairwise precision", number(t.PairPrecision, 4))
		row("pairwise recall", number(t.PairRecall, 4))
		row("pairwise F1", number(t.PairF1, 4))
		if len(t.Missed) > 0 {
			row("missed", strings.Join(t.Missed, ", "))
		}
	} else if r.Incidents > 0 {
		row("pages per incident", number(float64(r.Notifications-r.Escalations)/float64(r.Incidents), 2)+" besides escalations")
	}
	return b.String()
}
