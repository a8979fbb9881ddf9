package emulator

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDeployed(t *testing.T) {
	for _, c := range []struct {
		rule, line  string
		done, total int
		resource    string
		ok          bool
	}{
		{"a resource is complete", "Tillwatch-dev | 19/74 | 5:31:00 PM | CREATE_COMPLETE         | AWS::CloudWatch::Alarm          | Alarms/Data (AlarmsDataBF72)", 19, 74, "Alarms/Data", true},
		{"a resource is begun", "Tillwatch-dev |  3/74 | 5:31:00 PM | CREATE_IN_PROGRESS      | AWS::CloudWatch::Alarm          | Alarms/Data (AlarmsDataBF72)", 3, 74, "", true},
		{"another line", "Tillwatch-dev: deploying... [1/1]", 0, 0, "", false},
		{"an empty line", "", 0, 0, "", false},
	} {
		done, total, resource, ok := deployed(c.line)
		if done != c.done || total != c.total || resource != c.resource || ok != c.ok {
			t.Errorf("%s: got %d/%d %q %v, want %d/%d %q %v", c.rule, done, total, resource, ok, c.done, c.total, c.resource, c.ok)
		}
	}
}

func TestReadOutputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"Tillwatch-dev-More": {}, "Tillwatch-dev": {"LandingBucket": "landing", "TopicP0": "arn:p0", "Other": "x"}}`)
	o, err := ReadOutputs(file)
	if err != nil || o.LandingBucket != "landing" || o.TopicP0 != "arn:p0" {
		t.Errorf("got %+v, %v, want the outputs of the main stack", o, err)
	}
	write(`{"Another": {}}`)
	if _, err := ReadOutputs(file); !errors.Is(err, ErrOutputs) {
		t.Errorf("got %v, want %v", err, ErrOutputs)
	}
	write(`{`)
	if _, err := ReadOutputs(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if _, err := ReadOutputs(file + ".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}

func TestEnvironHidesCredentials(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_SESSION_TOKEN", "secret")
	t.Setenv("no_proxy", "example.com")
	e := &Emulator{Endpoint: "http://127.0.0.1:1"}
	env := e.Environ()
	for _, v := range env {
		if strings.HasPrefix(v, "AWS_PROFILE=") || strings.HasPrefix(v, "AWS_SESSION_TOKEN=") || v == "no_proxy=example.com" {
			t.Errorf("%s would reach a program that talks to the emulator", v)
		}
	}
	if !slices.Contains(env, "AWS_ENDPOINT_URL=http://127.0.0.1:1") {
		t.Errorf("got %v, want the emulator's address", env)
	}
}

func TestRunShowsTheLastLinesOfAFailure(t *testing.T) {
	var lines []string
	err := run(t.Context(), command{args: []string{"go", "tool", "nothing-of-this-name"}, line: func(l string) { lines = append(lines, l) }})
	if err == nil || !strings.Contains(err.Error(), "nothing-of-this-name") || len(lines) == 0 {
		t.Errorf("got %v and lines %v, want an error with what was printed", err, lines)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := run(ctx, command{args: []string{"sleep", "30"}})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 10*time.Second {
		t.Errorf("got %v after %v, want the context's error at once", err, time.Since(begun))
	}
}

func TestInterruptedInstallationIsNoInstallation(t *testing.T) {
	tools, err := NewTools(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	place := tools.cache("tools", string(Ministack))
	if err := os.MkdirAll(place, 0o755); err != nil {
		t.Fatal(err)
	}
	if tools.complete(place, "hash") {
		t.Error("a folder without a marker counts as complete")
	}
	if err := os.WriteFile(filepath.Join(place, marker), []byte("hash"), 0o644); err != nil {
		t.Fatal(err)
	}
	if !tools.complete(place, "hash") || tools.complete(place, "another") {
		t.Error("a marker counts for its own lock alone")
	}
}

func TestSweepLeavesWhatMayStillRun(t *testing.T) {
	tools, err := NewTools(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	old, young := tools.cache("tools", "cdk.partial-1"), tools.cache("tools", "cdk.partial-2")
	for _, f := range []string{old, young} {
		if err := os.MkdirAll(f, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	tools.sweep()
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the old folder gone", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("got %v, want the young folder kept", err)
	}
}
