package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"tillwatch/scripts/emulator"
)

// TestSameSeedSameBytes holds that the file is the same everywhere.
func TestSameSeedSameBytes(t *testing.T) {
	sum := sha256.New()
	if err := buffered(10_000, transactions)(sum); err != nil {
		t.Fatal(err)
	}
	const want = "e66f2b2eecac2b2c4ddb786f9223904ebd79396c49877e8faf0c13ea66dafc3c"
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseRefusesNonsense(t *testing.T) {
	for rule, args := range map[string][]string{
		"rows are numbers":       {"--rows", "many"},
		"rows are positive":      {"--rows", "0"},
		"threads are positive":   {"--threads", "-1"},
		"there is a round":       {"--rounds", "0"},
		"the format is known":    {"--format", "xml"},
		"no argument is ignored": {"more"},
	} {
		if _, err := parse(args, new(bytes.Buffer)); err == nil {
			t.Errorf("%s: %v was taken", rule, args)
		}
	}
}

func TestDisagreements(t *testing.T) {
	a := map[string]float64{"rows": 10, "mean": 2, "p50": 100}
	if got := disagreements("a", a, "b", map[string]float64{"rows": 10, "mean": 2 + 1e-10, "p50": 101, "sum": 3}); len(got) > 0 {
		t.Errorf("got %q, want none", got)
	}
	if got := disagreements("a", a, "b", map[string]float64{"rows": 11, "mean": 2.1}); len(got) != 2 {
		t.Errorf("got %q, want two", got)
	}
}

// TestAllAgree runs everything once over a small file.
func TestAllAgree(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := emulator.NewTools(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tools.Command(emulator.Peers)[0]); err != nil {
		t.Skip("the peers are not installed: run go run ./scripts/bench once")
	}
	var out, log bytes.Buffer
	if code := start(context.Background(), []string{"--rows", "10000", "--rounds", "1", "--format", "json"}, &out, &log); code != exitFine {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), log.String())
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Sizes) != 1 || len(r.Sizes[0].Runs) < 10 || len(r.Unasked) > 0 || len(r.Disagreements) > 0 {
		t.Errorf("got %+v", r)
	}
	for _, target := range r.Targets {
		if target.Now == nil && target.Note == "" {
			t.Errorf("%s was not measured, and nothing says why", target.Name)
		}
	}
	if !strings.Contains(log.String(), "round 1/1") {
		t.Errorf("progress:\n%s", log.String())
	}
}
