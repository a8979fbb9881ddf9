// Package policystore reads the alert policy from the results bucket, where
// `tillwatch alerts push` puts it. It is read again when its ETag has changed,
// so that what was pushed holds within half a minute.
package policystore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/document"
)

// Key is where the policy lies.
const Key = "alerts/policy.yaml"

// fresh is how long a policy is used before its ETag is looked at again.
const fresh = 30 * time.Second

// API is the part of the S3 client that is used.
type API interface {
	GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Store is the results bucket. It is safe for concurrent use.
type Store struct {
	Client API
	Bucket string

	mu     sync.Mutex
	policy *policy.Policy
	etag   string
	read   time.Time
}

// Policy returns the policy in force at now: the one that was pushed, or the one
// that ships if none was. With a policy comes an error if the newest could not
// be read or is invalid: then the last good one stays in force.
func (s *Store) Policy(ctx context.Context, now time.Time) (*policy.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.policy != nil && now.Sub(s.read) < fresh {
		return s.policy, nil
	}
	if s.policy == nil {
		s.policy = policy.Shipped()
	}
	s.read = now
	in := &s3.GetObjectInput{Bucket: &s.Bucket, Key: aws.String(Key)}
	if s.etag != "" {
		in.IfNoneMatch = &s.etag
	}
	out, err := s.Client.GetObject(ctx, in)
	var missing *types.NoSuchKey
	var response *awshttp.ResponseError
	switch {
	case errors.As(err, &missing):
		s.policy, s.etag = policy.Shipped(), ""
		return s.policy, nil
	case errors.As(err, &response) && response.HTTPStatusCode() == 304:
		return s.policy, nil
	case err != nil:
		return s.policy, fault.Wrap("read alert policy", err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(io.LimitReader(out.Body, document.MaxBytes+1))
	if err != nil {
		return s.policy, fmt.Errorf("read alert policy: %w", err)
	}
	p, err := policy.Read(Key, data)
	if err != nil {
		return s.policy, fmt.Errorf("read alert policy: %w", err)
	}
	s.policy, s.etag = p, aws.ToString(out.ETag)
	return p, nil
}
