// Package runbook holds what to do when a rule has fired: one Markdown page per
// rule, named <rule>.md, with the sections Symptom, Impact, First five minutes,
// Queries, Causes, Fix and Verify.
package runbook

import (
	"embed"
	"io/fs"
	"strings"
)

// Files holds the pages.
//
//go:embed *.md
var Files embed.FS

// URL returns the address of the rule's page below base, such as the folder's
// page in a repository's web view. It is "" if base is, or if there is no such
// rule.
func URL(base, rule string) string {
	if base == "" || !Exists(rule) {
		return ""
	}
	return strings.TrimRight(base, "/") + "/" + rule + ".md"
}

// Exists reports whether there is a page with that name.
func Exists(name string) bool {
	_, err := fs.Stat(Files, name+".md")
	return err == nil
}
