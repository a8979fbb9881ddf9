package show

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"tillwatch/shared/profile"
	"tillwatch/shared/tabular"
)

var update = flag.Bool("update", false, "rewrite golden files")

// day is a table of a shop; on a bad day a region is spelled anew, prices
// doubled, a column renamed, and some names are hostile.
func day(t *testing.T, bad bool) *profile.Profile {
	t.Helper()
	var b bytes.Buffer
	header := "sale_id,store,region,sold_at,quantity,price,email,note"
	if bad {
		header = "sale_id,shop,region,sold_at,quantity,price,email,<b>\x1b[31mnote"
	}
	fmt.Fprintln(&b, header)
	for i := range 500 {
		region, cents, note := []string{"North", "South", "West"}[i*7%3], 100+i*i%997, ""
		if i%10 == 0 {
			note = "<i>gift</i>\u202e"
		}
		if bad && i%3 == 0 {
			region, cents = "Centre|1", 2*cents
		}
		fmt.Fprintf(&b, "S%05d,ST-%03d,%s,2026-11-%02dT%02d:00:00Z,%d,%d.%02d,user%d@example.com,%s\n",
			i, i*13%300, region, 1+i%20, i%24, 1+i%9, cents/100, cents%100, i%50, note)
	}
	p, err := profile.Read(t.Context(), []profile.Input{{Name: "day.csv", Source: tabular.Bytes(b.Bytes()), Bytes: int64(b.Len())}}, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func golden(t *testing.T, name string, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	good, bad := day(t, false), day(t, true)
	d := profile.Compare(good, bad)
	var all []string
	for _, width := range []int{80, 120} {
		o := TextOptions{Width: width}
		for name, write := range map[string]func(*bytes.Buffer) error{
			"profile%d.txt": func(b *bytes.Buffer) error { return Text(b, bad, o) },
			"diff%d.txt":    func(b *bytes.Buffer) error { return Difference(b, d, o) },
		} {
			text := golden(t, fmt.Sprintf(name, width), write)
			for line := range strings.Lines(text) {
				if n := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%d cells where there are %d: %s", n, width, line)
				}
			}
			all = append(all, text)
		}
	}
	all = append(all, golden(t, "profile.html", func(b *bytes.Buffer) error { return HTML(b, bad) }),
		golden(t, "diff.md", func(b *bytes.Buffer) error { return Markdown(b, d) }))
	for _, text := range all {
		for _, wrong := range []string{"user1", "\x1b", "\u202e", "<b>", "<i>gift"} {
			if strings.Contains(text, wrong) && (strings.HasPrefix(text, "<!doctype") || !strings.HasPrefix(wrong, "<") || strings.HasPrefix(text, "# ")) {
				t.Errorf("%q gets through:\n%s", wrong, text)
			}
		}
	}
}
