package main

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// suppress says why a finding of cdk-nag does not hold for a construct and all
// that stands in it. appliesTo narrows it to these details of the finding; one
// that begins with a slash is a regular expression.
func suppress(construct constructs.IConstruct, rule, reason string, appliesTo ...string) {
	s := &cdknag.NagPackSuppression{Id: &rule, Reason: &reason}
	if len(appliesTo) > 0 {
		details := make([]any, len(appliesTo))
		for i, a := range appliesTo {
			details[i] = a
			if strings.HasPrefix(a, "/") {
				details[i] = &cdknag.RegexAppliesTo{Regex: &a}
			}
		}
		s.AppliesTo = &details
	}
	cdknag.NagSuppressions_AddResourceSuppressions(construct, &[]*cdknag.NagPackSuppression{s}, jsii.Bool(true))
}
