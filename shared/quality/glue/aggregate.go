package glue

import (
	"fmt"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/query"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/sql"
	"tillwatch/shared/words"
)

// aggregateRule makes the check of AggregateMatch: the ratio of two aggregates, each
// of the file, "sum(a)", or of a reference, "sum(dataset.b)". Of two zeros it is 1.
func aggregateRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	c.Say.Dimension, c.Say.Unit = contract.Consistency, "ratio"
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	c.Say.Want = wanted.text
	first, second := dqdl.ReadAggregate(rule.Parameters[0]), dqdl.ReadAggregate(rule.Parameters[1])
	one, ok := aggregateOf(p, c, first)
	if !ok {
		return
	}
	other, ok := aggregateOf(p, c, second)
	if !ok {
		return
	}
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		a, problem := one(f)
		var b float64
		if problem == "" {
			b, problem = other(f)
		}
		if problem == "" && b == 0 && a != 0 {
			problem = fmt.Sprintf("%s is 0, and nothing can be divided by it", rule.Parameters[1])
		}
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		ratio := 1.0
		if b != 0 {
			ratio = a / b
		}
		r.Decide(ratio, wanted.holds(ratio))
		r.Message = fmt.Sprintf("%s is %s and %s is %s, a ratio of %s; wanted %s", rule.Parameters[0], words.Number(figure.Round6(a)), rule.Parameters[1], words.Number(figure.Round6(b)), words.Number(figure.Round6(ratio)), wanted.full())
		r.Advice = "Find out which of the two columns is right, and what was left out of the other."
		for _, side := range []dqdl.Aggregate{first, second} {
			if side.Dataset != "" {
				r.Advice = fmt.Sprintf("Find out which of the two is right; %s may be of another day or not complete yet.", side.Dataset)
			}
		}
	}
}

// aggregateOf prepares one side of AggregateMatch. It reports false where that can't be
// computed, of which c then tells.
func aggregateOf(p *check.Plan, c *check.Check, a dqdl.Aggregate) (read func(*check.Findings) (float64, string), ok bool) {
	text := "SELECT " + a.SQL + " FROM primary"
	if a.Dataset == "" {
		q, err := query.Compile(text, figure.QueryTable(p, nil, primary))
		if err != nil {
			figure.BlockedBy(p, c, err)
			return nil, false
		}
		at := p.Need(func() state.Aggregate { return q.NewState() })
		return func(f *check.Findings) (float64, string) {
			value, _, problem := figure.Queried(f, at)
			return value, problem
		}, true
	}
	tree, err := sql.ParseExpression(a.SQL, nil)
	if err != nil {
		figure.BlockedBy(p, c, err)
		return nil, false
	}
	var there *query.State
	var wrong error
	names := columnNames(tree)
	theirs := p.Reference(a.Dataset).Look(names, func(slots []int) state.Aggregate {
		q, err := query.Compile(text, referenceTable(p, a.Dataset, names, slots))
		if wrong = err; err != nil {
			return &state.Nulls{}
		}
		there = q.NewState()
		return there
	})
	return func(*check.Findings) (float64, string) {
		switch problem := theirs.Problem(); {
		case problem != "":
			return 0, problem
		case wrong != nil:
			return 0, wrong.Error()
		}
		answer, problem := there.Answer(0)
		if problem == "" && answer.Null {
			problem = fmt.Sprintf("%s of %s yields NULL", say.Shorten(a.SQL), a.Dataset)
		}
		return answer.Value, problem
	}, true
}
