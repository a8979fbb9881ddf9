package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"

	"tillwatch/scripts/emulator"
)

// endpoint, outputs and receivers are the variables by which a test knows that
// there is an emulator, what is deployed to it, and where it calls people's
// tools; without them it skips.
const (
	endpoint  = "TILLWATCH_ENDPOINT"
	outputs   = "TILLWATCH_OUTPUTS"
	receivers = "TILLWATCH_RECEIVERS"
)

// integration runs every package that has a test which asks for an endpoint,
// against the deployed stack.
func (c *checker) integration(ctx context.Context) (err error) {
	var packages []string
	err = c.testFiles(func(path string, content []byte) {
		folder := "./" + filepath.ToSlash(filepath.Dir(path))
		asks := bytes.Contains(content, []byte(endpoint)) || bytes.Contains(content, []byte("awstest."))
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
	// judge_seconds, a signal after six times route_seconds: tests of that can't
	// wait for the usual twelve minutes, and three.
	tools, err := freeAddress()
	if err != nil {
		return err
	}
	_, err = e.Deploy(ctx, emulator.Deployment{Environment: "check", Context: map[string]string{
		"judge_seconds": "15", "route_seconds": "8", "runbooks": "https://runbooks.example.com",
		"split_bytes": "20000", "range_bytes": "10000", "range_concurrency": "4", // in sections, and yet quick
		"pagerduty_parameter": "/tillwatch/check/pagerduty", "pagerduty_url": "http://" + tools + "/pagerduty",
		"remedy_targets":    "file,contract",
		"webhook_parameter": "/tillwatch/check/webhook", "webhook_url": "http://" + tools + "/hook",
	}}, c.progress.of)
	if err != nil {
		return err
	}
	c.progress.at("go test")
	env := append(e.Environ(), endpoint+"="+e.Endpoint, outputs+"="+e.OutputsFile(), receivers+"="+tools)
	return c.shown(ctx, env, "go", append([]string{"test", "-count=1", "-timeout=15m"}, packages...)...)
}

// freeAddress finds an address of this machine that nobody listens at, for the
// test that plays the tools which notifications go to.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free address: %w", err)
	}
	return l.Addr().String(), l.Close()
}
