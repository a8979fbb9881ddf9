package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"tillwatch/scripts/emulator"
)

// endpoint and outputs are the variables by which a test knows that there is
// an emulator and what is deployed to it; without them it skips.
const (
	endpoint = "TILLWATCH_ENDPOINT"
	outputs  = "TILLWATCH_OUTPUTS"
)

// integration runs every package that has a test which asks for an endpoint,
// against the deployed stack.
func (c *checker) integration(ctx context.Context) (err error) {
	var packages []string
	err = c.testFiles(func(path string, content []byte) {
		folder := "./" + filepath.ToSlash(filepath.Dir(path))
		asks := bytes.Contains(content, []byte(endpoint)) || bytes.Contains(content, []byte("awstest.Config("))
		if asks && !slices.Contains(packages, folder) {
			packages = append(packages, folder)
		}
	})
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		return fmt.Errorf("no test asks for %s", endpoint)
	}
	if err := c.tools.Install(ctx, c.progress.of, emulator.Ministack, emulator.CDK); err != nil {
		return err
	}
	e, err := c.tools.Start(ctx, c.progress.of)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Stop()) }()
	// A file whose judge was killed is taken up again after six times
	// judge_seconds: tests of that can't wait for the usual twelve minutes.
	_, err = e.Deploy(ctx, emulator.Deployment{Environment: "check", Context: map[string]string{"judge_seconds": "15"}}, c.progress.of)
	if err != nil {
		return err
	}
	c.progress.at("go test")
	env := append(e.Environ(), endpoint+"="+e.Endpoint, outputs+"="+e.OutputsFile())
	return c.shown(ctx, env, "go", append([]string{"test", "-count=1", "-timeout=15m"}, packages...)...)
}
