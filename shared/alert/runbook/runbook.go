// Package runbook holds what to do when a rule has fired: one Markdown page per
// rule, named <rule>.md, with the sections Symptom, Impact, First five minutes,
// Queries, Causes, Fix and Verify.
//
// A page names what only the alert knows by a placeholder, {{pipeline}}, in code
// alone: in a query, or in a code span, which is a command. A value is quoted as
// the code there wants it, so that it is a value and nothing else, whatever the
// name of a file may hold. A value that nobody knows stays to be seen as a word
// in capitals: PIPELINE.
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

// Sections are the sections of a page, in their order.
var Sections = []string{"Symptom", "Impact", "First five minutes", "Queries", "Causes", "Fix", "Verify"}

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

// Page returns the rule's page with the values filled in, and whether there is
// one.
func Page(rule string, v Values) (string, bool) {
	raw, err := fs.ReadFile(Files, rule+".md")
	if err != nil {
		return "", false
	}
	return fill(string(raw), v), true
}
