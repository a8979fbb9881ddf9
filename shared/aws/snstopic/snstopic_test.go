package snstopic

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"tillwatch/shared/alert"
)

type fake struct {
	in  *sns.PublishInput
	err error
}

func (f *fake) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	f.in = in
	return &sns.PublishOutput{}, f.err
}

func TestPublish(t *testing.T) {
	f := &fake{}
	p := &Publisher{Client: f, Topics: map[string]string{"P1": "arn:p1", "chat": "arn:chat"}}
	m := alert.Message{
		Channel: "P1", Subject: "S", Bodies: map[string]string{"default": "d", "email": "e\n"},
		Attributes: map[string]string{"severity": "P1"},
	}
	if err := p.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var bodies map[string]string
	if err := json.Unmarshal([]byte(*f.in.Message), &bodies); err != nil || bodies["email"] != "e\n" || bodies["default"] != "d" {
		t.Errorf("bodies %v, %v", bodies, err)
	}
	if aws.ToString(f.in.MessageStructure) != "json" || *f.in.TopicArn != "arn:p1" || *f.in.Subject != "S" {
		t.Errorf("got %+v", f.in)
	}
	if a := f.in.MessageAttributes["severity"]; *a.DataType != "String" || *a.StringValue != "P1" {
		t.Errorf("attribute %+v", a)
	}
	if err := p.Publish(t.Context(), alert.Message{Channel: "chat", Bodies: map[string]string{"default": "{}"}}); err != nil {
		t.Fatal(err)
	}
	if *f.in.Message != "{}" || f.in.MessageStructure != nil || f.in.Subject != nil {
		t.Errorf("one body alone: got %+v", f.in)
	}
}

func TestPublishRefuses(t *testing.T) {
	down := errors.New("down")
	for _, c := range []struct {
		name string
		m    alert.Message
		err  error
		want error
	}{
		{"a channel without a topic", alert.Message{Channel: "P7", Bodies: map[string]string{"default": "d"}}, nil, ErrNoTopic},
		{"what is too large", alert.Message{Channel: "P1", Bodies: map[string]string{"default": strings.Repeat("d", maxBytes+1)}}, nil, ErrTooLarge},
		{"what SNS refuses", alert.Message{Channel: "P1", Bodies: map[string]string{"default": "d"}}, down, down},
	} {
		p := &Publisher{Client: &fake{err: c.err}, Topics: map[string]string{"P1": "arn:p1"}}
		if err := p.Publish(t.Context(), c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	p := &Publisher{Client: &fake{}, Topics: map[string]string{"P1": "arn:p1"}}
	if err := p.Publish(t.Context(), alert.Message{Channel: "P1"}); err == nil {
		t.Error("a message without a default body was sent")
	}
}
