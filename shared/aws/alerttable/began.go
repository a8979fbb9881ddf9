package alerttable

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert/group"
)

// maxBegan is how far openings are counted.
const maxBegan = 1000

// Began returns how many openings after since were put, read consistently, at
// most 1,000.
func (s *Store) Began(ctx context.Context, since time.Time) (int, error) {
	out, err := s.Client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(s.Table), ConsistentRead: aws.Bool(true), Select: types.SelectCount, Limit: aws.Int32(maxBegan),
		KeyConditionExpression: aws.String("pk = :pk AND sk > :since"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": key(began, "")["pk"], ":since": &types.AttributeValueMemberS{Value: moment(since) + "~"},
		},
	})
	if err != nil {
		return 0, fmt.Errorf("count openings: %w", err)
	}
	return int(out.Count), nil
}

// PutOpening stores that an incident began. Nobody writes the same twice but
// with the same content, so that no condition is needed.
func (s *Store) PutOpening(ctx context.Context, o group.Opening) error {
	item := key(began, moment(o.At)+"#"+o.Incident)
	item["ttl"] = number(o.At.Add(24 * time.Hour).Unix())
	if _, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item}); err != nil {
		return fmt.Errorf("put opening of %s: %w", o.Incident, err)
	}
	return nil
}

const began = "BEGAN"

// moment sorts as text as t does as a time. What follows it in a key begins
// with #, which is before ~.
func moment(t time.Time) string { return fmt.Sprintf("%020d", t.UnixNano()) }
