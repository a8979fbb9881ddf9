// Package emulator runs the project on one machine: it installs pinned tools
// into .cache, starts an emulator of AWS and deploys the stack to it with the
// real CDK command line.
//
//	tools, _ := emulator.NewTools(root)
//	tools.Install(ctx, progress, emulator.Ministack, emulator.CDK)
//	e, _ := tools.Start(ctx, progress)
//	defer e.Stop()
//	outputs, _ := e.Deploy(ctx, emulator.Deployment{Environment: "demo"}, progress)
//
// Everything it writes is under .cache, everything it starts listens on
// 127.0.0.1, and Stop ends what Start started and nothing else.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Region is where the emulator pretends to be, Account whose it is.
const (
	Region  = "us-east-1"
	Account = "000000000000"
)

// startWithin is how long the emulator may take to answer.
const startWithin = 60 * time.Second

// An Emulator is a running emulator. Its state is gone when it stops.
type Emulator struct {
	// Endpoint is its address, http://127.0.0.1:port.
	Endpoint string
	// PID is its process; ending it ends the emulator and its functions.
	PID int
	// Log is the file that it and the functions write to.
	Log string

	tools  Tools
	folder string
	done   chan error
}

// Start starts the emulator on a free port and waits until it answers.
// Ministack must be installed. The emulator outlives ctx and this process
// unless Stop is called.
func (t Tools) Start(ctx context.Context, p Progress) (*Emulator, error) {
	p.tell(Step{Name: "start the emulator"})
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	if err := os.MkdirAll(t.cache("emulator"), 0o755); err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	folder, err := os.MkdirTemp(t.cache("emulator"), "run-*")
	if err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	e := &Emulator{
		Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), Log: filepath.Join(folder, "emulator.log"),
		tools: t, folder: folder, done: make(chan error, 1),
	}
	if err := e.start(port); err != nil {
		os.RemoveAll(folder)
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	if err := e.wait(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start emulator: %w\n%s", err, e.tail()), e.Stop())
	}
	return e, nil
}

func (e *Emulator) start(port int) error {
	temporary := filepath.Join(e.folder, "tmp")
	if err := os.Mkdir(temporary, 0o755); err != nil {
		return err
	}
	log, err := os.Create(e.Log)
	if err != nil {
		return err
	}
	defer log.Close()
	args := e.tools.Command(Ministack)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = e.folder
	cmd.Env = append(e.Environ(),
		"BIND_HOST=127.0.0.1",
		"MINISTACK_HOST=127.0.0.1", // queue addresses then work without a name server
		"GATEWAY_PORT="+strconv.Itoa(port),
		"STATE_DIR="+filepath.Join(e.folder, "state"),
		"S3_DATA_DIR="+filepath.Join(e.folder, "s3"),
		"TMPDIR="+temporary,
		"PYTHONUNBUFFERED=1",
	)
	cmd.Stdout, cmd.Stderr = log, log
	apart(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	e.PID = cmd.Process.Pid
	go func() { e.done <- cmd.Wait() }()
	return nil
}

// wait returns when the emulator answers, has ended, or takes too long.
func (e *Emulator) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	for {
		if response, err := client.Get(e.Endpoint + "/_ministack/health"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for an answer: %w", ctx.Err())
		case err := <-e.done:
			e.done <- err
			return fmt.Errorf("it ended: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Stop ends the emulator and the functions that it runs, and removes their
// state. Calling it again does nothing.
func (e *Emulator) Stop() error {
	if e.PID == 0 {
		return nil
	}
	ask(e.PID)
	select {
	case <-e.done:
	case <-time.After(3 * time.Second):
	}
	err := end(e.PID)
	e.PID = 0
	return errors.Join(err, os.RemoveAll(e.folder))
}

// Environ is the environment of a program that talks to the emulator: that of
// this process without its credentials for AWS, with those of the emulator.
func (e *Emulator) Environ() []string {
	env := slices.DeleteFunc(Environ(), func(v string) bool {
		return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(strings.ToUpper(v), "NO_PROXY=")
	})
	return append(env,
		"AWS_ENDPOINT_URL="+e.Endpoint,
		"AWS_ENDPOINT_URL_S3="+e.Endpoint,
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION="+Region,
		"AWS_DEFAULT_REGION="+Region,
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=127.0.0.1,localhost",
		"no_proxy=127.0.0.1,localhost",
	)
}

// Config is for clients of the AWS SDK that talk to the emulator. Clients of
// S3 must use path-style addresses.
func (e *Emulator) Config() aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &e.Endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
}

// tail is the end of the log, for errors.
func (e *Emulator) tail() string {
	f, err := os.Open(e.Log)
	if err != nil {
		return ""
	}
	defer f.Close()
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		f.Seek(max(0, size-4096), io.SeekStart)
	}
	text, _ := io.ReadAll(f)
	return strings.TrimSpace(string(text))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
