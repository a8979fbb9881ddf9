//go:build !unix

package emulator

import (
	"os"
	"os/exec"
)

// apart does nothing where there are no process groups.
func apart(*exec.Cmd) {}

// end ends a process; what it started may stay.
func end(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil
	}
	return p.Kill()
}

// ask ends it too: it can't be asked.
func ask(pid int) error { return end(pid) }
