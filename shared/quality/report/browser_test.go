package report

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"tillwatch/shared/quality"
)

var shots = flag.String("shots", "", "folder to put screenshots of the page into")

// many is a report with n checks, half of them failed.
func many(n int) *quality.Report {
	r := invented()
	base := r.Checks
	r.Checks = nil
	for i := range n {
		c := base[i%len(base)]
		c.ID = fmt.Sprintf("%s-%d", c.ID, i)
		c.Name = fmt.Sprintf("%s %d", c.Name, i)
		r.Checks = append(r.Checks, c)
	}
	return r
}

// A browser shows pages in Chromium and remembers what it complained about.
type browser struct {
	ctx      context.Context
	mu       sync.Mutex
	problems []string
}

// newBrowser starts Chromium, or skips the test where there is none that starts.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is not started in short mode")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("the page is not looked at: no chromium is installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(stopTab)
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			b.problems = append(b.problems, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			b.problems = append(b.problems, e.ExceptionDetails.Text)
		case *page.EventJavascriptDialogOpening:
			b.problems = append(b.problems, "a dialog opened: "+e.Message)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file://") {
				b.problems = append(b.problems, "the page asks for "+e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Skipf("the page is not looked at: %s does not start: %v", path, err)
	}
	return b
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// ask runs an action, such as a script, and returns its value.
func ask[T any](t *testing.T, b *browser, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// show writes a report as a page and opens it; it returns how long that took.
func (b *browser) show(t *testing.T, r *quality.Report) time.Duration {
	t.Helper()
	var text bytes.Buffer
	if err := HTML(&text, r); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	b.do(t, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()), chromedp.WaitVisible(chromedp.CSS("#filter")))
	return time.Since(start)
}

func (b *browser) shot(t *testing.T, name string, width, height int64, scheme string) {
	t.Helper()
	if *shots == "" {
		return
	}
	b.do(t, chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	}))
	picture := ask(t, b, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// shown counts the checks that the filter leaves.
const shownChecks = `document.querySelectorAll("details.check:not([hidden])").length`

func TestPageInBrowser(t *testing.T) {
	b := newBrowser(t)
	b.show(t, invented())
	b.shot(t, "light", 1100, 2300, "light")
	b.shot(t, "dark", 1100, 2300, "dark")
	b.shot(t, "narrow", 390, 2600, "light")
	b.shot(t, "narrow-dark", 390, 1400, "dark")
	b.do(t, chromedp.EmulateViewport(390, 800))
	overflow := ask(t, b, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	title := ask(t, b, chromedp.Title())
	b.do(t, chromedp.SendKeys(chromedp.CSS("#text"), "TILL price"), chromedp.Sleep(200*time.Millisecond))
	n := ask(t, b, chromedp.Evaluate[int](shownChecks))
	if overflow {
		t.Error("the page is wider than a narrow screen")
	}
	if want := "Fail: sales_data"; title != want {
		t.Errorf("title is %q, want %q", title, want)
	}
	if n != 0 {
		t.Errorf("%d checks hold both words, want none", n)
	}
	for _, tt := range []struct {
		name, script string
		want         int
	}{
		{"text", `text.value = "price"`, 1},
		{"text, any case", `text.value = "PRICE master"`, 1},
		{"a value of a sample", `text.value = "99999"`, 1},
		{"status", `text.value = ""; status.value = "pass"`, 2},
		{"status and dimension", `status.value = "pass"; dimension.value = "uniqueness"`, 1},
		{"nothing", `text.value = status.value = dimension.value = ""`, 7},
	} {
		script := `(() => { const [text, status, dimension] = ["text","status","dimension"].map(id => document.getElementById(id)); ` +
			tt.script + `; text.dispatchEvent(new Event("input", {bubbles: true})); })()`
		ask(t, b, chromedp.Evaluate[any](script))
		b.do(t, chromedp.Sleep(150*time.Millisecond))
		n := ask(t, b, chromedp.Evaluate[int](shownChecks))
		if n != tt.want {
			t.Errorf("filter by %s leaves %d checks, want %d", tt.name, n, tt.want)
		}
	}
	for _, p := range b.problems {
		t.Error(p)
	}
}

func TestPageHoldsManyChecks(t *testing.T) {
	const checks = 3000
	b := newBrowser(t)
	load := b.show(t, many(checks))
	b.shot(t, "many", 1100, 1600, "light")
	filter := `(() => { const text = document.getElementById("text"); text.value = "customer_id"; const start = performance.now();
		text.dispatchEvent(new Event("input", {bubbles: true}));
		return new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))), 61)); })()`
	blocked := ask(t, b, chromedp.Evaluate[float64](filter, chromedp.EvalAwaitPromise))
	n := ask(t, b, chromedp.Evaluate[int](shownChecks))
	t.Logf("%d checks: loaded in %v, filtered in %.0f ms", checks, load.Round(time.Millisecond), blocked)
	if n == 0 || n == checks {
		t.Errorf("the filter leaves %d of %d checks", n, checks)
	}
	if load > 10*time.Second || blocked > 3000 {
		t.Errorf("loading took %v and filtering %.0f ms", load, blocked)
	}
	for _, p := range b.problems {
		t.Error(p)
	}
}
