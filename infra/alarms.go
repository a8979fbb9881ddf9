package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/metric"
)

// An alarm is named tillwatch-<environment>-<group>-<id>. The groups in
// routedGroups reach people through route-alert. The others speak of the router
// itself, or of what it never got, and go straight to their severity's topic.
type alarm struct {
	group, id, severity string
	// rule is the rule of package alert whose runbook speaks of the alarm.
	rule       string
	metric     awscloudwatch.IMetric
	comparison awscloudwatch.ComparisonOperator
	threshold  float64
	periods    int
	missing    awscloudwatch.TreatMissingData
	// what says what is wrong, do what to do now; both are whole sentences.
	what, do string
}

// routedGroups: data is the targets of the catalogue, judge validate-file.
var routedGroups = []string{"data", "judge"}

const (
	moreThan = awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD
	lessThan = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
)

// What missing data means: that nothing went wrong, that nothing happened and
// it should have, or that the last file's verdict still stands.
const (
	good  = awscloudwatch.TreatMissingData_NOT_BREACHING
	bad   = awscloudwatch.TreatMissingData_BREACHING
	stays = awscloudwatch.TreatMissingData_IGNORE
)

// alarms makes alarms and keeps them for the dashboards.
type alarms struct {
	Props
	scope  constructs.Construct
	topics topics
	made   []madeAlarm
}

type madeAlarm struct {
	alarm
	name      string
	construct awscloudwatch.Alarm
}

func newAlarms(stack awscdk.Stack, p Props, t topics) *alarms {
	return &alarms{Props: p, scope: constructs.NewConstruct(stack, jsii.String("Alarms")), topics: t}
}

func (a *alarms) add(spec alarm) {
	name := *a.name(spec.group + "-" + spec.id)
	made := awscloudwatch.NewAlarm(a.scope, jsii.String(camel(spec.group+"-"+spec.id)), &awscloudwatch.AlarmProps{
		AlarmName:          &name,
		AlarmDescription:   jsii.String(a.describe(spec)),
		Metric:             spec.metric,
		ComparisonOperator: spec.comparison,
		Threshold:          &spec.threshold,
		EvaluationPeriods:  jsii.Number(spec.periods),
		TreatMissingData:   spec.missing,
	})
	if !slices.Contains(routedGroups, spec.group) {
		action := awscloudwatchactions.NewSnsAction(a.topics.bySeverity[spec.severity])
		made.AddAlarmAction(action)
		made.AddOkAction(action)
	}
	a.made = append(a.made, madeAlarm{spec, name, made})
}

// describe is what a person gets to read, and what route-alert reads the
// severity from: it is the first word.
func (a *alarms) describe(spec alarm) string {
	return fmt.Sprintf("%s: %s\nDo: %s\nRunbook: %s\nOwner: %s", spec.severity, spec.what, spec.do, a.runbook(spec.rule), a.Owner)
}

// runbook is where an alarm's link leads.
func (a *alarms) runbook(rule string) string {
	if page := runbook.URL(a.Runbooks, rule); page != "" {
		return page
	}
	region := *awscdk.Stack_Of(a.scope).Region()
	return "https://" + region + ".console.aws.amazon.com/cloudwatch/home?region=" + region +
		"#dashboards/dashboard/" + *a.name("diagnostic")
}

// forTarget adds the alarm for a dataset's metric that has a target. A dataset
// gets a file a day or an hour: between files the last verdict stands.
func (a *alarms) forTarget(d Dataset, m metric.Metric) {
	target := *m.Target
	if v, ok := a.Targets[m.Name]; ok {
		target.Value = v
	}
	comparison, worse := lessThan, "under"
	if target.Comparison == metric.AtMost {
		comparison, worse = moreThan, "over"
	}
	values := map[string]string{metric.PipelineName: d.Pipeline, metric.Table: d.Table, metric.DataSource: d.Source}
	dimensions := map[string]*string{}
	for _, n := range m.Sets[0].Dimensions {
		dimensions[n] = jsii.String(values[n])
	}
	a.add(alarm{
		group: "data", id: d.Table + "-" + kebab(string(m.Name)), severity: "P2", rule: alert.ScoreBelowTarget,
		metric: awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String(string(m.Namespace)), MetricName: jsii.String(string(m.Name)), DimensionsMap: &dimensions,
			Statistic: jsii.String(string(m.Statistic)), Period: awscdk.Duration_Minutes(jsii.Number(5)),
		}),
		comparison: comparison, threshold: target.Value, periods: 1, missing: stays,
		what: fmt.Sprintf("%s of %s is %s its target of %v.", m.Name, d.Table, worse, target.Value),
		do: fmt.Sprintf("Open the newest report of %s under reports/ in the results bucket: it names the checks, the rows and what to change. Keep what reads %s from using the file.",
			d.Table, d.Table),
	})
}

// of is a metric with a statistic and a period in minutes.
func of(m awscloudwatch.Metric, statistic *string, minutes int) awscloudwatch.IMetric {
	return m.With(&awscloudwatch.MetricOptions{Statistic: statistic, Period: awscdk.Duration_Minutes(jsii.Number(minutes))})
}

// self is a metric of Tillwatch's own, in this environment.
func (p Props) self(n metric.Name, statistic *string, minutes int) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(string(metric.Self)), MetricName: jsii.String(string(n)),
		DimensionsMap: &map[string]*string{metric.Environment: &p.Environment},
		Statistic:     statistic, Period: awscdk.Duration_Minutes(jsii.Number(minutes)),
	})
}

func queueAge(q awssqs.IQueue) awscloudwatch.Metric {
	return q.MetricApproximateAgeOfOldestMessage(nil)
}

func queueDepth(q awssqs.IQueue) awscloudwatch.Metric {
	return q.MetricApproximateNumberOfMessagesVisible(nil)
}

// kebab writes CompletenessScore as completeness-score.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// camel writes judge-errors as JudgeErrors.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
