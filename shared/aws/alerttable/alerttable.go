// Package alerttable keeps the groups of alerts in DynamoDB.
//
// One item per group, and one per alert that mutes others:
//
//	pk       ALERT#<group key>
//	sk       STATE
//	version  number, counts the writes; every write is conditional on it
//	write    the name of the last write, no other has it
//	state    the group.Group as JSON, compressed with gzip
//	ttl      seconds since 1970: 90 days after the last write
//
//	pk       ALERT#BEGAN
//	sk       <time in nanoseconds>#<incident>
//	ttl      seconds since 1970: a day after it
//
//	pk       ALERT#SOURCE#<inhibition key>
//	sk       <dedup key>
//	both     whether it matches the rule's target too
//	ttl      seconds since 1970: 90 days after it began to fire
//
// and one for each silence:
//
//	pk       SILENCE#
//	sk       <id>
//	silence  the silence.Silence as JSON
//	updated  when it was said, in nanoseconds since 1970; a write with an
//	         earlier one is dropped
//	ttl      seconds since 1970: 5 days after its end
//
// The JSON is opaque to the table, so that a field more needs no migration.
// Expiry only tidies up; nothing depends on when it happens.
package alerttable

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/router"
)

// Retention is how long a group that nothing happens to is remembered.
const Retention = 90 * 24 * time.Hour

// maxState bounds the JSON of a group, before it is compressed; maxSources the
// alerts that are asked whether they mute another.
const (
	maxState   = 16 << 20
	maxSources = 50
)

// API is the part of the DynamoDB client that is used.
type API interface {
	GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(ctx context.Context, in *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Store is a router.Store on a table with the keys pk and sk. It is safe for
// concurrent use.
type Store struct {
	Client API
	Table  string
	// Now is what expiry counts from.
	Now func() time.Time
}

var _ router.Store = (*Store)(nil)

// Group returns what is stored of the group, read consistently.
func (s *Store) Group(ctx context.Context, groupKey string) (*group.Group, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.Table), Key: key(groupKey, state), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("get group %s: %w", groupKey, err)
	}
	g := &group.Group{Key: groupKey}
	if len(out.Item) == 0 {
		return g, nil
	}
	if err := decode(out.Item, g); err != nil {
		return nil, fmt.Errorf("decode group %s: %w", groupKey, err)
	}
	return g, nil
}

func decode(item map[string]types.AttributeValue, g *group.Group) error {
	packed, ok := item["state"].(*types.AttributeValueMemberB)
	if !ok {
		return errors.New("no state")
	}
	version, ok := item["version"].(*types.AttributeValueMemberN)
	if !ok {
		return errors.New("no version")
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Value))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxState))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, g); err != nil {
		return err
	}
	g.Version, err = strconv.ParseInt(version.Value, 10, 64)
	return err
}

// PutGroup stores g if the stored version is its version (0: nothing is
// stored), and counts that up; otherwise router.ErrConflict.
func (s *Store) PutGroup(ctx context.Context, g *group.Group) error {
	text, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("encode group %s: %w", g.Key, err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text); err != nil {
		return fmt.Errorf("encode group %s: %w", g.Key, err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("encode group %s: %w", g.Key, err)
	}
	item := key(g.Key, state)
	item["version"] = number(g.Version + 1)
	item["state"] = &types.AttributeValueMemberB{Value: packed.Bytes()}
	item["ttl"] = number(s.Now().Add(Retention).Unix())
	// A request whose answer was lost is sent again, and then refused for what it
	// wrote itself: by the name it is known that nobody else was faster.
	write := rand.Text()
	item["write"] = &types.AttributeValueMemberS{Value: write}
	in := &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	if g.Version == 0 {
		in.ConditionExpression = aws.String("attribute_not_exists(pk)")
	} else {
		in.ConditionExpression = aws.String("version = :was")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":was": number(g.Version)}
	}
	_, err = s.Client.PutItem(ctx, in)
	var lost *types.ConditionalCheckFailedException
	if errors.As(err, &lost) {
		last, _ := lost.Item["write"].(*types.AttributeValueMemberS)
		if last == nil || last.Value != write {
			return fmt.Errorf("put group %s: %w", g.Key, router.ErrConflict)
		}
	} else if err != nil {
		return fmt.Errorf("put group %s: %w", g.Key, err)
	}
	g.Version++
	return nil
}

// Sources returns the first sources under a key by their dedup keys, read
// consistently, at most 50: one is enough to mute.
func (s *Store) Sources(ctx context.Context, sourceKey string) ([]group.Source, error) {
	out, err := s.Client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(s.Table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(maxSources),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": key(source+sourceKey, "")["pk"]},
	})
	if err != nil {
		return nil, fmt.Errorf("query sources of %s: %w", sourceKey, err)
	}
	var list []group.Source
	for _, item := range out.Items {
		sk, ok := item["sk"].(*types.AttributeValueMemberS)
		if !ok {
			return nil, fmt.Errorf("decode source of %s: no sk", sourceKey)
		}
		both, _ := item["both"].(*types.AttributeValueMemberBOOL)
		list = append(list, group.Source{Alert: sk.Value, Both: both != nil && both.Value})
	}
	return list, nil
}

// PutSource adds or removes a source.
func (s *Store) PutSource(ctx context.Context, c group.Change, now time.Time) error {
	item := key(source+c.Key, c.Alert)
	if !c.Firing {
		if _, err := s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(s.Table), Key: item}); err != nil {
			return fmt.Errorf("delete source %s: %w", c.Alert, err)
		}
		return nil
	}
	item["both"] = &types.AttributeValueMemberBOOL{Value: c.Both}
	item["ttl"] = number(now.Add(Retention).Unix())
	if _, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item}); err != nil {
		return fmt.Errorf("put source %s: %w", c.Alert, err)
	}
	return nil
}

const (
	state  = "STATE"
	source = "SOURCE#"
)

func key(name, sort string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "ALERT#" + name},
		"sk": &types.AttributeValueMemberS{Value: sort},
	}
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
