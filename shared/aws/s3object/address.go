package s3object

import (
	"net/url"
	"strings"
)

// Address returns where a person can open an object: S3's console page of it, or
// the address at an endpoint of one's own, such as the emulator's.
func Address(endpoint, region, bucket, key string) string {
	if endpoint != "" {
		u := url.URL{Path: "/" + bucket + "/" + key}
		return strings.TrimRight(endpoint, "/") + u.EscapedPath()
	}
	q := url.Values{"region": {region}, "prefix": {key}}
	return "https://" + region + ".console.aws.amazon.com/s3/object/" + bucket + "?" + q.Encode()
}
