package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

// acceptedText lists the findings of cfn-lint and checkov that are accepted.
//
//go:embed accepted.txt
var acceptedText string

// An acceptance says why a rule's finding does not hold for some resources.
type acceptance struct {
	rule     string
	resource *regexp.Regexp // matches the whole logical id
	reason   string
}

// readAccepted returns what is accepted of one tool. A line is
//
//	tool rule resources reason
//
// where resources is a regular expression over whole logical ids and the
// reason is the rest of the line. Empty lines and those with a # are skipped.
func readAccepted(tool string) ([]acceptance, error) { return parseAccepted(acceptedText, tool) }

func parseAccepted(text, tool string) ([]acceptance, error) {
	var list []acceptance
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if len(fields) < 7 {
			return nil, fmt.Errorf("accepted.txt:%d: want tool, rule, resources and a reason of some words", i+1)
		}
		resources, err := regexp.Compile("^(?:" + fields[2] + ")$")
		if err != nil {
			return nil, fmt.Errorf("accepted.txt:%d: %w", i+1, err)
		}
		if fields[0] == tool {
			list = append(list, acceptance{fields[1], resources, strings.Join(fields[3:], " ")})
		}
	}
	return list, nil
}
