package memory_test

import (
	"testing"

	"tillwatch/shared/landing"
	"tillwatch/shared/memory"
	"tillwatch/shared/storetest"
)

func TestLedger(t *testing.T) {
	storetest.Ledger(t, func(*testing.T) storetest.LedgerStore { return &memory.Ledger{} })
}

func TestFiles(t *testing.T) {
	var b memory.Bucket
	storetest.Files(t, storetest.FileStore{
		Files: &b,
		Put: func(t *testing.T, key string, body []byte) landing.Object {
			return b.Put("landing", key, body, storetest.Noon)
		},
		Delete: func(_ *testing.T, o landing.Object) { b.Delete(o) },
		Tagged: func(_ *testing.T, o landing.Object) string { return b.Tagged(o) },
	})
}
