// Package binary builds the functions for Lambda, so that the same sources
// give the same bytes: a function that did not change is not deployed again.
package binary

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// goarch maps an architecture as Lambda names it to Go's name.
var goarch = map[string]string{"arm64": "arm64", "x86_64": "amd64"}

// ErrArchitecture is returned for an architecture that Lambda does not have.
var ErrArchitecture = errors.New("unknown architecture, want arm64 or x86_64")

// changed is the modification time of every binary: it is part of the archive
// that is uploaded, so it must not vary.
var changed = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Build builds every folder of functions/ under root that holds a main.go into
// out/<name>/bootstrap, statically linked, for arm64 or x86_64. It needs the
// go command. The error of a build that fails holds the compiler's output.
func Build(ctx context.Context, root, architecture, out string) error {
	arch, ok := goarch[architecture]
	if !ok {
		return fmt.Errorf("build functions: %w: %q", ErrArchitecture, architecture)
	}
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil {
		return fmt.Errorf("find functions: %w", err)
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("find output folder: %w", err)
	}
	for _, m := range mains {
		name := filepath.Base(filepath.Dir(m))
		if err := build(ctx, root, name, arch, filepath.Join(out, name)); err != nil {
			return fmt.Errorf("build function %s: %w", name, err)
		}
	}
	return nil
}

func build(ctx context.Context, root, name, arch, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	target := filepath.Join(out, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", target, "./functions/"+name)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=", "GOAMD64=", "GOARM64=")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(string(output)))
	}
	return os.Chtimes(target, changed, changed)
}
