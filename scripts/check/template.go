package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tillwatch/scripts/emulator"
)

// These steps look at the templates that the CDK makes.

func (c *checker) infra(ctx context.Context) error {
	return c.shown(ctx, emulator.Environ(), "go", "test", "./infra/...")
}

// synth runs the app as cdk deploy does. An error of cdk-nag fails it.
func (c *checker) synth(ctx context.Context) error {
	if err := c.tools.Install(ctx, c.progress.of, emulator.CDK); err != nil {
		return err
	}
	folder := filepath.Join(c.root, ".cache", "check", "cdk.out")
	if err := os.RemoveAll(folder); err != nil { // or the binaries of every run would stay
		return err
	}
	args := c.tools.Command(emulator.CDK, "synth", "--quiet", "--no-notices", "--output", folder,
		// Every part of the templates is to be seen, the optional ones too.
		"-c", "email=someone@example.com", "-c", "slack_workspace=T00000000", "-c", "slack_channel=C00000000", "-c", "chat_endpoint=https://example.com/chat",
		"-c", "remedy_targets=s3://lake/tmp/,lambda:load-sales:live,ssm:ResetSalesPool,file,states:nightly,contract:sales_data")
	c.progress.at("cdk synth")
	cmd := c.command(ctx, args[0], args[1:]...)
	cmd.Env = emulator.Environ()
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cdk synth: %w\n%s", err, output)
	}
	c.synthesized = folder
	return nil
}

// templates returns the synthesized templates, making them if need be.
func (c *checker) templates(ctx context.Context) ([]string, error) {
	if c.synthesized == "" {
		if err := c.synth(ctx); err != nil {
			return nil, err
		}
	}
	main, err := filepath.Glob(filepath.Join(c.synthesized, "*.template.json"))
	if err != nil {
		return nil, err
	}
	more, err := filepath.Glob(filepath.Join(c.synthesized, "assembly-*", "*.template.json"))
	if err == nil && len(main) == 0 {
		err = errors.New("cdk synth made no template")
	}
	return append(main, more...), err
}

// A finding is what a linter has against a resource.
type finding struct{ tool, rule, resource, message string }

func (c *checker) cfnLint(ctx context.Context) error {
	return c.lint(ctx, emulator.CFNLint, func(template string) ([]finding, error) {
		output, err := c.tool(ctx, emulator.CFNLint, "--format", "json", "--include-checks", "I", "--", template)
		var matches []struct {
			Message  string
			Rule     struct{ Id string }
			Location struct{ Path []any }
		}
		if parseErr := json.Unmarshal([]byte(output), &matches); parseErr != nil {
			return nil, errors.Join(err, parseErr)
		}
		var found []finding
		for _, m := range matches {
			resource := ""
			if len(m.Location.Path) > 1 {
				resource = fmt.Sprint(m.Location.Path[1])
			}
			found = append(found, finding{string(emulator.CFNLint), m.Rule.Id, resource, m.Message})
		}
		return found, nil
	})
}

func (c *checker) checkov(ctx context.Context) error {
	return c.lint(ctx, emulator.Checkov, func(template string) ([]finding, error) {
		output, err := c.tool(ctx, emulator.Checkov, "--framework", "cloudformation", "--file", template,
			"--output", "json", "--quiet", "--compact", "--skip-download", "--soft-fail")
		var report struct {
			Results *struct {
				Failed []struct {
					Rule     string `json:"check_id"`
					Name     string `json:"check_name"`
					Resource string `json:"resource"`
				} `json:"failed_checks"`
				Errors []string `json:"parsing_errors"`
			} `json:"results"`
		}
		if parseErr := json.Unmarshal([]byte(output), &report); parseErr != nil {
			return nil, errors.Join(err, parseErr)
		}
		if report.Results == nil { // no resource of the template has a check
			return nil, nil
		}
		if len(report.Results.Errors) > 0 {
			return nil, fmt.Errorf("parse %v", report.Results.Errors)
		}
		var found []finding
		for _, f := range report.Results.Failed {
			_, resource, _ := strings.Cut(f.Resource, ".")
			found = append(found, finding{string(emulator.Checkov), f.Rule, resource, f.Name})
		}
		return found, nil
	})
}

// lint runs a linter over the templates and fails for findings that nobody
// accepted, and for acceptances that accept nothing any more.
func (c *checker) lint(ctx context.Context, tool emulator.Tool, find func(template string) ([]finding, error)) error {
	accepted, err := readAccepted(string(tool))
	if err != nil {
		return err
	}
	if err := c.tools.Install(ctx, c.progress.of, tool); err != nil {
		return err
	}
	templates, err := c.templates(ctx)
	if err != nil {
		return err
	}
	var all []finding
	for _, t := range templates {
		c.progress.at(filepath.Base(t))
		found, err := find(t)
		if err != nil {
			return fmt.Errorf("%s %s: %w", tool, filepath.Base(t), err)
		}
		all = append(all, found...)
	}
	open, idle := judge(all, accepted)
	var faults []error
	for _, f := range open {
		faults = append(faults, fmt.Errorf("%s %s: %s", f.rule, f.resource, f.message))
	}
	for _, a := range idle {
		faults = append(faults, fmt.Errorf("scripts/check/accepted.txt: %s %s accepts nothing, remove it", a.rule, a.resource))
	}
	fmt.Fprintf(c.out, "%s: %d findings in %d templates, %d accepted with a reason\n", tool, len(all), len(templates), len(all)-len(open))
	return errors.Join(faults...)
}

// judge returns the findings that nobody accepted, each once, and the
// acceptances that no finding needs.
func judge(found []finding, accepted []acceptance) (open []finding, idle []acceptance) {
	used := make([]bool, len(accepted))
	for _, f := range found {
		ok := false
		for i, a := range accepted {
			if a.rule == f.rule && a.resource.MatchString(f.resource) {
				ok, used[i] = true, true
			}
		}
		if !ok && !slices.Contains(open, f) {
			open = append(open, f)
		}
	}
	for i, a := range accepted {
		if !used[i] {
			idle = append(idle, a)
		}
	}
	return open, idle
}

// tool runs a tool and returns its stdout, whatever its exit code.
func (c *checker) tool(ctx context.Context, tool emulator.Tool, args ...string) (string, error) {
	line := c.tools.Command(tool, args...)
	cmd := c.command(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+emulator.Region, "LOG_LEVEL=ERROR")
	output, err := cmd.Output()
	return string(output), err
}
