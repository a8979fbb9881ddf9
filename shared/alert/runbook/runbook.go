// Package runbook holds what to do when a rule has fired: one Markdown page per
// rule, named <rule>.md, with the sections Symptom, Impact, First five minutes,
// Queries, Causes, Fix and Verify.
package runbook

import (
	"embed"
	"slices"
	"strings"

	"tillwatch/shared/alert"
)

// Files holds the pages.
//
//go:embed *.md
var Files embed.FS

// URL returns the address of the rule's page below base, such as the folder's
// page in a repository's web view. It is "" if base is, or if there is no such
// rule.
func URL(base, rule string) string {
	if base == "" || !slices.Contains(alert.RuleNames, rule) {
		return ""
	}
	return strings.TrimRight(base, "/") + "/" + rule + ".md"
}
