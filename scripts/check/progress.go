package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"tillwatch/scripts/emulator"
)

// progress shows what a step is at: on a terminal one line that changes, else
// a line when a step begins and one every half minute, so that a log stays
// short and nobody takes a long step for a dead one.
type progress struct {
	out      io.Writer
	terminal bool

	mu     sync.Mutex
	name   string
	detail string
	began  time.Time
	stop   chan struct{}
	done   sync.WaitGroup
}

func newProgress(out io.Writer) *progress {
	f, ok := out.(*os.File)
	return &progress{out: out, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *progress) begin(name string) {
	p.mu.Lock()
	p.name, p.detail, p.began, p.stop = name, "", time.Now(), make(chan struct{})
	p.mu.Unlock()
	every := 30 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	} else {
		fmt.Fprintf(p.out, "%s …\n", name)
	}
	p.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				p.show()
			}
		}
	})
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("%s … %s %s", p.name, time.Since(p.began).Round(time.Second), p.detail)
	if !p.terminal {
		fmt.Fprintln(p.out, line)
		return
	}
	if len(line) > 100 {
		line = line[:100]
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s", line)
}

// at says what the running step does at the moment.
func (p *progress) at(detail string) {
	p.mu.Lock()
	p.detail = detail
	p.mu.Unlock()
}

// of is progress for the emulator's operations.
func (p *progress) of(s emulator.Step) {
	detail := s.Name + " " + s.Detail
	if s.Total > 0 {
		detail = fmt.Sprintf("%s %d/%d %s", s.Name, s.Done, s.Total, s.Detail)
	}
	p.at(detail)
}

func (p *progress) end() {
	close(p.stop)
	p.done.Wait()
	p.clear()
}

// clear takes the changing line away, so that something else can be printed.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
