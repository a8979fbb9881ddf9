package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/incident"
	"tillwatch/shared/incident/review"
)

// A publisher sends one message to the channel that it names.
type publisher interface {
	Publish(ctx context.Context, m alert.Message) error
}

// teller writes to the topics: a call to those of severities, and everything to
// the rooms, in the incident's thread. A call offers to answer.
type teller struct {
	publisher publisher
	page      func(incident string) string // the address of an incident's page
	offer     *answer.Offer

	environment string // of the deployment
	log         *slog.Logger
}

var _ incident.Teller = (*teller)(nil)

// Tell sends what e says about inc. Rooms that were not told of inc do not hear of
// its progress, but of calls, which are what an escalation says.
func (t *teller) Tell(ctx context.Context, inc *incident.Incident, e incident.Event) error {
	if len(inc.Alerts) == 0 || inc.Quiet && e.Kind != incident.Escalated {
		return nil
	}
	s := inc.Alerts[0].Signal
	s.ID, s.Severity, s.Summary = e.ID, inc.Severity, e.Text
	if e.Kind == incident.Noted && e.By != incident.System && !strings.Contains(e.Text, e.By) {
		s.Summary = e.By + ": " + e.Text
	}
	page := alert.Link{Name: alert.IncidentLink, URL: t.page(inc.ID)}
	s.Links = append([]alert.Link{page}, s.Links...)
	d := alert.Notice{Channels: []string{alert.Chat}, Reason: alert.Progress, At: e.At, Since: inc.StartedAt, Incident: inc.ID, Group: inc.Group}
	if e.Kind == incident.Escalated {
		d.Reason, d.Page, d.OnCall, d.RespondBy = alert.Unacknowledged, true, e.To, inc.RespondBy()
		s.Summary = "nobody has taken it on: " + inc.Title
		for _, to := range e.Through {
			if slices.Contains(alert.Severities, alert.Severity(to)) {
				d.Channels = append(d.Channels, to)
			}
		}
		var tried []alert.Fact
		for _, a := range inc.Attempts {
			tried = append(tried, alert.Fact{Name: "remedy", Value: a.String()})
			if a.State == incident.RemedyFailed && e.Level == 0 {
				s.Summary = fmt.Sprintf("%s did not help: %s", a.Action, inc.Title)
			}
		}
		s.Facts = append(tried, s.Facts...)
	} else {
		// The room knows the rest: one line, and where there is more.
		s = alert.Signal{ID: s.ID, DedupKey: s.DedupKey, GroupKey: s.GroupKey, Status: s.Status, Severity: s.Severity, Rule: s.Rule,
			Pipeline: s.Pipeline, Environment: s.Environment, Team: s.Team, At: s.At, Summary: s.Summary, Links: []alert.Link{page}, Trace: s.Trace}
	}
	var err error
	if d.Choices, err = t.offer.Links(ctx, d); err != nil { // the call is worth more than its links
		t.log.WarnContext(ctx, "links to answers not made", "error", err, "incident_id", inc.ID, "error_code", code(err))
	}
	if d.Page && len(d.Choices) == 0 {
		take := fmt.Sprintf("Take it on: tillwatch incident acknowledge %s --environment %s --by YOUR-NAME", inc.ID, t.environment)
		s.NextSteps = append([]string{take}, s.NextSteps...)
	}
	list, err := message.Compose(s, d)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := t.publisher.Publish(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// timer sends a message at a time.
type timer interface {
	Send(ctx context.Context, message any, due, now time.Time) error
}

// waker wakes the responder through its own queue.
type waker struct {
	timer timer
	now   func() time.Time
}

var _ incident.Waker = (*waker)(nil)

// Wake has the incident looked at again at a time.
func (w *waker) Wake(ctx context.Context, id string, at time.Time) error {
	return w.timer.Send(ctx, wake{Incident: id, Due: at}, at, w.now())
}

// objects is what is needed of S3.
type objects interface {
	GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// reviewer keeps drafts of reviews at reports/incidents/<id>/review.md and
// .html of a bucket.
type reviewer struct {
	objects objects
	bucket  string
	store   incident.Store
}

var _ incident.Reviewer = (*reviewer)(nil)

// maxReview bounds the review that is read back, in bytes.
const maxReview = 4 << 20

// Draft writes the review over what is there, keeping what people wrote. One
// that is as it was is not written again.
func (r *reviewer) Draft(ctx context.Context, inc *incident.Incident, now time.Time) error {
	key := "reports/incidents/" + inc.ID + "/review"
	earlier, err := r.read(ctx, key+".md")
	if err != nil {
		return err
	}
	others, err := r.others(ctx, now)
	if err != nil {
		return err
	}
	draft, err := review.Draft(inc, review.About{Now: now, Similar: review.Similar(inc, others)})
	if err != nil {
		return err
	}
	document := draft.Merge(earlier)
	if document == earlier {
		return nil
	}
	page, err := review.HTML("Review of "+inc.ID, document)
	if err != nil {
		return err
	}
	if err := r.write(ctx, key+".html", "text/html; charset=utf-8", page); err != nil {
		return err
	}
	return r.write(ctx, key+".md", "text/markdown; charset=utf-8", []byte(document))
}

// lookBack and maxOthers bound the search for similar incidents.
const (
	lookBack  = 90 * 24 * time.Hour
	maxOthers = 50
)

// others are the newest incidents; one whose events are spoilt is left out.
func (r *reviewer) others(ctx context.Context, now time.Time) ([]incident.Incident, error) {
	ids, err := r.store.Recent(ctx, now.Add(-lookBack))
	if err != nil {
		return nil, err
	}
	var list []incident.Incident
	for _, id := range ids[:min(len(ids), maxOthers)] {
		events, err := r.store.Events(ctx, id)
		if err != nil {
			return nil, err
		}
		if inc, err := incident.Fold(events); err == nil {
			list = append(list, inc)
		}
	}
	return list, nil
}

func (r *reviewer) read(ctx context.Context, key string) (string, error) {
	out, err := r.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.bucket, Key: &key})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read review %s: %w", key, err)
	}
	defer out.Body.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(out.Body, maxReview)); err != nil {
		return "", fmt.Errorf("read review %s: %w", key, err)
	}
	return b.String(), nil
}

func (r *reviewer) write(ctx context.Context, key, kind string, body []byte) error {
	_, err := r.objects.PutObject(ctx, &s3.PutObjectInput{Bucket: &r.bucket, Key: &key, ContentType: aws.String(kind), Body: bytes.NewReader(body)})
	if err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}
