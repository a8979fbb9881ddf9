// Package alerttable keeps the state of alerts in DynamoDB.
//
// One item per alert:
//
//	pk       ALERT#<dedup_key>
//	sk       STATE
//	version  number, counts the writes; every write is conditional on it
//	state    the alert.State as JSON, without the version
//	ttl      seconds since 1970: 90 days after the alert's newest time
//
// The JSON is opaque to the table, so that a field more needs no migration.
// Expiry only tidies up; nothing depends on when it happens.
package alerttable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert"
)

// Retention is how long an alert that nothing happens to is remembered.
const Retention = 90 * 24 * time.Hour

// API is the part of the DynamoDB client that is used.
type API interface {
	GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Store is an alert.Store on a table with the keys pk and sk. It is safe for
// concurrent use.
type Store struct {
	Client API
	Table  string
}

var _ alert.Store = (*Store)(nil)

// AlertState returns what is stored of the alert, read consistently.
func (s *Store) AlertState(ctx context.Context, dedupKey string) (alert.State, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.Table), Key: key(dedupKey), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return alert.State{}, fmt.Errorf("get alert %s: %w", dedupKey, err)
	}
	if len(out.Item) == 0 {
		return alert.State{DedupKey: dedupKey}, nil
	}
	text, ok := out.Item["state"].(*types.AttributeValueMemberS)
	if !ok {
		return alert.State{}, fmt.Errorf("decode alert %s: no state", dedupKey)
	}
	var state alert.State
	if err := json.Unmarshal([]byte(text.Value), &state); err != nil {
		return alert.State{}, fmt.Errorf("decode alert %s: %w", dedupKey, err)
	}
	version, ok := out.Item["version"].(*types.AttributeValueMemberN)
	if !ok {
		return alert.State{}, fmt.Errorf("decode alert %s: no version", dedupKey)
	}
	state.Version, err = strconv.ParseInt(version.Value, 10, 64)
	if err != nil {
		return alert.State{}, fmt.Errorf("decode alert %s: %w", dedupKey, err)
	}
	return state, nil
}

// PutAlertState stores state if the stored version is its version (0: nothing
// is stored), and returns it with the next; otherwise alert.ErrConflict.
func (s *Store) PutAlertState(ctx context.Context, state alert.State) (alert.State, error) {
	was := state.Version
	state.Version = 0
	text, err := json.Marshal(state)
	if err != nil {
		return state, fmt.Errorf("encode alert %s: %w", state.DedupKey, err)
	}
	state.Version = was + 1
	item := key(state.DedupKey)
	item["version"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(state.Version, 10)}
	item["state"] = &types.AttributeValueMemberS{Value: string(text)}
	item["ttl"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(newest(state).Add(Retention).Unix(), 10)}
	in := &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item}
	if was == 0 {
		in.ConditionExpression = aws.String("attribute_not_exists(pk)")
	} else {
		in.ConditionExpression = aws.String("version = :was")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{
			":was": &types.AttributeValueMemberN{Value: strconv.FormatInt(was, 10)},
		}
	}
	_, err = s.Client.PutItem(ctx, in)
	var lost *types.ConditionalCheckFailedException
	if errors.As(err, &lost) {
		return state, fmt.Errorf("put alert %s: %w", state.DedupKey, alert.ErrConflict)
	}
	if err != nil {
		return state, fmt.Errorf("put alert %s: %w", state.DedupKey, err)
	}
	return state, nil
}

func key(dedupKey string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "ALERT#" + dedupKey},
		"sk": &types.AttributeValueMemberS{Value: "STATE"},
	}
}

// newest is the newest time in state: expiry counts from it, so that the
// package needs no clock.
func newest(state alert.State) time.Time {
	t := state.NotifiedAt
	for _, o := range []time.Time{state.FiringAt, state.ResolvedAt, state.Claim.Until} {
		if o.After(t) {
			t = o
		}
	}
	return t
}
