package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A link stays a link, and the file that it leads to is the one written.
func TestOutputFollowsLinks(t *testing.T) {
	folder := t.TempDir()
	real, link := filepath.Join(folder, "real.jsonl"), filepath.Join(folder, "link.jsonl")
	if err := os.WriteFile(real, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(link, []byte("after")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	if got, err := os.ReadFile(real); err != nil || string(got) != "after" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, ".tillwatch-*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// Our own output may be a file; what comes through its name in /dev takes its
// place between what is printed before and after.
func TestOutputToStdoutStaysInOrder(t *testing.T) {
	if _, err := os.Stat("/dev/stdout"); err != nil {
		t.Skip("there is no /dev/stdout here")
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	was := os.Stdout
	os.Stdout = out
	defer func() { os.Stdout = was }()
	for _, text := range []string{"one ", "two ", "three"} {
		if text == "two " {
			err = writeFile("/dev/stdout", []byte(text))
		} else {
			_, err = out.WriteString(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(out.Name()); err != nil || string(got) != "one two three" {
		t.Errorf("got %q, %v", got, err)
	}
}
