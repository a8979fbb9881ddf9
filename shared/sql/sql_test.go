package sql

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// form writes a tree so that its shape shows: operators as (op a b).
func form(n *Node) string {
	if n == nil {
		return "-"
	}
	names := map[Op]string{Null: "null", Negate: "neg", Not: "not", And: "and", Or: "or", Equal: "=", Unequal: "<>", Less: "<", LessEqual: "<=", Greater: ">",
		GreaterEqual: ">=", Add: "+", Subtract: "-", Multiply: "*", Divide: "/", Modulo: "%", Concat: "||", Between: "between", In: "in", Like: "like", Match: "match",
		IsNull: "null?", Is: "is", DistinctFrom: "distinct", Case: "case", Cast: "cast", Interval: "interval"}
	var b strings.Builder
	switch n.Op {
	case Bool, Number, Name:
		return n.Text
	case Text:
		return "'" + n.Text + "'"
	case Select:
		return "(select)"
	case Call:
		b.WriteString("(" + n.Text)
	case Cast, Interval, Like, Is:
		b.WriteString("(" + names[n.Op] + " " + n.Text)
	default:
		b.WriteString("(" + names[n.Op])
	}
	if n.Not {
		b.WriteString("!")
	}
	if n.Distinct {
		b.WriteString(" distinct")
	}
	if n.Star {
		b.WriteString(" *")
	}
	for _, a := range n.Args {
		b.WriteString(" " + form(a))
	}
	if n.Filter != nil {
		b.WriteString(" if " + form(n.Filter))
	}
	return b.String() + ")"
}

func TestParseExpression(t *testing.T) {
	for _, tt := range []struct{ rule, text, want string }{
		{"and binds tighter than or", "a or b and c", "(or a (and b c))"},
		{"not binds looser than comparison", "not a = b", "(not (= a b))"},
		{"the left side first", "a - b - c", "(- (- a b) c)"},
		{"products before sums", "a + b * -c", "(+ a (* b (neg c)))"},
		{"a cast binds tightest", "-a::int", "(neg (cast INT a))"},
		{"between takes its and", "a between 1 and 2 and b", "(and (between a 1 2) b)"},
		{"negated forms", "a not in (1, 2) or a not like 'x' or a is not null", "(or (or (in! a 1 2) (like LIKE! a 'x')) (null?! a))"},
		{"case with a value", "case a when 1 then 'x' else 'y' end", "(case (= a 1) 'x' 'y')"},
		{"an aggregate", "count(distinct a, b) filter (where c)", "(COUNT distinct a b if c)"},
		{"count of all", "count(*)", "(COUNT *)"},
		{"words within functions", "trim(leading '0' from a) || substring(a from 2 for 3) || position('x' in a)", "(|| (|| (LTRIM a '0') (SUBSTRING a 2 3)) (POSITION 'x' a))"},
		{"extract", "extract(year from a) = date '2026-01-01'", "(= (EXTRACT 'YEAR' a) (cast DATE '2026-01-01'))"},
		{"intervals", "a - interval '3 days' + interval 1 month", "(+ (- a (interval DAY 3)) (interval MONTH 1))"},
		{"quoted names", "\"a b\" = `c` and t.[d e] = 1", "(and (= a b c) (= d e 1))"},
		{"doubled quotes", "'it''s' = \"a\"\"b\"", "(= 'it's' a\"b)"},
		{"placeholders", "{Column} > 0 and \"${column}\" < 1 and '{column}' = 'x{other}'", "(and (and (> price 0) (< price 1)) (= 'price' 'x{other}'))"},
		{"types with sizes", "cast(a as decimal(10, 2)) > try_cast(b as double precision)", "(> (cast DECIMAL a 2) (cast DOUBLE b))"},
		{"words that are names too", "date > 1 and set = load", "(and (> date 1) (= set load))"},
		{"comments", "a -- b\n + /* c */ 1", "(+ a 1)"},
		{"a query as a value", "(select 1) + 1", "(+ (select) 1)"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			n, err := ParseExpression(tt.text, map[string]string{"column": "price"})
			if err != nil {
				t.Fatal(err)
			}
			if got := form(n); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ rule, text, want string }{
		{"where it ends", "SELECT a FROM", "1:14: the text ends where a dataset is expected"},
		{"line and column in characters", "SELECT 'é'\n  é FROM t GROUP", "2:17: the text ends where BY is expected"},
		{"an open quote", "SELECT 'a FROM t", "1:8: ' is never closed"},
		{"an open comment", "SELECT /* a", "1:8: a comment is never closed; end it with */"},
		{"what follows", "SELECT a FROM t; SELECT b", "1:18: SELECT where the end is expected"},
		{"an unknown placeholder", "SELECT {other} FROM t", "1:8: a placeholder stands for nothing here; there are {object}, {table}, and {property}, {column} in a property's rules (unsupported)"},
		{"with", "WITH x AS (SELECT 1) SELECT 1", "1:1: WITH is not supported (unsupported)"},
		{"two datasets", "SELECT a FROM t, u", "1:16: a second dataset is not supported (unsupported)"},
		{"top", "SELECT TOP 5 a FROM t", "1:12: TOP is not supported; write LIMIT at the end (unsupported)"},
		{"sample", "SELECT a FROM t SAMPLE (9 ROWS)", "1:24: a sample is not supported (unsupported)"},
		{"as of", "SELECT a FROM t VERSION AS OF 2", "1:25: a table as of another time is not supported (unsupported)"},
		{"arrow", "SELECT a FROM t WHERE a->>'b' = 1", "1:25: the operator -> is not supported (unsupported)"},
		{"exists", "SELECT a FROM t WHERE EXISTS (SELECT 1)", "1:31: EXISTS with a query is not supported (unsupported)"},
		{"a strange character", "SELECT a ? b", "1:10: \"?\" means nothing here"},
		{"too deep", "SELECT " + strings.Repeat("(", 100) + "1", "1:71: more than 64 levels of nesting"},
		{"too long", "SELECT " + strings.Repeat(" ", MaxBytes), fmt.Sprintf("1:%d: the text is longer than 65536 bytes", MaxBytes+1)},
		{"too many", "SELECT a IN (" + strings.Repeat("1,", MaxNodes) + "1)", "1:20013: the text has more than 10000 values, names and operators"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := Parse(tt.text, nil)
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want an *Error", err)
			}
			got := wrong.Error()
			if wrong.Unsupported {
				got += " (unsupported)"
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"SELECT COUNT(*) FROM t WHERE a = 'b' GROUP BY c HAVING MAX(d) > 1 ORDER BY 1 DESC LIMIT 3;", "{column}'${x}'", "SELECT CASE WHEN a THEN b END FROM (SELECT DISTINCT * FROM t) AS u"} {
		f.Add(text)
	}
	names := map[string]string{"column": "price"}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text, names)
		var wrong *Error
		if err != nil {
			if !errors.As(err, &wrong) || wrong.Line < 1 || wrong.Column < 1 || wrong.Offset > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		for _, c := range q.Columns {
			c.X.Walk(func(n *Node) bool {
				if n.Start < 0 || n.End > len(text) || n.Start > n.End && n.End != 0 {
					t.Fatalf("%q: a node stands at %d to %d", text, n.Start, n.End)
				}
				return true
			})
		}
	})
}
