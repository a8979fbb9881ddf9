package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"tillwatch/scripts/emulator"
)

// progress shows the steps on standard error: on a terminal the running one
// in a line that changes, and every finished one with the time it took;
// elsewhere a line for each step, and one more every ten seconds.
type progress struct {
	out      io.Writer
	terminal bool

	mu     sync.Mutex
	now    emulator.Step // Name is "" between steps
	began  time.Time
	told   time.Time
	ticker *time.Ticker
	stop   chan struct{}
}

func newProgress(out io.Writer) *progress {
	f, ok := out.(*os.File)
	p := &progress{out: out, terminal: ok && term.IsTerminal(int(f.Fd())), ticker: time.NewTicker(200 * time.Millisecond), stop: make(chan struct{})}
	go func() {
		for {
			select {
			case <-p.stop:
				return
			case <-p.ticker.C:
				p.tick()
			}
		}
	}()
	return p
}

// step begins a step or, if it has the name of the running one, changes it.
func (p *progress) step(s emulator.Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Name != p.now.Name {
		p.finish("✓")
		p.began, p.told = time.Now(), time.Now()
		if !p.terminal {
			fmt.Fprintf(p.out, "… %s\n", s.Name)
		}
	}
	p.now = s
}

// pause ends the running step, so that something can be written to the
// terminal.
func (p *progress) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish("✓")
}

// fail ends the running step as one that did not work.
func (p *progress) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish("✗")
}

// end ends everything.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish("✓")
	p.ticker.Stop()
	close(p.stop)
}

func (p *progress) finish(mark string) {
	if p.now.Name == "" {
		return
	}
	clear := ""
	if p.terminal {
		clear = "\r\x1b[K"
	}
	fmt.Fprintf(p.out, "%s%s %s (%.1f s)\n", clear, mark, p.now.Name, time.Since(p.began).Seconds())
	p.now = emulator.Step{}
}

func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now.Name == "" || !p.terminal && time.Since(p.told) < 10*time.Second {
		return
	}
	p.told = time.Now()
	line := fmt.Sprintf("… %s %.0f s", p.now.Name, time.Since(p.began).Seconds())
	if p.now.Total > 0 {
		line += fmt.Sprintf(" [%s] %d/%d", bar(p.now.Done, p.now.Total), p.now.Done, p.now.Total)
	}
	if p.now.Detail != "" {
		line += " " + p.now.Detail
	}
	if runes := []rune(line); len(runes) > 79 {
		line = string(runes[:78]) + "…"
	}
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

// bar is a bar of twelve cells.
func bar(done, total int) string {
	full := min(max(12*done/total, 0), 12)
	return strings.Repeat("#", full) + strings.Repeat(".", 12-full)
}
