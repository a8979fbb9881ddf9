package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"tillwatch/scripts/emulator"
)

// These steps look at the sources: no cloud, no emulator.

func (c *checker) format(ctx context.Context) error {
	output, err := c.output(ctx, "gofmt", "-l", "functions", "infra", "shared", "events", "scripts")
	if err != nil {
		return err
	}
	if output != "" {
		return fmt.Errorf("run gofmt -w on:\n%s", output)
	}
	return nil
}

func (c *checker) modules(ctx context.Context) error {
	_, tidy := c.output(ctx, "go", "mod", "tidy", "-diff")
	_, verify := c.output(ctx, "go", "mod", "verify")
	return errors.Join(tidy, verify)
}

func (c *checker) vet(ctx context.Context) error {
	_, err := c.output(ctx, "go", "vet", "./...")
	return err
}

func (c *checker) staticcheck(ctx context.Context) error {
	_, err := c.output(ctx, "go", "tool", "staticcheck", "./...")
	return err
}

// tests runs all tests but those of infra with the race detector. Infra has
// nothing to race: it is one thread that talks to Node, and building the CDK
// with the detector takes longer than everything else together.
func (c *checker) tests(ctx context.Context) error {
	// Tests compare the answers of SQL rules with DuckDB's, and the router's timers
	// with Alertmanager's.
	if err := c.tools.Install(ctx, c.progress.of, emulator.Peers, emulator.Alertmanager); err != nil {
		return err
	}
	packages, err := c.output(ctx, "go", "list", "-test", "-f", "{{if not .ForTest}}{{.ImportPath}} {{.Deps}}{{end}}", "./...")
	if err != nil {
		return err
	}
	plain, drawing := divide(packages)
	env := append(os.Environ(), "TILLWATCH_ALERTMANAGER="+c.tools.Command(emulator.Alertmanager)[0])
	test := []string{"test", "-race"}
	return errors.Join(
		c.shown(ctx, env, "go", slices.Concat(test, plain)...),
		c.shown(ctx, env, "go", slices.Concat(test, drawing, []string{fmt.Sprintf("-rapid.seed=%d", c.seed)})...))
}

// divide returns the packages to be tested whose tests draw with rapid, perhaps by a
// suite of another package, and those whose don't: only the former know rapid's
// flags. It is given what packages and test binaries are made of, a line each.
func divide(listed string) (plain, drawing []string) {
	draws := map[string]bool{}
	for line := range strings.Lines(listed) {
		path, parts, _ := strings.Cut(line, " ")
		of, tested := strings.CutSuffix(path, ".test")
		if of != "tillwatch/infra" && !strings.HasPrefix(of, "tillwatch/infra/") {
			draws[of] = draws[of] || tested && strings.Contains(parts, "pgregory.net/rapid")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(draws)) {
		if draws[path] {
			drawing = append(drawing, path)
		} else {
			plain = append(plain, path)
		}
	}
	return plain, drawing
}

// simd runs the tests of the packages that have a form built with vectors only.
func (c *checker) simd(ctx context.Context) error {
	if runtime.GOARCH != "amd64" {
		fmt.Fprintln(c.out, "no vectors: package simd/archsimd is for amd64")
		return nil
	}
	env := append(os.Environ(), "GOEXPERIMENT=simd")
	return c.shown(ctx, env, "go", "test", "./shared/tabular/...", "./shared/textformat", "./shared/quality/...")
}

// fuzzTarget finds fuzz targets in a test file.
var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// smaller is how often go test tries to make an input smaller that it found. Without
// a bound one such input takes a minute, and so all of a target's time.
const smaller = "20x"

func (c *checker) fuzz(ctx context.Context) error {
	type target struct{ folder, name string }
	var targets []target
	err := c.testFiles(func(path string, content []byte) {
		for _, m := range fuzzTarget.FindAllSubmatch(content, -1) {
			targets = append(targets, target{filepath.Dir(path), string(m[1])})
		}
	})
	if err != nil {
		return err
	}
	var failures []error
	for i, t := range targets {
		c.progress.at(fmt.Sprintf("%d/%d %s in %s", i+1, len(targets), t.name, t.folder))
		_, err := c.output(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", c.fuzzing.String(),
			"-fuzzminimizetime", smaller, "./"+filepath.ToSlash(t.folder))
		if err != nil && !outOfTime(err.Error()) {
			failures = append(failures, err)
		}
	}
	fmt.Fprintf(c.out, "%d fuzz targets, %s each\n", len(targets), c.fuzzing)
	return errors.Join(failures...)
}

// outOfTime reports whether a fuzz target failed for nothing but that its time
// ended in the midst of an input, which go test takes for a failure.
func outOfTime(output string) bool {
	return strings.Contains(output, "    context deadline exceeded\n") && !strings.Contains(output, "Failing input written to")
}

// testFiles calls see with each test file of the project, its path relative to
// the root.
func (c *checker) testFiles(see func(path string, content []byte)) error {
	return filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != c.root || d.Name() == "testdata" {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		path, err = filepath.Rel(c.root, path)
		see(path, content)
		return err
	})
}

// readme fails for a function that has no row in a table of the README.
func (c *checker) readme(context.Context) error {
	content, err := os.ReadFile(filepath.Join(c.root, "README.md"))
	if err != nil {
		return fmt.Errorf("read the README: %w", err)
	}
	functions, err := filepath.Glob(filepath.Join(c.root, "functions", "*", "main.go"))
	if err != nil {
		return err
	}
	var missing []string
	for _, f := range functions {
		name := filepath.Base(filepath.Dir(f))
		row := regexp.MustCompile(`(?m)^\|.*\b` + regexp.QuoteMeta(name) + `\b.*\|`)
		if !row.Match(content) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the README's table of functions lacks %s", strings.Join(missing, ", "))
	}
	return nil
}

// output runs a command in the project's root and returns what it printed to
// stdout. The error of a command that fails holds all that it printed.
func (c *checker) output(ctx context.Context, name string, args ...string) (string, error) {
	var stdout, stderr strings.Builder
	cmd := c.command(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}

// shown runs a command in the project's root and shows what it prints.
func (c *checker) shown(ctx context.Context, env []string, name string, args ...string) error {
	cmd := c.command(ctx, name, args...)
	w := &clearing{c}
	cmd.Env, cmd.Stdout, cmd.Stderr = env, w, w
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args[:min(len(args), 3)], " "), err)
	}
	return nil
}

func (c *checker) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = c.root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// clearing writes to the checker's output and takes the progress line away first.
type clearing struct{ c *checker }

func (w *clearing) Write(b []byte) (int, error) {
	w.c.progress.clear()
	return w.c.out.Write(b)
}
