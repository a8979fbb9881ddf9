package hands

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/words"
)

// The bounds of one clean-up, in objects.
const (
	maxSeen    = 20_000
	maxDeleted = 5_000
	batch      = 1_000 // S3's own
)

// cleanUp deletes what is old below a prefix, each object only as it was seen.
// No version is named: where the bucket keeps versions, what was deleted can be
// had back.
func (h *Hands) cleanUp(ctx context.Context, t try) (before, after string, err error) {
	var old []types.ObjectIdentifier
	var seen, ripe, bytes, freed int64
	pages := s3.NewListObjectsV2Paginator(h.S3, &s3.ListObjectsV2Input{Bucket: &t.target.Name, Prefix: &t.target.Part})
	for pages.HasMorePages() && seen < maxSeen {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return before, "", fault.Wrap("list "+t.Target, err)
		}
		for _, o := range page.Contents {
			key, size := aws.ToString(o.Key), aws.ToInt64(o.Size)
			if seen++; !strings.HasPrefix(key, t.target.Part) || strings.HasSuffix(key, "/") {
				continue // a folder that a console made
			}
			bytes += size
			if o.LastModified == nil || t.At.Sub(*o.LastModified) < t.Age() {
				continue
			}
			if ripe++; len(old) < maxDeleted {
				old = append(old, types.ObjectIdentifier{Key: o.Key, ETag: o.ETag})
				freed += size
			}
		}
	}
	before = fmt.Sprintf("%s of %s, %s of them older than %s", words.Plural(seen, "object"), words.Bytes(bytes), words.Count(ripe), words.Duration(t.Age()))
	if pages.HasMorePages() {
		before = "at least " + before
	}
	if len(old) == 0 {
		return before, "", nothing("no object is older than %s", words.Duration(t.Age()))
	}
	after = fmt.Sprintf("%s of %s deleted", words.Plural(int64(len(old)), "object"), words.Bytes(freed))
	if !t.Live {
		return before, after, nil
	}
	gone, refused := 0, ""
	for len(old) > 0 {
		n := min(batch, len(old))
		out, err := h.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &t.target.Name, Delete: &types.Delete{Objects: old[:n], Quiet: aws.Bool(true)}})
		if err != nil {
			return before, words.Plural(int64(gone), "object") + " deleted", fault.Wrap("delete below "+t.Target, err)
		}
		for _, e := range out.Errors {
			refused = aws.ToString(e.Code)
		}
		gone += n - len(out.Errors)
		old = old[n:]
	}
	if refused != "" {
		after = words.Plural(int64(gone), "object") + " deleted; others were refused: " + refused
	}
	if gone == 0 {
		return before, after, fmt.Errorf("delete below %s: %s", t.Target, refused)
	}
	return before, after, nil
}
