package snstest

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// Mails returns what the server of the subscribers has got since it was asked
// last, in order.
func (s *SNS) Mails() []Mail { return s.post.empty() }

// Got returns what Mails does, and adds it to the story under what happened. It
// reports what keeps a mail from being read, and if the mails went to other
// channels than want names, in order, with spaces between.
func (s *SNS) Got(t testing.TB, what, want string) []Mail {
	t.Helper()
	mails := s.Mails()
	var to []string
	for _, m := range mails {
		channel := strings.TrimSuffix(m.To, "@example.com")
		to = append(to, channel)
		s.story.Files = append(s.story.Files, txtar.File{Name: what + " to " + channel + ".eml", Data: []byte(m.Raw)})
		for _, f := range m.Faults() {
			t.Errorf("%s, %q: %s", what, m.Subject, f)
		}
	}
	if got := strings.Join(to, " "); got != want {
		t.Fatalf("%s: mailed to %q, want %q", what, got, want)
	}
	return mails
}

// Tell compares the story so far with that in a file, which begins with the
// comment, or writes the file.
func (s *SNS) Tell(t testing.TB, file, comment string, update bool) {
	t.Helper()
	s.story.Comment = []byte(comment + "\n\n")
	got := txtar.Format(&s.story)
	if update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Errorf("%s is not what came:\n%s", file, got)
	}
}
