package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/metric"
)

// A dashboard is 24 columns wide, a graph 6 rows high.
const (
	full   = 24
	height = 6
)

// Periods of graphs in minutes: a day for weeks, five minutes for hours.
const (
	daily = 24 * 60
	fine  = 5
)

// The statistics of graphs.
var (
	total  = jsii.String("Sum")
	median = jsii.String("p50")
	p95    = jsii.String("p95")
	p99    = jsii.String("p99")
)

// newDashboards makes the three dashboards from what the capabilities show:
// executive for weeks and outcomes, operational for hours and alarms,
// diagnostic for everything there is, and what each alarm asks for.
func newDashboards(stack awscdk.Stack, p Props, a *alarms, capabilities ...widgets) {
	var all widgets
	for _, w := range capabilities {
		all.executive = append(all.executive, w.executive...)
		all.operational = append(all.operational, w.operational...)
		all.diagnostic = append(all.diagnostic, w.diagnostic...)
	}
	dashboard := func(id, start string, rows ...[][]awscloudwatch.IWidget) {
		var grid []*[]awscloudwatch.IWidget
		for _, part := range rows {
			for _, row := range part {
				grid = append(grid, &row)
			}
		}
		awscloudwatch.NewDashboard(stack, jsii.String(camel(id)), &awscloudwatch.DashboardProps{
			DashboardName: p.name(id), Start: &start, Widgets: &grid,
			PeriodOverride: awscloudwatch.PeriodOverride_INHERIT, // a day stays a day, whatever the range
		})
	}
	dashboard("executive", "-P28D",
		heading("Can the data be trusted?",
			"Four weeks, a point a day. A score is the worst file of the day, from 0 to 100; the line is its target."),
		a.status("Data under its target", "data"), all.executive)
	dashboard("operational", "-PT12H",
		heading("What needs somebody now?", "Twelve hours. Red is explained on the diagnostic dashboard, alarm by alarm."),
		a.status("All alarms", "data", "judge", "router", "lost"), all.operational)
	dashboard("diagnostic", "-PT3H",
		heading("What is happening inside?", "Three hours, every metric of the catalogue. What each alarm asks for is at the end."),
		all.diagnostic, a.runbooks())
}

// qualityWidgets show what was judged and how well the data did.
func qualityWidgets(p qualityProps, f awslambda.Function, queue, dead awssqs.IQueue) widgets {
	var quality, business, qualityNow, diagnostic []awscloudwatch.IWidget
	for _, m := range metric.Catalogue() {
		width := 8
		if m.Name == metric.QualityScore {
			width = full
		}
		switch {
		case m.Namespace == metric.Quality:
			quality = append(quality, p.graph(m, daily, width))
			qualityNow = append(qualityNow, p.graph(m, fine, width))
		case m.Namespace == metric.Business && m.Name != metric.ProcessingCostPerRecord:
			business = append(business, p.graph(m, daily, 8))
		}
		if !routers[m.Name] && !slices.Contains(ofIncidents, m.Name) {
			diagnostic = append(diagnostic, p.graph(m, fine, 8))
		}
	}
	cost, _ := metric.Lookup(metric.ProcessingCostPerRecord)
	return widgets{
		executive: slices.Concat(
			[][]awscloudwatch.IWidget{{p.latest(metric.QualityScore), p.latest(metric.DataFreshnessMinutes), p.latest(metric.DailyRevenue)}},
			section("Quality of the data", quality...), section("Business", business...),
			section("Effort",
				p.graphOf("Files judged and rejected", 8, p.named(metric.FilesJudged, total, daily), p.named(metric.FilesRejected, total, daily)),
				p.graphOf("Seconds from landing to verdict", 8, p.named(metric.EndToEndSeconds, median, daily), p.named(metric.EndToEndSeconds, p95, daily)),
				p.graph(cost, daily, 8),
			)),
		operational: append(section("Judging files",
			p.graphOf("Files", 8, p.named(metric.FilesJudged, total, fine), p.named(metric.FilesRejected, total, fine),
				p.named(metric.FilesErrored, total, fine), p.named(metric.UnroutedFiles, total, fine)),
			p.graphOf("Seconds from landing to verdict", 8, p.named(metric.EndToEndSeconds, median, fine),
				p.named(metric.EndToEndSeconds, p95, fine)),
			p.graphOf("Files waiting and set aside", 8, labelled(queueDepth(queue), "waiting"), labelled(queueDepth(dead), "set aside")),
			p.graphOf("validate-file: calls and errors", 8, of(f.MetricInvocations(nil), total, fine), of(f.MetricErrors(nil), total, fine), of(f.MetricThrottles(nil), total, fine)),
			p.graphOf("validate-file: milliseconds", 8, of(f.MetricDuration(nil), median, fine), of(f.MetricDuration(nil), p99, fine)),
			p.graphOf("validate-file: at once", 8, concurrency(f)),
		), section("Quality of the data", qualityNow...)...),
		diagnostic: append(section("Judging files", diagnostic...), section("validate-file says", problems(p.Props, "validate-file"))...),
	}
}

// routers are the metrics of alerts, which stand in that section.
var routers = map[metric.Name]bool{metric.SignalsRaised: true, metric.NotificationsSent: true, metric.NotificationsSuppressed: true}

// alertWidgets show who was told, and how the router is.
func alertWidgets(p alertProps, f awslambda.Function, queue, dead awssqs.IQueue) widgets {
	sent, _ := metric.Lookup(metric.NotificationsSent)
	var diagnostic []awscloudwatch.IWidget
	for _, m := range metric.Catalogue() {
		if routers[m.Name] {
			diagnostic = append(diagnostic, p.graph(m, fine, 8))
		}
	}
	return widgets{
		executive: section("Alerts", p.graph(sent, daily, full)),
		operational: section("Alerts",
			p.graph(sent, fine, 8),
			p.graphOf("Signals and silence", 8, p.named(metric.SignalsRaised, total, fine), p.named(metric.NotificationsSuppressed, total, fine)),
			p.graphOf("Signals waiting and set aside", 8, labelled(queueDepth(queue), "waiting"), labelled(queueDepth(dead), "set aside")),
			p.graphOf("route-alert: calls and errors", 8, of(f.MetricInvocations(nil), total, fine), of(f.MetricErrors(nil), total, fine), of(f.MetricThrottles(nil), total, fine)),
			p.graphOf("route-alert: milliseconds", 8, of(f.MetricDuration(nil), median, fine), of(f.MetricDuration(nil), p99, fine)),
			p.graphOf("route-alert: at once", 8, concurrency(f)),
		),
		diagnostic: append(section("Alerts", diagnostic...), section("route-alert says", problems(p.Props, "route-alert"))...),
	}
}

// ofIncidents are the metrics of incidents, which stand in that section.
var ofIncidents = []metric.Name{
	metric.OpenIncidents, metric.TimeToResolveMinutes, metric.TimeToAcknowledgeMinutes, metric.TimeToDetectMinutes,
	metric.PendingSpans, metric.UnknownSpans, metric.InvalidSpans,
}

// incidentWidgets show what is open, and how long it takes to end.
func incidentWidgets(p Props) widgets {
	var outcomes, all []awscloudwatch.IWidget
	for i, n := range ofIncidents {
		m, _ := metric.Lookup(n)
		if i < 4 {
			outcomes = append(outcomes, p.graph(m, daily, 6))
		}
		all = append(all, p.graph(m, fine, 8))
	}
	open, _ := metric.Lookup(metric.OpenIncidents)
	return widgets{
		executive:   section("Incidents: what is open, and how long they take (means of 30 days, by severity)", outcomes...),
		operational: section("Incidents", p.graph(open, fine, full)),
		diagnostic:  append(section("Incidents", all...), section("respond-incident says", problems(p, "respond-incident"))...),
	}
}

// graph shows a metric of the catalogue with its target. Datasets come and go
// without a deployment, so their series are searched for.
func (p Props) graph(m metric.Metric, minutes, width int) awscloudwatch.IWidget {
	title := title(m)
	props := &awscloudwatch.GraphWidgetProps{
		Width: jsii.Number(width), Height: jsii.Number(height), Left: p.series(m, minutes),
		LegendPosition: awscloudwatch.LegendPosition_BOTTOM,
		LeftYAxis:      &awscloudwatch.YAxisProps{ShowUnits: jsii.Bool(false)},
	}
	if m.Target != nil {
		target := m.Target.Value
		if v, ok := p.Targets[m.Name]; ok {
			target = v
		}
		title = fmt.Sprintf("%s (target %s %v)", title, m.Target.Comparison, target)
		props.LeftAnnotations = &[]*awscloudwatch.HorizontalAnnotation{{Value: &target, Label: jsii.String("target"), Color: jsii.String("#d62728")}}
	}
	if m.Unit == metric.Percent {
		props.LeftYAxis.Max = jsii.Number(100)
	}
	props.Title = &title
	return awscloudwatch.NewGraphWidget(props)
}

// latest shows the newest value of each dataset as a number.
func (p Props) latest(n metric.Name) awscloudwatch.IWidget {
	m, _ := metric.Lookup(n)
	return awscloudwatch.NewSingleValueWidget(&awscloudwatch.SingleValueWidgetProps{
		Title: jsii.String(title(m) + ": latest day"), Width: jsii.Number(8), Height: jsii.Number(4), Metrics: p.series(m, daily), Sparkline: jsii.Bool(true),
	})
}

func (p Props) series(m metric.Metric, minutes int) *[]awscloudwatch.IMetric {
	var series []awscloudwatch.IMetric
	first := m.Sets[0]
	switch {
	case first.Growth != metric.PerDeployment:
		series = append(series, awscloudwatch.NewSearchExpression(&awscloudwatch.SearchExpressionProps{
			Expression: jsii.String(fmt.Sprintf(`SEARCH('{"%s",%s} MetricName="%s"', '%s', %d)`,
				m.Namespace, strings.Join(first.Dimensions, ","), m.Name, m.Statistic, minutes*60)),
			Label:  jsii.String(fmt.Sprintf("${PROP('Dim.%s')}", first.Dimensions[len(first.Dimensions)-1])),
			Period: awscdk.Duration_Minutes(jsii.Number(minutes)),
		}))
	case len(first.Dimensions) == 2: // by severity
		for _, s := range severities {
			series = append(series, awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
				Namespace: jsii.String(string(m.Namespace)), MetricName: jsii.String(string(m.Name)), Label: &s,
				DimensionsMap: &map[string]*string{metric.Environment: &p.Environment, metric.Severity: &s},
				Statistic:     jsii.String(string(m.Statistic)), Period: awscdk.Duration_Minutes(jsii.Number(minutes)),
			}))
		}
	default:
		series = append(series, p.named(m.Name, jsii.String(string(m.Statistic)), minutes))
	}
	return &series
}

func (p Props) graphOf(title string, width int, series ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: &title, Width: jsii.Number(width), Height: jsii.Number(height), Left: &series,
		LegendPosition: awscloudwatch.LegendPosition_BOTTOM,
		LeftYAxis:      &awscloudwatch.YAxisProps{ShowUnits: jsii.Bool(false), Min: jsii.Number(0)},
	})
}

// problems shows what a function logged that is worse than information.
func problems(p Props, function string) awscloudwatch.IWidget {
	group := "/aws/lambda/" + *p.name(function)
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title: jsii.String("Warnings and errors of " + function), Width: jsii.Number(full), Height: jsii.Number(height),
		LogGroupNames: jsii.Strings(group), View: awscloudwatch.LogQueryVisualizationType_TABLE,
		QueryLines: jsii.Strings("fields @timestamp, level, message, error_code, pipeline_id, retry_count", `filter level in ["WARN", "ERROR"]`, "sort @timestamp desc", "limit 50"),
	})
}

// status shows the alarms of some groups as coloured squares.
func (a *alarms) status(title string, groups ...string) [][]awscloudwatch.IWidget {
	props := &awscloudwatch.AlarmStatusWidgetProps{Title: &title, Width: jsii.Number(full), SortBy: awscloudwatch.AlarmStatusWidgetSortBy_STATE_UPDATED_TIMESTAMP}
	rows := 0
	for _, g := range groups {
		for _, m := range a.made {
			if m.group == g {
				if props.Alarms == nil {
					props.Alarms = &[]interfacesawscloudwatch.IAlarmRef{}
				}
				*props.Alarms = append(*props.Alarms, m.construct)
				rows++
			}
		}
	}
	props.Height = jsii.Number(2 + (rows+3)/4)
	return [][]awscloudwatch.IWidget{{awscloudwatch.NewAlarmStatusWidget(props)}}
}

// runbooks says what to do for each alarm: this is where the alarms' links lead.
// Alarms that ask for the same stand together.
func (a *alarms) runbooks() [][]awscloudwatch.IWidget {
	var b strings.Builder
	b.WriteString("# What each alarm asks for\n")
	order := slices.SortedStableFunc(slices.Values(a.made), func(x, y madeAlarm) int { return cmp.Compare(x.severity, y.severity) })
	for i, m := range order {
		fmt.Fprintf(&b, "\n**%s %s**: %s\n", m.severity, m.name, m.what)
		if i+1 == len(order) || order[i+1].do != m.do {
			fmt.Fprintf(&b, "\n→ %s\n", m.do)
		}
	}
	return [][]awscloudwatch.IWidget{{awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
		Markdown: jsii.String(b.String()), Width: jsii.Number(full), Height: jsii.Number(30),
	})}}
}

func heading(title, text string) [][]awscloudwatch.IWidget {
	return [][]awscloudwatch.IWidget{{awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
		Markdown: jsii.String("# " + title + "\n" + text), Width: jsii.Number(full), Height: jsii.Number(2), Background: awscloudwatch.TextWidgetBackground_TRANSPARENT,
	})}}
}

// section puts widgets under a title; the dashboard breaks them into rows.
func section(title string, items ...awscloudwatch.IWidget) [][]awscloudwatch.IWidget {
	return [][]awscloudwatch.IWidget{{awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
		Markdown: jsii.String("## " + title), Width: jsii.Number(full), Height: jsii.Number(1), Background: awscloudwatch.TextWidgetBackground_TRANSPARENT,
	})}, items}
}

// named is a metric of Tillwatch's own under the name that people read.
func (p Props) named(n metric.Name, statistic *string, minutes int) awscloudwatch.IMetric {
	label := words(n)
	if *statistic != *total {
		label += " (" + *statistic + ")"
	}
	return p.self(n, statistic, minutes).With(&awscloudwatch.MetricOptions{Label: &label})
}

func labelled(m awscloudwatch.Metric, label string) awscloudwatch.IMetric {
	return m.With(&awscloudwatch.MetricOptions{Label: &label, Statistic: awscloudwatch.Stats_MAXIMUM(), Period: awscdk.Duration_Minutes(jsii.Number(fine))})
}

func concurrency(f awslambda.Function) awscloudwatch.IMetric {
	return labelled(f.Metric(jsii.String("ConcurrentExecutions"), nil), "calls at once")
}

// title is a metric's name and unit as a graph shows them.
func title(m metric.Metric) string {
	switch {
	case m.Unit == metric.Percent:
		return words(m.Name) + ", %"
	case m.Unit == metric.Milliseconds, m.Unit == metric.Seconds:
		return words(m.Name) + ", " + strings.ToLower(string(m.Unit))
	case strings.HasSuffix(string(m.Name), "Minutes"):
		return words(m.Name) + ", minutes"
	}
	return words(m.Name)
}

// words writes CustomerCount as Customer count, and JudgeDurationMs as Judge
// duration: units are said elsewhere.
func words(n metric.Name) string {
	name := string(n)
	for _, unit := range []string{"Ms", "Seconds", "Minutes"} {
		name = strings.TrimSuffix(name, unit)
	}
	text := strings.ReplaceAll(kebab(name), "-", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}
