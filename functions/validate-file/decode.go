package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/aws/queue"
	"tillwatch/shared/landing"
)

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

// decode reads the object that a message tells of: S3's, or a request to judge
// one once more.
func decode(body string) (landing.Object, error) {
	if len(body) > queue.MaxBody {
		return landing.Object{}, fmt.Errorf("%w: %d bytes", queue.ErrMalformed, len(body))
	}
	var again landing.Request
	if err := json.Unmarshal([]byte(body), &again); err == nil && again.Object.Again != "" {
		return checked(again.Object)
	}
	var e objectCreated
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return landing.Object{}, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	if e.Source != "aws.s3" || e.DetailType != "Object Created" {
		return landing.Object{}, fmt.Errorf("%w: %.60q of %.60q, want \"Object Created\" of \"aws.s3\"", queue.ErrMalformed, e.DetailType, e.Source)
	}
	o := landing.Object{
		Bucket: e.Detail.Bucket.Name, Key: e.Detail.Object.Key, Version: e.Detail.Object.VersionID,
		ETag: strings.Trim(e.Detail.Object.ETag, `"`), Size: e.Detail.Object.Size,
		Sequencer: e.Detail.Object.Sequencer, Arrived: e.Time.UTC(), EventID: e.ID,
	}
	if o.Version == "null" { // of an object from before its bucket kept versions
		o.Version = ""
	}
	return checked(o)
}

// checked returns o if it can be claimed and read.
func checked(o landing.Object) (landing.Object, error) {
	if err := o.Validate(); err != nil {
		return landing.Object{}, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	if o.Version == "" && o.ETag == "" {
		return landing.Object{}, fmt.Errorf("%w: neither version nor etag", queue.ErrMalformed)
	}
	return o, nil
}
