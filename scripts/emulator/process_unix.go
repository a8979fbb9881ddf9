//go:build unix

package emulator

import (
	"errors"
	"os/exec"
	"syscall"
)

// apart gives a command a process group of its own, so that all it starts can
// be ended with it and a key pressed in the terminal reaches us alone.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// end ends a process that was set apart, and all that it started.
func end(pid int) error { return signal(pid, syscall.SIGKILL) }

// ask asks them to end by themselves.
func ask(pid int) error { return signal(pid, syscall.SIGTERM) }

func signal(pid int, s syscall.Signal) error {
	if err := syscall.Kill(-pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
