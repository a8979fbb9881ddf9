package alerttable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/alerttest"
)

// table returns a store on a table of the test's own, at TILLWATCH_ENDPOINT.
func table(t *testing.T) *Store {
	t.Helper()
	endpoint := os.Getenv("TILLWATCH_ENDPOINT")
	if endpoint == "" {
		t.Skip("TILLWATCH_ENDPOINT is not set: the table is not tested")
	}
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint), Region: "eu-central-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	name := fmt.Sprintf("alerts-%d", time.Now().UnixNano())
	key := func(n string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(n), AttributeType: types.ScalarAttributeTypeS}
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{key("pk"), key("sk")},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)}); err != nil {
			t.Error(err)
		}
	})
	return &Store{Client: client, Table: name}
}

func TestStore(t *testing.T) { alerttest.Run(t, table(t), "") }

func TestItem(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	f := &fake{}
	s := &Store{Client: f, Table: "t"}
	if _, err := s.PutAlertState(t.Context(), alert.State{DedupKey: "k", NotifiedAt: at, ResolvedAt: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pk": "ALERT#k", "sk": "STATE"} {
		if got := f.put.Item[name].(*types.AttributeValueMemberS).Value; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	want := strconv.FormatInt(at.Add(time.Hour+Retention).Unix(), 10)
	if got := f.put.Item["ttl"].(*types.AttributeValueMemberN).Value; got != want {
		t.Errorf("ttl: got %s, want %s", got, want)
	}
}

func TestLostRaceIsAConflict(t *testing.T) {
	s := &Store{Client: &fake{err: &types.ConditionalCheckFailedException{}}, Table: "t"}
	if _, err := s.PutAlertState(t.Context(), alert.State{DedupKey: "k"}); !errors.Is(err, alert.ErrConflict) {
		t.Errorf("got %v, want %v", err, alert.ErrConflict)
	}
}

func TestDamagedItemIsAnError(t *testing.T) {
	for name, item := range map[string]map[string]types.AttributeValue{
		"no state":   {"version": &types.AttributeValueMemberN{Value: "1"}},
		"no JSON":    {"version": &types.AttributeValueMemberN{Value: "1"}, "state": &types.AttributeValueMemberS{Value: "{"}},
		"no version": {"state": &types.AttributeValueMemberS{Value: "{}"}},
	} {
		if _, err := (&Store{Client: &fake{item: item}}).AlertState(t.Context(), "k"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// fake remembers the last item and answers with one.
type fake struct {
	put  *dynamodb.PutItemInput
	item map[string]types.AttributeValue
	err  error
}

func (f *fake) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	f.put = in
	return &dynamodb.PutItemOutput{}, f.err
}

func (f *fake) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: f.item}, f.err
}
