package binary

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a module with one function into a new folder.
func module(t *testing.T, source string) string {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "functions", "say-hello")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{filepath.Join(root, "go.mod"): "module hello\n\ngo 1.26\n", filepath.Join(folder, "main.go"): source} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const hello = "package main\n\nfunc main() { println(\"hello\") }\n"

func TestSameSourceSameBytes(t *testing.T) {
	var builds [2][]byte
	for i := range builds {
		root, out := module(t, hello), filepath.Join(t.TempDir(), "out")
		if err := Build(t.Context(), root, "arm64", out); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(out, "say-hello", "bootstrap")
		var err error
		if builds[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(changed) {
			t.Errorf("got modification time %v, want %v", info.ModTime(), changed)
		}
	}
	if !bytes.Equal(builds[0], builds[1]) {
		t.Error("two builds of the same source, in two folders, differ")
	}
}

func TestFaultsAreShown(t *testing.T) {
	err := Build(t.Context(), module(t, "package main\n\nfunc main() { undefinedName() }\n"), "x86_64", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "undefinedName") || !strings.Contains(err.Error(), "say-hello") {
		t.Errorf("got %v, want the function's name and the compiler's words", err)
	}
	if err := Build(t.Context(), module(t, hello), "riscv", t.TempDir()); !errors.Is(err, ErrArchitecture) {
		t.Errorf("got %v, want %v", err, ErrArchitecture)
	}
}
