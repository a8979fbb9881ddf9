package alerttable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/alert/silence"
)

// maxSilences bounds the silences that are asked about every alert; what is
// beyond does not mute, which is the safe side.
const maxSilences = 1000

// Silences returns the silences that the table has, read consistently, those
// first that end last. At most 1,000 are read, and one that is spoilt is left
// out: it mutes nothing, and keeps no alert from being told.
func (s *Store) Silences(ctx context.Context) ([]silence.Silence, error) {
	var list []silence.Silence
	in := &dynamodb.QueryInput{
		TableName: aws.String(s.Table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": silenceKey("")["pk"]},
	}
	for len(list) < maxSilences {
		out, err := s.Client.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("query silences: %w", err)
		}
		for _, item := range out.Items {
			if q, err := decodeSilence(item); err == nil {
				list = append(list, q)
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
			break
		}
	}
	silence.Sort(list)
	return list, nil
}

func decodeSilence(item map[string]types.AttributeValue) (silence.Silence, error) {
	text, ok := item["silence"].(*types.AttributeValueMemberS)
	if !ok {
		return silence.Silence{}, errors.New("no silence")
	}
	var q silence.Silence
	if err := json.Unmarshal([]byte(text.Value), &q); err != nil {
		return q, err
	}
	return silence.New(q)
}

// PutSilence stores q unless what is stored under its ID was said later.
func (s *Store) PutSilence(ctx context.Context, q silence.Silence) error {
	text, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("encode silence %s: %w", q.ID, err)
	}
	item := silenceKey(q.ID)
	item["silence"] = &types.AttributeValueMemberS{Value: string(text)}
	item["updated"] = number(q.Updated.UnixNano())
	item["ttl"] = number(q.Ends.Add(silence.Retention).Unix())
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.Table), Item: item,
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR updated <= :updated"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":updated": item["updated"]},
	})
	var later *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &later) {
		return fmt.Errorf("put silence %s: %w", q.ID, err)
	}
	return nil
}

func silenceKey(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "SILENCE#"},
		"sk": &types.AttributeValueMemberS{Value: id},
	}
}
