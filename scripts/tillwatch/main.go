// Tillwatch judges data files against their contracts from the command line.
//
// It exits with 0 if the file passed, warnings included, 1 if checks failed or
// a contract is invalid, 2 if the call, the input or the judging itself was at
// fault, and 130 if it was interrupted. Results go to standard output, messages
// and progress to standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"tillwatch/shared/quality/report"
)

// The exit codes.
const (
	exitFine     = 0
	exitFindings = 1
	exitMisuse   = 2
	exitStopped  = 130
)

func main() { os.Exit(run()) }

// run is main with an exit code, so that what was deferred is done before the
// process ends.
func run() int {
	// Without this a reader that goes away would kill the process before its
	// temporary files are removed.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now, getenv: os.Getenv}
	return a.run(ctx, os.Args[1:])
}

// An app is the command line and what it touches of the world.
type app struct {
	in       *os.File
	out, err *os.File
	now      func() time.Time
	getenv   func(string) string
	plain    bool // no colours
}

// An exit is an error that ends the program with a code of its own; err may be
// nil if all was said already.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitFine
	}
	if ctx.Err() != nil {
		fmt.Fprintln(a.err, "tillwatch: interrupted; nothing was judged")
		return exitStopped
	}
	var e *exit
	if !errors.As(err, &e) {
		e = &exit{exitMisuse, fmt.Errorf("%w\nsee '%s --help'", err, command.CommandPath())}
	}
	if e.err != nil {
		a.say(e.err)
	}
	return e.code
}

// say writes an error to standard error, one line for each of its lines,
// harmless whatever a file put into it.
func (a *app) say(err error) {
	for i, line := range strings.Split(err.Error(), "\n") {
		lead := "tillwatch: "
		if i > 0 {
			lead = "  "
		}
		fmt.Fprintln(a.err, lead+report.Printable(line))
	}
}

// problems collects what is wrong with a call, so that all of it is said at
// once.
type problems []string

func (p *problems) addf(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// add adds each line of an error.
func (p *problems) add(err error) { *p = append(*p, strings.Split(err.Error(), "\n")...) }

// exit returns the problems as an error with a code, nil if there are none.
func (p problems) exit(code int) error {
	switch len(p) {
	case 0:
		return nil
	case 1:
		return &exit{code, errors.New(p[0])}
	}
	return &exit{code, fmt.Errorf("%d problems:\n%s", len(p), strings.Join(p, "\n"))}
}

// gone reports whether an error of a write means that the reader went away.
func gone(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) }
