package s3object

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// A Bucket lists the objects beside one that is judged, for rules on files.
type Bucket struct {
	Name   string
	Client s3.ListObjectsV2APIClient
	Files  *Files // reads them
}

var _ quality.Files = (*Bucket)(nil)

// List implements quality.Files. A path is s3://bucket/key, of an object or, with a
// slash at its end or not, of all whose keys begin so; another bucket's is
// quality.ErrElsewhere.
func (b *Bucket) List(ctx context.Context, path string) ([]quality.File, error) {
	address := "s3://" + b.Name + "/"
	prefix, ours := strings.CutPrefix(path, address)
	if !ours {
		return nil, quality.ErrElsewhere
	}
	folder := prefix
	if folder != "" && !strings.HasSuffix(folder, "/") {
		folder += "/"
	}
	var found []quality.File
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix})
	for pages.HasMorePages() && len(found) <= quality.FilesLimit {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap("list objects", err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			one := landing.Object{Bucket: b.Name, Key: key, Size: aws.ToInt64(o.Size), ETag: unquote(o.ETag)}
			file := quality.File{Path: address + key, Bytes: one.Size, Modified: aws.ToTime(o.LastModified).UTC(), Source: b.Files.Source(one)}
			switch {
			case strings.HasSuffix(key, "/"): // a folder that a console made
			case key == prefix:
				return []quality.File{file}, nil
			case strings.HasPrefix(key, folder) && len(found) <= quality.FilesLimit:
				found = append(found, file)
			}
		}
	}
	return found, nil
}
