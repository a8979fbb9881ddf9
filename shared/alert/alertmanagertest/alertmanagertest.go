// Package alertmanagertest starts Alertmanager itself, for tests that compare
// what is built here with it.
package alertmanagertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A Server is a running Alertmanager.
type Server struct {
	address, file string
}

// Program is the variable of the environment that names the program. scripts/check
// builds it and sets the variable.
const Program = "TILLWATCH_ALERTMANAGER"

// Start starts the program with a configuration, and ends it with the test, which
// is skipped if program is "".
func Start(t *testing.T, program, config string) *Server {
	t.Helper()
	if program == "" {
		t.Skip(Program + " names no program to compare with")
	}
	dir := t.TempDir()
	s := &Server{file: filepath.Join(dir, "alertmanager.yml")}
	if err := os.WriteFile(s.file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = "http://" + free.Addr().String()
	free.Close()
	c := exec.Command(program, "--config.file="+s.file, "--storage.path="+dir, "--web.listen-address="+free.Addr().String(), "--cluster.listen-address=")
	var log bytes.Buffer
	c.Stderr, c.Stdout = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for try := 0; ; try++ {
		_, err := s.call(http.MethodGet, "/-/ready", nil)
		if err == nil {
			return s
		}
		if try == 300 {
			t.Fatalf("it does not answer: %v\n%s", err, log.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Configure has it read another configuration.
func (s *Server) Configure(config string) error {
	if err := os.WriteFile(s.file, []byte(config), 0o600); err != nil {
		return err
	}
	_, err := s.call(http.MethodPost, "/-/reload", nil)
	return err
}

// Post sends alerts, each as the API has it.
func (s *Server) Post(alerts []map[string]any) error {
	body, err := json.Marshal(alerts)
	if err != nil {
		return err
	}
	_, err = s.call(http.MethodPost, "/api/v2/alerts", body)
	return err
}

// An Alert is one that fires, and the receivers that its routes lead to.
type Alert struct {
	Labels    map[string]string
	Receivers []struct{ Name string }
}

// Alerts returns those that fire.
func (s *Server) Alerts() (list []Alert, err error) {
	answer, err := s.call(http.MethodGet, "/api/v2/alerts", nil)
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(answer, &list)
}

func (s *Server) call(method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequest(method, s.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}
