package quality

import "tillwatch/shared/contract"

// Targets are the scores to stay above, in percent, as the retail team set
// them; uniqueness above 99.9 is duplicates below 0.1 %.
var Targets = map[contract.Dimension]float64{
	contract.Completeness: 98,
	contract.Accuracy:     99,
	contract.Timeliness:   95,
	contract.Consistency:  99,
	contract.Conformity:   99,
	contract.Uniqueness:   99.9,
}

// Scores returns the mean score of each dimension's measured checks and, as
// "quality", the mean of those. What was not measured is in no mean; a file of
// which nothing was measured has no scores.
func Scores(checks []Result) map[string]float64 {
	sums, counts := map[contract.Dimension]float64{}, map[contract.Dimension]int{}
	var order []contract.Dimension
	for _, r := range checks {
		if r.Score == nil {
			continue
		}
		if counts[r.Dimension] == 0 {
			order = append(order, r.Dimension)
		}
		sums[r.Dimension] += *r.Score
		counts[r.Dimension]++
	}
	out := map[string]float64{}
	total := 0.0
	for _, d := range order {
		mean := sums[d] / float64(counts[d])
		out[string(d)] = mean
		total += mean
	}
	if len(order) > 0 {
		out["quality"] = total / float64(len(order))
	}
	return out
}

// Judge is the worst that any check asks for: a failed check of severity
// HIGH fails the file, one of MEDIUM warns, one of LOW passes; a check of
// severity HIGH that could not be measured makes an error, unless the file
// fails anyway.
func Judge(checks []Result) Verdict {
	rank := map[Verdict]int{VerdictPass: 0, VerdictWarn: 1, VerdictError: 2, VerdictFail: 3}
	worst := VerdictPass
	for _, r := range checks {
		v := VerdictPass
		switch {
		case r.Status == Fail && r.Severity == contract.High.String():
			v = VerdictFail
		case r.Status == Fail && r.Severity == contract.Medium.String():
			v = VerdictWarn
		case r.Status == Errored && r.Severity == contract.High.String():
			v = VerdictError
		}
		if rank[v] > rank[worst] {
			worst = v
		}
	}
	return worst
}
