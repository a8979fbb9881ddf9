package s3object

import (
	"bytes"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/landing"
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

var _ landing.Documents = (*Documents)(nil)

// Put implements landing.Documents.
func (d *Documents) Put(ctx context.Context, doc landing.Document) error {
	_, err := d.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &d.Bucket, Key: &doc.Key, ContentType: &doc.ContentType,
		Body: bytes.NewReader(doc.Body), ContentLength: aws.Int64(int64(len(doc.Body))),
	})
	return wrap("write object", err)
}
