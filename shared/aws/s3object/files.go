// Package s3object reads, tags and writes objects of S3. What it reads is one
// version and no other, by several ranged requests at the same time whose
// bytes are handed on in order.
package s3object

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
	"tillwatch/shared/tabular"
)

// API is the part of the S3 client that is used.
type API interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error)
	GetObjectTagging(context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error)
	PutObjectTagging(context.Context, *s3.PutObjectTaggingInput, ...func(*s3.Options)) (*s3.PutObjectTaggingOutput, error)
}

// TagKey is the key of the tag that holds a version's verdict.
const TagKey = "tillwatch-verdict"

// maxTags is how many tags S3 lets an object have.
const maxTags = 10

// Files are the objects that land. It is safe for concurrent use.
type Files struct {
	Client API
	// PartBytes is the size of one ranged request, 8 MiB if 0; Parallel how many
	// are under way at a time, 4 if 0. A reader holds no more than
	// PartBytes × (Parallel + 1).
	PartBytes int64
	Parallel  int

	wholeVersions atomic.Bool // the endpoint sends versions whole, whatever range is asked for
}

var _ landing.Files = (*Files)(nil)

// Pin implements landing.Files. One request is enough where the event names
// the version or the newest version is the event's.
func (f *Files) Pin(ctx context.Context, o landing.Object) (landing.Object, error) {
	head, err := f.head(ctx, o)
	switch {
	case err == nil && (o.ETag == "" || head.ETag == o.ETag):
		return head, nil
	case err == nil && o.Version != "":
		return o, landing.ErrReplaced // a version's bytes don't change: not S3, or not this event's
	case err != nil && (o.Version != "" || !errors.Is(err, landing.ErrGone)):
		return o, err
	}
	return f.findByETag(ctx, o)
}

func (f *Files) head(ctx context.Context, o landing.Object) (landing.Object, error) {
	out, err := f.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &o.Bucket, Key: &o.Key, VersionId: version(o)})
	if err != nil {
		return o, wrap("head object", err)
	}
	o.ETag, o.Size = unquote(out.ETag), aws.ToInt64(out.ContentLength)
	if v := aws.ToString(out.VersionId); v != "null" && v != "" {
		o.Version = v
	}
	return o, nil
}

// findByETag looks through the versions of a key, newest first.
func (f *Files) findByETag(ctx context.Context, o landing.Object) (landing.Object, error) {
	in := &s3.ListObjectVersionsInput{Bucket: &o.Bucket, Prefix: &o.Key}
	others := false
	for {
		out, err := f.Client.ListObjectVersions(ctx, in)
		if err != nil {
			return o, wrap("list versions", err)
		}
		for _, v := range out.Versions {
			switch {
			case aws.ToString(v.Key) != o.Key: // another key that begins with this one
			case unquote(v.ETag) == o.ETag:
				o.Size, o.Version = aws.ToInt64(v.Size), aws.ToString(v.VersionId)
				return o, nil
			default:
				others = true
			}
		}
		// Keys come sorted: beyond a page that ends with another key there is none of ours.
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextKeyMarker) > o.Key {
			break
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
	if others {
		return o, landing.ErrReplaced
	}
	return o, landing.ErrGone
}

// Source implements landing.Files.
func (f *Files) Source(o landing.Object) tabular.Source { return &source{f, o} }

// Tag implements landing.Files: it sets one tag and leaves the others, as far
// as S3 has room for it.
func (f *Files) Tag(ctx context.Context, o landing.Object, verdict string) error {
	out, err := f.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &o.Bucket, Key: &o.Key, VersionId: version(o)})
	if err != nil {
		return wrap("read tags", err)
	}
	tags := []types.Tag{{Key: aws.String(TagKey), Value: &verdict}}
	for _, t := range out.TagSet {
		if aws.ToString(t.Key) != TagKey && len(tags) < maxTags {
			tags = append(tags, t)
		}
	}
	_, err = f.Client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{
		Bucket: &o.Bucket, Key: &o.Key, VersionId: version(o), Tagging: &types.Tagging{TagSet: tags},
	})
	return wrap("write tags", err)
}

func version(o landing.Object) *string {
	if o.Version == "" {
		return nil
	}
	return &o.Version
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// wrap returns err as landing knows it: gone, replaced, or a fault.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	switch fault.Code(err) {
	case "NoSuchKey", "NoSuchVersion", "NotFound", "MethodNotAllowed": // the last answers for a delete marker
		return errors.Join(landing.ErrGone, fault.Wrap(op, err))
	case "PreconditionFailed":
		return errors.Join(landing.ErrReplaced, fault.Wrap(op, err))
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		switch response.HTTPStatusCode() {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return errors.Join(landing.ErrGone, fault.Wrap(op, err))
		case http.StatusPreconditionFailed:
			return errors.Join(landing.ErrReplaced, fault.Wrap(op, err))
		}
	}
	return fault.Wrap(op, err)
}
