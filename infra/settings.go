package main

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/metric"
)

// Settings are what a deployment chooses, each a context value of the CDK:
// cdk deploy -c environment=prod -c email=data-team@example.com.
type Settings struct {
	// Environment (environment) is part of every name, so that one account can
	// hold several: lower-case letters, digits and dashes, at most 20; "dev".
	Environment string
	// Owner (owner) is the team that alarms name; "data-platform".
	Owner string
	// Emails (email) are told about every severity, separated by commas.
	Emails []string
	// AudienceEmails (email_executive_team, email_operations_team,
	// email_customer_service) are told of incidents that concern them, whatever
	// their severity: each separated by commas.
	AudienceEmails map[alert.Audience][]string
	// ChatEndpoint (chat_endpoint) is an https address that gets the chat
	// topic's messages; SlackWorkspace and SlackChannel (slack_workspace,
	// slack_channel) are the ids for Amazon Q Developer in chat applications,
	// both or none.
	ChatEndpoint, SlackWorkspace, SlackChannel string
	// PagerDutyParameter (pagerduty_parameter) is the Systems Manager parameter, a
	// SecureString, that holds the integration key of a PagerDuty service;
	// PagerDutyURL (pagerduty_url) is where it takes events, such as
	// https://events.eu.pagerduty.com/v2/enqueue, "" for its default.
	PagerDutyParameter, PagerDutyURL string
	// WebhookURL (webhook_url) is an https address that gets every notification
	// as signed JSON, WebhookParameter (webhook_parameter) the Systems Manager
	// parameter that holds the secret of the signature. Both or none.
	WebhookURL, WebhookParameter string
	// Runbooks (runbooks) is the https address of the folder
	// shared/alert/runbook, such as its page in a repository's web view, that
	// alarms and notifications link to; "" has alarms link to the diagnostic
	// dashboard, which says what to do, too.
	Runbooks string
	// AnswerHours (answer_hours) is how long the links in messages are good by
	// which people answer, 1 to 720; 72. AnswerKey (answer_key) is the number of
	// the key that signs them, 1 to 1000; 1: one more than before makes a new key,
	// and drops the one before the last. AnswerConcurrency (answer_concurrency)
	// takes that much of the account's pool for the page behind them, and lets it
	// have no more, 1 to 100; 0 does neither.
	AnswerHours, AnswerKey, AnswerConcurrency int
	// Datasets (datasets) get an alarm for each target of the catalogue. One
	// whose contract names a pipeline or a data source other than the table is
	// written pipeline/table/source. The dashboards find every dataset by
	// themselves.
	Datasets []Dataset
	// Targets (targets) replace targets of the catalogue:
	// CompletenessScore=97,DataFreshnessMinutes=120.
	Targets map[metric.Name]float64
	// Architecture (architecture) of the functions is arm64, the default, or x86_64.
	Architecture string
	// Retain (retain) keeps the buckets, the table and their key when the stack
	// is destroyed; true.
	Retain bool
	// QuarantineDays (quarantine_days) is how long rows that were set aside are
	// kept, 1 to 3650; 30. LogDays (log_days) is CloudWatch's retention of logs,
	// one of the values that it takes; 30.
	QuarantineDays, LogDays int
	// JudgeSeconds (judge_seconds) is how long judging one file may take, 10 to
	// 900; 120. A file whose judge died is taken up again after six times that.
	JudgeSeconds int
	// RouteSeconds (route_seconds) is how long routing one batch of signals may
	// take, 5 to 50; 30. What a router had that died is taken up again after six
	// times that.
	RouteSeconds int
	// JudgeMemory (judge_memory) is in MB, 512 to 10240; 1769, which is one
	// whole processor. JudgeConcurrency (judge_concurrency) is how many files
	// are judged at once, 2 to 1000; 5.
	JudgeMemory, JudgeConcurrency int
	// ReservedConcurrency (reserved_concurrency) takes that much of the
	// account's pool for judging; 0 reserves nothing, which is right for a new
	// account whose pool is 10.
	ReservedConcurrency int
	// SilenceHours (silence_hours) is how long no file may be judged before
	// somebody is told, 1 to 168; 26, a day and the next file's delay.
	SilenceHours int
	// MaxBytes (max_bytes) is the largest object that is judged, MaxRatio
	// (max_ratio) how many times larger a compressed one may become; 0 leaves
	// both to the function.
	MaxBytes, MaxRatio int
	// SplitBytes (split_bytes) is how large a file is judged in sections, of
	// RangeBytes (range_bytes) each, about; 0 leaves both to the function: above
	// 2 GiB, 256 MiB. RangeMemory (range_memory) is that of a step in MB, 512 to
	// 10240; 3072. RangeConcurrency (range_concurrency) is how many steps are done at
	// once, 1 to 10000; 50.
	SplitBytes, RangeBytes, RangeMemory, RangeConcurrency int
	// RemedyTargets (remedy_targets) are what remedies may act on, separated by
	// commas: lambda:load-sales,s3://lake/tmp/,contract:sales_data. The function
	// that leads incidents gets the rights for these and no other; none by default.
	RemedyTargets []remedy.Target
	// Binaries (binaries) is a folder of functions that are built already,
	// <function>/bootstrap; "" builds them.
	Binaries string
	// TracesEndpoint (traces_endpoint) is an OTLP address for spans; "" exports none.
	TracesEndpoint string
}

// A Dataset is a table, the pipeline that brings it and where it comes from:
// the dimensions that its metrics are published with.
type Dataset struct{ Pipeline, Table, Source string }

// logDays are the retentions that CloudWatch Logs takes, up to ten years.
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

var (
	environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)
	parameterName   = regexp.MustCompile(`^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	datasetName     = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}(/[A-Za-z0-9_.-]{1,64}){0,2}$`)
)

// readSettings reads the context values and reports everything that is wrong
// with them at once. get returns nil for a key that is not set.
func readSettings(get func(key string) any) (Settings, error) {
	r := &reader{get: get}
	s := Settings{
		Environment:         r.text("environment", "dev"),
		Owner:               r.text("owner", "data-platform"),
		Emails:              r.emails("email"),
		AudienceEmails:      map[alert.Audience][]string{},
		ChatEndpoint:        r.address("chat_endpoint", "https"),
		SlackWorkspace:      r.text("slack_workspace", ""),
		SlackChannel:        r.text("slack_channel", ""),
		PagerDutyParameter:  r.text("pagerduty_parameter", ""),
		PagerDutyURL:        r.receiver("pagerduty_url"),
		WebhookURL:          r.receiver("webhook_url"),
		WebhookParameter:    r.text("webhook_parameter", ""),
		Runbooks:            r.address("runbooks", "https"),
		AnswerHours:         r.number("answer_hours", 72, 1, 720),
		AnswerKey:           r.number("answer_key", 1, 1, 1000),
		AnswerConcurrency:   r.number("answer_concurrency", 0, 0, 100),
		Targets:             r.targets("targets"),
		Architecture:        r.text("architecture", "arm64"),
		Retain:              r.yes("retain", true),
		QuarantineDays:      r.number("quarantine_days", 30, 1, 3650),
		LogDays:             r.number("log_days", 30, 1, 3653),
		JudgeSeconds:        r.number("judge_seconds", 120, 10, 900),
		RouteSeconds:        r.number("route_seconds", 30, 5, 50),
		JudgeMemory:         r.number("judge_memory", 1769, 512, 10240),
		JudgeConcurrency:    r.number("judge_concurrency", 5, 2, 1000),
		ReservedConcurrency: r.number("reserved_concurrency", 0, 0, 1000),
		SilenceHours:        r.number("silence_hours", 26, 1, 168),
		MaxBytes:            r.number("max_bytes", 0, 0, 1<<50),
		MaxRatio:            r.number("max_ratio", 0, 0, 1<<30),
		SplitBytes:          r.number("split_bytes", 0, 0, 1<<50),
		RangeBytes:          r.number("range_bytes", 0, 0, 4<<30),
		RangeMemory:         r.number("range_memory", 3072, 512, 10240),
		RangeConcurrency:    r.number("range_concurrency", 50, 1, 10_000),
		Binaries:            r.text("binaries", ""),
		TracesEndpoint:      r.address("traces_endpoint", "http", "https"),
	}
	if !environmentName.MatchString(s.Environment) {
		r.fault("environment", s.Environment, "lower-case letters, digits and dashes, at most 20, a letter first")
	}
	if s.Architecture != "arm64" && s.Architecture != "x86_64" {
		r.fault("architecture", s.Architecture, "arm64 or x86_64")
	}
	if !slices.Contains(logDays, s.LogDays) {
		r.fault("log_days", s.LogDays, fmt.Sprintf("one of %v", logDays))
	}
	if (s.SlackWorkspace == "") != (s.SlackChannel == "") {
		r.fault("slack_workspace and slack_channel", s.SlackWorkspace+" "+s.SlackChannel, "both or none")
	}
	if (s.WebhookURL == "") != (s.WebhookParameter == "") {
		r.fault("webhook_url and webhook_parameter", s.WebhookURL+" "+s.WebhookParameter, "both or none")
	}
	for key, name := range map[string]string{"pagerduty_parameter": s.PagerDutyParameter, "webhook_parameter": s.WebhookParameter} {
		if name != "" && !parameterName.MatchString(name) {
			r.fault(key, name, "a parameter's name such as /tillwatch/pagerduty")
		}
	}
	for _, a := range alert.Audiences {
		if emails := r.emails("email_" + string(a)); len(emails) > 0 {
			s.AudienceEmails[a] = emails
		}
	}
	for _, text := range r.list("remedy_targets", "") {
		t, err := remedy.ParseTarget(text)
		if err != nil {
			r.fault("remedy_targets", text, remedy.Forms()+", separated by commas ("+err.Error()+")")
			continue
		}
		s.RemedyTargets = append(s.RemedyTargets, t)
	}
	for _, d := range r.list("datasets", "sales_data,inventory_data,customer_data") {
		if !datasetName.MatchString(d) {
			r.fault("datasets", d, "table, pipeline/table or pipeline/table/source, separated by commas")
			continue
		}
		parts := strings.Split(d, "/")
		dataset := Dataset{Pipeline: parts[0], Table: parts[min(1, len(parts)-1)]}
		dataset.Source = dataset.Table
		if len(parts) == 3 {
			dataset.Source = parts[2]
		}
		s.Datasets = append(s.Datasets, dataset)
	}
	return s, errors.Join(r.faults...)
}

// A reader reads context values, which are text from the command line and any
// JSON from cdk.json, and collects what is wrong with them.
type reader struct {
	get    func(string) any
	faults []error
}

func (r *reader) fault(key string, got any, want string) {
	r.faults = append(r.faults, fmt.Errorf("context %s: got %v, want %s", key, got, want))
}

func (r *reader) text(key, otherwise string) string {
	switch v := r.get(key).(type) {
	case nil:
		return otherwise
	case string:
		return strings.TrimSpace(v)
	default:
		return fmt.Sprint(v)
	}
}

func (r *reader) list(key, otherwise string) []string {
	var items []string
	for item := range strings.SplitSeq(r.text(key, otherwise), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func (r *reader) emails(key string) []string {
	list := r.list(key, "")
	for _, e := range list {
		if a, err := mail.ParseAddress(e); err != nil || a.Address != e {
			r.fault(key, e, "addresses separated by commas")
		}
	}
	return list
}

func (r *reader) number(key string, otherwise, low, high int) int {
	text := r.text(key, strconv.Itoa(otherwise))
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		r.fault(key, text, fmt.Sprintf("a whole number from %d to %d", low, high))
		return otherwise
	}
	return n
}

func (r *reader) yes(key string, otherwise bool) bool {
	text := r.text(key, strconv.FormatBool(otherwise))
	b, err := strconv.ParseBool(text)
	if err != nil {
		r.fault(key, text, "true or false")
	}
	return b
}

func (r *reader) address(key string, schemes ...string) string {
	text := r.text(key, "")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		r.fault(key, text, "an address with "+strings.Join(schemes, " or "))
	}
	return text
}

// receiver reads an address that notifications go to: without TLS only on the
// machine itself, for rehearsals.
func (r *reader) receiver(key string) string {
	if u, err := url.Parse(r.text(key, "")); err == nil && u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback() {
		return r.text(key, "")
	}
	return r.address(key, "https")
}

func (r *reader) targets(key string) map[metric.Name]float64 {
	targets := map[metric.Name]float64{}
	for _, item := range r.list(key, "") {
		name, text, _ := strings.Cut(item, "=")
		v, err := strconv.ParseFloat(text, 64)
		m, ok := metric.Lookup(metric.Name(name))
		if err != nil || !ok || m.Target == nil {
			r.fault(key, item, "Name=value of metrics that have a target")
			continue
		}
		targets[m.Name] = v
	}
	return targets
}
