package runbook

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"

	"tillwatch/shared/alert"
)

// Values are what placeholders stand for, by name. An empty value is an unknown
// one.
type Values map[string]string

// Names are the placeholders that there are.
var Names = []string{
	"rule", "pipeline", "period", "day", "environment", "bucket", "key", // of the signal
	"function", "queue", "metric", "table", // of a CloudWatch alarm's signal
	"landing", "results", "database", // of the deployment
}

// A Deployment is what placeholders need to know of the stack; what is "" is
// unknown.
type Deployment struct {
	Landing, Results string // the buckets
}

// ValuesOf returns what s and the deployment say.
func ValuesOf(s alert.Signal, d Deployment) Values {
	v := Values{
		"rule": s.Rule, "pipeline": s.Pipeline, "environment": s.Environment, "landing": d.Landing, "results": d.Results,
		"function": s.Labels["FunctionName"], "queue": s.Labels["QueueName"], "metric": s.Labels["MetricName"],
		"table": cmp.Or(s.Labels["Table"], s.Pipeline),
	}
	if s.Environment != "" {
		v["database"] = Database(s.Environment)
	}
	for _, f := range s.Facts {
		switch f.Name {
		case "object":
			if bucket, key, ok := strings.Cut(strings.TrimPrefix(f.Value, "s3://"), "/"); ok {
				v["bucket"], v["key"] = bucket, key
			}
		case "period":
			v["period"] = f.Value
			v["day"], _, _ = strings.Cut(f.Value, "T")
		}
	}
	return v
}

// Database returns the name of the Glue database of an environment's results:
// letters of ASCII, digits and underscores, whatever the environment is called.
func Database(environment string) string {
	return "tillwatch_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(environment))
}

// placeholder matches one.
var placeholder = regexp.MustCompile(`\{\{([a-z_]+)\}\}`)

// fill puts the values in, each quoted as the code around it wants.
func fill(page string, v Values) string {
	var b strings.Builder
	language := alert.Language("") // of the query, "" outside of one
	inside := false
	for l := range strings.Lines(page) {
		if mark, ok := strings.CutPrefix(strings.TrimRight(l, "\n"), fence); ok {
			inside = !inside
			language = languages[mark]
		}
		quote := word
		switch {
		case inside && language == alert.LogsInsights:
			quote = quoted
		case inside && language == alert.Athena:
			quote = doubled
		case !inside && placeOf(l) != "":
			quote = clean
		}
		b.WriteString(placeholder.ReplaceAllStringFunc(l, func(p string) string {
			name := p[2 : len(p)-2]
			if v[name] == "" {
				return strings.ToUpper(name)
			}
			return quote(v[name])
		}))
	}
	return b.String()
}

// clean returns s on one line, without what cannot be seen.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

// quoted returns s as a part of a string in double quotes of Logs Insights.
func quoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(s))
}

// doubled returns s as a part of a string in SQL.
func doubled(s string) string { return strings.ReplaceAll(clean(s), "'", "''") }

// plain matches what a shell takes for one word as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// word returns s as one word, or a part of one, of a shell.
func word(s string) string {
	if s = clean(s); plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
