package incidenttable

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/incident"
)

// ErrBusy is returned when others claim remedies all the time; trying again
// later helps.
var ErrBusy = errors.New("remedies are being claimed elsewhere")

// claims is how often a claim is tried that another one overtakes.
const claims = 20

// Surroundings returns when each remedy was last tried, how many were within
// the last hour, and whether the kill switch is on.
func (s *Store) Surroundings(ctx context.Context, list []incident.Remedy, now time.Time) (incident.Surroundings, error) {
	around := incident.Surroundings{Allowed: s.Allowed, PerHour: s.PerHour, LastTry: map[string]time.Time{}}
	if len(list) == 0 {
		return around, nil
	}
	if s.Stopped != nil {
		var err error
		if around.Stopped, err = s.Stopped(ctx); err != nil {
			return around, fmt.Errorf("read the kill switch: %w", err)
		}
	}
	for _, r := range list {
		item, err := s.item(ctx, remedyKey(r))
		if err != nil {
			return around, err
		}
		if at, ok := item["at"].(*types.AttributeValueMemberN); ok {
			ms, err := strconv.ParseInt(at.Value, 10, 64)
			if err != nil {
				return around, fmt.Errorf("decode the last try of %s: %w", r.Key(), err)
			}
			around.LastTry[r.Key()] = time.UnixMilli(ms).UTC()
		}
	}
	tries, _, err := s.tries(ctx, now)
	around.ThisHour = len(tries)
	return around, err
}

// Claim notes that r is tried now, or returns what holds it.
func (s *Store) Claim(ctx context.Context, r incident.Remedy, now time.Time) (incident.Hold, error) {
	for range claims {
		around, err := s.Surroundings(ctx, []incident.Remedy{r}, now)
		if err != nil {
			return "", err
		}
		if hold := around.Holds(r, now); hold != incident.NotHeld {
			return hold, nil
		}
		tries, version, err := s.tries(ctx, now)
		if err != nil {
			return "", err
		}
		_, err = s.Client.TransactWriteItems(ctx, s.claim(r, now, around.LastTry[r.Key()], append(tries, now.UnixMilli()), version))
		if err == nil {
			return incident.NotHeld, nil
		}
		if !lost(err) {
			return "", fmt.Errorf("claim %s: %w", r.Key(), err)
		}
	}
	return "", fmt.Errorf("claim %s: %w", r.Key(), ErrBusy)
}

// claim writes the try of r and the tries of the hour, if both are as they were
// read.
func (s *Store) claim(r incident.Remedy, now, last time.Time, tries []int64, version int64) *dynamodb.TransactWriteItemsInput {
	ttl := number(now.Add(RemedyRetention).Unix())
	mine := remedyKey(r)
	mine["at"], mine["ttl"] = number(now.UnixMilli()), ttl
	put := &types.Put{TableName: aws.String(s.Table), Item: mine}
	if last.IsZero() {
		put.ConditionExpression = aws.String("attribute_not_exists(pk)")
	} else {
		put.ConditionExpression = aws.String("#at = :last")
		put.ExpressionAttributeNames = map[string]string{"#at": "at"}
		put.ExpressionAttributeValues = map[string]types.AttributeValue{":last": number(last.UnixMilli())}
	}
	var list []types.AttributeValue
	for _, t := range tries {
		list = append(list, number(t))
	}
	all := allTries()
	all["tries"], all["version"], all["ttl"] = &types.AttributeValueMemberL{Value: list}, number(version+1), ttl
	whole := &types.Put{TableName: aws.String(s.Table), Item: all, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if version > 0 {
		whole.ConditionExpression = aws.String("version = :was")
		whole.ExpressionAttributeValues = map[string]types.AttributeValue{":was": number(version)}
	}
	return &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: put}, {Put: whole}}}
}

// tries returns the tries of the hour before now, and the version of their item.
func (s *Store) tries(ctx context.Context, now time.Time) (recent []int64, version int64, err error) {
	item, err := s.item(ctx, allTries())
	if err != nil || len(item) == 0 {
		return nil, 0, err
	}
	if v, ok := item["version"].(*types.AttributeValueMemberN); ok {
		version, err = strconv.ParseInt(v.Value, 10, 64)
	}
	list, ok := item["tries"].(*types.AttributeValueMemberL)
	if err != nil || !ok {
		return nil, 0, fmt.Errorf("decode the tries of remedies: %w", errors.Join(err, errors.New("no list")))
	}
	for _, v := range list.Value {
		n, _ := v.(*types.AttributeValueMemberN)
		if n == nil {
			continue
		}
		if ms, err := strconv.ParseInt(n.Value, 10, 64); err == nil && now.Sub(time.UnixMilli(ms)) < time.Hour {
			recent = append(recent, ms)
		}
	}
	return recent, version, nil
}

func (s *Store) item(ctx context.Context, key map[string]types.AttributeValue) (map[string]types.AttributeValue, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(s.Table), Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", str(key["pk"]), err)
	}
	return out.Item, nil
}

func remedyKey(r incident.Remedy) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text("REMEDY#" + r.Key()), "sk": text("LAST")}
}

func allTries() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text("REMEDY#TRIES"), "sk": text("ALL")}
}
