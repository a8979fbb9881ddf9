package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"tillwatch/scripts/demo/fault"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/report"
)

// width is that of the story, in characters.
const width = 90

// A tale writes the story.
type tale struct {
	out   io.Writer
	root  string // of the project
	wrong bool   // something was missed, or reported that was not broken

	clean, passed int // clean files, and those that passed
	total, found  int // faults, and those that were found
}

func (t *tale) cache() string { return filepath.Join(t.root, ".cache") }

// folder is where the story's files are kept, empty at the start of each run.
func (t *tale) folder() string { return filepath.Join(t.cache(), "demo") }

func (t *tale) heading(format string, args ...any) {
	title := fmt.Sprintf(format, args...)
	fmt.Fprintf(t.out, "\n%s\n%s\n", title, strings.Repeat("─", min(len([]rune(title)), width)))
}

func (t *tale) sayf(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// prose writes a paragraph in lines of the tale's width.
func (t *tale) prose(format string, args ...any) {
	line := ""
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			fmt.Fprintln(t.out, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	fmt.Fprintln(t.out, line)
}

// quote writes a text that came from elsewhere, set off by a bar; lines that
// are too long go on below themselves.
func (t *tale) quote(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		words := strings.SplitAfter(report.Printable(line), " ")
		row := ""
		for i, word := range words {
			if i > 0 && strings.TrimSpace(row) != "" && len([]rune(row+word)) > width-4 {
				t.sayf("  │ %s", strings.TrimRight(row, " "))
				row = "    "
			}
			row += word
		}
		t.sayf("%s", strings.TrimRight("  │ "+row, " "))
	}
}

// relative is a path as it is typed from the project's folder.
func (t *tale) relative(path string) string {
	if short, err := filepath.Rel(t.root, path); err == nil {
		return short
	}
	return path
}

// color reports whether the story may have colours.
func (t *tale) color() bool {
	f, ok := t.out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
}

// verdict tells what a file's judge said.
func (t *tale) verdict(r *quality.Report) error {
	fmt.Fprintln(t.out)
	return report.Text(t.out, r, report.TextOptions{Width: width, Color: t.color()})
}

// cleanVerdict tells the verdict on a file of the clean day.
func (t *tale) cleanVerdict(r *quality.Report) error {
	t.judgeClean(r)
	return t.verdict(r)
}

// judgeClean counts a clean file: anything but a pass without a failed check
// is a false alarm.
func (t *tale) judgeClean(r *quality.Report) {
	passed := r.Verdict == quality.VerdictPass
	for _, c := range r.Checks {
		passed = passed && (c.Status == quality.Pass || c.Status == quality.Skipped)
	}
	t.clean++
	if passed {
		t.passed++
	} else {
		t.wrong = true
	}
}

// compare tells what of a broken file was found.
func (t *tale) compare(f fault.File, found []fault.Finding) {
	c := f.Compare(found)
	t.wrong = t.wrong || !c.Exact()
	t.sayf("\n%s", f.Dataset)
	for _, o := range c.Outcomes {
		t.total++
		mark := "✓"
		if len(o.Missed) > 0 {
			mark = "✗"
		} else {
			t.found++
		}
		t.sayf("  %s %-23s %s", mark, o.Fault.Name, o.Fault.What)
		for _, want := range o.Fault.Finds {
			t.sayf("    %-23s %s", "", want)
		}
		for _, missed := range o.Missed {
			t.sayf("    %-23s missed: %s", "", missed)
		}
	}
	for _, extra := range c.Extra {
		t.sayf("  ✗ %-23s %s", "nothing was broken", extra)
	}
	if len(c.Extra) == 0 {
		t.sayf("  ✓ nothing else was reported")
	}
}

// sum ends the story and reports whether all was as it should be.
func (t *tale) sum() bool {
	ending := "and nothing else was reported."
	if t.wrong {
		ending = "and that is NOT AS IT SHOULD BE: see ✗ above, or a clean file that did not pass."
	}
	t.sayf("")
	t.prose("%d of %d clean files passed, %d of %d faults were found, %s", t.passed, t.clean, t.found, t.total, ending)
	return !t.wrong
}
