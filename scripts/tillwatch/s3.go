package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// objects is what the command line needs of S3.
type objects interface {
	// find returns the object as it is now: reading it later, and again, reads
	// the same bytes or is an error.
	find(ctx context.Context, bucket, key string) (*file, error)
	// beside lists the objects of a bucket.
	beside(bucket string) quality.Files
	put(ctx context.Context, bucket, key, contentType string, data []byte) error
}

// An s3Store is S3 through the AWS SDK, set up from the environment.
type s3Store struct{ client *s3.Client }

var _ objects = (*s3Store)(nil)

func newS3(ctx context.Context) (*s3Store, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read AWS settings: %w", err)
	}
	if settings.Region == "" {
		settings.Region = "us-east-1"
	}
	return &s3Store{s3.NewFromConfig(settings, func(o *s3.Options) {
		// An endpoint of one's own seldom has a host name for each bucket.
		o.DisableLogOutputChecksumValidationSkipped = true
		o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL") != "" || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
	})}, nil
}

func (s *s3Store) find(ctx context.Context, bucket, key string) (*file, error) {
	address := "s3://" + bucket + "/" + key
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, explain("find "+address, err)
	}
	object := landing.Object{Bucket: bucket, Key: key, Size: aws.ToInt64(head.ContentLength), ETag: strings.Trim(aws.ToString(head.ETag), `"`)}
	if v := aws.ToString(head.VersionId); v != "null" {
		object.Version = v
	}
	files := &s3object.Files{Client: s.client}
	return &file{address, files.Source(object), object.Size, aws.ToTime(head.LastModified).UTC()}, nil
}

func (s *s3Store) beside(bucket string) quality.Files {
	return &s3object.Bucket{Name: bucket, Client: s.client, Files: &s3object.Files{Client: s.client}}
}

func (s *s3Store) put(ctx context.Context, bucket, key, contentType string, data []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key,
		ContentType: &contentType, Body: bytes.NewReader(data)})
	return explain("write s3://"+bucket+"/"+key, err)
}

// explain says what to do about an answer of S3.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		if strings.Contains(err.Error(), "failed to refresh cached credentials") {
			return fmt.Errorf("%s: no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", doing)
		}
		var refused *net.OpError
		if errors.As(err, &refused) {
			return fmt.Errorf("%s: %w; check the network and AWS_ENDPOINT_URL", doing, refused)
		}
		return fmt.Errorf("%s: %w", doing, err)
	}
	hint := ""
	switch answer.ErrorCode() {
	case "NotFound", "NoSuchKey":
		hint = "no such object; check the bucket and the key"
	case "NoSuchBucket":
		hint = "no such bucket"
	case "Forbidden", "AccessDenied":
		hint = "access denied; the credentials in use need s3:GetObject there (s3:PutObject to push)"
	case "PreconditionFailed":
		hint = "it was replaced meanwhile; try again"
	default:
		return fmt.Errorf("%s: %s: %s", doing, answer.ErrorCode(), answer.ErrorMessage())
	}
	return fmt.Errorf("%s: %s", doing, hint)
}
