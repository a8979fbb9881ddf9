package integration

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// killFunction kills one process that runs the function for the emulator at
// endpoint, and returns how many it killed: 0 where there is none, or where
// functions are no processes of this machine.
func killFunction(function, endpoint string) int {
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return 0
	}
	for _, file := range environs {
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, []byte("AWS_LAMBDA_FUNCTION_NAME="+function+"\x00")) || !bytes.Contains(env, []byte(endpoint)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		p, err := os.FindProcess(pid)
		if err == nil && p.Kill() == nil {
			return 1
		}
	}
	return 0
}
