package landingtable_test

import (
	"testing"

	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/storetest"
)

func TestLedger(t *testing.T) {
	client, table := awstest.Table(t, "ledger")
	storetest.Ledger(t, func(*testing.T) storetest.LedgerStore {
		return &landingtable.Store{Client: client, Table: table}
	})
}
