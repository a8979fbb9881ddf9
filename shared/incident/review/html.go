package review

import (
	"bytes"
	"fmt"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// page is a review as a page of its own: no scripts, nothing loaded.
var page = template.Must(template.New("review").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<style>
:root { color-scheme: light dark; --line: #8884; --todo: #fff3bf; --ink: #1c1e21; --paper: #fff }
@media (prefers-color-scheme: dark) { :root { --todo: #5c4b00; --ink: #e6e6e6; --paper: #17191c } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1.25rem; color: var(--ink); background: var(--paper) }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem }
table { border-collapse: collapse; width: 100%; font-size: .94rem } td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line) }
thead:not(:has(th:not(:empty))) { display: none }
td:first-child { white-space: nowrap } code { background: var(--line); padding: .05rem .3rem; border-radius: 3px }
mark { background: var(--todo); color: inherit; padding: 0 .2rem; border-radius: 3px }
</style>
{{.Body}}
</html>
`))

// HTML renders a review's document as a page. What a person has yet to fill in
// is marked; HTML in the document is not passed on.
func HTML(title, document string) ([]byte, error) {
	var body bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(document), &body); err != nil {
		return nil, fmt.Errorf("render review %s: %w", title, err)
	}
	marked := bytes.ReplaceAll(body.Bytes(), []byte(Todo), []byte("<mark>"+Todo[:len(Todo)-2]+"</mark>: "))
	var out bytes.Buffer
	err := page.Execute(&out, struct {
		Title string
		Body  template.HTML
	}{title, template.HTML(marked)}) // goldmark escapes what it does not render
	if err != nil {
		return nil, fmt.Errorf("render review %s: %w", title, err)
	}
	return out.Bytes(), nil
}
