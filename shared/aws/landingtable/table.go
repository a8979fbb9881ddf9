// Package landingtable keeps claims, verdicts, history, figures and standings
// in the one DynamoDB table. Its items are
//
//	pk                        sk               holds                             until
//	FILE#<bucket>/<key>       NEWEST           rank, the highest that is known   400 days after the last write
//	FILE#<bucket>/<key>       RANK#<rank>      attempt, lease (milliseconds),    400 days
//	                                           object, record, published
//	HIST#<dataset>#file       <arrived>#<id>   one judged object's metrics       400 days
//	BASE#<dataset>#content    <arrived>#<id>   what one accepted object held     400 days
//	DAY#<dataset>#<day>       <sha-256>        one current object's figures      400 days
//	SIGNAL#<standing key>     STANDING         open signals, revision            400 days
//
// where <rank> is the sequencer padded with zeros, <arrived> a UTC time to the
// millisecond, and <sha-256> that of bucket and key, whose own length a sort
// key might not hold. Values are JSON in the attribute data, but for what
// conditions compare. Expiry is the attribute ttl, in seconds; nothing relies
// on expired items being gone.
package landingtable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
)

// API is the part of the DynamoDB client that is used.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// A Store is the table. It is safe for concurrent use.
type Store struct {
	Client API
	Table  string
}

var (
	_ landing.Claims  = (*Store)(nil)
	_ landing.Ledger  = (*Store)(nil)
	_ landing.Archive = (*Store)(nil)
)

// keep is how long items live; longer than any event is redelivered and than
// history reaches.
const keep = 400 * 24 * time.Hour

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func key(pk, sk string) item { return item{"pk": text(pk), "sk": text(sk)} }

func fileKey(o landing.Object) string { return "FILE#" + o.Bucket + "/" + o.Key }
func newestKey(o landing.Object) item { return key(fileKey(o), "NEWEST") }
func rankKey(o landing.Object) item   { return key(fileKey(o), "RANK#"+o.Rank()) }

func historyKey(dataset string) string { return "HIST#" + dataset + "#file" }
func contentKey(dataset string) string { return "BASE#" + dataset + "#content" }
func dayKey(dataset, day string) string {
	return "DAY#" + dataset + "#" + day
}
func standingKey(k string) item { return key("SIGNAL#"+k, "STANDING") }

func digest(o landing.Object) string {
	sum := sha256.Sum256([]byte(o.Bucket + "/" + o.Key))
	return hex.EncodeToString(sum[:])
}

// expiry returns the ttl of an item written for something that happened at t.
func expiry(t time.Time) types.AttributeValue { return number(t.Add(keep).Unix()) }

func encode(v any) (types.AttributeValue, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode item: %w", err)
	}
	return text(string(b)), nil
}

func decode(i item, name string, to any) error {
	s, ok := i[name].(*types.AttributeValueMemberS)
	if !ok {
		return fmt.Errorf("decode item: no attribute %s", name)
	}
	if err := json.Unmarshal([]byte(s.Value), to); err != nil {
		return fmt.Errorf("decode attribute %s: %w", name, err)
	}
	return nil
}

func whole(i item, name string) int64 {
	n, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64) // DynamoDB holds nothing else here
	return v
}

func (s *Store) get(ctx context.Context, k item) (item, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: k, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fault.Wrap("read item", err)
	}
	return out.Item, nil
}

// query returns up to limit items of a partition, the highest sort key first;
// limit 0 returns all.
func (s *Store) query(ctx context.Context, pk string, limit int) ([]item, error) {
	var items []item
	in := &dynamodb.QueryInput{
		TableName: &s.Table, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": text(pk)},
	}
	for {
		if limit > 0 {
			in.Limit = aws.Int32(int32(limit - len(items)))
		}
		out, err := s.Client.Query(ctx, in)
		if err != nil {
			return nil, fault.Wrap("query items", err)
		}
		items = append(items, out.Items...)
		if len(out.LastEvaluatedKey) == 0 || limit > 0 && len(items) >= limit {
			return items, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
