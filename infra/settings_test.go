package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tillwatch/shared/metric"
)

func TestSettingsWithoutContext(t *testing.T) {
	s, err := readSettings(func(string) any { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if s.Environment != "dev" || s.Architecture != "arm64" || !s.Retain || s.JudgeConcurrency != 5 || s.ReservedConcurrency != 0 || len(s.Emails) != 0 {
		t.Errorf("got %+v, want the defaults that the comments state", s)
	}
	want := []Dataset{{"sales_data", "sales_data", "sales_data"}, {"inventory_data", "inventory_data", "inventory_data"}, {"customer_data", "customer_data", "customer_data"}}
	if !slices.Equal(s.Datasets, want) {
		t.Errorf("got datasets %v, want %v", s.Datasets, want)
	}
}

func TestSettingsRead(t *testing.T) {
	values := map[string]any{
		"retain": false, "judge_memory": 3000.0, "datasets": "shop/orders, returns,shop/stock/depot", "email": " a@example.com ,b@example.com",
		"targets": "AccuracyScore=95.5", "email_executive_team": "board@example.com",
	}
	s, err := readSettings(func(k string) any { return values[k] })
	if err != nil {
		t.Fatal(err)
	}
	if s.Retain || s.JudgeMemory != 3000 || s.Targets[metric.AccuracyScore] != 95.5 {
		t.Errorf("got %+v, want what cdk.json said", s)
	}
	if got, want := fmt.Sprint(s.Datasets, s.Emails, s.AudienceEmails), "[{shop orders orders} {returns returns returns} {shop stock depot}] [a@example.com b@example.com] map[executive_team:[board@example.com]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSettingsRefuse(t *testing.T) {
	for _, c := range []struct{ rule, key, value string }{
		{"an environment that no name can hold", "environment", "Prod_1"},
		{"an unknown architecture", "architecture", "riscv"},
		{"a retention that CloudWatch lacks", "log_days", "31"},
		{"a number out of range", "judge_seconds", "901"},
		{"a number that is none", "judge_memory", "much"},
		{"neither yes nor no", "retain", "perhaps"},
		{"an address without TLS", "chat_endpoint", "http://example.com"},
		{"no address", "runbooks", "the wiki"},
		{"half of a webhook", "webhook_url", "https://example.com/hook"},
		{"a receiver elsewhere without TLS", "pagerduty_url", "http://example.com"},
		{"no parameter's name", "pagerduty_parameter", "my key"},
		{"no mail address", "email", "nobody"},
		{"no mail address of an audience", "email_executive_team", "the board"},
		{"a mail address with a name", "email", "Jo <jo@example.com>"},
		{"half of Slack", "slack_channel", "C00000000"},
		{"a target of nothing", "targets", "Speed=3"},
		{"a target of a metric that has none", "targets", "QualityScore=3"},
		{"a target that is no number", "targets", "AccuracyScore=high"},
		{"a remedy's target of no form", "remedy_targets", "lambda:load-sales,everything"},
		{"a prefix that is not temporary", "remedy_targets", "s3://lake/sales/"},
		{"a dataset with a wild name", "datasets", "sales data"},
	} {
		_, err := readSettings(func(k string) any {
			if k == c.key {
				return c.value
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s: got %v, want an error that names %s", c.rule, err, c.key)
		}
	}
}

func TestSettingsReportEveryFault(t *testing.T) {
	values := map[string]any{"environment": "X", "architecture": "Y", "retain": "Z"}
	_, err := readSettings(func(k string) any { return values[k] })
	if got := strings.Count(fmt.Sprint(err), "context "); got != 3 {
		t.Errorf("got %d faults in %v, want 3", got, err)
	}
}

func TestEveryRetentionHasAName(t *testing.T) {
	for _, d := range logDays {
		if retention(d) == "" {
			t.Errorf("the CDK's name for %d days is missing", d)
		}
	}
}
