package landing

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

const (
	summaryLimit = 120 // characters
	findingLimit = 20  // findings of a signal
	textLimit    = 400 // characters of a finding's message or advice
)

// rejection is the signal of a file with the verdict warn, error or fail.
func (j *Judger) rejection(f file, r *quality.Report, rec Record) alert.Signal {
	rule, word := alert.FileRejected, "rejected"
	switch r.Verdict {
	case quality.VerdictWarn:
		rule, word = alert.FileWarned, "accepted with warnings"
	case quality.VerdictError:
		rule, word = alert.FileUnjudged, "not fully judged"
	}
	bad := worstFirst(r.Checks)
	s := j.signal(rule, f.Object, f.dataset, f.period, f.contract.Team)
	s.Severity = severity(f.property(propertySeverity), bad)
	s.Summary = summary(f, r, word, bad)
	for _, c := range bad {
		if len(s.Findings) == findingLimit {
			s.Omitted++
			continue
		}
		s.Findings = append(s.Findings, alert.Finding{
			Check: c.ID, Message: clip(c.Message, textLimit), Advice: clip(c.Advice, textLimit),
			Where: where(c), Severity: c.Severity,
		})
	}
	s.NextSteps = nextSteps(f, r, rec, bad)
	s.Links = j.links(rule, rec, f.property("runbook"))
	s.Facts = append(s.Facts, alert.Fact{Name: "verdict", Value: string(r.Verdict)})
	s.Impact, s.Metrics = consequences(bad), f.snapshot(r)
	f.evidence(&s, f.readings(r, bad))
	if other := func(c quality.Result) bool { return c.Dimension != contract.Timeliness }; len(bad) > 0 && !slices.ContainsFunc(bad, other) {
		s.Causes = slices.Clone(lateCauses)
	}
	return s
}

// lateCauses are the likely ones where nothing is wrong but that the file, or what
// is in it, is late; of other faults the runbook knows them.
var lateCauses = []string{
	"The job that writes the file began late, ran longer, or was tried again.",
	"It waits for a store, a system or a sign-off that is late itself.",
	"Its schedule means another time zone, or the clocks were changed.",
}

// signal returns what all signals about an object have.
func (j *Judger) signal(rule string, o Object, dataset, period, team string) alert.Signal {
	return alert.Signal{
		ID: o.ID() + "-" + rule, DedupKey: keyOf(rule + "/" + dataset + "/" + period), GroupKey: keyOf(dataset),
		Status: alert.Firing, Rule: rule, Pipeline: dataset, Environment: j.Environment, Team: team,
		At: o.Arrived.UTC(), Findings: []alert.Finding{}, NextSteps: []string{}, Links: []alert.Link{},
		Facts: []alert.Fact{{Name: "object", Value: "s3://" + o.Bucket + "/" + o.Key}, {Name: "period", Value: period}},
		Trace: o.Trace,
	}
}

// keyLimit is how long a signal's keys may be, in bytes.
const keyLimit = 256

// keyOf returns text as a key: one that is too long is cut, and what was cut
// off stays in it as a hash, so that different texts have different keys.
func keyOf(text string) string {
	if len(text) <= keyLimit {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	tail := "~" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(text[:keyLimit-len(tail)], "") + tail
}

// unreadable is the signal of an object that could not be judged at all.
func (j *Judger) unreadable(f file, team string, cause error) alert.Signal {
	s := j.signal(alert.FileUnjudged, f.Object, f.dataset, f.period, team)
	s.Severity = alert.P1
	s.Summary = clip(fmt.Sprintf("%s %s not judged: %s", f.dataset, f.period, oneLine(cause.Error())), summaryLimit)
	f.evidence(&s, f.weight())
	s.Findings = []alert.Finding{{Check: "judge", Message: clip(cause.Error(), textLimit), Severity: "HIGH"}}
	s.Links = j.links(alert.FileUnjudged, Record{}, "")
	return s
}

// unknown is the signal of an object that no contract speaks for: the same one
// for each prefix and day.
func (j *Judger) unknown(o Object) alert.Signal {
	prefix := prefixOf(o.Key)
	day := o.Arrived.UTC().Format(time.DateOnly)
	name := cmp.Or(strings.Trim(prefix, "/"), o.Bucket)
	s := j.signal(alert.FileWithoutContract, o, name, day, "")
	s.Severity = alert.P3
	s.Summary = clip(fmt.Sprintf("no contract for files under %s: %s and later ones are not checked", prefix, path.Base(o.Key)), summaryLimit)
	s.NextSteps = []string{
		"If the files matter: write a contract whose server location matches s3://" + o.Bucket + "/" + o.Key + ", and push it with tillwatch contract push.",
		"If they don't: put them elsewhere, or under bills/, surveys/ or manifests/ if they are such.",
	}
	s.Links = j.links(alert.FileWithoutContract, Record{}, "")
	file{Object: o}.evidence(&s, file{Object: o}.weight())
	return s
}

// resolution is the signal that o is over, by the record's object.
func (j *Judger) resolution(r *Record, o Open) alert.Signal {
	s := j.signal(o.Rule, r.Object, r.Dataset, r.Period, o.Team)
	s.ID = r.ID + "-resolved-" + o.Rule
	s.DedupKey, s.Status, s.Severity = o.DedupKey, alert.Resolved, alert.Severity(o.Severity)
	word := map[quality.Verdict]string{
		quality.VerdictPass: "passed", quality.VerdictWarn: "was accepted with warnings",
		quality.VerdictFail: "was judged and rejected",
	}[r.Verdict]
	s.Summary = clip(fmt.Sprintf("%s %s: %s %s", r.Dataset, r.Period, path.Base(r.Object.Key), cmp.Or(word, "was judged")), summaryLimit)
	s.Links = j.links(o.Rule, *r, "")
	s.Facts = append(s.Facts,
		alert.Fact{Name: "verdict", Value: string(r.Verdict)},
		alert.Fact{Name: "raised by", Value: o.SignalID})
	return s
}

// worstFirst returns the checks that failed or could not be measured: by
// severity, failed before unmeasured, then by the share of what is wrong.
func worstFirst(checks []quality.Result) []quality.Result {
	bad := slices.DeleteFunc(slices.Clone(checks), func(c quality.Result) bool {
		return c.Status != quality.Fail && c.Status != quality.Errored
	})
	rank := map[string]int{"HIGH": 0, "MEDIUM": 1, "LOW": 2}
	score := func(c quality.Result) float64 {
		if c.Score == nil {
			return 100
		}
		return *c.Score
	}
	slices.SortStableFunc(bad, func(a, b quality.Result) int {
		return cmp.Or(
			cmp.Compare(rank[a.Severity], rank[b.Severity]),
			cmp.Compare(b.Status, a.Status), // "fail" before "error"
			cmp.Compare(score(a), score(b)),
			cmp.Compare(b.Violations, a.Violations),
		)
	})
	return bad
}

// severity maps the worst failed check's severity, unless the contract says
// which severity its signals have.
func severity(wanted string, bad []quality.Result) alert.Severity {
	switch s := alert.Severity(wanted); s {
	case alert.P0, alert.P1, alert.P2, alert.P3:
		return s
	}
	if len(bad) > 0 {
		switch bad[0].Severity {
		case "MEDIUM":
			return alert.P2
		case "LOW":
			return alert.P3
		}
	}
	return alert.P1
}

func summary(f file, r *quality.Report, word string, bad []quality.Result) string {
	text := fmt.Sprintf("%s %s %s: ", f.dataset, f.period, word)
	if len(bad) == 0 {
		return clip(text+judgedReason(r), summaryLimit)
	}
	failed := 0
	for _, c := range bad {
		if c.Status == quality.Fail {
			failed++
		}
	}
	if failed > 0 {
		text += fmt.Sprintf("%d of %d checks failed", failed, len(r.Checks))
	} else {
		text += fmt.Sprintf("%d of %d checks could not be measured", len(bad), len(r.Checks))
	}
	if r.BadRows > 0 {
		text += fmt.Sprintf(", %s of %s rows bad", words.Count(r.BadRows), words.Count(r.Rows))
	}
	text += "; worst: "
	// The message if it fits, else what the contract calls the check.
	for _, worst := range []string{bad[0].Message, bad[0].Name, bad[0].ID} {
		if whole := text + oneLine(worst); worst != "" && len([]rune(whole)) <= summaryLimit {
			return whole
		}
	}
	return clip(text+oneLine(cmp.Or(bad[0].Message, bad[0].ID)), summaryLimit)
}

// where says in which rows a check failed: "rows 12, 40, 41 and 17 more".
func where(c quality.Result) string {
	var rows []string
	for _, s := range c.Samples {
		if s.Row > 0 {
			rows = append(rows, strconv.FormatInt(s.Row, 10))
		}
	}
	rows = slices.Compact(rows)
	if len(rows) == 0 {
		return ""
	}
	word := "rows "
	if len(rows) == 1 {
		word = "row "
	}
	text := word + strings.Join(rows, ", ")
	if more := c.Violations - int64(len(rows)); more > 0 {
		text += fmt.Sprintf(" and %s more", words.Count(more))
	}
	return text
}

func nextSteps(f file, r *quality.Report, rec Record, bad []quality.Result) []string {
	var steps []string
	if rec.Page != "" {
		steps = append(steps, "Open the report: it shows every check, its rows and what to change.")
	}
	if rec.Quarantine != "" {
		steps = append(steps, fmt.Sprintf("Send the bad rows in quarantine (%s of %s) to whoever writes the file.", words.Count(int64(rec.SetAside)), words.Count(r.BadRows)))
	}
	if len(bad) > 0 && bad[0].Advice != "" {
		steps = append(steps, clip(bad[0].Advice, textLimit))
	}
	if f.contract.Team != "" {
		steps = append(steps, "Who must act: "+f.contract.Team+".")
	}
	if accepted(r.Verdict) {
		return append(steps, "The file can be used; the next one that passes resolves this.")
	}
	return append(steps, "Pipelines that wait for file.validated.v1 hold back. Put the corrected file at "+f.Key+"; its verdict resolves this.")
}

// maxImpact is how many of the contract's business impacts a signal carries.
const maxImpact = 3

// consequences are what the contract says that failing its checks means, each
// once.
func consequences(bad []quality.Result) []string {
	var list []string
	for _, c := range bad {
		if text := clip(oneLine(c.Impact), textLimit); text != "" && !slices.Contains(list, text) && len(list) < maxImpact {
			list = append(list, text)
		}
	}
	return list
}

func (j *Judger) links(rule string, r Record, runbook string) []alert.Link {
	links := []alert.Link{}
	add := func(name, url string) {
		if url != "" {
			links = append(links, alert.Link{Name: name, URL: url})
		}
	}
	if j.Link != nil {
		for _, l := range [][2]string{{"report", cmp.Or(r.Page, r.Report)}, {"quarantine", r.Quarantine}} {
			if l[1] != "" {
				add(l[0], j.Link(l[1]))
			}
		}
	}
	if runbook == "" && j.Runbook != nil {
		runbook = j.Runbook(rule)
	}
	add("runbook", runbook)
	return links
}

// clip cuts s to n characters, the last of which is then an ellipsis.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
