package main

import (
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

// TestEveryStepIsTriedAgainAndNoneIsLost holds that a step of a large file that
// fails is retried alone, and that whatever never succeeds ends in a verdict.
func TestEveryStepIsTriedAgainAndNoneIsLost(t *testing.T) {
	states := definition(jsii.String("ranges"), jsii.String("judge"), 7)["States"].(object)
	for name, state := range states {
		s := state.(object)
		task := s
		if s["Type"] == "Map" {
			processor := s["ItemProcessor"].(object)
			task = processor["States"].(object)["Do"].(object)
			if mode := processor["ProcessorConfig"].(object)["Mode"]; mode != "DISTRIBUTED" || s["MaxConcurrency"] != 7 {
				t.Errorf("%s: mode %v, %v at once", name, mode, s["MaxConcurrency"])
			}
			if s["ToleratedFailurePercentage"] != nil || s["ToleratedFailureCount"] != nil {
				t.Errorf("%s tolerates sections that were not judged", name)
			}
		}
		if text(task["Retry"]) == "null" {
			t.Errorf("%s is not tried again", name)
		}
		if caught := strings.Contains(text(s["Catch"]), `"Next":"GiveUp"`); caught == (name == "GiveUp") {
			t.Errorf("%s: caught is %v", name, caught)
		}
		if next, ok := s["Next"].(string); ok && states[next] == nil {
			t.Errorf("%s goes on to %s, which is no state", name, next)
		}
	}
}

func TestLargeFilesAreLoggedTracedAndTheirWorkExpires(t *testing.T) {
	tm := load(t).main
	machines := tm.of("AWS::StepFunctions::StateMachine")
	if len(machines) != 1 {
		t.Fatalf("got state machines %v, want one", machines)
	}
	id := machines[0]
	if tm.at(id, "LoggingConfiguration", "Level") != "ALL" || tm.at(id, "LoggingConfiguration", "IncludeExecutionData") != false {
		t.Errorf("got logs %s, want all events without data", text(tm.at(id, "LoggingConfiguration")))
	}
	if tm.at(id, "TracingConfiguration", "Enabled") != true {
		t.Error("executions are not traced")
	}
	expires := false
	for _, bucket := range tm.of("AWS::S3::Bucket") {
		expires = expires || strings.Contains(text(tm.at(bucket, "LifecycleConfiguration")), `"Prefix":"work/"`)
	}
	if !expires {
		t.Error("what steps leave to each other stays for ever")
	}
}

// TestARangeIsJudgedWithFewRights holds that steps neither tag, publish nor keep state.
func TestARangeIsJudgedWithFewRights(t *testing.T) {
	tm := load(t).main
	for _, id := range tm.of("AWS::IAM::Policy") {
		if !strings.HasPrefix(id, "LargeRole") {
			continue
		}
		rights := text(tm.at(id, "PolicyDocument"))
		for _, forbidden := range []string{"dynamodb:", "events:", "sns:", "s3:PutObjectTagging", "cloudwatch:", "states:", "lambda:"} {
			if strings.Contains(rights, forbidden) {
				t.Errorf("validate-range may do %s: %s", forbidden, rights)
			}
		}
	}
}
