package policystore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// bucket holds one text whose ETag is itself; "" is no object.
type bucket struct {
	text  string
	err   error
	reads int
}

func (b *bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	b.reads++
	switch {
	case b.err != nil:
		return nil, b.err
	case b.text == "":
		return nil, &types.NoSuchKey{}
	case aws.ToString(in.IfNoneMatch) == b.text:
		return nil, &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 304}}, Err: errors.New("not modified")}}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(b.text)), ETag: &b.text}, nil
}

func TestPolicy(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	b := &bucket{}
	s := &Store{Client: b, Bucket: "results"}
	for _, c := range []struct {
		rule   string
		text   string
		err    error
		after  time.Duration
		window time.Duration
		fails  bool
		reads  int
	}{
		{"nothing was pushed", "", nil, 0, time.Hour, false, 1},
		{"a pushed one is not looked for at once", "incidents: {window: 2h}\n", nil, 10 * time.Second, time.Hour, false, 1},
		{"but soon", "incidents: {window: 2h}\n", nil, 30 * time.Second, 2 * time.Hour, false, 2},
		{"the same is not read again", "incidents: {window: 2h}\n", nil, 30 * time.Second, 2 * time.Hour, false, 3},
		{"an invalid one changes nothing", "incidents: {window: soon}\n", nil, 30 * time.Second, 2 * time.Hour, true, 4},
		{"nor does a bucket that is away", "", errors.New("down"), 30 * time.Second, 2 * time.Hour, true, 5},
		{"a removed one does", "", nil, 30 * time.Second, time.Hour, false, 6},
	} {
		now = now.Add(c.after)
		b.text, b.err = c.text, c.err
		p, err := s.Policy(t.Context(), now)
		if p == nil || p.Incidents.Window != c.window || (err != nil) != c.fails || b.reads != c.reads {
			t.Errorf("%s: %v, %d reads, %v", c.rule, p.Incidents.Window, b.reads, err)
		}
	}
}
