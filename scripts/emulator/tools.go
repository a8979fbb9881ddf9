package emulator

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// locks pins every tool and what it needs, by version and by hash.
//
//go:embed locks/*.txt locks/package.json locks/package-lock.json
var locks embed.FS

// A Tool is something that Install can install.
type Tool string

// The tools. Ministack is the emulator, CDK the CDK's command line, CFNLint
// and Checkov judge templates. Peers is a Python with the engines that the
// benchmark compares with, Alertmanager the program that the router's timers
// are compared with.
const (
	Ministack Tool = "ministack"
	CDK       Tool = "cdk"
	CFNLint   Tool = "cfn-lint"
	Checkov   Tool = "checkov"
	Peers     Tool = "peers"

	Alertmanager Tool = "alertmanager"
)

// python is how Python runs a tool: by its module, and not by the script in
// the virtual environment, which holds the name of the folder it was made in.
var python = map[Tool][]string{
	Ministack: {"-m", "ministack"},
	CFNLint:   {"-c", "from cfnlint.runner import main; main()"},
	Checkov:   {"-m", "checkov.main"},
}

// marker holds the hash of the lock that a tool was installed from; it is
// written last.
const marker = ".installed"

// ErrMissing is returned when the machine lacks what every tool needs: Python
// 3.11 or later, Node 20 or later.
var ErrMissing = errors.New("not found on this machine")

// Tools are the tools of one project, in its folder .cache/tools.
type Tools struct{ root string }

// NewTools returns the tools of the project whose root folder is given.
func NewTools(root string) (Tools, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Tools{}, fmt.Errorf("find project %s: %w", root, err)
	}
	return Tools{root: root}, nil
}

func (t Tools) cache(elem ...string) string {
	return filepath.Join(append([]string{t.root, ".cache"}, elem...)...)
}

// Install installs the tools that are not there yet or whose lock changed. It
// may be interrupted at any moment: a tool is built in a folder of its own and
// moved to its place when it is complete.
func (t Tools) Install(ctx context.Context, p Progress, tools ...Tool) error {
	for _, tool := range tools {
		if err := t.install(ctx, p, tool); err != nil {
			return fmt.Errorf("install %s: %w", tool, err)
		}
	}
	return nil
}

func (t Tools) install(ctx context.Context, p Progress, tool Tool) error {
	names := []string{string(tool) + ".txt"}
	if tool == CDK {
		names = []string{"package.json", "package-lock.json"}
	}
	lock := map[string][]byte{}
	var source module
	if tool == Alertmanager {
		var err error
		if source, err = findModule(ctx, t.root, alertmanager); err != nil {
			return err
		}
		lock[names[0]] = []byte(source.Path + " " + source.Version + "\n")
	}
	hash := sha256.New()
	for _, n := range names {
		if lock[n] == nil {
			content, err := locks.ReadFile("locks/" + n)
			if err != nil {
				return err
			}
			lock[n] = content
		}
		hash.Write(lock[n])
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	place := t.cache("tools", string(tool))
	if t.complete(place, sum) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	t.sweep()
	folder, err := os.MkdirTemp(filepath.Dir(place), string(tool)+".partial-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // nothing is left of it when it was moved
	for n, content := range lock {
		if err := os.WriteFile(filepath.Join(folder, n), content, 0o644); err != nil {
			return err
		}
	}
	switch tool {
	case CDK:
		err = t.npm(ctx, p, folder)
	case Alertmanager:
		err = source.build(ctx, p, folder)
	default:
		err = t.pip(ctx, p, tool, folder, lock[names[0]])
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, marker), []byte(sum), 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(place); err != nil {
		return err
	}
	if err := os.Rename(folder, place); err != nil && !t.complete(place, sum) {
		return err
	}
	return nil
}

func (t Tools) complete(place, sum string) bool {
	got, err := os.ReadFile(filepath.Join(place, marker))
	return err == nil && string(got) == sum
}

// sweep removes what installations left that were interrupted an hour ago or
// longer; a younger one may still be running.
func (t Tools) sweep() {
	left, _ := filepath.Glob(t.cache("tools", "*.partial-*"))
	for _, folder := range left {
		if info, err := os.Stat(folder); err == nil && time.Since(info.ModTime()) > time.Hour {
			os.RemoveAll(folder)
		}
	}
}

func (t Tools) pip(ctx context.Context, p Progress, tool Tool, folder string, lock []byte) error {
	step := Step{Name: "install " + string(tool), Total: strings.Count(string(lock), "==")}
	p.tell(step)
	base, err := findPython(ctx)
	if err != nil {
		return err
	}
	if err := run(ctx, command{args: []string{base, "-m", "venv", "venv"}, dir: folder}); err != nil {
		return err
	}
	return run(ctx, command{
		args: []string{venvPython(folder), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes", "-r", string(tool) + ".txt"},
		dir:  folder,
		line: func(line string) {
			if name, ok := strings.CutPrefix(line, "Collecting "); ok {
				step.Detail, _, _ = strings.Cut(name, " ")
				step.Done++
				p.tell(step)
			}
		},
	})
}

func (t Tools) npm(ctx context.Context, p Progress, folder string) error {
	p.tell(Step{Name: "install cdk"})
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("npm: %w: install Node 20 or later", ErrMissing)
	}
	return run(ctx, command{args: []string{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"}, dir: folder})
}

// findPython returns the first Python of the machine that is new enough.
func findPython(ctx context.Context) (string, error) {
	for _, name := range []string{"python3", "python", "python3.13", "python3.12", "python3.11"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if exec.CommandContext(ctx, path, "-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))").Run() == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("python: %w: install Python 3.11 or later with its venv module", ErrMissing)
}

func venvPython(folder string) string { return filepath.Join(folder, "venv", "bin", "python") }

// Command returns what runs a tool with these arguments; the tool must be
// installed.
func (t Tools) Command(tool Tool, args ...string) []string {
	switch tool {
	case Alertmanager:
		return append([]string{t.cache("tools", string(tool), string(tool))}, args...)
	case CDK:
		return append([]string{"node", t.cache("tools", "cdk", "node_modules", "aws-cdk", "bin", "cdk")}, args...)
	}
	return slices.Concat([]string{venvPython(t.cache("tools", string(tool)))}, python[tool], args)
}

// Environ is the environment that the CDK and its app run in: that of this
// process, with the warnings about the version of Node silenced.
func Environ() []string {
	const versions = "18,19,20,21,22,23,24,25,26"
	return append(os.Environ(),
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION="+versions,
		"JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION="+versions,
		"JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION=1",
		"JSII_SILENCE_WARNING_KNOWN_BROKEN_NODE_VERSION=1",
		"CDK_DISABLE_CLI_TELEMETRY=true",
	)
}

// Root returns the folder of the project that the working directory is in: the
// one with the go.mod.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find project: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", fmt.Errorf("find project: no go.mod here or above: %w", fs.ErrNotExist)
		}
		folder = parent
	}
}
