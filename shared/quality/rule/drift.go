package rule

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/statistic"
	"tillwatch/shared/words"
)

// compileDrift makes the check that compares with the last accepted file, or
// with another dataset.
func compileDrift(p *check.Plan, c *check.Check, impl contract.DriftCheck) {
	if impl.Column != "" {
		compileDistribution(p, c, impl)
		return
	}
	c.Say.Dimension, c.Say.Unit = contract.Conformity, "columns"
	if !p.HeaderIsPersonal() {
		rememberSchema(p)
	}
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		last := lastAccepted(p.In.History, func(run quality.Run) bool { return len(run.Columns) > 0 })
		if last == nil {
			r.Status, r.Message = quality.Skipped, "skipped: no accepted file before this one to compare the columns with"
			return
		}
		changes := schemaChanges(p, last, p.Content(f))
		r.Violations, r.LookedAt = int64(len(changes)), int64(max(len(last.Columns), len(p.Header), len(changes)))
		c.Measure(r, float64(len(changes)))
		day := last.At.UTC().Format("2006-01-02")
		r.Message = fmt.Sprintf("the columns are those of the last accepted file (%s)", day)
		if len(changes) > 0 {
			r.Message = fmt.Sprintf("since the last accepted file (%s): %s", day, strings.Join(changes, "; "))
			r.Advice = "Ask the producer what changed in the export, and whether those who read the file know."
		}
	}
}

// lastAccepted returns the newest accepted run that fits, or nil.
func lastAccepted(history []quality.Run, fits func(quality.Run) bool) *quality.Run {
	var last *quality.Run
	for i := range history {
		run := &history[i]
		if run.Accepted() && fits(*run) && (last == nil || run.At.After(last.At)) {
			last = run
		}
	}
	return last
}

// schemaChanges says in words what changed from an earlier file's columns to
// this one's, of which content is what will be remembered.
func schemaChanges(p *check.Plan, last *quality.Run, content []drift.Column) (changes []string) {
	was, is := remembered(last.Content), remembered(content)
	before, after := fields(last.Columns, was), fields(p.Header, is)
	for i, f := range after {
		// That all amounts of a day are whole numbers is no change of their type.
		if c := was[f.Name]; c != nil && (c.Type == "number" && f.Type == "integer" || c.Type == "timestamp" && f.Type == "date") {
			after[i].Type = c.Type
		}
	}
	at := index(p.Header)
	var added []string
	for _, name := range p.Header {
		if !slices.Contains(last.Columns, name) {
			added = append(added, name)
		}
	}
	certain := map[string]bool{} // new names of columns whose content tells what they were
	alike := func(i, j int) float64 {
		a, b := before[i], after[j]
		if a.Type != "" && b.Type != "" {
			if a.Type != b.Type {
				return 0
			}
			like, few := was[a.Name].Likeness(is[b.Name])
			if few || like >= drift.Likeness {
				certain[b.Name] = like >= drift.Likeness
				return like
			}
		}
		if drift.Likely(a.Name, i, added, at, len(before) == len(after)) == b.Name {
			return drift.Likeness
		}
		return 0
	}
	list, _ := drift.Schema(before, after, alike)
	for _, change := range list {
		changes = append(changes, changeText(change, certain[change.Column]))
	}
	return changes
}

// changeText says what happened to a column; certain is whether a renamed one
// is known by what it holds.
func changeText(c drift.Change, certain bool) string {
	switch {
	case c.Kind == drift.Added && c.After != "":
		return fmt.Sprintf("%s was added (%s)", c.Column, c.After)
	case c.Kind == drift.Added:
		return c.Column + " was added"
	case c.Kind == drift.Removed:
		return c.Column + " was removed"
	case c.Kind == drift.Renamed && certain:
		return fmt.Sprintf("%s was renamed to %s, which holds the same", c.Before, c.After)
	case c.Kind == drift.Renamed:
		return fmt.Sprintf("%s looks renamed to %s", c.Before, c.After)
	case c.Kind == drift.Reordered:
		return fmt.Sprintf("%s moved from %s to %s", c.Column, c.Before, c.After)
	}
	return fmt.Sprintf("%s changed from %s to %s", c.Column, c.Before, c.After)
}

func remembered(content []drift.Column) map[string]*drift.Column {
	columns := map[string]*drift.Column{}
	for i := range content {
		columns[content[i].Name] = &content[i]
	}
	return columns
}

// fields returns columns as their schema is compared, with the types known.
func fields(names []string, known map[string]*drift.Column) []drift.Field {
	list := make([]drift.Field, len(names))
	for i, name := range names {
		list[i].Name = name
		if c := known[name]; c != nil {
			list[i].Type, list[i].Shown = c.Type, c.Type
		}
	}
	return list
}

func index(names []string) map[string]int {
	at := make(map[string]int, len(names))
	for i, name := range names {
		at[name] = i
	}
	return at
}

// sampledValues is how many different values tell the type and the likeness of
// a column whose distribution nobody asks for.
const sampledValues = 128

// rememberSchema has every column remembered by its type and, unless it is
// personal, by fingerprints of some of its values.
func rememberSchema(p *check.Plan) {
	seen := map[string]bool{}
	for _, name := range p.Header {
		slot, ok := p.Column(name)
		if seen[name] || !ok {
			continue
		}
		seen[name] = true
		at := p.Share(fmt.Sprint("sample", slot), func() state.Aggregate { return statistic.NewHistogram(slot, sampledValues) })
		p.Recall(name, func(f *check.Findings, c *drift.Column) {
			h := f.Aggs[at].(*statistic.Histogram)
			c.Values = h.N
			if form, any := h.Forms().Common(); any {
				c.Type = formNames[form]
			}
			if p.Personal(slot) {
				return
			}
			var prints []uint64
			for _, v := range h.All() {
				prints = append(prints, v.Print)
			}
			c.SetPrints(prints)
		}, at)
	}
}

var formNames = map[statistic.Form]string{statistic.Whole: "integer", statistic.Fraction: "number", statistic.Boolean: "boolean",
	statistic.Date: "date", statistic.Timestamp: "timestamp", statistic.Text: "string"}

// compileDistribution makes the check of how a column is distributed.
func compileDistribution(p *check.Plan, c *check.Check, impl contract.DriftCheck) {
	method := drift.Method(impl.Method)
	c.Say.Dimension, c.Say.Column = contract.Consistency, impl.Column
	c.Say.Unit = map[drift.Method]string{drift.Index: "stability index", drift.Smirnov: "distance", drift.Chi: "Cramér's V"}[method]
	c.Want = contract.Want{Op: contract.Less, Low: impl.Threshold}
	slot, ok := p.Column(impl.Column)
	if !ok {
		p.Missing(c, impl.Column)
		return
	}
	personal := p.Personal(slot)
	var theirs *check.Lookup
	switch {
	case impl.Dataset != "":
		theirs = p.Reference(impl.Dataset).Look([]string{impl.RefColumn}, func(slots []int) state.Aggregate { return statistic.NewContent(slots[0]) })
	case personal:
		c.Status, c.Blocked = quality.Skipped, "skipped: nothing is remembered of the values of a personal column; compare with a dataset"
		return
	}
	at := p.Share(fmt.Sprint("content", slot), func() state.Aggregate { return statistic.NewContent(slot) })
	if !personal {
		p.Recall(impl.Column, func(f *check.Findings, c *drift.Column) { remember(c, f.Aggs[at].(*statistic.Content), method) }, at)
	}
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		if why := f.Stopped[at]; why != "" {
			r.Status, r.Message = quality.Errored, "not measured: the measurement stopped: "+why
			return
		}
		before, where := drift.Column{}, "in "+impl.Dataset
		if theirs != nil {
			if problem := theirs.Problem(); problem != "" {
				r.Status, r.Message = quality.Errored, "not measured: "+problem
				return
			}
			remember(&before, theirs.Agg.(*statistic.Content), method)
		} else {
			run := lastAccepted(p.In.History, func(run quality.Run) bool {
				found := remembered(run.Content)[impl.Column]
				return found != nil && (method != drift.Chi && len(found.At) > 0 || method != drift.Smirnov && found.Classes != nil)
			})
			if run == nil {
				r.Status, r.Message = quality.Skipped, fmt.Sprintf("skipped: no accepted file before this one of which the distribution of %s is known", impl.Column)
				return
			}
			before = *remembered(run.Content)[impl.Column]
			where = fmt.Sprintf("in the last accepted file (%s)", run.At.UTC().Format("2006-01-02"))
		}
		now := f.Aggs[at].(*statistic.Content)
		compare(c, r, &before, now, method, impl, where, personal && !p.In.ShowPersonal)
	}
}

// remember fills in how a column is distributed, as the method compares it.
func remember(c *drift.Column, now *statistic.Content, m drift.Method) {
	d := distribution(now, m)
	c.Values = now.Values.N
	if d.Numbers == nil {
		d.Numbers = c.Weights()
	}
	if d.Classes == nil {
		d.Classes = c.Classes
	}
	c.Set(d)
}

// distribution reads the numbers of a column that nine of ten values are, or the
// classes of any other and for chi-square.
func distribution(now *statistic.Content, m drift.Method) (d drift.Distribution) {
	form, any := now.Forms.Common()
	if numeric := any && form <= statistic.Fraction; numeric && m != drift.Chi {
		d.Numbers = []drift.Weight{}
		for at, n := range now.Numbers.All() {
			d.Numbers = append(d.Numbers, drift.Weight{At: at, N: n})
		}
		return d
	}
	if list := now.Values.All(); m != drift.Smirnov && now.Values.Exact() && len(list) <= drift.MostClasses {
		d.Classes = map[string]int64{}
		for _, v := range list {
			d.Classes[v.Text] += v.N
		}
	}
	return d
}

// compare fills the result of a distribution.
func compare(c *check.Check, r *quality.Result, before *drift.Column, now *statistic.Content, m drift.Method, impl contract.DriftCheck, where string, hidden bool) {
	if least := min(before.Values, now.Values.N); least < drift.LeastCompared {
		r.Status = quality.Skipped
		r.Message = fmt.Sprintf("skipped: too few values to tell: %s here and %s %s, %d needed", words.Count(now.Values.N), words.Count(before.Values), where, drift.LeastCompared)
		return
	}
	d := distribution(now, m)
	value, chance, ok := m.Compare(before, d)
	if !ok {
		r.Status = quality.Errored
		r.Message = fmt.Sprintf("not measured: %s does not compare %s with what it holds %s: ", m, impl.Column, where)
		if m == drift.Smirnov {
			r.Message += "nine of ten values must be numbers on both sides"
		} else {
			r.Message += fmt.Sprintf("both must be numbers, or have up to %d different values", drift.MostClasses)
		}
		return
	}
	far := value >= impl.Threshold
	r.Decide(value, !far || chance >= drift.Significance)
	not := ""
	if r.Status == quality.Fail {
		not = "not "
	}
	r.Message = fmt.Sprintf("%s is %sdistributed as %s: %s %s, wanted %s", impl.Column, not, where, r.Unit, words.Number(figure.Round3(value)), r.Want)
	if far && r.Status == quality.Pass {
		r.Message += fmt.Sprintf("; so much may be by accident (%s %% likely)", words.Percent(100*chance))
	}
	if !hidden {
		r.Message += distributionText(before, d)
	}
	r.Advice = "Look for a changed unit, a new product line, a missing store or a default that replaced real values; if it is right, accept the file and it becomes the measure."
}

// distributionText says what moved the most: the median of numbers, or the share
// of a class, and which classes came and went.
func distributionText(before *drift.Column, now drift.Distribution) string {
	if was := before.Weights(); len(was) > 0 && len(now.Numbers) > 0 {
		return fmt.Sprintf("; median %s, before %s", words.Number(figure.Round3(drift.Quantile(now.Numbers, .5))), words.Number(figure.Round3(drift.Quantile(was, .5))))
	}
	var came, went []string
	was, is := total(before.Classes), total(now.Classes)
	most, moved := "", 0.0
	for _, class := range drift.Classes(before.Classes, now.Classes) {
		a, b := before.Classes[class], now.Classes[class]
		if by := max(check.Percent(b, is)-check.Percent(a, was), check.Percent(a, was)-check.Percent(b, is)); by > moved {
			most, moved = class, by
		}
		switch {
		case a == 0:
			came = append(came, fmt.Sprintf("%q", say.Value([]byte(class))))
		case b == 0:
			went = append(went, fmt.Sprintf("%q", say.Value([]byte(class))))
		}
	}
	text := ""
	if most != "" || moved > 0 {
		text = fmt.Sprintf("; %q is %s %% of it, before %s %%", say.Value([]byte(most)), words.Percent(check.Percent(now.Classes[most], is)), words.Percent(check.Percent(before.Classes[most], was)))
	}
	return text + few("; new: ", came) + few("; gone: ", went)
}

// few lists the first of some names.
func few(before string, names []string) string {
	switch n := len(names); {
	case n == 0:
		return ""
	case n > figure.NamedValues:
		return fmt.Sprintf("%s%s and %d more", before, strings.Join(names[:figure.NamedValues], ", "), n-figure.NamedValues)
	}
	return before + strings.Join(names, ", ")
}

func total(counts map[string]int64) (sum int64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
