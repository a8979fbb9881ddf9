package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// A Deployment is what to deploy; the zero value is the environment "dev" with
// the settings of cdk.json.
type Deployment struct {
	// Environment is part of every name, "dev" if "".
	Environment string
	// Context are further context values of the CDK app, such as email.
	Context map[string]string
}

func (d Deployment) environment() string {
	if d.Environment == "" {
		return "dev"
	}
	return d.Environment
}

// Outputs are what the deployed stack says about itself.
type Outputs struct {
	LandingBucket, ResultsBucket, Table, Bus      string // names
	TopicP0, TopicP1, TopicP2, TopicP3, TopicChat string // ARNs
	TopicExecutiveTeam                            string // ARN
	FilesQueue, FilesDeadLetters                  string // addresses
	SignalsQueue, SignalsDeadLetters              string // addresses
	ValidateFileFunction, RouteAlertFunction      string // names
	ValidateRangeFunction                         string // name
	LargeFiles                                    string // ARN of the state machine
	AnswerPage                                    string // address, ending in /
}

// ErrOutputs is returned for a file of outputs that holds no Tillwatch stack.
var ErrOutputs = errors.New("no outputs of a Tillwatch stack")

// ReadOutputs reads a file that cdk deploy wrote with --outputs-file.
func ReadOutputs(file string) (Outputs, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return Outputs{}, fmt.Errorf("read outputs: %w", err)
	}
	stacks := map[string]json.RawMessage{}
	if err := json.Unmarshal(content, &stacks); err != nil {
		return Outputs{}, fmt.Errorf("read outputs %s: %w", file, err)
	}
	for name, values := range stacks {
		if !strings.HasPrefix(name, "Tillwatch-") || strings.HasSuffix(name, "-More") {
			continue
		}
		var o Outputs
		if err := json.Unmarshal(values, &o); err != nil {
			return Outputs{}, fmt.Errorf("read outputs %s: stack %s: %w", file, name, err)
		}
		return o, nil
	}
	return Outputs{}, fmt.Errorf("read outputs %s: %w", file, ErrOutputs)
}

// Architecture is the machine's as Lambda names it: the emulator runs the
// functions as processes of this machine.
func Architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// OutputsFile is where Deploy has the CDK write the stack's outputs.
func (e *Emulator) OutputsFile() string { return filepath.Join(e.folder, "outputs.json") }

// Deploy bootstraps the emulator's account and deploys the stack with the CDK
// command line, exactly as to AWS. CDK must be installed. Deploying again
// updates what changed.
func (e *Emulator) Deploy(ctx context.Context, d Deployment, p Progress) (Outputs, error) {
	p.tell(Step{Name: "bootstrap the account, build the functions and the template"})
	// One waits for the emulator, the other for the compiler.
	both, parallel := errgroup.WithContext(ctx)
	both.Go(func() error { return e.bootstrap(parallel) })
	both.Go(func() error { return e.synth(parallel, d) })
	if err := both.Wait(); err != nil {
		return Outputs{}, err
	}
	step := Step{Name: "deploy the stack"}
	p.tell(step)
	line := func(text string) {
		if done, total, resource, ok := deployed(text); ok && resource != "" {
			step.Detail, step.Done, step.Total = resource, done, total
			p.tell(step)
		}
	}
	err := e.cdk(ctx, e.tools.root, line, "deploy", "--app", e.assembly(), "--require-approval", "never",
		"--outputs-file", e.OutputsFile(), "--ci", "--progress", "events")
	if err != nil {
		return Outputs{}, fmt.Errorf("deploy stack: %w", err)
	}
	return ReadOutputs(e.OutputsFile())
}

// Destroy removes the stack that Deploy deployed; its data stays unless the
// deployment's context said retain=false.
func (e *Emulator) Destroy(ctx context.Context, p Progress) error {
	p.tell(Step{Name: "destroy the stack"})
	if err := e.cdk(ctx, e.tools.root, nil, "destroy", "--force", "--app", e.assembly()); err != nil {
		return fmt.Errorf("destroy stack: %w", err)
	}
	return nil
}

// assembly is the folder of the templates that Deploy made.
func (e *Emulator) assembly() string { return filepath.Join(e.folder, "cdk.out") }

// bootstrap prepares the account for the CDK. It runs outside the project, so
// that the app is not run for it.
func (e *Emulator) bootstrap(ctx context.Context) error {
	if err := e.cdk(ctx, e.folder, nil, "bootstrap", "aws://"+Account+"/"+Region); err != nil {
		return fmt.Errorf("bootstrap account: %w", err)
	}
	return nil
}

// synth runs the app, which builds the functions and writes the templates.
func (e *Emulator) synth(ctx context.Context, d Deployment) error {
	args := []string{"synth", "--quiet", "--output", e.assembly(), "-c", "environment=" + d.environment(), "-c", "architecture=" + Architecture()}
	for k, v := range d.Context {
		args = append(args, "-c", k+"="+v)
	}
	if err := e.cdk(ctx, e.tools.root, nil, args...); err != nil {
		return fmt.Errorf("make template: %w", err)
	}
	return nil
}

func (e *Emulator) cdk(ctx context.Context, dir string, line func(string), args ...string) error {
	args = append(args, "--no-notices")
	return run(ctx, command{args: e.tools.Command(CDK, args...), dir: dir, env: e.Environ(), line: line})
}

// event matches a line of the CDK's progress: stack | 19/74 | time | status | type | name.
var event = regexp.MustCompile(`^\S+ \| +(\d+)/(\d+) \| [^|]+\| (\w+) +\| (\S+) +\| (\S+)`)

// deployed reads such a line. Resource is "" unless one was completed.
func deployed(line string) (done, total int, resource string, ok bool) {
	m := event.FindStringSubmatch(line)
	if m == nil {
		return 0, 0, "", false
	}
	done, _ = strconv.Atoi(m[1])
	total, _ = strconv.Atoi(m[2])
	if strings.HasSuffix(m[3], "_COMPLETE") {
		resource = m[5]
	}
	return done, total, resource, true
}
