package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// alertmanager is the module that Alertmanager is built from, in the version
// that go.mod pins.
const alertmanager = "github.com/prometheus/alertmanager"

// A module is one of the build list, as go list tells.
type module struct{ Path, Version, Dir string }

// findModule downloads a module that the project's go.mod names, if it must.
func findModule(ctx context.Context, root, path string) (module, error) {
	var m module
	for _, args := range [][]string{{"mod", "download", path}, {"list", "-m", "-json", path}} {
		c := exec.CommandContext(ctx, "go", args...)
		c.Dir = root
		out, err := c.Output()
		if err != nil {
			return m, fmt.Errorf("find module %s: %w", path, err)
		}
		if len(out) > 0 {
			if err := json.Unmarshal(out, &m); err != nil {
				return m, fmt.Errorf("find module %s: %w", path, err)
			}
		}
	}
	return m, nil
}

// build builds the module's command of its own name into folder. The module
// comes without the pages that it embeds; nobody looks at them here.
func (m module) build(ctx context.Context, p Progress, folder string) error {
	p.tell(Step{Name: "build " + filepath.Base(m.Path)})
	source := filepath.Join(folder, "source")
	if err := os.CopyFS(source, os.DirFS(m.Dir)); err != nil {
		return fmt.Errorf("copy module %s: %w", m.Path, err)
	}
	pages := filepath.Join(source, "ui", "app", "dist")
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(pages, "index.html"), nil, 0o644); err != nil {
		return err
	}
	name := filepath.Base(m.Path)
	if err := run(ctx, command{
		args: []string{"go", "build", "-ldflags=-s -w", "-o", filepath.Join("..", name), "./cmd/" + name}, dir: source,
	}); err != nil {
		return err
	}
	return os.RemoveAll(source)
}
