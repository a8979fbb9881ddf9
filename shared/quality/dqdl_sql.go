package quality

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/query"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/sql"
	"tillwatch/shared/words"
)

// primary is what DQDL calls the dataset that is judged.
const primary = "primary"

// narrow has what is compiled until the call of leave look only at the rows of
// the rule's where. It reports false where that is impossible, of which c then tells.
func (p *plan) narrow(c *check, rule *dqdl.Rule) (leave func(), ok bool) {
	leave = func() { p.where = 0 }
	if rule.Where == "" {
		return leave, true
	}
	at, known := p.filterOf[rule.Where]
	if !known {
		condition, err := query.CompilePredicate(rule.Where, p.queryTable(nil, primary))
		if err != nil {
			p.blockedBy(c, err)
			return leave, false
		}
		p.filters = append(p.filters, condition.Filter())
		at = len(p.filters)
		p.filterOf[rule.Where] = at
	}
	p.where, c.where = at, at
	return func() {
		p.where = 0
		c.noun += p.whereOf(rule)
	}, true
}

// rowsWhere is the number of rows that the filter at hand leaves.
func (p *plan) rowsWhere() statistic {
	q, err := query.Compile("SELECT COUNT(*) FROM primary", query.Table{Names: []string{primary}})
	if err != nil {
		return func(*findings) (float64, string, string) { return 0, "", err.Error() }
	}
	at := p.share("rows", func() state.Aggregate { return q.NewState() })
	return func(f *findings) (float64, string, string) {
		value, _, problem := f.queried(at)
		return value, "", problem
	}
}

// sqlRule makes the check of CustomSql. A query that yields one value has it
// compared. One that lists rows of the dataset says which rows are good: with
// threshold a share of all must be listed, or as many rows as a threshold above 1 says, else all.
// Source: AWS Glue Developer Guide, CustomSQL.
func (p *plan) sqlRule(c *check, rule *dqdl.Rule) {
	text := rule.Parameters[0]
	q, err := query.Compile(text, p.queryTable(nil, primary))
	if err != nil {
		p.blockedBy(c, err)
		return
	}
	c.shows = q.Slots()
	c.personal = p.personal(c.shows...)
	if rule.Condition != nil {
		p.sqlFigure(c, rule, q)
		return
	}
	if c.kernel = q.Unlisted(); c.kernel == nil {
		c.error("the SQL names no rows that would be good; select columns, or write a condition such as = 0 after the query")
		return
	}
	c.complaint = "are not selected by " + shorten(text)
	c.advice = "Look at what the query asks of a row, and at what changed in the source."
	c.metric = "Dataset.*.CustomSQL.Compliance"
	if rule.Threshold == nil {
		return
	}
	wanted, problem := p.bounds(rule.Threshold, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	if !countsRows(rule.Threshold) {
		p.compliance(c, wanted)
		return
	}
	c.say.Want = wanted.text
	c.finish = func(f *findings, t *tally, r *Result) {
		byRows(f, t, r, c)
		good := float64(t.looked - t.violations)
		r.decide(good, wanted.holds(good))
		r.Message += fmt.Sprintf("; %s are selected, wanted %s", words.Plural(int64(good), "row"), wanted.full())
	}
}

// countsRows reports whether a threshold is a number of rows and not a share.
func countsRows(c *dqdl.Condition) bool {
	for _, o := range c.Operands {
		if text, plain := dqdl.Literal(o.Number); plain {
			if b, ok := state.NewBound(text); ok && b.Above(1) {
				return true
			}
		}
	}
	return false
}

// sqlFigure compares what a query yields, and has history keep it.
func (p *plan) sqlFigure(c *check, rule *dqdl.Rule, q *query.Query) {
	c.say.Unit, c.want, c.metric = q.Unit(), contract.Want{}, "Dataset.*.CustomSQL"
	key := "customSql:" + strings.Join(strings.Fields(shorten(rule.Parameters[0])), " ")
	wanted, problem := p.bounds(rule.Condition, key)
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	at := p.need(func() state.Aggregate { return q.NewState() })
	p.kept[key] = func(f *findings) (float64, string) {
		value, _, problem := f.queried(at)
		return value, problem
	}
	c.say.Want = wanted.text
	c.advice = "Look at the rows that the query is about, and at what changed in the source; if they are right, change the rule."
	c.finish = func(f *findings, _ *tally, r *Result) {
		value, groups, problem := f.queried(at)
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		r.decide(value, wanted.holds(value))
		r.Message = fmt.Sprintf("the query yields %s; wanted %s", words.Number(round6(value)), wanted.full())
		r.Advice = c.advice
		r.Samples = p.groupSamples(c, groups)
	}
}

// whereOf tells the rule's where apart in the name of what history keeps.
func (p *plan) whereOf(rule *dqdl.Rule) string {
	if rule.Where == "" {
		return ""
	}
	return " where " + shorten(rule.Where)
}

// aggregateRule makes the check of AggregateMatch: the ratio of an aggregate of
// the file to one of a reference, "sum(a)" and "dataset.sum(b)". Of two zeros it is 1.
func (p *plan) aggregateRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Consistency, "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	c.say.Want = wanted.text
	dataset, other, ok := strings.Cut(rule.Parameters[1], ".")
	if !ok || strings.ContainsAny(dataset, "( ") {
		c.error("%q names no aggregate of a dataset; write \"dataset.sum(amount)\"", shorten(rule.Parameters[1]))
		return
	}
	here, err := query.Compile("SELECT "+rule.Parameters[0]+" FROM primary", p.queryTable(nil, primary))
	if err != nil {
		p.blockedBy(c, err)
		return
	}
	tree, err := sql.ParseExpression(other, nil)
	if err != nil {
		p.blockedBy(c, err)
		return
	}
	at := p.need(func() state.Aggregate { return here.NewState() })
	var there *query.State
	var wrong error
	names := columnNames(tree)
	theirs := p.reference(dataset).look(names, func(slots []int) state.Aggregate {
		q, err := query.Compile("SELECT "+other+" FROM primary", p.referenceTable(dataset, names, slots))
		if wrong = err; err != nil {
			return &state.Nulls{}
		}
		there = q.NewState()
		return there
	})
	c.finish = func(f *findings, _ *tally, r *Result) {
		a, _, problem := f.queried(at)
		if problem == "" {
			problem = theirs.problem()
		}
		var b query.Answer
		if problem == "" && wrong != nil {
			problem = wrong.Error()
		} else if problem == "" {
			b, problem = there.Answer(0)
		}
		switch {
		case problem == "" && b.Null:
			problem = fmt.Sprintf("%s yields NULL", rule.Parameters[1])
		case problem == "" && b.Value == 0 && a != 0:
			problem = fmt.Sprintf("%s is 0, and nothing can be divided by it", rule.Parameters[1])
		}
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		ratio := 1.0
		if b.Value != 0 {
			ratio = a / b.Value
		}
		r.decide(ratio, wanted.holds(ratio))
		r.Message = fmt.Sprintf("%s is %s and %s is %s, a ratio of %s; wanted %s", rule.Parameters[0], words.Number(round6(a)), rule.Parameters[1], words.Number(round6(b.Value)), words.Number(round6(ratio)), wanted.full())
		r.Advice = fmt.Sprintf("Find out which of the two is right; %s may be of another day or not complete yet.", dataset)
	}
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
func (p *plan) referenceTable(dataset string, names []string, slots []int) query.Table {
	table, known := p.in.Contract.Table(dataset)
	return query.Table{Names: []string{primary}, Now: p.in.Now, Column: func(name string) (int, contract.Type, error) {
		at := slices.Index(names, name)
		if at < 0 || at >= len(slots) {
			return 0, "", noColumn(name)
		}
		if known && dataset != "" {
			if col, ok := table.Column(name); ok {
				return slots[at], col.Type, nil
			}
		}
		return slots[at], "", nil
	}}
}
