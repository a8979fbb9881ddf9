package snstest

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A Mail is one mail as the subscriber's server kept it.
type Mail struct {
	To, Subject string
	// Text is the body, with line feeds alone.
	Text string
	// Raw is all that came, with line feeds alone.
	Raw string

	kind string // its Content-Type
}

// post is the subscribers' mail server.
type post struct {
	address string

	mu   sync.Mutex
	kept []Mail
}

// maxLine is the longest line that mail takes, in bytes and with its end.
// Source: RFC 5321, section 4.5.3.1.6.
const maxLine = 1000

// open starts a server that ends with the test.
func open(t testing.TB) *post {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{address: listener.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{post: p}, nil }))
	server.Domain, server.MaxLineLength, server.MaxMessageBytes = "localhost", maxLine, 1<<20
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0) // whoever sends is told
	go server.Serve(listener)                    // ends with Close
	t.Cleanup(func() { server.Close() })
	return p
}

// empty returns what was kept, and keeps it no longer.
func (p *post) empty() []Mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.kept
	p.kept = nil
	return kept
}

// session takes one mail after the other.
type session struct {
	post *post
	to   []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data keeps a mail that can be read.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := parse(raw)
	if err != nil {
		return err
	}
	if to := strings.Join(s.to, ", "); to != m.To {
		return fmt.Errorf("it is to %s and goes to %s", m.To, to)
	}
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.kept = append(s.post.kept, m)
	return nil
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }

// parse reads a mail as programs that show them do.
func parse(raw []byte) (Mail, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, err
	}
	text, err := io.ReadAll(m.Body)
	if err != nil {
		return Mail{}, err
	}
	plain := func(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }
	return Mail{To: m.Header.Get("To"), Subject: m.Header.Get("Subject"), Text: plain(text), Raw: plain(raw), kind: m.Header.Get("Content-Type")}, nil
}
