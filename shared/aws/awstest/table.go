package awstest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table makes a table of the test's own with the keys pk and sk, or skips the
// test if there is no endpoint.
func Table(t *testing.T, name string) (client *dynamodb.Client, table string) {
	t.Helper()
	client = dynamodb.NewFromConfig(Config(t))
	table = Unique(name)
	key := func(name string, kind types.KeyType) (types.AttributeDefinition, types.KeySchemaElement) {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS},
			types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind}
	}
	pk, hash := key("pk", types.KeyTypeHash)
	sk, sorted := key("sk", types.KeyTypeRange)
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{pk, sk}, KeySchema: []types.KeySchemaElement{hash, sorted},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
			t.Log(err)
		}
	})
	return client, table
}
