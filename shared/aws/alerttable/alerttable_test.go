package alerttable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/alert/routertest"
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
	return &Store{Client: client, Table: name, Now: time.Now}
}

func TestStore(t *testing.T) { routertest.Run(t, table(t), "") }

func TestItem(t *testing.T) {
	f := &fake{}
	s := &Store{Client: f, Table: "t", Now: clock}
	if err := s.PutGroup(t.Context(), &group.Group{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pk": "ALERT#k", "sk": "STATE"} {
		if got := f.put.Item[name].(*types.AttributeValueMemberS).Value; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	want := strconv.FormatInt(clock().Add(Retention).Unix(), 10)
	if got := f.put.Item["ttl"].(*types.AttributeValueMemberN).Value; got != want {
		t.Errorf("ttl: got %s, want %s", got, want)
	}
}

// TestLargestGroupFits fills a group with all that it may hold: an item has at
// most 400 KB.
func TestLargestGroupFits(t *testing.T) {
	g := &group.Group{Key: strings.Repeat("k", 512)}
	long := func(n, of int) string { return fmt.Sprintf("%d %s", n, strings.Repeat("lorem ipsum ", of/12)) }
	for n := range 8 {
		lead := &alert.Signal{ID: "s", Summary: long(n, 200)}
		for f := range 20 {
			lead.Findings = append(lead.Findings, alert.Finding{Message: long(f, 400), Advice: long(f+n, 400), Where: long(f, 100)})
		}
		i := &group.Incident{ID: long(n, 40), Lead: lead, End: lead, Alerts: map[string]*group.Alert{}}
		for a := range 400 {
			sum := sha256.Sum256([]byte(fmt.Sprint(n, a)))
			id := hex.EncodeToString(sum[:])
			i.Alerts[id] = &group.Alert{
				Of:   alert.Signal{ID: id, DedupKey: id, Summary: long(a, 120), Labels: map[string]string{"store": id, "table": "t"}},
				Seen: []uint64{uint64(sum[0]) << 56, uint64(sum[1]) << 48, 3, 4, 5, 6, 7, 8},
			}
		}
		g.Incidents = append(g.Incidents, i)
	}
	f := &fake{}
	s := &Store{Client: f, Table: "t", Now: clock}
	if err := s.PutGroup(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if n := len(f.put.Item["state"].(*types.AttributeValueMemberB).Value); n > 400_000 {
		t.Errorf("%d bytes", n)
	}
	got, err := (&Store{Client: &fake{item: f.put.Item}}).Group(t.Context(), g.Key)
	if err != nil || len(got.Incidents) != 8 || len(got.Incidents[7].Alerts) != 400 {
		t.Errorf("read back: %v", err)
	}
}

func TestLostRaceIsAConflict(t *testing.T) {
	s := &Store{Client: &fake{err: &types.ConditionalCheckFailedException{}}, Table: "t", Now: clock}
	if err := s.PutGroup(t.Context(), &group.Group{Key: "k"}); !errors.Is(err, router.ErrConflict) {
		t.Errorf("got %v, want %v", err, router.ErrConflict)
	}
}

// TestARetriedWriteIsNoConflict has a write succeed and its answer get lost: sent
// again, it is refused for what it wrote itself. Were it taken for somebody
// else's, nobody would send what it claimed until the claim ends.
func TestARetriedWriteIsNoConflict(t *testing.T) {
	f := &retrying{}
	s := &Store{Client: f, Table: "t", Now: clock}
	g := &group.Group{Key: "k", Version: 3}
	if err := s.PutGroup(t.Context(), g); err != nil || g.Version != 4 {
		t.Errorf("got %v and version %d, want the write to have succeeded", err, g.Version)
	}
	f.other = true
	if err := s.PutGroup(t.Context(), g); !errors.Is(err, router.ErrConflict) || g.Version != 4 {
		t.Errorf("got %v and version %d of somebody else's write, want a conflict", err, g.Version)
	}
}

// retrying refuses a write for itself, or for another's.
type retrying struct {
	API
	other bool
}

func (r *retrying) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	item := maps.Clone(in.Item)
	if r.other {
		item["write"] = &types.AttributeValueMemberS{Value: "another"}
	}
	return nil, &types.ConditionalCheckFailedException{Item: item}
}

func TestDamagedItemIsAnError(t *testing.T) {
	for name, item := range map[string]map[string]types.AttributeValue{
		"no state":   {"version": number(1)},
		"no gzip":    {"version": number(1), "state": &types.AttributeValueMemberB{Value: []byte("{")}},
		"no version": {"state": &types.AttributeValueMemberB{Value: []byte("{}")}},
	} {
		if _, err := (&Store{Client: &fake{item: item}}).Group(t.Context(), "k"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func clock() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

// fake remembers the last item and answers with one.
type fake struct {
	API
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
