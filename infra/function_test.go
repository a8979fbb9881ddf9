package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestFunctionsGetTheVariablesTheyRead(t *testing.T) {
	want := map[string][]string{
		"tillwatch-test-validate-file": {
			"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_BUS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_LEASE_SECONDS", "TILLWATCH_MAX_BYTES",
			"TILLWATCH_MAX_RATIO", "TILLWATCH_RANGE_BYTES", "TILLWATCH_RESULTS_BUCKET", "TILLWATCH_RUNBOOKS", "TILLWATCH_SPLIT_BYTES", "TILLWATCH_STATE_MACHINE", "TILLWATCH_TABLE",
		},
		"tillwatch-test-tell-pagerduty": {
			"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_DEAD_LETTERS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_RECEIVER", "TILLWATCH_RECEIVER_SECRET", "TILLWATCH_RUNBOOKS",
		},
		"tillwatch-test-tell-webhook": {
			"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_DEAD_LETTERS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_RECEIVER", "TILLWATCH_RECEIVER_SECRET",
			"TILLWATCH_RECEIVER_URL", "TILLWATCH_RUNBOOKS",
		},
		"tillwatch-test-take-answer": {
			"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_ANSWER_KEYS", "TILLWATCH_BUS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_RUNBOOKS", "TILLWATCH_TABLE",
		},
		"tillwatch-test-respond-incident": {
			"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_ANSWERS", "TILLWATCH_ANSWER_HOURS", "TILLWATCH_ANSWER_KEYS", "TILLWATCH_BUS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_FILES_QUEUE", "TILLWATCH_KILL_SWITCH", "TILLWATCH_LANDING_BUCKET",
			"TILLWATCH_REMEDY_TARGETS", "TILLWATCH_RESULTS_BUCKET", "TILLWATCH_RUNBOOKS",
			"TILLWATCH_SCHEDULER_ROLE", "TILLWATCH_STATE_MACHINES", "TILLWATCH_TABLE", "TILLWATCH_TIMERS", "TILLWATCH_TIMERS_ARN",
			"TILLWATCH_TOPIC_CHAT", "TILLWATCH_TOPIC_P0", "TILLWATCH_TOPIC_P1", "TILLWATCH_TOPIC_P2", "TILLWATCH_TOPIC_P3",
		},
		"tillwatch-test-evaluate-rules": {"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_BUS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_RESULTS_BUCKET", "TILLWATCH_RUNBOOKS", "TILLWATCH_TABLE"},
		"tillwatch-test-validate-range": {"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_ENVIRONMENT", "TILLWATCH_RESULTS_BUCKET", "TILLWATCH_RUNBOOKS"},
		"tillwatch-test-route-alert": {
			"OTEL_EXPORTER_OTLP_ENDPOINT", "TILLWATCH_ANSWERS", "TILLWATCH_ANSWER_HOURS", "TILLWATCH_ANSWER_KEYS", "TILLWATCH_BUS", "TILLWATCH_ENVIRONMENT", "TILLWATCH_LANDING_BUCKET", "TILLWATCH_RESULTS_BUCKET", "TILLWATCH_RUNBOOKS",
			"TILLWATCH_SCHEDULER_ROLE", "TILLWATCH_TABLE", "TILLWATCH_TIMERS", "TILLWATCH_TIMERS_ARN",
			"TILLWATCH_TOPIC_CHAT", "TILLWATCH_TOPIC_CUSTOMER_SERVICE", "TILLWATCH_TOPIC_EXECUTIVE_TEAM", "TILLWATCH_TOPIC_OPERATIONS_TEAM",
			"TILLWATCH_TOPIC_P0", "TILLWATCH_TOPIC_P1", "TILLWATCH_TOPIC_P2", "TILLWATCH_TOPIC_P3", "TILLWATCH_TOPIC_RESPONDER",
		},
	}
	tm := load(t).main
	functions := tm.of("AWS::Lambda::Function")
	if len(functions) != len(want) {
		t.Fatalf("got functions %v, want %d", functions, len(want))
	}
	for _, id := range functions {
		name := tm.at(id, "FunctionName").(string)
		got := slices.Sorted(maps.Keys(tm.at(id, "Environment", "Variables").(map[string]any)))
		if !slices.Equal(got, want[name]) {
			t.Errorf("%s: got variables %v, want %v", name, got, want[name])
		}
	}
}

func TestFunctionsAreTracedAndTheirLogsForget(t *testing.T) {
	tm := load(t).main
	for _, id := range tm.of("AWS::Lambda::Function") {
		if got := tm.at(id, "TracingConfig", "Mode"); got != "Active" {
			t.Errorf("%s: got tracing %v, want Active", id, got)
		}
		if got := tm.at(id, "Runtime"); got != "provided.al2023" {
			t.Errorf("%s: got runtime %v, want provided.al2023", id, got)
		}
		if got := text(tm.at(id, "Architectures")); got != `["arm64"]` {
			t.Errorf("%s: got architectures %s, want arm64", id, got)
		}
		logs, _ := tm.at(id, "LoggingConfig", "LogGroup", "Ref").(string)
		if tm.Resources[logs].Type != "AWS::Logs::LogGroup" {
			t.Errorf("%s: logs to %q, want a log group of the stack", id, logs)
		}
		if tm.at(id, "ReservedConcurrentExecutions") != nil {
			t.Errorf("%s reserves concurrency, and a new account has 10", id)
		}
	}
	for _, id := range tm.of("AWS::Logs::LogGroup") {
		if got := tm.at(id, "RetentionInDays"); got != 30.0 {
			t.Errorf("%s: got retention %v, want 30 days", id, got)
		}
	}
}

// Actions that know no resource, and why that is all right.
var unbounded = map[string]string{
	"xray:PutTraceSegments":         "writing traces knows no resource",
	"xray:PutTelemetryRecords":      "writing traces knows no resource",
	"cloudwatch:PutMetricData":      "bounded by a condition on the namespace",
	"cloudwatch:GetMetricData":      "reading metrics knows no resource",
	"xray:GetSamplingRules":         "writing traces knows no resource",
	"xray:GetSamplingTargets":       "writing traces knows no resource",
	"logs:CreateLogDelivery":        "delivering logs knows no resource",
	"logs:GetLogDelivery":           "delivering logs knows no resource",
	"logs:UpdateLogDelivery":        "delivering logs knows no resource",
	"logs:DeleteLogDelivery":        "delivering logs knows no resource",
	"logs:ListLogDeliveries":        "delivering logs knows no resource",
	"logs:PutResourcePolicy":        "delivering logs knows no resource",
	"logs:DescribeResourcePolicies": "delivering logs knows no resource",
	"logs:DescribeLogGroups":        "delivering logs knows no resource",
	"states:DescribeExecution":      "of one state machine, whose executions are named after files",
	"states:StopExecution":          "of one state machine, whose executions are named after files",
	"states:RedriveExecution":       "of one state machine, whose executions are named after files",
	"s3:PutObject":                  "of one bucket's prefix",
	"s3:GetObject":                  "of one bucket's prefix",
	"s3:GetObjectVersion":           "of the landing bucket",
	"s3:GetObjectTagging":           "of the landing bucket",
	"s3:GetObjectVersionTagging":    "of the landing bucket",
	"s3:PutObjectTagging":           "of the landing bucket",
	"s3:PutObjectVersionTagging":    "of the landing bucket",
	"scheduler:CreateSchedule":      "of one name's beginning",
	"s3:DeleteObject":               "of a temporary prefix that the deployment names",
	"ssm:StartAutomationExecution":  "of a document that the deployment names, in any version",
	"ssm:GetAutomationExecution":    "executions have ids that nobody knows beforehand",
}

func TestNoWildcardWithoutAReason(t *testing.T) {
	a := load(t)
	for _, tm := range []template{a.main, a.more} {
		for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"} {
			for _, id := range tm.of(kind) {
				documents := []any{tm.at(id, "PolicyDocument")}
				if inline, ok := tm.at(id, "Policies").([]any); ok {
					for _, p := range inline {
						documents = append(documents, p.(map[string]any)["PolicyDocument"])
					}
				}
				for _, d := range documents {
					document, _ := d.(map[string]any)
					statements, _ := document["Statement"].([]any)
					for _, s := range statements {
						checkStatement(t, id, s.(map[string]any))
					}
				}
			}
		}
	}
}

func checkStatement(t *testing.T, id string, s map[string]any) {
	t.Helper()
	actions := list(s["Action"])
	wild := strings.Contains(text(s["Resource"]), `*`)
	for _, a := range actions {
		action := a.(string)
		if strings.Contains(action, "*") {
			t.Errorf("%s may do %s", id, action)
		}
		if wild && unbounded[action] == "" {
			t.Errorf("%s may do %s to %s without a stated reason", id, action, text(s["Resource"]))
		}
		if action == "cloudwatch:PutMetricData" && !strings.Contains(text(s["Condition"]), `"cloudwatch:namespace"`) {
			t.Errorf("%s may put metrics into any namespace", id)
		}
	}
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func TestFunctionsCanDoTheirWorkAndRouteAlertReadsOnlyItsPolicy(t *testing.T) {
	tm := load(t).main
	rights := func(prefix string) string {
		var b strings.Builder
		for _, id := range tm.of("AWS::IAM::Policy") {
			if strings.HasPrefix(id, prefix) {
				b.WriteString(text(tm.at(id, "PolicyDocument")))
			}
		}
		return b.String()
	}
	judge, route := rights("Quality"), rights("Alert")
	for _, action := range []string{
		"s3:GetObjectVersion", "s3:PutObjectVersionTagging", "s3:ListBucketVersions", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query",
		"kms:GenerateDataKey", "events:PutEvents", "cloudwatch:PutMetricData", "xray:PutTraceSegments", "sqs:DeleteMessage",
	} {
		if !strings.Contains(judge, `"`+action+`"`) {
			t.Errorf("validate-file may not %s", action)
		}
	}
	for _, action := range []string{"sns:Publish", "dynamodb:PutItem", "events:PutEvents", "kms:GenerateDataKey", "sqs:DeleteMessage",
		"dynamodb:Query", "dynamodb:DeleteItem", "sqs:SendMessage", "scheduler:CreateSchedule", "iam:PassRole", "s3:ListBucket", "cloudwatch:GetMetricData"} {
		if !strings.Contains(route, `"`+action+`"`) {
			t.Errorf("route-alert may not %s", action)
		}
	}
	for forbidden, who := range map[string]string{`"sns:`: judge, `"scheduler:`: judge, `"s3:Put`: route, `"s3:GetObjectVersion`: route, "/contracts": route} {
		if strings.Contains(who, forbidden) {
			t.Errorf("a function may do %s and need not: %s", forbidden, who)
		}
	}
	if strings.Count(route, `"s3:GetObject"`) != 1 || !strings.Contains(route, "/alerts/policy.yaml") {
		t.Errorf("route-alert reads more than its policy: %s", route)
	}
	for _, prefix := range []string{"/contracts/*", "/references/*", "/reports/*", "/quarantine/*"} {
		if !strings.Contains(judge, prefix) {
			t.Errorf("validate-file has no right under %s", prefix)
		}
	}
}

func TestKeyServesAlarmsAndLogsOnly(t *testing.T) {
	tm := load(t).main
	for _, id := range tm.of("AWS::KMS::Key") {
		if tm.at(id, "KeyUsage") == "GENERATE_VERIFY_MAC" {
			continue // for functions alone, by rights of theirs; KMS rotates none
		}
		policy := text(tm.at(id, "KeyPolicy"))
		for _, service := range []string{"cloudwatch.amazonaws.com", `"logs.`} {
			if !strings.Contains(policy, service) {
				t.Errorf("%s: %s may not use the key", id, service)
			}
		}
		if strings.Contains(policy, "events.amazonaws.com") {
			t.Errorf("%s: EventBridge may use the key, though no rule has a target that it encrypts", id)
		}
		if tm.at(id, "EnableKeyRotation") != true {
			t.Errorf("%s is not rotated", id)
		}
		if !strings.HasPrefix(tm.Resources[id].DeletionPolicy, "Retain") {
			t.Errorf("%s: got deletion policy %s; what it encrypted is retained", id, tm.Resources[id].DeletionPolicy)
		}
	}
}

// TestLinksAreSignedByOneAndOpenedByTwo holds who may do what with the keys of
// links, and that a key is replaced without breaking links that are out.
func TestLinksAreSignedByOneAndOpenedByTwo(t *testing.T) {
	values := maps.Clone(everything)
	values["answer_key"] = "3"
	second, err := synthesize(values)
	if err != nil {
		t.Fatal(err)
	}
	for number, tm := range map[int]template{1: load(t).main, 3: second.main} {
		var keys []string
		for _, id := range tm.of("AWS::KMS::Key") {
			if tm.at(id, "KeyUsage") == "GENERATE_VERIFY_MAC" {
				keys = append(keys, id[:len("AnswersKey1")])
				if tm.at(id, "KeySpec") != "HMAC_256" {
					t.Errorf("%s is a key of %v", id, tm.at(id, "KeySpec"))
				}
			}
		}
		want := []string{"AnswersKey1"}
		if number == 3 {
			want = []string{"AnswersKey2", "AnswersKey3"}
		}
		if slices.Sort(keys); !slices.Equal(keys, want) {
			t.Errorf("key %d: got %v, want %v", number, keys, want)
		}
		newest := want[len(want)-1]
		for _, id := range tm.of("AWS::IAM::Policy") {
			policy := text(tm.at(id, "PolicyDocument"))
			signs, verifies := strings.Contains(policy, "kms:GenerateMac"), strings.Contains(policy, "kms:VerifyMac")
			signer, page := strings.HasPrefix(id, "AlertRole") || strings.HasPrefix(id, "IncidentRole"), strings.HasPrefix(id, "AnswersRole")
			if signs != signer || verifies != page {
				t.Errorf("%s: signs %v, verifies %v", id, signs, verifies)
			}
			for _, key := range want {
				if page && !strings.Contains(policy, key) || signer && strings.Contains(policy, key) != (key == newest) {
					t.Errorf("%s: its rights to %s are wrong: %s", id, key, policy)
				}
			}
		}
	}
}

func TestThePageMayReadTimelinesAndSayThings(t *testing.T) {
	tm := load(t).main
	for _, id := range tm.of("AWS::IAM::Policy") {
		if !strings.HasPrefix(id, "AnswersRole") {
			continue
		}
		policy := text(tm.at(id, "PolicyDocument"))
		if !strings.Contains(policy, `"dynamodb:LeadingKeys":["INC#*"]`) {
			t.Errorf("the page reads more than timelines: %s", policy)
		}
		for _, forbidden := range []string{"dynamodb:Put", "dynamodb:Update", "dynamodb:Delete", "sns:", "sqs:", "s3:", "kms:Decrypt", "kms:GenerateMac"} {
			if strings.Contains(policy, forbidden) {
				t.Errorf("the page may %s", forbidden)
			}
		}
	}
	urls := tm.of("AWS::Lambda::Url")
	if len(urls) != 1 || tm.at(urls[0], "AuthType") != "NONE" {
		t.Fatalf("got addresses %v", urls)
	}
	heard := map[string]string{}
	for _, id := range tm.of("AWS::Events::Rule") {
		if pattern := text(tm.at(id, "EventPattern")); strings.Contains(pattern, "incident.answered.v1") {
			heard[strings.TrimRight(id, "0123456789ABCDEF")] = pattern
		}
	}
	if len(heard) != 3 {
		t.Errorf("answers are heard by %v, want three", heard)
	}
}

func TestPeopleAreSubscribed(t *testing.T) {
	tm := load(t).main
	got := map[string]int{}
	for _, id := range tm.of("AWS::SNS::Subscription") {
		got[tm.at(id, "Protocol").(string)]++
	}
	if got["email"] != 8 || got["https"] != 1 {
		t.Errorf("got subscriptions %v, want two addresses on four topics and one endpoint for chat", got)
	}
}
