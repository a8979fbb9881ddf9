package landing_test

import (
	"encoding/json"
	"testing"
)

func decode(t *testing.T, raw []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(raw, to); err != nil {
		t.Fatalf("decode %.200s: %v", raw, err)
	}
}
