package sql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type parser struct {
	text  string
	names map[string]string
	at    int
	token token
	last  int // end of the token before
	depth int
	nodes int
	// broken says what text could not be cut into tokens; the token is then the end.
	broken error
}

func newParser(text string, names map[string]string) (*parser, error) {
	p := &parser{text: text, names: names}
	if len(text) > MaxBytes {
		return nil, p.wrong(MaxBytes, "", "the text is longer than %d bytes", MaxBytes)
	}
	p.next()
	return p, p.broken
}

func (p *parser) wrong(offset int, hint, format string, args ...any) error {
	return (&Error{Message: fmt.Sprintf(format, args...), Hint: hint}).At(p.text, offset)
}

func (p *parser) unsupported(offset int, hint, format string, args ...any) error {
	return (&Error{Message: fmt.Sprintf(format, args...), Hint: hint, Unsupported: true}).At(p.text, offset)
}

// next moves on to the next token.
func (p *parser) next() {
	p.last = p.token.end
	if err := p.scan(); err != nil {
		p.broken, p.token.kind, p.at = err, end, len(p.text)
	}
}

// is reports whether the token is one of these words or symbols.
func (p *parser) is(texts ...string) bool {
	return (p.token.kind == word || p.token.kind == symbol) && slices.Contains(texts, p.token.text)
}

// take moves on if the token is text, and reports whether it was.
func (p *parser) take(text string) bool {
	if !p.is(text) {
		return false
	}
	p.next()
	return true
}

// need is take of what must be there.
func (p *parser) need(texts ...string) error {
	for _, text := range texts {
		if !p.take(text) {
			return p.unexpected(text)
		}
	}
	return nil
}

// elsewhere are the words that begin what is not read, by what they begin.
var elsewhere = map[string]string{
	"JOIN": "a join", "INNER": "a join", "LEFT": "a join", "RIGHT": "a join", "FULL": "a join", "CROSS": "a join", "NATURAL": "a join", "LATERAL": "a join",
	"UNION": "UNION", "INTERSECT": "INTERSECT", "EXCEPT": "EXCEPT", "MINUS": "MINUS", "WITH": "WITH", "OVER": "a window", "WINDOW": "a window",
	"QUALIFY": "QUALIFY", "EXISTS": "EXISTS", "TABLESAMPLE": "a sample", "OFFSET": "OFFSET", "PIVOT": "PIVOT", "UNPIVOT": "UNPIVOT", "VALUES": "VALUES",
	"INSERT": "INSERT", "UPDATE": "UPDATE", "DELETE": "DELETE", "CREATE": "CREATE", "DROP": "DROP", "ALTER": "ALTER", "COPY": "COPY", "ATTACH": "ATTACH",
	"PRAGMA": "PRAGMA", "SET": "SET", "CALL": "CALL", "EXPLAIN": "EXPLAIN", "TRUNCATE": "TRUNCATE", "MERGE": "MERGE", "INSTALL": "INSTALL", "LOAD": "LOAD",
	"ROLLUP": "ROLLUP", "CUBE": "CUBE", "GROUPING": "GROUPING SETS", "ARRAY": "an array", "SIMILAR": "SIMILAR TO", "GLOB": "GLOB", "AT": "AT TIME ZONE",
	"WITHIN": "WITHIN GROUP", "COLLATE": "COLLATE", "ANY": "ANY", "ALL": "ALL", "SOME": "SOME", "USING": "a join", "FETCH": "FETCH",
}

// unexpected reports the token at hand, as unsupported if it is known what it is.
func (p *parser) unexpected(want string) error {
	if p.broken != nil {
		return p.broken
	}
	t := p.token
	if t.kind == word {
		if what := elsewhere[t.text]; what != "" {
			return p.unsupported(t.start, "", "%s is not supported", what)
		}
	}
	if what, hint := p.dialect(); what != "" {
		return p.unsupported(t.start, hint, "%s is not supported", what)
	}
	switch t.kind {
	case end:
		return p.wrong(t.start, "", "the text ends where %s is expected", want)
	case text:
		return p.wrong(t.start, "", "'%s' where %s is expected", shorten(t.text), want)
	case word:
		return p.wrong(t.start, "", "%s where %s is expected", shorten(t.name), want)
	}
	return p.wrong(t.start, "", "%s where %s is expected", shorten(t.text), want)
}

// dialect says what the token that was not expected is in another dialect, told by what
// stands beside it; "" if nothing is known.
func (p *parser) dialect() (what, hint string) {
	t := p.token
	if t.kind == end {
		return "", ""
	}
	before, after := strings.Fields(strings.ToUpper(p.text[:t.start])), strings.ToUpper(strings.TrimSpace(p.text[t.end:]))
	last := ""
	if len(before) > 0 {
		last = before[len(before)-1]
	}
	switch {
	case last == "TOP" && (t.kind == number || p.is("(")):
		return "TOP", "write LIMIT at the end"
	case last == "SAMPLE" && p.is("("):
		return "a sample", ""
	case p.is("AS") && (after == "OF" || strings.HasPrefix(after, "OF ")):
		return "a table as of another time", ""
	case p.is(">") && strings.HasSuffix(p.text[:t.start], "-"):
		return "the operator ->", ""
	}
	return "", ""
}

func shorten(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func (p *parser) atEnd() error {
	if p.token.kind == end && p.broken == nil {
		return nil
	}
	return p.unexpected("the end")
}

// deeper counts a level of nesting; the caller calls the function it gets when
// it leaves the level.
func (p *parser) deeper() (leave func(), err error) {
	if p.depth == MaxDepth {
		return nil, p.wrong(p.token.start, "", "more than %d levels of nesting", MaxDepth)
	}
	p.depth++
	return func() { p.depth-- }, nil
}

func (p *parser) query() (*Query, error) {
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	q := &Query{Limit: -1, Start: p.token.start}
	if err := p.need("SELECT"); err != nil {
		return nil, err
	}
	if q.Distinct = p.take("DISTINCT"); !q.Distinct {
		p.take("ALL")
	} else if p.is("ON") {
		return nil, p.unsupported(p.token.start, "", "DISTINCT ON is not supported")
	}
	if err := p.columns(q); err != nil {
		return nil, err
	}
	if p.take("FROM") {
		if q.From, err = p.source(); err != nil {
			return nil, err
		}
	}
	if p.take("WHERE") {
		if q.Where, err = p.expression(0); err != nil {
			return nil, err
		}
	}
	if p.is("GROUP") {
		if err := p.need("GROUP", "BY"); err != nil {
			return nil, err
		}
		if q.GroupBy, err = p.list(); err != nil {
			return nil, err
		}
	}
	if p.take("HAVING") {
		if q.Having, err = p.expression(0); err != nil {
			return nil, err
		}
	}
	return q, p.order(q)
}

// order reads ORDER BY and LIMIT.
func (p *parser) order(q *Query) error {
	if q.Ordered = p.is("ORDER"); q.Ordered {
		if err := p.need("ORDER", "BY"); err != nil {
			return err
		}
		for more := true; more; more = p.take(",") {
			if _, err := p.expression(0); err != nil {
				return err
			}
			_ = p.take("ASC") || p.take("DESC")
			if p.take("NULLS") && !p.take("FIRST") && !p.take("LAST") {
				return p.unexpected("FIRST or LAST")
			}
		}
	}
	if p.take("LIMIT") {
		n, err := strconv.ParseInt(p.token.text, 10, 64)
		if p.token.kind != number || err != nil {
			return p.unexpected("a whole number")
		}
		q.Limit = n
		p.next()
	}
	return nil
}

func (p *parser) columns(q *Query) error {
	for more := true; more; more = p.take(",") {
		if p.take("*") {
			q.Columns = append(q.Columns, Column{Star: true})
			continue
		}
		x, err := p.expression(0)
		if err != nil {
			return err
		}
		c := Column{X: x}
		if x.Op == Name {
			if x.Star { // t.*
				q.Columns = append(q.Columns, Column{Star: true})
				continue
			}
			c.Name = x.Text
		}
		if alias, err := p.alias(); err != nil {
			return err
		} else if alias != "" {
			c.Name = alias
		}
		q.Columns = append(q.Columns, c)
	}
	return nil
}

// clauses are the words that end an expression or a source.
var clauses = []string{"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "AS", "ON", "FILTER", "THEN", "WHEN", "ELSE", "END", "AND", "OR", "ASC", "DESC"}

// alias reads [AS] name, "" if there is none.
func (p *parser) alias() (string, error) {
	must := p.take("AS")
	t := p.token
	bare := t.kind == word && !slices.Contains(clauses, t.text) && elsewhere[t.text] == ""
	if t.kind != quoted && !bare {
		if must {
			return "", p.unexpected("a name")
		}
		return "", nil
	}
	name := t.text
	if t.kind == word {
		name = t.name
	}
	p.next()
	return name, nil
}

func (p *parser) source() (*Source, error) {
	s := &Source{Start: p.token.start}
	var err error
	if p.take("(") {
		if !p.is("SELECT") {
			return nil, p.unexpected("SELECT")
		}
		if s.Query, err = p.query(); err != nil {
			return nil, err
		}
		if err := p.need(")"); err != nil {
			return nil, err
		}
	} else {
		for {
			if t := p.token; t.kind == quoted {
				s.Name = t.text
			} else if t.kind == word && elsewhere[t.text] == "" {
				s.Name = t.name
			} else {
				return nil, p.unexpected("a dataset")
			}
			p.next()
			if p.is("(") {
				return nil, p.unsupported(s.Start, "", "the table function %s is not supported", shorten(s.Name))
			}
			if !p.take(".") {
				break
			}
		}
	}
	if s.Alias, err = p.alias(); err != nil {
		return nil, err
	}
	if p.is(",") {
		return nil, p.unsupported(p.token.start, "", "a second dataset is not supported")
	}
	return s, nil
}

// list reads expressions between commas.
func (p *parser) list() ([]*Node, error) {
	var all []*Node
	for {
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
		if !p.take(",") {
			return all, nil
		}
	}
}
