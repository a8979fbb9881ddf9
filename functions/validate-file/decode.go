package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/landing"
)

// errMalformed is wrapped by the error of a message that no retry can help; the
// queue sets it aside.
var errMalformed = errors.New("malformed event")

// maxBody bounds a message in bytes: what a queue can carry.
const maxBody = 1 << 20

// objectCreated is EventBridge's "Object Created" of S3. Its key is not
// URL-encoded.
type objectCreated struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"`
	DetailType string    `json:"detail-type"`
	Time       time.Time `json:"time"`
	Detail     struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			Size      int64  `json:"size"`
			ETag      string `json:"etag"`
			VersionID string `json:"version-id"`
			Sequencer string `json:"sequencer"`
		} `json:"object"`
	} `json:"detail"`
}

// decode reads the object that a message tells of.
func decode(body string) (landing.Object, error) {
	if len(body) > maxBody {
		return landing.Object{}, fmt.Errorf("%w: %d bytes", errMalformed, len(body))
	}
	var e objectCreated
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return landing.Object{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if e.Source != "aws.s3" || e.DetailType != "Object Created" {
		return landing.Object{}, fmt.Errorf("%w: %.60q of %.60q, want \"Object Created\" of \"aws.s3\"", errMalformed, e.DetailType, e.Source)
	}
	o := landing.Object{
		Bucket: e.Detail.Bucket.Name, Key: e.Detail.Object.Key, Version: e.Detail.Object.VersionID,
		ETag: strings.Trim(e.Detail.Object.ETag, `"`), Size: e.Detail.Object.Size,
		Sequencer: e.Detail.Object.Sequencer, Arrived: e.Time.UTC(), EventID: e.ID,
	}
	if o.Version == "null" { // of an object from before its bucket kept versions
		o.Version = ""
	}
	if err := o.Validate(); err != nil {
		return landing.Object{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if o.Version == "" && o.ETag == "" {
		return landing.Object{}, fmt.Errorf("%w: neither version nor etag", errMalformed)
	}
	return o, nil
}
