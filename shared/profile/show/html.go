package show

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"tillwatch/shared/profile"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/words"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	page = template.Must(template.New("page").Funcs(template.FuncMap{
		"printable": report.Printable,
		"count":     words.Count,
		"plural":    words.Plural,
		"bytes":     words.Bytes,
		"share":     words.Percent,
		"short":     short,
		"wide":      func(n int) int64 { return int64(n) },
		"kind":      func(c profile.Column) string { return c.Kind() },
		"bars":      drawn,
	}).Parse(pageText))
)

// HTML writes the profile as one page that needs nothing but itself: no network,
// no script, and a content security policy that allows only its own style.
func HTML(w io.Writer, p *profile.Profile) error {
	sum := sha256.Sum256([]byte(pageStyle))
	title := "nothing"
	if len(p.Files) > 0 {
		title = report.Printable(p.Files[0].Name)
	}
	if n := len(p.Files) - 1; n > 0 {
		title += " and " + words.Plural(int64(n), "other")
	}
	out := bufio.NewWriter(w)
	err := page.Execute(out, map[string]any{
		"Profile": p, "Title": title, "Style": template.CSS(pageStyle),
		"Policy": template.HTMLAttr(`content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) +
			`'; base-uri 'none'; form-action 'none'"`),
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write HTML profile: %w", err)
	}
	return nil
}

// A drawing is a distribution as the page draws it: bars of width 9, ten apart
// and at most 100 high.
type drawing struct {
	Width           int
	Label, From, To string
	Bars            []drawnBar
}

type drawnBar struct {
	X, Y, Height int
	Title        string
}

// drawn draws a distribution, nil where there is nothing to see.
func drawn(list []profile.Bar) *drawing {
	if len(list) < 2 {
		return nil
	}
	last := list[len(list)-1]
	d := &drawing{Width: 10*len(list) - 1, From: list[0].From, To: last.To,
		Label: fmt.Sprintf("Distribution from %s to %s in %d bars", list[0].From, last.To, len(list))}
	most := mostOf(list)
	for i, b := range list {
		height := int(b.Count * 100 / max(most, 1))
		if b.Count > 0 {
			height = max(height, 2)
		}
		span := b.From
		if b.To != b.From {
			span += " to " + b.To
		}
		d.Bars = append(d.Bars, drawnBar{X: 10 * i, Y: 100 - height, Height: height, Title: span + ": " + words.Plural(b.Count, "row")})
	}
	return d
}
