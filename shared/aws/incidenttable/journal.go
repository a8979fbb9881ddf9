package incidenttable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/incident"
)

// sent is what the sort key of a mark begins with.
const sent = "SENT#"

// maxWrites is how many items a transaction may write.
const maxWrites = 100

// Published returns the ids of the incident's events that were published.
func (s *Store) Published(ctx context.Context, id string) (map[string]bool, error) {
	marks := map[string]bool{}
	err := s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :pk and begins_with(sk, :sent)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text("INC#" + id), ":sent": text(sent)},
		ConsistentRead:            aws.Bool(true),
	}, func(item map[string]types.AttributeValue) error {
		marks[strings.TrimPrefix(str(item["sk"]), sent)] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what was published of %s: %w", id, err)
	}
	return marks, nil
}

// MarkPublished notes that events of an incident were published.
func (s *Store) MarkPublished(ctx context.Context, id string, events []string) error {
	ttl := number(s.Now().Add(Retention).Unix())
	for some := range slices.Chunk(events, maxWrites) {
		var writes []types.TransactWriteItem
		for _, e := range some {
			writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(s.Table), Item: map[string]types.AttributeValue{
				"pk": text("INC#" + id), "sk": text(sent + e), "ttl": ttl,
			}}})
		}
		if _, err := s.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes}); err != nil {
			return fmt.Errorf("mark what was published of %s: %w", id, err)
		}
	}
	return nil
}

// Keep stores st, unless one of the same incident that knows more events is
// there.
func (s *Store) Keep(ctx context.Context, st incident.Standing) error {
	raw, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("encode the standing of %s: %w", st.ID, err)
	}
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.Table),
		Item: map[string]types.AttributeValue{
			"pk": text(stand(st.OpenedAt)), "sk": text(st.ID), "standing": text(string(raw)), "events": number(int64(st.Events)),
			"ttl": number(st.OpenedAt.Add(Retention).Unix()),
		},
		ConditionExpression:       aws.String("attribute_not_exists(pk) or events <= :events"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":events": number(int64(st.Events))},
	})
	var outdated *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &outdated) {
		return fmt.Errorf("keep the standing of %s: %w", st.ID, err)
	}
	return nil
}

// Standings returns those of the incidents opened since a time, read
// consistently.
func (s *Store) Standings(ctx context.Context, since time.Time) ([]incident.Standing, error) {
	var list []incident.Standing
	for m := firstOf(since); !m.After(s.Now().UTC().AddDate(0, 1, 0)); m = m.AddDate(0, 1, 0) {
		err := s.query(ctx, &dynamodb.QueryInput{
			KeyConditionExpression:    aws.String("pk = :pk"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text(stand(m))},
			ConsistentRead:            aws.Bool(true),
		}, func(item map[string]types.AttributeValue) error {
			var st incident.Standing
			if err := json.Unmarshal([]byte(str(item["standing"])), &st); err != nil {
				return fmt.Errorf("decode the standing of %s: %w", str(item["sk"]), err)
			}
			if !st.OpenedAt.Before(since) {
				list = append(list, st)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read standings since %s: %w", since.Format(time.DateOnly), err)
		}
	}
	return list, nil
}

func stand(t time.Time) string { return "INC#STAND#" + t.UTC().Format("2006-01") }

// firstOf is the beginning of the month of t.
func firstOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}
