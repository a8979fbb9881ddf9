package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		rule string
		args []string
		want options
		says string // of what is wrong; "" if nothing is
	}{
		{"defaults", nil, options{seed: 1}, ""},
		{"every flag", []string{"--keep", "--seed", "9", "--day", "2017-06-14"}, options{keep: true, seed: 9, day: time.Date(2017, 6, 14, 0, 0, 0, 0, time.UTC)}, ""},
		{"here", []string{"--local"}, options{local: true, seed: 1}, ""},
		{"nothing to keep", []string{"--local", "--keep"}, options{}, "--local leaves nothing to --keep"},
		{"no date", []string{"--day", "yesterday"}, options{}, `--day "yesterday" is not a date`},
		{"no argument", []string{"sales.csv"}, options{}, `unexpected argument "sales.csv"`},
		{"no such flag", []string{"--fast"}, options{}, "flag provided but not defined"},
	} {
		var said bytes.Buffer
		got, err := parse(c.args, &said)
		if (err != nil) != (c.says != "") || !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: error %v, said %q; want %q", c.rule, err, said.String(), c.says)
		}
		if c.says == "" && got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.rule, got, c.want)
		}
	}
	var help bytes.Buffer
	if _, err := parse([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v, want flag.ErrHelp", err)
	}
	for _, name := range []string{"-keep", "-local", "-seed", "-day", "Exit codes"} {
		if !strings.Contains(help.String(), name) {
			t.Errorf("-h does not mention %s", name)
		}
	}
}

func TestQuoteBreaksLongLines(t *testing.T) {
	var out bytes.Buffer
	tell := &tale{out: &out}
	tell.quote("short\n" + strings.Repeat("word ", 40) + "\nhttp://example.com/" + strings.Repeat("x", 120) + "\n\x1b[31mred")
	for line := range strings.SplitSeq(out.String(), "\n") {
		if n := len([]rune(line)); n > width && !strings.Contains(line, "http") {
			t.Errorf("a line has %d characters: %s", n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("a line ends in spaces: %q", line)
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("a control character reached the terminal")
	}
	if got := strings.Count(out.String(), "word"); got != 40 {
		t.Errorf("%d words came through, want 40", got)
	}
}
