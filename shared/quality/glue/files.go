package glue

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/textformat"
	"tillwatch/shared/words"
)

// A fileJudge fills the result of a rule on files: those of each path that the rule
// names, of which there is at least one.
type fileJudge func(files [][]quality.File, r *quality.Result)

// A choice is what the tags of a rule on files say.
type choice struct {
	recent    int // the newest so many; 0 for all
	pattern   *textformat.Matcher
	zone      *time.Location
	names     bool
	algorithm string
}

// choose reads the tags; it reports false where one makes no sense, of which c tells.
func choose(c *check.Check, rule *dqdl.Rule) (ch choice, ok bool) {
	ch = choice{zone: time.UTC, algorithm: check.SHA256}
	for tag, cond := range rule.Tags {
		text := cond.Operands[0].Text
		if cond.Operands[0].Kind == dqdl.Number {
			text, _ = dqdl.Literal(cond.Operands[0].Number)
		}
		var err error
		switch strings.ToLower(tag) {
		case "recentfiles":
			if ch.recent, err = strconv.Atoi(text); err != nil || ch.recent < 1 {
				c.Unmeasurable("recentFiles %s is no number of files; write with recentFiles = 1", say.Shorten(cond.Text))
				return ch, false
			}
		case "uriregex":
			if ch.pattern, err = textformat.Pattern(text); err != nil {
				c.BadPattern(err)
				return ch, false
			}
		case "timezone":
			if ch.zone, err = time.LoadLocation(text); err != nil || text == "" || text == "Local" {
				c.Unmeasurable("timeZone %s is no time zone; write an IANA name such as \"Europe/Paris\"", say.Shorten(cond.Text))
				return ch, false
			}
		case "matchfilename":
			ch.names = strings.EqualFold(text, "true")
		case "hashalgorithm":
			ch.algorithm = strings.ToLower(text)
			if check.Algorithms[ch.algorithm] == nil {
				c.Unmeasurable("hashAlgorithm %s is not known; write MD5, SHA-1 or SHA-256", say.Shorten(cond.Text))
				return ch, false
			}
		}
	}
	return ch, true
}

// of picks the files of a listing, the newest first.
func (ch choice) of(l *check.Listing) []quality.File {
	files := slices.Clone(l.Files)
	if ch.pattern != nil {
		files = slices.DeleteFunc(files, func(f quality.File) bool { return !ch.pattern.Match([]byte(f.Path)) })
	}
	slices.SortFunc(files, func(a, b quality.File) int {
		return cmp.Or(b.Modified.Compare(a.Modified), strings.Compare(a.Path, b.Path))
	})
	if ch.recent > 0 && ch.recent < len(files) {
		files = files[:ch.recent]
	}
	return files
}

// ofFiles makes the check of a rule on files: the judged one, or those at the paths
// that the rule names. Where make returns nil, c says why.
func ofFiles(make func(p *check.Plan, c *check.Check, rule *dqdl.Rule, ch choice, lists []*check.Listing) fileJudge) maker {
	return func(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
		c.Say.Unit = "files"
		ch, ok := choose(c, rule)
		if !ok {
			return
		}
		var lists []*check.Listing
		for _, path := range rule.Parameters {
			lists = append(lists, p.List(path))
		}
		if len(lists) == 0 {
			lists = []*check.Listing{p.List("")}
		}
		if judge := make(p, c, rule, ch, lists); judge != nil {
			c.Finish = ch.finish(lists, judge)
		}
	}
}

// finish has the files judged that were chosen of the listings, once these are read.
func (ch choice) finish(lists []*check.Listing, judge fileJudge) func(*check.Findings, *check.Tally, *quality.Result) {
	return func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		files := make([][]quality.File, len(lists))
		n := 0
		for i, l := range lists {
			if l.Failure != "" {
				r.Status, r.Message = quality.Errored, "not measured: "+l.Failure
				if l.Skip {
					r.Status, r.Message = quality.Skipped, "skipped: "+l.Failure
				}
				return
			}
			if files[i] = ch.of(l); len(files[i]) == 0 {
				r.Status, r.Message = quality.Errored, fmt.Sprintf("not measured: no file at %s matches uriRegex", l.Path)
				return
			}
			n += len(files[i])
		}
		judge(files, r)
		if r.Measured != nil {
			if r.Evaluated == nil {
				r.Evaluated = map[string]float64{}
			}
			r.Evaluated["Dataset.*.FileCount"] = float64(n)
		}
	}
}

// comply fills the result of a rule that each file meets, or with threshold a
// share of them.
func comply(p *check.Plan, c *check.Check, rule *dqdl.Rule, files []quality.File, good func(quality.File) bool, r *quality.Result) {
	var bad []quality.File
	for _, f := range files {
		if !good(f) {
			bad = append(bad, f)
		}
	}
	share := float64(len(files)-len(bad)) / float64(len(files))
	holds, wanted := len(bad) == 0, c.Say.Want
	if rule.Threshold != nil {
		b, problem := workOut(p, rule.Threshold, "")
		if problem != "" {
			r.Status, r.Message = quality.Skipped, "skipped: "+problem
			return
		}
		holds, wanted = b.holds(share), fmt.Sprintf("%s by a share %s", wanted, b.full())
	}
	r.LookedAt, r.Violations = int64(len(files)), int64(len(bad))
	r.Decide(float64(len(bad)), holds)
	r.Evaluated = map[string]float64{"Dataset.*." + rule.Type + ".Compliance": share}
	r.Message = fmt.Sprintf("each of %s is as wanted: %s", words.Plural(int64(len(files)), "file"), wanted)
	if len(bad) > 0 {
		r.Message = fmt.Sprintf("%d of %s not as wanted, %s: %s", len(bad), words.Plural(int64(len(files)), "file"), wanted, named(bad))
	}
}

// sizeRule bounds the size of files.
func sizeRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, _ choice, _ []*check.Listing) fileJudge {
	c.Say.Dimension = contract.Completeness
	wanted, problem := workOut(p, rule.Condition, "bytes")
	if problem != "" {
		c.Skip("%s", problem)
		return nil
	}
	c.Say.Want = wanted.text
	alone := len(rule.Parameters) == 0
	if alone {
		c.Say.Unit = "bytes"
	}
	return func(all [][]quality.File, r *quality.Result) {
		files := all[0]
		least, most := files[0].Bytes, files[0].Bytes
		for _, f := range files {
			least, most = min(least, f.Bytes), max(most, f.Bytes)
		}
		if least < 0 {
			r.Status, r.Message = quality.Skipped, "skipped: the size of a stream is not known beforehand"
			return
		}
		comply(p, c, rule, files, func(f quality.File) bool { return wanted.holds(float64(f.Bytes)) }, r)
		if r.Measured == nil {
			return
		}
		r.Evaluated["Dataset.*.MaximumFileSize"], r.Evaluated["Dataset.*.MinimumFileSize"] = float64(most), float64(least)
		if alone {
			size := float64(least)
			r.Measured, r.LookedAt, r.Violations = &size, 0, 0
			r.Message = fmt.Sprintf("the file has %s bytes; wanted %s", words.Count(least), wanted.full())
		}
		r.Advice = "Compare with the source's size: a cut-off transfer, an empty export or a file sent twice are the usual causes."
	}
}

// arrivedRule bounds when files arrived, the judged one, or were last modified.
// A time of day is that of today, in the zone of the tag timeZone, UTC without;
// the ends of a between may come in either order. Source: AWS Glue.
func arrivedRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, ch choice, _ []*check.Listing) fileJudge {
	c.Say.Dimension = contract.Timeliness
	op := rule.Condition.Op
	if op == dqdl.Matches || op == dqdl.NotMatches {
		c.Unmeasurable("a time matches no pattern")
		return nil
	}
	var values []float64
	for _, o := range rule.Condition.Operands {
		v, ok := pointInTime(p, o, ch.zone)
		if !ok {
			c.Unmeasurable("%q is neither a date nor a time of day; write \"2026-11-22\", \"9:30 AM\" or (now() - 3 hours)", say.Shorten(o.Text))
			return nil
		}
		values = append(values, v)
	}
	if op == dqdl.Between || op == dqdl.NotBetween {
		slices.Sort(values)
	}
	c.Say.Want = say.Shorten(rule.Condition.Text)
	alone := len(rule.Parameters) == 0
	if alone {
		c.Say.Unit = "minutes"
	}
	return func(all [][]quality.File, r *quality.Result) {
		comply(p, c, rule, all[0], func(f quality.File) bool { return compare(op, float64(f.Modified.Unix()), values) }, r)
		if alone && r.Measured != nil {
			age := p.In.Now.Sub(p.In.Arrived).Minutes()
			r.Measured, r.LookedAt, r.Violations = &age, 0, 0
			r.Message = fmt.Sprintf("the file arrived at %s; wanted %s", p.In.Arrived.In(ch.zone).Format("2006-01-02 15:04 MST"), c.Say.Want)
		}
		r.Advice = "Tell those who use the data, and look at the producer's schedule and its last run."
	}
}

// pointInTime works out an operand as seconds of the Unix clock.
func pointInTime(p *check.Plan, o dqdl.Operand, zone *time.Location) (seconds float64, ok bool) {
	if o.Kind == dqdl.Date {
		return float64(p.In.Now.Add(o.Span).Unix()), true
	}
	for i, layout := range []string{"2006-01-02", time.RFC3339, "3:04 PM", "15:04", "15:04:05"} {
		at, err := time.ParseInLocation(layout, strings.ToUpper(o.Text), zone)
		if err != nil {
			continue
		}
		if i > 1 {
			today := p.In.Now.In(zone)
			at = time.Date(today.Year(), today.Month(), today.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone)
		}
		return float64(at.Unix()), true
	}
	return 0, false
}

// fileUniquenessRule bounds the share of files whose content, and with
// matchFileName also whose name without its folder, no other of them has.
func fileUniquenessRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, ch choice, lists []*check.Listing) fileJudge {
	c.Say.Dimension, c.Say.Unit = contract.Uniqueness, "ratio"
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return nil
	}
	c.Say.Want = wanted.text
	l := lists[0]
	l.Hash(check.SHA256)
	return func(all [][]quality.File, r *quality.Result) {
		contents, names := map[string]int{}, map[string]int{}
		for _, f := range all[0] {
			contents[l.Sum(f, check.SHA256)]++
			names[path.Base(f.Path)]++
		}
		var bad []quality.File
		for _, f := range all[0] {
			if contents[l.Sum(f, check.SHA256)] > 1 || ch.names && names[path.Base(f.Path)] > 1 {
				bad = append(bad, f)
			}
		}
		n := len(all[0])
		share := float64(n-len(bad)) / float64(n)
		r.LookedAt, r.Violations = int64(n), int64(len(bad))
		r.Decide(share, wanted.holds(share))
		r.Evaluated = map[string]float64{"Dataset.*.FileUniquenessRatio": share}
		r.Message = fmt.Sprintf("a share of %s of %s is there once; wanted %s", words.Number(figure.Round6(share)), words.Plural(int64(n), "file"), wanted.full())
		if len(bad) > 0 {
			r.Message += "; not so " + named(bad)
		}
		r.Advice = "Look for a delivery that was sent twice."
	}
}

// fileMatchRule compares checksums of files with a list, of which each must have
// one, or the contents of two paths with each other: each file must have one of
// the same content on the other side, whatever their names, and as many.
func fileMatchRule(_ *check.Plan, c *check.Check, rule *dqdl.Rule, ch choice, lists []*check.Listing) fileJudge {
	c.Say.Dimension, c.Want = contract.Accuracy, check.MustBeNone
	c.Advice = "Have the file sent again, and compare with the sender's own checksum."
	algorithm := ch.algorithm
	for _, l := range lists {
		l.Hash(algorithm)
	}
	sum := func(i int, f quality.File) string { return lists[i].Sum(f, algorithm) }
	if len(lists) == 1 {
		op := rule.Condition.Op
		if op == dqdl.Matches || op == dqdl.NotMatches {
			c.Unmeasurable("a checksum matches no pattern; write in [\"…\"]")
			return nil
		}
		want, given := op == dqdl.Equal || op == dqdl.In, map[string]bool{}
		for _, o := range rule.Condition.Operands {
			given[strings.ToLower(o.Text)] = true
		}
		return func(all [][]quality.File, r *quality.Result) {
			var bad []quality.File
			for _, f := range all[0] {
				if given[sum(0, f)] != want {
					bad = append(bad, f)
				}
			}
			matched(c, r, len(all[0]), bad, "with a checksum ("+strings.ToUpper(algorithm)+") that is "+refuse(rule.Condition))
		}
	}
	return func(all [][]quality.File, r *quality.Result) {
		surplus := map[string]int{} // how many more are on the first side
		for i, files := range all {
			for _, f := range files {
				surplus[sum(i, f)] += 1 - 2*i
			}
		}
		var bad []quality.File
		for i, files := range all {
			for _, f := range files {
				if n := surplus[sum(i, f)]; i == 0 && n > 0 || i == 1 && n < 0 {
					bad = append(bad, f)
					surplus[sum(i, f)] -= 1 - 2*i
				}
			}
		}
		matched(c, r, len(all[0])+len(all[1]), bad, "without a match on the other side")
	}
}

// matched fills the result of FileMatch.
func matched(c *check.Check, r *quality.Result, n int, bad []quality.File, complaint string) {
	r.LookedAt, r.Violations = int64(n), int64(len(bad))
	c.Measure(r, float64(len(bad)))
	r.Message = fmt.Sprintf("no file of %d %s", n, complaint)
	if len(bad) > 0 {
		r.Message = fmt.Sprintf("%d of %s %s: %s", len(bad), words.Plural(int64(n), "file"), complaint, named(bad))
	}
	r.Advice = c.Advice
}

// named writes the paths of some files for a message.
func named(files []quality.File) string {
	var paths []string
	for i, f := range files {
		if i == 5 {
			paths = append(paths, "…")
			break
		}
		paths = append(paths, say.Shorten(f.Path))
	}
	return strings.Join(paths, ", ")
}
