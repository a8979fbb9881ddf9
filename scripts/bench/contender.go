package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tillwatch/scripts/emulator"
)

//go:embed peers/in_duckdb.py
var inDuckDB string

//go:embed peers/in_polars.py
var inPolars string

// A contender is something that runs the fifteen checks, or a floor that runs
// none.
type contender struct {
	name string
	// command returns the program for a file and a number of threads, and what
	// its environment has more than ours.
	command func(file string, threads int) (args, env []string)
	// read takes the figures, and the seconds without the interpreter's start,
	// from what it printed; nil for a floor.
	read func(output []byte) (figures map[string]float64, seconds float64, err error)
	// once is for those that have no threads to set.
	once bool
}

// A run is one measurement.
type run struct {
	Seconds   float64 `json:"seconds"`     // wall clock
	CPU       float64 `json:"cpu_seconds"` // of user and system, whole process
	PeakBytes int64   `json:"peak_bytes"`  // resident
	figures   map[string]float64
	output    []byte
}

const (
	ours       = "tillwatch"
	oursSIMD   = "tillwatch, SIMD"
	duckStock  = "DuckDB"
	duckTuned  = "DuckDB, tuned"
	polarsName = "Polars"
	wordCount  = "wc -l"
	concat     = "cat"
)

// contenders lists who takes part; tool is the tillwatch binary, vectors that with
// SIMD or "".
func contenders(tools emulator.Tools, tool, vectors, contract string) []contender {
	duckdb := func(mode string) func(string, int) ([]string, []string) {
		return func(file string, threads int) ([]string, []string) {
			return tools.Command(emulator.Peers, "-c", inDuckDB, file, judged, strconv.Itoa(threads), mode), nil
		}
	}
	list := []contender{{name: ours, command: validate(tool, contract), read: readReport}}
	if vectors != "" {
		list = append(list, contender{name: oursSIMD, command: validate(vectors, contract), read: readReport})
	}
	return append(list, []contender{
		{name: duckStock, command: duckdb("stock"), read: readPeer},
		{name: duckTuned, command: duckdb("tuned"), read: readPeer},
		{name: polarsName, command: func(file string, threads int) ([]string, []string) {
			return tools.Command(emulator.Peers, "-c", inPolars, file, judged), []string{"POLARS_MAX_THREADS=" + strconv.Itoa(threads)}
		}, read: readPeer},
		{name: wordCount, command: func(file string, _ int) ([]string, []string) { return []string{"wc", "-l", file}, nil }, once: true},
		{name: concat, command: func(file string, _ int) ([]string, []string) { return []string{"cat", file}, nil }, once: true},
	}...)
}

// isOurs reports whether a contender is a build of tillwatch.
func isOurs(name string) bool { return name == ours || name == oursSIMD }

// validate is the command that judges a file by a contract.
func validate(tool, contract string) func(string, int) ([]string, []string) {
	return func(file string, threads int) ([]string, []string) {
		n := strconv.Itoa(threads)
		return []string{tool, "validate", "--contract", contract, "--now", judged + "T00:00:00Z", "--threads", n, "--format", "json", file},
			[]string{"GOMAXPROCS=" + n}
	}
}

// measure runs a contender once.
func (c *contender) measure(ctx context.Context, file string, threads int) (run, error) {
	args, env := c.command(file, threads)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	var out, problems bytes.Buffer
	if cmd.Stderr = &problems; c.read != nil || isOurs(c.name) {
		cmd.Stdout = &out
	}
	began := time.Now()
	err := cmd.Run()
	r := run{Seconds: time.Since(began).Seconds()}
	var code *exec.ExitError
	if errors.As(err, &code) && code.ExitCode() == 1 && isOurs(c.name) {
		err = nil // the file has faults, as it should
	}
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil {
		return r, fmt.Errorf("run %s: %w\n%s", c.name, err, strings.TrimSpace(problems.String()))
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakBytes = usage.Maxrss
		if runtime.GOOS != "darwin" {
			r.PeakBytes *= 1024
		}
	}
	r.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	r.output = out.Bytes()
	if c.read == nil {
		return r, nil
	}
	figures, seconds, err := c.read(r.output)
	if err != nil {
		return r, fmt.Errorf("read results of %s: %w", c.name, err)
	}
	r.figures = figures
	if seconds > 0 {
		r.Seconds = seconds
	}
	return r, nil
}

// readPeer reads what the Python programs print.
func readPeer(output []byte) (map[string]float64, float64, error) {
	var said struct {
		Seconds float64
		Figures map[string]float64
	}
	err := json.Unmarshal(output, &said)
	return said.Figures, said.Seconds, err
}

// readReport takes the figures from a report of ours: a check's id is its
// figure (its name, of the rows of a region), which is what it measured or, where
// rows are counted, the violations. The whole process is timed.
func readReport(output []byte) (map[string]float64, float64, error) {
	var report struct {
		Checks []struct {
			ID, Name, Status string
			Measured         *float64
			Violations       float64
			Unit             string
		}
	}
	if err := json.Unmarshal(output, &report); err != nil {
		return nil, 0, err
	}
	names := map[string]string{
		"transaction_id.unique": "key_repeats", "customer_id.pattern": "customer_bad", "email.pattern": "email_bad",
		"transaction_date.type": "date_bad", "unit_price.minimum": "price_out", "unit_price.maximum": "price_out",
	}
	figures := map[string]float64{}
	for _, c := range report.Checks {
		name := c.ID
		if n, ok := names[c.ID]; ok {
			name = n
		} else if strings.HasPrefix(c.Name, "region ") {
			name = c.Name
		}
		switch {
		case c.Status == "error":
			return nil, 0, fmt.Errorf("check %s was not measured", c.ID)
		case c.Measured == nil:
		case c.Unit == "percent" || c.Unit == "rows" && name != c.ID:
			figures[name] += c.Violations
		default:
			figures[name] = *c.Measured
		}
	}
	return figures, 0, nil
}

// median returns the run with the median time, with the greatest peak of all.
func median(runs []run) run {
	sorted := slices.Clone(runs)
	slices.SortFunc(sorted, func(a, b run) int {
		switch {
		case a.Seconds < b.Seconds:
			return -1
		case a.Seconds > b.Seconds:
			return 1
		}
		return 0
	})
	m := sorted[len(sorted)/2]
	for _, r := range runs {
		m.PeakBytes = max(m.PeakBytes, r.PeakBytes)
	}
	return m
}
