package ruletable_test

import (
	"testing"
	"time"

	"tillwatch/shared/alert/rule"
	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/ruletable"
	"tillwatch/shared/storetest"
)

func TestRules(t *testing.T) {
	storetest.Rules(t, func(t *testing.T) rule.Store {
		client, table := awstest.Table(t, "rules")
		return &ruletable.Store{Client: client, Table: table, Now: time.Now}
	})
}
