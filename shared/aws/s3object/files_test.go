package s3object_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/landing"
	"tillwatch/shared/storetest"
	"tillwatch/shared/tabular"
)

func TestFiles(t *testing.T) {
	client := s3.NewFromConfig(awstest.Config(t), func(o *s3.Options) { o.UsePathStyle = true })
	bucket := awstest.Unique("landing")
	ctx := t.Context()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	count := 0
	storetest.Files(t, storetest.FileStore{
		Files: &s3object.Files{Client: client, PartBytes: 700_000},
		Put: func(t *testing.T, key string, body []byte) landing.Object {
			out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body)})
			if err != nil {
				t.Fatal(err)
			}
			count++
			return landing.Object{
				Bucket: bucket, Key: key, Version: aws.ToString(out.VersionId), ETag: strings.Trim(*out.ETag, `"`),
				Sequencer: fmt.Sprintf("%04X", count), Arrived: storetest.Noon,
			}
		},
		Delete: func(t *testing.T, o landing.Object) {
			if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &o.Key, VersionId: &o.Version}); err != nil {
				t.Fatal(err)
			}
		},
		Tagged: func(t *testing.T, o landing.Object) string {
			out, err := client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &bucket, Key: &o.Key, VersionId: &o.Version})
			if err != nil {
				t.Fatal(err)
			}
			for _, tag := range out.TagSet {
				if *tag.Key == s3object.TagKey {
					return *tag.Value
				}
			}
			return ""
		},
	})
}

// A stub is S3 with one object whose reads can be disturbed.
type stub struct {
	wholeVersions bool
	s3object.API
	body     []byte
	requests atomic.Int32
	underWay atomic.Int32
	most     atomic.Int32
	disturb  func(n int32, in *s3.GetObjectInput, body []byte) (io.Reader, error)
}

func (s *stub) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	n := s.requests.Add(1)
	s.most.Store(max(s.most.Load(), s.underWay.Add(1)))
	defer s.underWay.Add(-1)
	var from, to int
	if _, err := fmt.Sscanf(*in.Range, "bytes=%d-%d", &from, &to); err != nil {
		return nil, err
	}
	body := s.body[from : to+1]
	var r io.Reader = bytes.NewReader(body)
	if s.disturb != nil {
		var err error
		if r, err = s.disturb(n, in, body); err != nil {
			return nil, err
		}
	}
	if s.wholeVersions && in.VersionId != nil {
		return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(s.body))}, nil
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(r), ContentRange: in.Range}, nil
}

// TestRangesAreRangesOrAnError holds that no part is taken for another where an
// endpoint ignores what range is asked for.
func TestRangesAreRangesOrAnError(t *testing.T) {
	body := make([]byte, 5000)
	for i := range body {
		body[i] = byte(i / 1000)
	}
	s := &stub{body: body, wholeVersions: true}
	got, err := io.ReadAll(open(t, s))
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("read by etag: got %d bytes, %v", len(got), err)
	}
	f := &s3object.Files{Client: s}
	o := landing.Object{Bucket: "b", Key: "k", Version: "v", Size: int64(len(body))} // and no etag
	r, err := f.Source(o).(tabular.Ranger).OpenRange(t.Context(), 1000, 2000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("the whole was taken for a part")
	}
}

func open(t *testing.T, s *stub) io.ReadCloser {
	t.Helper()
	f := &s3object.Files{Client: s, PartBytes: 1000, Parallel: 3}
	o := landing.Object{Bucket: "b", Key: "k", Version: "v", ETag: "e", Size: int64(len(s.body))}
	r, err := f.Source(o).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func body(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestReaderHandsPartsOnInOrder(t *testing.T) {
	for _, n := range []int{0, 1, 999, 1000, 1001, 25_300} {
		s := &stub{body: body(n)}
		got, err := io.ReadAll(iotest.OneByteReader(open(t, s)))
		if err != nil || !bytes.Equal(got, s.body) {
			t.Errorf("%d bytes: got %d, %v", n, len(got), err)
		}
		if want := int32((n + 999) / 1000); s.requests.Load() != want {
			t.Errorf("%d bytes: %d requests, want %d", n, s.requests.Load(), want)
		}
		if s.most.Load() > 3 {
			t.Errorf("%d requests at a time, want 3 at most", s.most.Load())
		}
	}
}

func TestReaderBeginsABrokenPartAgain(t *testing.T) {
	s := &stub{body: body(5000)}
	var begun sync.Map // by range
	s.disturb = func(_ int32, in *s3.GetObjectInput, body []byte) (io.Reader, error) {
		if *in.IfMatch != `"e"` || *in.VersionId != "v" {
			return nil, fmt.Errorf("request %+v does not pin the object", in)
		}
		if _, again := begun.LoadOrStore(*in.Range, true); !again {
			return io.MultiReader(bytes.NewReader(body[:10]), iotest.ErrReader(errors.New("connection reset"))), nil
		}
		return bytes.NewReader(body), nil
	}
	got, err := io.ReadAll(open(t, s))
	if err != nil || !bytes.Equal(got, s.body) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestReaderTellsWhyItStopped(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		want       error
		retryable  bool
	}{
		{"deleted while it is read", "NoSuchVersion", landing.ErrGone, true},
		{"replaced while it is read", "PreconditionFailed", landing.ErrReplaced, true},
		{"throttled for good", "SlowDown", nil, true},
		{"refused for good", "InvalidRequest", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stub{body: body(5000)}
			s.disturb = func(n int32, _ *s3.GetObjectInput, body []byte) (io.Reader, error) {
				if n > 2 {
					return nil, &smithy.GenericAPIError{Code: tt.code}
				}
				return bytes.NewReader(body), nil
			}
			_, err := io.ReadAll(open(t, s))
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || landing.Retryable(err) != tt.retryable {
				t.Errorf("got %v, retryable %v", err, landing.Retryable(err))
			}
		})
	}
}
