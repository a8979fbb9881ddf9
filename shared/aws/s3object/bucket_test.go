package s3object_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/quality"
)

// lister answers with two keys a page.
type lister []string

func (l lister) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	from := aws.ToString(in.ContinuationToken)
	for _, key := range l {
		if key <= from || len(key) < len(*in.Prefix) || key[:len(*in.Prefix)] != *in.Prefix {
			continue
		}
		if len(out.Contents) == 2 {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[1].Key
			return out, nil
		}
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key), Size: aws.Int64(7), ETag: aws.String(`"e"`), LastModified: aws.Time(time.Unix(5, 0))})
	}
	return out, nil
}

func TestListingABucket(t *testing.T) {
	b := &s3object.Bucket{Name: "b", Client: lister{"a/", "a/1", "a/2", "a/b/3", "ab", "b"}, Files: &s3object.Files{}}
	for _, c := range []struct {
		rule, path string
		want       []string
		err        error
	}{
		{"a folder", "s3://b/a/", []string{"s3://b/a/1", "s3://b/a/2", "s3://b/a/b/3"}, nil},
		{"a folder without its slash is not all that begins so", "s3://b/a", []string{"s3://b/a/1", "s3://b/a/2", "s3://b/a/b/3"}, nil},
		{"an object", "s3://b/a/2", []string{"s3://b/a/2"}, nil},
		{"all of the bucket", "s3://b/", []string{"s3://b/a/1", "s3://b/a/2", "s3://b/a/b/3", "s3://b/ab", "s3://b/b"}, nil},
		{"nothing", "s3://b/c", nil, nil},
		{"another bucket", "s3://c/a", nil, quality.ErrElsewhere},
		{"a file", "a/1", nil, quality.ErrElsewhere},
	} {
		got, err := b.List(context.Background(), c.path)
		if !errors.Is(err, c.err) || len(got) != len(c.want) {
			t.Errorf("%s: got %v, %v", c.rule, got, err)
			continue
		}
		for i, f := range got {
			if f.Path != c.want[i] || f.Bytes != 7 || !f.Modified.Equal(time.Unix(5, 0)) || f.Source == nil {
				t.Errorf("%s: got %+v, want %s", c.rule, f, c.want[i])
			}
		}
	}
}
