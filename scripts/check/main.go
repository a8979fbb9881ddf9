// Command check runs every check of the project: format, vet, staticcheck,
// modules, tests with the race detector, a second of each fuzz target,
// the synthesized templates under cdk-nag, cfn-lint and checkov, and the
// integration tests on an emulator of AWS, which it installs, starts, deploys
// to and stops again.
//
//	go run ./scripts/check [--fast] [--only name,…] [--seed 1] [--fuzz 1s] [--list]
//
// Properties are tried on the same cases each time, so that a commit passes or
// does not, whoever asks; --seed 0 --fuzz 1m looks for cases that nobody saw.
// It prints what go test prints and a summary to stdout, progress to stderr.
// The exit code is 0 if everything passed, 1 if something did not, 2 for a
// flag that does not exist.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"tillwatch/scripts/emulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// A step is one check. Its error says what to mend.
type step struct {
	name, about string
	// emulated steps need the emulator; --fast leaves them out.
	emulated bool
	run      func(*checker, context.Context) error
}

var steps = []step{
	{"format", "gofmt changes no file", false, (*checker).format},
	{"modules", "go.mod is tidy, modules are what go.sum says", false, (*checker).modules},
	{"readme", "the README names every function", false, (*checker).readme},
	{"vet", "go vet finds nothing", false, (*checker).vet},
	{"staticcheck", "staticcheck finds nothing", false, (*checker).staticcheck},
	{"tests", "go test -race passes, import directions among them", false, (*checker).tests},
	{"simd", "the same with vectors, where the toolchain has them", false, (*checker).simd},
	{"infra", "the templates hold what is promised, cdk-nag finds nothing", false, (*checker).infra},
	{"fuzz", "every fuzz target survives a second, or what --fuzz says", false, (*checker).fuzz},
	{"synth", "cdk synth builds the functions and the templates", false, (*checker).synth},
	{"cfn-lint", "cfn-lint finds nothing that is not accepted with a reason", false, (*checker).cfnLint},
	{"checkov", "checkov finds nothing that is not accepted with a reason", false, (*checker).checkov},
	{"integration", "the deployed stack does its job on the emulator", true, (*checker).integration},
}

// A checker is what the steps share.
type checker struct {
	root        string
	tools       emulator.Tools
	seed        uint64 // of what properties draw, 0 another one each time
	fuzzing     time.Duration
	out         io.Writer
	progress    *progress
	synthesized string // folder of the templates, once synth ran
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fast := flags.Bool("fast", false, "leave out what needs the emulator")
	only := flags.String("only", "", "run these steps alone, separated by commas")
	list := flags.Bool("list", false, "list the steps and stop")
	seed := flags.Uint64("seed", 1, "of the cases that properties are tried on, 0 for new ones")
	fuzzing := flags.Duration("fuzz", time.Second, "time for each fuzz target")
	if err := flags.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return 0
		}
		return 2
	}
	chosen, err := choose(*only, *fast)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("no argument is wanted, got %s", strings.Join(flags.Args(), " "))
	}
	if err != nil {
		fmt.Fprintf(stderr, "check: %v; see --list and -h\n", err)
		return 2
	}
	if *list {
		for _, s := range chosen {
			fmt.Fprintf(stdout, "%-12s %s\n", s.name, s.about)
		}
		return 0
	}
	root, err := emulator.Root()
	if err != nil {
		fmt.Fprintf(stderr, "check: %v\n", err)
		return 2
	}
	tools, err := emulator.NewTools(root)
	if err != nil {
		fmt.Fprintf(stderr, "check: %v\n", err)
		return 2
	}
	c := &checker{root: root, tools: tools, seed: *seed, fuzzing: *fuzzing, out: stdout, progress: newProgress(stderr)}
	return c.all(ctx, chosen)
}

func choose(only string, fast bool) ([]step, error) {
	names := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	for _, n := range names {
		if !slices.ContainsFunc(steps, func(s step) bool { return s.name == n }) {
			return nil, fmt.Errorf("no step is named %s", n)
		}
	}
	return slices.DeleteFunc(slices.Clone(steps), func(s step) bool {
		return fast && s.emulated || len(names) > 0 && !slices.Contains(names, s.name)
	}), nil
}

// all runs the steps one after the other, goes on after a failure, and sums up.
func (c *checker) all(ctx context.Context, chosen []step) int {
	began := time.Now()
	var summary []string
	failed := 0
	for i, s := range chosen {
		if ctx.Err() != nil {
			fmt.Fprintln(c.out, "interrupted")
			return 1
		}
		c.progress.begin(fmt.Sprintf("%d/%d %s", i+1, len(chosen), s.name))
		from := time.Now()
		err := s.run(c, ctx)
		took := time.Since(from).Round(100 * time.Millisecond)
		c.progress.end()
		verdict := "pass"
		if err != nil {
			verdict = "FAIL"
			failed++
			fmt.Fprintf(c.out, "FAIL %s\n%v\n", s.name, err)
		} else {
			fmt.Fprintf(c.out, "pass %s (%s)\n", s.name, took)
		}
		summary = append(summary, fmt.Sprintf("%s  %-12s %8s  %s", verdict, s.name, took, s.about))
	}
	fmt.Fprintf(c.out, "\n%s\n\n", strings.Join(summary, "\n"))
	took := time.Since(began).Round(time.Second)
	if failed > 0 {
		fmt.Fprintf(c.out, "FAIL: %d of %d steps in %s\n", failed, len(chosen), took)
		return 1
	}
	fmt.Fprintf(c.out, "ok: %d steps in %s\n", len(chosen), took)
	return 0
}
