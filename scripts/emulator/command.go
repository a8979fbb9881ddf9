package emulator

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A Step is what a long operation is at. Done counts up to Total; both are 0
// where nothing can be counted.
type Step struct {
	Name, Detail string
	Done, Total  int
}

// Progress is told each step and each change in it, from one goroutine at a
// time. A nil Progress is told nothing.
type Progress func(Step)

func (p Progress) tell(s Step) {
	if p != nil {
		p(s)
	}
}

// kept is how many of the last lines of a command its error shows.
const kept = 30

// A command is a program to run, and who hears its lines.
type command struct {
	args []string
	dir  string
	env  []string // nil is the environment of this process
	line func(string)
}

// run runs a command to its end, or kills it and all that it started when ctx
// is done. The error of a command that fails holds its last lines.
func run(ctx context.Context, c command) error {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	apart(cmd)
	cmd.Cancel = func() error { return end(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	var last []string
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(read)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			text := strings.TrimRight(lines.Text(), " \t\r")
			if last = append(last, text); len(last) > kept {
				last = last[1:]
			}
			if c.line != nil {
				c.line(text)
			}
		}
		io.Copy(io.Discard, read) // a line that is too long must not block the command
	})
	err := cmd.Run()
	write.Close()
	reading.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(short(c.args), " "), err, strings.Join(last, "\n"))
	}
	return nil
}

// short is a command line as an error shows it.
func short(args []string) []string {
	if len(args) > 4 {
		return append(args[:4:4], "…")
	}
	return args
}
