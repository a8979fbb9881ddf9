package contract

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/document"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each testdata/*.odcs.yaml without a fault is read whole; each with faults has
// a .golden that lists all of them, as a person sees them.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.odcs.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(path, ".odcs.yaml") + ".golden"
		_, err = ReadODCS(filepath.Base(path), data)
		if err == nil {
			if _, e := os.Stat(golden); e == nil {
				t.Errorf("%s: no fault found", path)
			}
			continue
		}
		if list, ok := err.(document.Errors); !ok || len(list) == 0 {
			t.Errorf("%s: got a %T", path, err)
		}
		got := err.Error() + "\n"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Errorf("%s: %v (go test -update writes it):\n%s", path, err, got)
			continue
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}
