package glue

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/query"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/sql"
	"tillwatch/shared/words"
)

// primary is what DQDL calls the dataset that is judged.
const primary = "primary"

// narrow has what is compiled until the call of leave look only at the rows of
// the rule's where. It reports false where that is impossible, of which c then tells.
func narrow(p *check.Plan, c *check.Check, rule *dqdl.Rule) (leave func(), ok bool) {
	leave = func() { p.Where = 0 }
	if rule.Where == "" {
		return leave, true
	}
	at, err := p.Filter(rule.Where, func() (view.Filter, error) {
		condition, err := query.CompilePredicate(rule.Where, figure.QueryTable(p, nil, primary))
		if err != nil {
			return nil, err
		}
		return condition.Filter(), nil
	})
	if err != nil {
		figure.BlockedBy(p, c, err)
		return leave, false
	}
	p.Where, c.Where = at, at
	return func() {
		p.Where = 0
		c.Noun += whereOf(p, rule)
	}, true
}

// sqlRule makes the check of CustomSql. A query that yields one value has it
// compared. One that lists rows of the dataset says which rows are good: with
// threshold a share of all must be listed, or as many rows as a threshold above 1 says, else all.
// Source: AWS Glue Developer Guide, CustomSQL.
func sqlRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	text := rule.Parameters[0]
	q, err := query.Compile(text, figure.QueryTable(p, nil, primary))
	if err != nil {
		figure.BlockedBy(p, c, err)
		return
	}
	c.Shows = q.Slots()
	c.Personal = p.Personal(c.Shows...)
	if rule.Condition != nil {
		sqlFigure(p, c, rule, q)
		return
	}
	if c.Kernel = q.Unlisted(); c.Kernel == nil {
		c.Unmeasurable("the SQL names no rows that would be good; select columns, or write a condition such as = 0 after the query")
		return
	}
	c.Complaint = "are not selected by " + say.Shorten(text)
	c.Advice = "Look at what the query asks of a row, and at what changed in the source."
	c.Metric = "Dataset.*.CustomSQL.Compliance"
	if rule.Threshold == nil {
		return
	}
	wanted, problem := workOut(p, rule.Threshold, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	if !countsRows(rule.Threshold) {
		compliance(p, c, wanted)
		return
	}
	c.Say.Want = wanted.text
	c.Finish = func(f *check.Findings, t *check.Tally, r *quality.Result) {
		check.ByRows(f, t, r, c)
		good := float64(t.Looked - t.Violations)
		r.Decide(good, wanted.holds(good))
		r.Message += fmt.Sprintf("; %s are selected, wanted %s", words.Plural(int64(good), "row"), wanted.full())
	}
}

// countsRows reports whether a threshold is a number of rows and not a share.
func countsRows(c *dqdl.Condition) bool {
	for _, o := range c.Operands {
		if text, plain := dqdl.Literal(o.Number); plain {
			if b, ok := kernel.NewBound(text); ok && b.Above(1) {
				return true
			}
		}
	}
	return false
}

// sqlFigure compares what a query yields, and has history keep it.
func sqlFigure(p *check.Plan, c *check.Check, rule *dqdl.Rule, q *query.Query) {
	c.Say.Unit, c.Want, c.Metric = q.Unit(), contract.Want{}, "Dataset.*.CustomSQL"
	key := "customSql:" + strings.Join(strings.Fields(say.Shorten(rule.Parameters[0])), " ")
	wanted, problem := workOut(p, rule.Condition, key)
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	at := p.Need(func() state.Aggregate { return q.NewState() })
	p.Kept[key] = func(f *check.Findings) (float64, string) {
		value, _, problem := figure.Queried(f, at)
		return value, problem
	}
	c.Say.Want = wanted.text
	c.Advice = "Look at the rows that the query is about, and at what changed in the source; if they are right, change the rule."
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		value, groups, problem := figure.Queried(f, at)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		r.Decide(value, wanted.holds(value))
		r.Message = fmt.Sprintf("the query yields %s; wanted %s", words.Number(figure.Round6(value)), wanted.full())
		r.Advice = c.Advice
		r.Samples = figure.GroupSamples(p, c, groups)
	}
}

// whereOf tells the rule's where apart in the name of what history keeps.
func whereOf(p *check.Plan, rule *dqdl.Rule) string {
	if rule.Where == "" {
		return ""
	}
	return " where " + say.Shorten(rule.Where)
}

// columnNames lists the columns of an expression.
func columnNames(tree *sql.Node) []string {
	var names []string
	tree.Walk(func(n *sql.Node) bool {
		if n.Op == sql.Name && !slices.Contains(names, n.Text) {
			names = append(names, n.Text)
		}
		return true
	})
	return names
}

// referenceTable says what SQL over a reference may refer to: the columns that
// were looked up, with the types that the contract gives the dataset.
func referenceTable(p *check.Plan, dataset string, names []string, slots []int) query.Table {
	table, known := p.In.Contract.Table(dataset)
	return query.Table{Names: []string{primary}, Now: p.In.Now, Column: func(name string) (int, contract.Type, error) {
		at := slices.Index(names, name)
		if at < 0 || at >= len(slots) {
			return 0, "", figure.NoColumn(name)
		}
		if known && dataset != "" {
			if col, ok := table.Column(name); ok {
				return slots[at], col.Type, nil
			}
		}
		return slots[at], "", nil
	}}
}
