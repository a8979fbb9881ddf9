// Bench measures tillwatch validate beside DuckDB and Polars: the same fifteen
// checks over the same generated file, interleaved, on this machine. It installs
// the peers, pinned, into .cache, and checks that all agree on what they found
// before it compares how long they took.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tillwatch/scripts/emulator"
)

const usage = `Usage: go run ./scripts/bench [flags]

Generates files of retail transactions, judges them by fifteen checks with tillwatch, DuckDB
(stock and tuned) and Polars, in turns, and prints medians, ratios and peak memory. The
first run downloads the peers into .cache/ (100 MB); files go to .cache/bench (2 GB with
the default rows). Peers' clocks start when their interpreter is up, ours with the process.
Results go to standard output, progress to standard error.

Exit codes: 0 fine, 1 results differ or, at five million rows, a target is missed, 2 misuse or
something could not be run.

Flags:
`

const (
	exitFine     = 0
	exitFindings = 1
	exitMisuse   = 2
)

// options are what the command line chooses.
type options struct {
	rows, threads []int // ascending
	rounds        int
	format        string
}

// A result is all that was measured.
type result struct {
	Machine       string   `json:"machine"`
	Rounds        int      `json:"rounds"`
	Sizes         []*size  `json:"sizes"`
	Disagreements []string `json:"disagreements"`
	Unasked       []string `json:"unasked"` // of the fifteen checks, what our contract does not ask for
	Targets       []target `json:"targets"`
}

// A size is a file of so many rows, and who took how long over it.
type size struct {
	Rows  int      `json:"rows"`
	Bytes int64    `json:"bytes"`
	Runs  []series `json:"runs"`
}

// A series is one contender's runs; Threads is 0 for those that have none to
// set.
type series struct {
	Name    string `json:"name"`
	Threads int    `json:"threads"`
	Median  run    `json:"median"`
	All     []run  `json:"all"`
}

// A bench is one call of the program.
type bench struct {
	options        options
	tools          emulator.Tools
	folder         string // of the files
	tool, contract string
	vectors        string // the tool built with SIMD, "" if the toolchain has none
	log            io.Writer
	result         result
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := start(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func start(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitFine
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v; see -h\n", err)
		return exitMisuse
	}
	b := &bench{options: o, log: stderr}
	err = b.prepare(ctx)
	if err == nil {
		err = b.all(ctx)
	}
	if err == nil {
		err = b.print(stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitMisuse
	}
	if len(b.result.Disagreements) > 0 || b.missed() {
		return exitFindings
	}
	return exitFine
}

func parse(args []string, stderr io.Writer) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	rows := flags.String("rows", "1000000,5000000", "`rows` of the files")
	threads := flags.String("threads", "1,2", "`threads` that each may use")
	o := options{}
	flags.IntVar(&o.rounds, "rounds", 5, "how often each runs; the median counts")
	flags.StringVar(&o.format, "format", "text", "`text` or json")
	err := flags.Parse(args)
	if err != nil {
		return o, err
	}
	if o.rows, err = numbers("--rows", *rows); err != nil {
		return o, err
	}
	if o.threads, err = numbers("--threads", *threads); err != nil {
		return o, err
	}
	switch {
	case o.rounds < 1:
		return o, fmt.Errorf("--rounds %d: give at least 1", o.rounds)
	case o.format != "text" && o.format != "json":
		return o, fmt.Errorf("--format %s: give text or json", o.format)
	case flags.NArg() > 0:
		return o, fmt.Errorf("no argument is wanted, got %s", strings.Join(flags.Args(), " "))
	}
	return o, nil
}

// numbers reads a list of positive numbers, and sorts it.
func numbers(name, text string) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s %s: give positive numbers, separated by commas", name, text)
		}
		list = append(list, n)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// prepare installs the peers and builds tillwatch.
func (b *bench) prepare(ctx context.Context) error {
	root, err := emulator.Root()
	if err != nil {
		return err
	}
	if b.tools, err = emulator.NewTools(root); err != nil {
		return err
	}
	b.folder = filepath.Join(root, ".cache", "bench")
	if err := os.MkdirAll(b.folder, 0o755); err != nil {
		return err
	}
	tell := func(s emulator.Step) { b.step(s.Name, s.Detail) }
	if err := b.tools.Install(ctx, tell, emulator.Peers); err != nil {
		return err
	}
	b.contract = filepath.Join(root, "scripts", "bench", "contract.odcs.yaml")
	b.tool = filepath.Join(b.folder, "tillwatch")
	if err := b.build(ctx, root, b.tool); err != nil {
		return err
	}
	vectors := filepath.Join(b.folder, "tillwatch-simd")
	if runtime.GOARCH != "amd64" {
		return nil // package simd/archsimd has nothing for it
	}
	if err := b.build(ctx, root, vectors, "GOEXPERIMENT=simd", "GOAMD64=v3"); err != nil {
		b.step("no build with SIMD:", err.Error())
		return nil
	}
	b.vectors = vectors
	return nil
}

// build builds tillwatch with more in its environment.
func (b *bench) build(ctx context.Context, root, path string, env ...string) error {
	b.step("build tillwatch", strings.Join(env, " "))
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./scripts/tillwatch")
	build.Dir, build.Env = root, append(os.Environ(), env...)
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build tillwatch: %w\n%s", err, output)
	}
	return nil
}

// step tells what is being done.
func (b *bench) step(what, detail string) {
	fmt.Fprintln(b.log, strings.TrimSpace("… "+what+" "+detail))
}

func (b *bench) all(ctx context.Context) error {
	b.result.Machine = fmt.Sprintf("%s/%s, %s, %s", runtime.GOOS, runtime.GOARCH, plural(runtime.NumCPU(), "processor"), runtime.Version())
	b.result.Rounds = b.options.rounds
	b.result.Disagreements, b.result.Unasked = []string{}, []string{}
	for _, rows := range b.options.rows {
		s, err := b.size(ctx, rows)
		if err != nil {
			return err
		}
		b.result.Sizes = append(b.result.Sizes, s)
	}
	var err error
	b.result.Targets, err = b.targets(ctx)
	return err
}

// size lets everybody run over one file, in turns.
func (b *bench) size(ctx context.Context, rows int) (*size, error) {
	b.step("generate", fmt.Sprintf("%d rows", rows))
	path, err := file(b.folder, fmt.Sprintf("transactions-%d.csv", rows), buffered(rows, transactions))
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	s := &size{Rows: rows, Bytes: info.Size()}
	all := contenders(b.tools, b.tool, b.vectors, b.contract)
	for i, threads := range b.options.threads {
		for _, c := range all {
			if !c.once {
				s.Runs = append(s.Runs, series{Name: c.name, Threads: threads})
			} else if i == 0 {
				s.Runs = append(s.Runs, series{Name: c.name})
			}
		}
	}
	for round := range b.options.rounds {
		for i := range s.Runs {
			turn := &s.Runs[(i+round)%len(s.Runs)] // nobody always runs after the same other
			c := all[slices.IndexFunc(all, func(c contender) bool { return c.name == turn.Name })]
			began := time.Now()
			r, err := c.measure(ctx, path, max(turn.Threads, 1))
			if err != nil {
				return nil, err
			}
			b.step(fmt.Sprintf("%d rows, round %d/%d:", rows, round+1, b.options.rounds), fmt.Sprintf("%s, %s, %.2f s", turn.Name, plural(max(turn.Threads, 1), "thread"), time.Since(began).Seconds()))
			turn.All = append(turn.All, r)
		}
	}
	for i := range s.Runs {
		s.Runs[i].Median = median(s.Runs[i].All)
	}
	return s, b.compare(s)
}

// compare notes whoever found something else than our first run did.
func (b *bench) compare(s *size) error {
	first := s.Runs[0].All[0]
	b.result.Unasked = unasked(first.figures)
	for _, series := range s.Runs {
		for i, r := range series.All {
			var differ []string
			switch {
			case r.figures == nil:
			case !isOurs(series.Name):
				differ = disagreements(ours, first.figures, series.Name, r.figures)
			default:
				what, err := steady(first.output, r.output)
				if err != nil {
					return err
				}
				if what != "" {
					differ = []string{what}
				}
			}
			for _, d := range differ {
				b.result.Disagreements = append(b.result.Disagreements, fmt.Sprintf("%d rows, %s, round %d: %s", s.Rows, plural(series.Threads, "thread"), i+1, d))
			}
		}
	}
	return nil
}

// missed reports whether a target was missed; they are of five million rows.
func (b *bench) missed() bool {
	return b.result.Sizes[len(b.result.Sizes)-1].Rows >= targetRows &&
		slices.ContainsFunc(b.result.Targets, func(t target) bool { return t.verdict() == "missed" })
}

// targetRows is how many rows the targets are of.
const targetRows = 5_000_000

// seed is that of the generated files.
const seed = 42

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
