package landingtable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
)

// claimAttempts bounds how often a claim that another one disturbed is decided
// anew before it is called busy.
const claimAttempts = 4

// Claim implements landing.Claims: it reads what is stored, lets landing.Take
// decide, and writes the decision if nothing has changed since.
func (s *Store) Claim(ctx context.Context, o landing.Object, now time.Time, lease time.Duration) (landing.Claim, error) {
	for range claimAttempts {
		prev, newest, err := s.stored(ctx, o)
		if err != nil {
			return landing.Claim{}, err
		}
		c, err := landing.Take(prev, newest, o, now, lease)
		if err != nil || c.Done() {
			return c, err
		}
		taken, err := s.take(ctx, prev, c, newest, now)
		if err != nil {
			return landing.Claim{}, err
		}
		if taken {
			return c, nil
		}
	}
	return landing.Claim{}, landing.ErrBusy
}

func (s *Store) stored(ctx context.Context, o landing.Object) (landing.Claim, string, error) {
	head, err := s.get(ctx, newestKey(o))
	if err != nil {
		return landing.Claim{}, "", err
	}
	newest := ""
	if rank, ok := head["rank"].(*types.AttributeValueMemberS); ok {
		newest = rank.Value
	}
	i, err := s.get(ctx, rankKey(o))
	if err != nil || i == nil {
		return landing.Claim{}, newest, err
	}
	c, err := claimOf(i)
	return c, newest, err
}

// Newest returns the claim of the newest object known of a key, the zero Claim
// if none is.
func (s *Store) Newest(ctx context.Context, bucket, key string) (landing.Claim, error) {
	o := landing.Object{Bucket: bucket, Key: key}
	head, err := s.get(ctx, newestKey(o))
	rank, ok := head["rank"].(*types.AttributeValueMemberS)
	if err != nil || !ok {
		return landing.Claim{}, err
	}
	i, err := s.get(ctx, item{"pk": text(fileKey(o)), "sk": text("RANK#" + rank.Value)})
	if err != nil || i == nil {
		return landing.Claim{}, err
	}
	return claimOf(i)
}

func claimOf(i item) (landing.Claim, error) {
	c := landing.Claim{Attempt: int(whole(i, "attempt"))}
	if err := decode(i, "object", &c.Object); err != nil {
		return c, err
	}
	if ms := whole(i, "lease"); ms > 0 {
		c.Lease = time.UnixMilli(ms).UTC()
	}
	if _, ok := i["record"]; ok {
		c.Record = new(landing.Record)
		if err := decode(i, "record", c.Record); err != nil {
			return c, err
		}
	}
	if done, ok := i["published"].(*types.AttributeValueMemberSS); ok {
		for _, step := range done.Value {
			c.Published = append(c.Published, landing.Step(step))
		}
	}
	return c, nil
}

// take writes the claim c that was decided on prev, and returns whether nothing
// came in between.
func (s *Store) take(ctx context.Context, prev, c landing.Claim, newest string, now time.Time) (bool, error) {
	object, err := encode(c.Object)
	if err != nil {
		return false, err
	}
	claim := &types.Update{
		TableName: &s.Table, Key: rankKey(c.Object),
		UpdateExpression:         aws.String("SET attempt = :attempt, lease = :lease, #object = :object, #ttl = :ttl"),
		ExpressionAttributeNames: map[string]string{"#object": "object", "#ttl": "ttl"},
		ExpressionAttributeValues: item{
			":attempt": number(int64(c.Attempt)), ":lease": number(c.Lease.UnixMilli()),
			":object": object, ":ttl": expiry(now),
		},
	}
	if prev.Attempt == 0 {
		claim.ConditionExpression = aws.String("attribute_not_exists(pk)")
	} else {
		claim.ConditionExpression = aws.String("attempt = :prev")
		claim.ExpressionAttributeValues[":prev"] = number(int64(prev.Attempt))
	}
	items := []types.TransactWriteItem{{Update: claim}}
	if newest <= c.Object.Rank() {
		items = append(items, types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: newestKey(c.Object),
			UpdateExpression:          aws.String("SET #rank = :rank, #ttl = :ttl"),
			ConditionExpression:       aws.String("attribute_not_exists(pk) OR #rank <= :rank"),
			ExpressionAttributeNames:  map[string]string{"#rank": "rank", "#ttl": "ttl"},
			ExpressionAttributeValues: item{":rank": text(c.Object.Rank()), ":ttl": expiry(now)},
		}})
	}
	reasons, err := s.transact(ctx, "claim object", items)
	return err == nil && reasons == nil, err
}

// Release implements landing.Claims.
func (s *Store) Release(ctx context.Context, c landing.Claim) error {
	_, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: rankKey(c.Object),
		UpdateExpression:          aws.String("SET lease = :none"),
		ConditionExpression:       aws.String("attempt = :attempt"),
		ExpressionAttributeValues: item{":none": number(0), ":attempt": number(int64(c.Attempt))},
	})
	var lost *types.ConditionalCheckFailedException
	if errors.As(err, &lost) {
		return nil
	}
	return fault.Wrap("release claim", err)
}

// Finish implements landing.Ledger as one transaction.
func (s *Store) Finish(ctx context.Context, c landing.Claim, ch landing.Change) error {
	r, err := encode(ch.Record)
	if err != nil {
		return err
	}
	conflicts := []error{landing.ErrLost}
	items := []types.TransactWriteItem{{Update: &types.Update{
		TableName: &s.Table, Key: rankKey(c.Object),
		UpdateExpression:          aws.String("SET #record = :record"),
		ConditionExpression:       aws.String("attempt = :attempt AND attribute_not_exists(#record)"),
		ExpressionAttributeNames:  map[string]string{"#record": "record"},
		ExpressionAttributeValues: item{":record": r, ":attempt": number(int64(c.Attempt))},
	}}}
	add := func(i types.TransactWriteItem, conflict error) {
		items, conflicts = append(items, i), append(conflicts, conflict)
	}
	if ch.Record.Decision != landing.Stale {
		add(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &s.Table, Key: newestKey(c.Object),
			ConditionExpression:       aws.String("#rank <= :rank"),
			ExpressionAttributeNames:  map[string]string{"#rank": "rank"},
			ExpressionAttributeValues: item{":rank": text(c.Object.Rank())},
		}}, landing.ErrStale)
	}
	put := func(k item, v any, at time.Time) (*types.Put, error) {
		data, err := encode(v)
		if err != nil {
			return nil, err
		}
		k["data"], k["ttl"] = data, expiry(at)
		return &types.Put{TableName: &s.Table, Item: k}, nil
	}
	if e := ch.Entry; e != nil {
		sk := e.Run.At.UTC().Format("2006-01-02T15:04:05.000Z") + "#" + e.ID
		if e.Run.Content != nil {
			p, err := put(key(contentKey(e.Dataset), sk), e, ch.Record.At)
			if err != nil {
				return err
			}
			add(types.TransactWriteItem{Put: p}, nil)
		}
		brief := *e
		brief.Run.Content = nil
		p, err := put(key(historyKey(e.Dataset), sk), brief, ch.Record.At)
		if err != nil {
			return err
		}
		add(types.TransactWriteItem{Put: p}, nil)
	}
	if f := ch.Figures; f != nil {
		p, err := put(key(dayKey(f.Dataset, f.Day), digest(f.Object)), f, ch.Record.At)
		if err != nil {
			return err
		}
		add(types.TransactWriteItem{Put: p}, nil)
	}
	if st := ch.Standing; st != nil {
		next := *st
		next.Revision++
		p, err := put(standingKey(st.Key), next, ch.Record.At)
		if err != nil {
			return err
		}
		p.Item["revision"] = number(int64(next.Revision))
		if st.Revision == 0 {
			p.ConditionExpression = aws.String("attribute_not_exists(pk)")
		} else {
			p.ConditionExpression = aws.String("revision = :revision")
			p.ExpressionAttributeValues = item{":revision": number(int64(st.Revision))}
		}
		add(types.TransactWriteItem{Put: p}, landing.ErrConflict)
	}
	reasons, err := s.transact(ctx, "store verdict", items)
	if err != nil || reasons == nil {
		return err
	}
	disturbed := false
	for i, reason := range reasons {
		switch reason {
		case "ConditionalCheckFailed":
			if i < len(conflicts) && conflicts[i] != nil {
				return conflicts[i]
			}
		case "TransactionConflict":
			disturbed = true
		}
	}
	if disturbed {
		return landing.ErrConflict
	}
	return fmt.Errorf("store verdict: transaction cancelled: %v", reasons)
}

// transact returns why the transaction was cancelled, one reason for each
// item, or nil if it took place.
func (s *Store) transact(ctx context.Context, op string, items []types.TransactWriteItem) ([]string, error) {
	_, err := s.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil, fault.Wrap(op, err)
	}
	reasons := make([]string, 0, len(items))
	expected := false
	for _, r := range cancelled.CancellationReasons {
		code := aws.ToString(r.Code)
		reasons = append(reasons, code)
		expected = expected || code == "ConditionalCheckFailed" || code == "TransactionConflict"
	}
	if !expected {
		// Throttling, a validation error: not what the conditions are for.
		return nil, fault.Wrap(op, err)
	}
	return reasons, nil
}

// Mark implements landing.Ledger.
func (s *Store) Mark(ctx context.Context, o landing.Object, step landing.Step) error {
	_, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: rankKey(o),
		UpdateExpression:          aws.String("ADD published :step"),
		ConditionExpression:       aws.String("attribute_exists(#record)"),
		ExpressionAttributeNames:  map[string]string{"#record": "record"},
		ExpressionAttributeValues: item{":step": &types.AttributeValueMemberSS{Value: []string{string(step)}}},
	})
	return fault.Wrap("mark "+string(step), err)
}
