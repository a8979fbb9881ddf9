package rule

import (
	"errors"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/query"
	"tillwatch/shared/sql"
)

// SQL makes the checks of a table's rules in SQL, and no others.
func SQL(p *check.Plan) {
	each := func(col *contract.Column, rules []contract.Rule) {
		for i := range rules {
			if rules[i].Kind == contract.SQL {
				compileRule(p, col, &rules[i])
			}
		}
	}
	for i := range p.Table.Columns {
		each(&p.Table.Columns[i], p.Table.Columns[i].Rules)
	}
	each(nil, p.Table.Rules)
}

// compileSQL makes the check of a rule of type sql.
func compileSQL(p *check.Plan, r *contract.Rule, c *check.Check) {
	names := map[string]string{"object": p.Table.Name, "table": p.Table.Name, "model": p.Table.Name}
	if c.Say.Column != "" {
		names["property"], names["column"], names["field"] = c.Say.Column, c.Say.Column, c.Say.Column
	}
	q, err := query.Compile(r.Query, figure.QueryTable(p, names))
	if err != nil {
		figure.BlockedBy(p, c, err)
		var at *sql.Error
		if errors.As(err, &at) && r.QueryPlace.Line > 0 {
			c.Say.Place = p.PlaceOf(contract.Place{Line: r.QueryPlace.Line + at.Line - 1, Column: r.QueryPlace.Column + at.Column - 1})
		}
		p.Add(c)
		return
	}
	if r.Unit == "" {
		c.Say.Unit = q.Unit()
	}
	figure.MeasureQuery(p, c, q)
	c.Kernel = q.Violations(c.Want)
	p.Add(c)
}
