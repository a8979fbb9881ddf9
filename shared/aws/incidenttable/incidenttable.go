// Package incidenttable keeps incidents and the tries of remedies in DynamoDB.
//
//	pk                  sk            holds
//	INC#<id>            EVENT#<id>    event: an incident.Event as JSON
//	INC#<id>            SENT#<id>     that the event of that id was published
//	INC#MONTH#<yyyy-mm> <at>#<id>     that an incident was opened then; at is RFC 3339
//	INC#STAND#<yyyy-mm> <id>          standing: the incident.Standing of one opened then, as JSON; events: what it knows
//	REMEDY#<key>        LAST          at: when the remedy was last tried, milliseconds since 1970
//	REMEDY#TRIES        ALL           tries: those of the last hour, milliseconds; version: counts the writes
//
// Events and months expire after two years, remedies after ninety days, by the
// attribute ttl. Expiry only tidies up.
package incidenttable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
)

// How long items are kept.
const (
	Retention       = 2 * 365 * 24 * time.Hour
	RemedyRetention = 90 * 24 * time.Hour
)

// API is the part of the DynamoDB client that is used.
type API interface {
	GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	Query(ctx context.Context, in *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Store is an incident.Store, an incident.Guard and an incident.Journal on a
// table with the keys pk and sk. It is safe for concurrent use.
type Store struct {
	Client API
	Table  string
	// Stopped reads the kill switch of remedies; nil is never stopped.
	Stopped func(ctx context.Context) (bool, error)
	// Allowed are the targets that remedies may act on.
	Allowed []remedy.Target
	// PerHour is how many remedies are tried in an hour, the default of
	// incident.Surroundings if 0.
	PerHour int
	// Now is the clock that Recent ends at.
	Now func() time.Time
}

var (
	_ incident.Store   = (*Store)(nil)
	_ incident.Guard   = (*Store)(nil)
	_ incident.Journal = (*Store)(nil)
)

// Append stores e, and with an opening the month's entry, unless the incident
// has an event of its ID.
func (s *Store) Append(ctx context.Context, e incident.Event) (bool, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	ttl := number(e.At.Add(Retention).Unix())
	item := map[string]types.AttributeValue{
		"pk": text("INC#" + e.Incident), "sk": text("EVENT#" + e.ID), "event": text(string(raw)), "ttl": ttl,
	}
	writes := []types.TransactWriteItem{{Put: &types.Put{TableName: aws.String(s.Table), Item: item,
		ConditionExpression: aws.String("attribute_not_exists(pk)")}}}
	if e.Kind == incident.Opened {
		at := e.At.UTC()
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(s.Table), Item: map[string]types.AttributeValue{
			"pk": text(month(at)), "sk": text(at.Format(time.RFC3339) + "#" + e.Incident), "ttl": ttl,
		}}})
	}
	_, err = s.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	if lost(err) {
		// Either somebody was faster, or it is being written right now: then
		// reading it tells.
		events, readErr := s.Events(ctx, e.Incident)
		if readErr == nil && slices.ContainsFunc(events, func(o incident.Event) bool { return o.ID == e.ID }) {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("append event %s: %w", e.ID, err)
	}
	return true, nil
}

// Events returns the incident's events, read consistently.
func (s *Store) Events(ctx context.Context, id string) ([]incident.Event, error) {
	var list []incident.Event
	err := s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :pk and begins_with(sk, :event)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text("INC#" + id), ":event": text("EVENT#")},
		ConsistentRead:            aws.Bool(true),
	}, func(item map[string]types.AttributeValue) error {
		var e incident.Event
		if err := json.Unmarshal([]byte(str(item["event"])), &e); err != nil {
			return fmt.Errorf("decode event %s: %w", str(item["sk"]), err)
		}
		list = append(list, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read incident %s: %w", id, err)
	}
	return list, nil
}

// Recent returns the ids of the incidents opened since a time, newest first.
func (s *Store) Recent(ctx context.Context, since time.Time) ([]string, error) {
	since = since.UTC()
	var ids []string
	// What was opened by a clock that runs ahead may stand in the next month.
	for m := firstOf(since); !m.After(s.Now().UTC().AddDate(0, 1, 0)); m = m.AddDate(0, 1, 0) {
		var inMonth []string
		err := s.query(ctx, &dynamodb.QueryInput{
			KeyConditionExpression:    aws.String("pk = :pk and sk >= :since"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text(month(m)), ":since": text(since.Format(time.RFC3339))},
		}, func(item map[string]types.AttributeValue) error {
			_, id, _ := strings.Cut(str(item["sk"]), "#")
			inMonth = append(inMonth, id)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list incidents since %s: %w", since.Format(time.RFC3339), err)
		}
		ids = append(ids, inMonth...)
	}
	slices.Reverse(ids)
	return ids, nil
}

// query goes through all pages of in and shows each item to take.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, take func(map[string]types.AttributeValue) error) error {
	in.TableName = aws.String(s.Table)
	for {
		out, err := s.Client.Query(ctx, in)
		if err != nil {
			return err
		}
		for _, item := range out.Items {
			if err := take(item); err != nil {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func month(t time.Time) string { return "INC#MONTH#" + t.Format("2006-01") }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func str(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// lost reports whether a transaction was refused because another write was
// there first.
func lost(err error) bool {
	var cancelled *types.TransactionCanceledException
	var conflict *types.TransactionConflictException
	return errors.As(err, &cancelled) || errors.As(err, &conflict)
}
