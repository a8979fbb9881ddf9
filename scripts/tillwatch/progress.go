package main

import (
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// barAfter is how long work may take before a bar shows it.
const barAfter = time.Second

// A bar shows how much of a file was read, at a terminal only and once it has
// taken a while. It removes itself when it is done.
type bar struct {
	mu       sync.Mutex
	app      *app
	start    time.Time
	doing    string // such as judging
	total    int64
	off      bool
	progress *mpb.Progress
	bar      *mpb.Bar
}

// newBar returns a bar for what is being done to total bytes.
func (a *app) newBar(doing string, total int64) *bar {
	return &bar{app: a, start: a.now(), doing: doing, total: total, off: total <= 0 || !term.IsTerminal(int(a.err.Fd()))}
}

// set says how many bytes were read.
func (b *bar) set(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.off || b.app.now().Sub(b.start) < barAfter {
		return
	}
	if b.bar == nil {
		b.progress = mpb.New(mpb.WithOutput(b.app.err), mpb.WithWidth(28), mpb.WithAutoRefresh())
		b.bar = b.progress.New(b.total, mpb.BarStyle().Lbound("").Filler("█").Tip("█").Padding("░").Rbound(""),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(b.doing+"  ")),
			mpb.AppendDecorators(decor.Percentage(decor.WCSyncSpace), decor.Name("  "),
				decor.CountersKiloByte("% .0f of % .0f"), decor.Name("  "), decor.AverageSpeed(decor.SizeB1000(0), "% .0f")))
	}
	b.bar.SetCurrent(min(n, b.total-1)) // it is complete when it is done, and not before
}

// done takes the bar away.
func (b *bar) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.off = true
	if b.bar != nil {
		b.bar.Abort(true)
		b.progress.Wait()
	}
}
