package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The layers, from what knows the most to what knows nothing. A package may
// import packages of lower layers; the rules below say where that is too much.
var layers = [][]string{
	{"functions", "scripts", "infra"},
	{"shared/aws", "shared/receiver", "shared/memory", "shared/storetest", "shared/export"},
	{"shared/observation"}, // what rules are evaluated on: it reads verdicts on files and runs of pipelines
	{"shared/landing"},     // what happens to a file, step by step: it brings quality, contract and alert together
	{"shared/profile"},     // what is in a file before there is a contract: it uses the states of quality
	{"shared/quality", "shared/incident", "shared/pipeline", "shared/objective", "shared/predict", "shared/capacity", "shared/logpattern", "shared/cost", "shared/bi", "shared/security", "shared/health", "shared/anomaly"},
	{"shared/alert", "shared/contract", "shared/event", "shared/telemetry"},
	{"shared/metric", "shared/series", "shared/sql", "shared/dialect", "shared/tabular", "shared/money", "shared/document", "shared/decimal", "shared/datetime", "shared/expression", "shared/textformat", "shared/words", "events"},
}

// peers are the imports within a layer of concepts or leaves that are meant.
var peers = map[[2]string]bool{
	{"shared/cost", "shared/quality"}:        true,
	{"shared/cost", "shared/anomaly"}:        true,
	{"shared/expression", "shared/decimal"}:  true,
	{"shared/textformat", "shared/decimal"}:  true,
	{"shared/textformat", "shared/datetime"}: true,
	{"shared/expression", "shared/datetime"}: true,
	{"shared/money", "shared/decimal"}:       true,
	{"shared/tabular", "shared/dialect"}:     true,
}

// parts are the layers within a concept that has many packages, in the same
// order; "" is the concept's own package.
var parts = map[string][][]string{
	"shared/quality": {
		{"judge", "report"},
		{"rule"},
		{"glue"},
		{"fact", "figure"},
		{"check"},
		{""},
		{"query", "statistic"},
		{"kernel"},
		{"key"},
		{"state", "rowset"},
		{"view"},
		{"drift", "say", "short", "wire"},
	},
}

// part returns which part of a concept a package belongs to, and its layer; -1 if
// it has none.
func part(folder, path string) (name string, layer int) {
	name = strings.TrimPrefix(strings.TrimPrefix(path, "tillwatch/"+folder), "/")
	name, _, _ = strings.Cut(name, "/")
	return name, slices.IndexFunc(parts[folder], func(l []string) bool { return slices.Contains(l, name) })
}

// wrongPart says what is wrong with an import within a concept, "" if nothing.
func wrongPart(folder, from, to string) string {
	if parts[folder] == nil {
		return ""
	}
	fromPart, fromLayer := part(folder, from)
	toPart, toLayer := part(folder, to)
	switch {
	case fromLayer < 0:
		return from + " has no layer within " + folder + ": add it to the list in this test"
	case toLayer < 0:
		return to + " has no layer within " + folder + ": add it to the list in this test"
	case fromPart == toPart, toLayer > fromLayer:
		return ""
	}
	return "the parts of " + folder + " import those below them only"
}

// listed is a package as go list shows it.
type listed struct {
	ImportPath, Dir string
	Imports         []string
	GoFiles         []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,GoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// home returns the folder of layers that a package belongs to, and its layer;
// -1 if it has none.
func home(path string) (folder string, layer int) {
	path = strings.TrimPrefix(path, "tillwatch/")
	for i, l := range layers {
		for _, f := range l {
			if path == f || strings.HasPrefix(path, f+"/") {
				return f, i
			}
		}
	}
	return path, -1
}

// wrong says what is wrong with an import, "" if nothing.
func wrong(from, to string) string {
	fromHome, fromLayer := home(from)
	shared := strings.HasPrefix(from, "tillwatch/shared/")
	adapter := fromHome == "shared/aws" || fromHome == "shared/telemetry"
	if shared && !adapter && strings.HasPrefix(to, "github.com/aws/") {
		return "a concept knows no AWS package; put it into shared/aws"
	}
	if !strings.HasPrefix(to, "tillwatch/") {
		return ""
	}
	toHome, toLayer := home(to)
	switch {
	case fromLayer < 0:
		return from + " has no layer: add it to the list in this test, and to the design"
	case toLayer < 0:
		return to + " has no layer: add it to the list in this test, and to the design"
	case fromHome == toHome:
		return wrongPart(fromHome, from, to)
	case toLayer > fromLayer, peers[[2]string{fromHome, toHome}]:
		return ""
	case fromLayer == 0:
		if toHome == "scripts" && fromHome == "scripts" || toHome == "infra" && fromHome == "infra" {
			return ""
		}
		return "what is deployed and what deploys it do not import each other"
	case fromLayer == 1:
		return "" // adapters may share code and test each other
	case toLayer == fromLayer:
		return "concepts do not import each other: pass what is needed as a value"
	}
	return "imports point from functions to concepts to leaves, not back"
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, to := range p.Imports {
			if why := wrong(p.ImportPath, to); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, to, why)
			}
		}
	}
}

func TestWrongImportsAreSeen(t *testing.T) {
	for _, c := range []struct {
		rule, from, to string
		wrong          bool
	}{
		{"a function may import a concept", "tillwatch/functions/validate-file", "tillwatch/shared/quality", false},
		{"a concept may import a leaf", "tillwatch/shared/quality", "tillwatch/shared/tabular", false},
		{"a concept may import the contract", "tillwatch/shared/quality", "tillwatch/shared/contract", false},
		{"a part of a concept may import the whole", "tillwatch/shared/quality/report", "tillwatch/shared/quality", false},
		{"a kernel looks at views", "tillwatch/shared/quality/kernel", "tillwatch/shared/quality/view", false},
		{"a view knows no kernel", "tillwatch/shared/quality/view", "tillwatch/shared/quality/kernel", true},
		{"a part's own parts import it", "tillwatch/shared/quality/view/viewtest", "tillwatch/shared/quality/view", false},
		{"the whole imports none of the parts above it", "tillwatch/shared/quality", "tillwatch/shared/quality/check", true},
		{"a new part is asked for its place", "tillwatch/shared/quality/new", "tillwatch/shared/quality/view", true},
		{"landing brings concepts together", "tillwatch/shared/landing", "tillwatch/shared/quality", false},
		{"cost may import anomaly", "tillwatch/shared/cost", "tillwatch/shared/anomaly", false},
		{"anomaly may not import cost", "tillwatch/shared/anomaly", "tillwatch/shared/cost", true},
		{"a leaf imports no concept", "tillwatch/shared/tabular", "tillwatch/shared/quality", true},
		{"the contract imports no concept", "tillwatch/shared/contract", "tillwatch/shared/quality", true},
		{"alert imports no concept", "tillwatch/shared/alert", "tillwatch/shared/incident", true},
		{"a concept imports no adapter", "tillwatch/shared/quality", "tillwatch/shared/aws/s3object", true},
		{"a concept imports no AWS package", "tillwatch/shared/quality", "github.com/aws/aws-sdk-go-v2/service/s3", true},
		{"an adapter may", "tillwatch/shared/aws/s3object", "github.com/aws/aws-sdk-go-v2/service/s3", false},
		{"nothing imports a function", "tillwatch/shared/quality", "tillwatch/functions/validate-file", true},
		{"a function imports no script", "tillwatch/functions/validate-file", "tillwatch/scripts/emulator", true},
		{"a new package is asked for its place", "tillwatch/shared/new", "tillwatch/shared/metric", true},
	} {
		if got := wrong(c.from, c.to); (got != "") != c.wrong {
			t.Errorf("%s: got %q, want wrong %v", c.rule, got, c.wrong)
		}
	}
}

// Concepts get time and configuration as arguments.
func TestConceptsReadNeitherClockNorEnvironment(t *testing.T) {
	exempt := []string{"shared/aws", "shared/telemetry"}
	forbidden := []string{"time.Now(", "time.Since(", "time.Until(", "os.Getenv(", "os.LookupEnv("}
	for _, p := range packages(t) {
		folder, _ := home(p.ImportPath)
		if !strings.HasPrefix(p.ImportPath, "tillwatch/shared/") || slices.Contains(exempt, folder) {
			continue
		}
		for _, f := range p.GoFiles {
			for _, call := range callsIn(t, filepath.Join(p.Dir, f), forbidden) {
				t.Errorf("%s/%s calls %s: take it as an argument", p.ImportPath, f, call)
			}
		}
	}
}
