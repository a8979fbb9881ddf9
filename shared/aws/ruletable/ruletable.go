// Package ruletable keeps in DynamoDB what the rules of each pipeline said last.
//
//	pk       RULE#<pipeline>
//	sk       STATE
//	version  number, counts the writes; every write is conditional on it
//	rules    the rules of rule.State as JSON
//	worth    its worth as JSON, if there is any
//	ttl      seconds since 1970: 90 days after the last write
//
// Expiry only tidies up.
package ruletable

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

	"tillwatch/shared/alert/rule"
	"tillwatch/shared/aws/fault"
)

// Retention is how long the state of a pipeline that is silent is kept.
const Retention = 90 * 24 * time.Hour

// API is the part of the DynamoDB client that is used.
type API interface {
	GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Store is a rule.Store on a table with the keys pk and sk. It is safe for
// concurrent use.
type Store struct {
	Client API
	Table  string
	// Now is what expiry counts from.
	Now func() time.Time
}

var _ rule.Store = (*Store)(nil)

// State returns what is stored of the pipeline, read consistently.
func (s *Store) State(ctx context.Context, pipeline string) (rule.State, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: key(pipeline), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return rule.State{}, fault.Wrap("get state", err)
	}
	if len(out.Item) == 0 {
		return rule.State{}, nil
	}
	rules, ok := out.Item["rules"].(*types.AttributeValueMemberS)
	version, numbered := out.Item["version"].(*types.AttributeValueMemberN)
	if !ok || !numbered {
		return rule.State{}, errors.New("decode state: no rules, or no version")
	}
	var state rule.State
	if err := json.Unmarshal([]byte(rules.Value), &state.Rules); err != nil {
		return rule.State{}, fmt.Errorf("decode state: %w", err)
	}
	if worth, ok := out.Item["worth"].(*types.AttributeValueMemberS); ok {
		if err := json.Unmarshal([]byte(worth.Value), &state.Worth); err != nil {
			return rule.State{}, fmt.Errorf("decode state: %w", err)
		}
	}
	if state.Version, err = strconv.ParseInt(version.Value, 10, 64); err != nil {
		return rule.State{}, fmt.Errorf("decode state: %w", err)
	}
	return state, nil
}

// PutState stores state if the stored version is its version (0: nothing is
// stored); otherwise rule.ErrConflict.
func (s *Store) PutState(ctx context.Context, pipeline string, state rule.State) error {
	rules, err := json.Marshal(state.Rules)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	item := key(pipeline)
	item["rules"] = text(string(rules))
	if state.Worth != nil {
		worth, err := json.Marshal(state.Worth)
		if err != nil {
			return fmt.Errorf("encode state: %w", err)
		}
		item["worth"] = text(string(worth))
	}
	item["version"], item["ttl"] = number(state.Version+1), number(s.Now().Add(Retention).Unix())
	in := &dynamodb.PutItemInput{TableName: &s.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if state.Version > 0 {
		in.ConditionExpression = aws.String("version = :was")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":was": number(state.Version)}
	}
	_, err = s.Client.PutItem(ctx, in)
	var lost *types.ConditionalCheckFailedException
	if errors.As(err, &lost) {
		return rule.ErrConflict
	}
	return fault.Wrap("put state", err)
}

func key(pipeline string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text("RULE#" + pipeline), "sk": text("STATE")}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
