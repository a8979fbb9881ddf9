package s3object

import (
	"bytes"
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
	"tillwatch/shared/landing/sections"
)

// Writer is the part of the S3 client that Documents uses.
type Writer interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Documents writes to one bucket. It is safe for concurrent use.
type Documents struct {
	Client Writer
	Bucket string
}

// Blobs keeps objects of one bucket for the steps of a job. It is safe for
// concurrent use.
type Blobs struct {
	Client interface {
		Writer
		API
	}
	Bucket string
}

var _ sections.Blobs = (*Blobs)(nil)

// Put implements sections.Blobs.
func (b *Blobs) Put(ctx context.Context, key string, body []byte) error {
	return (&Documents{b.Client, b.Bucket}).Put(ctx, landing.Document{Key: key, ContentType: "application/octet-stream", Body: body})
}

// Get implements sections.Blobs.
func (b *Blobs) Get(ctx context.Context, key string) ([]byte, error) {
	out, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &key})
	if err != nil {
		return nil, fault.Wrap("read "+key, err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return body, fault.Wrap("read "+key, err)
}

var _ landing.Documents = (*Documents)(nil)

// Put implements landing.Documents.
func (d *Documents) Put(ctx context.Context, doc landing.Document) error {
	_, err := d.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &d.Bucket, Key: &doc.Key, ContentType: &doc.ContentType,
		Body: bytes.NewReader(doc.Body), ContentLength: aws.Int64(int64(len(doc.Body))),
	})
	return wrap("write object", err)
}
