package receiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a webhook. The signature is "v1=" and the hexadecimal
// HMAC-SHA-256, under the shared secret, of the time, a dot and the body.
const (
	HeaderTime      = "Tillwatch-Time" // seconds since 1970
	HeaderSignature = "Tillwatch-Signature"
	// HeaderID is the id of the signal with the reason: what came twice has the
	// same.
	HeaderID = "Tillwatch-Id"
)

// Webhook is a Sender that posts the notice as it is, signed.
type Webhook struct {
	Client *Client
	URL    string
	Secret Secret
	Now    func() time.Time
}

var _ Sender = (*Webhook)(nil)

// Send posts the notice.
func (w *Webhook) Send(ctx context.Context, n Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode signal %s: %w", n.Signal.ID, err)
	}
	at := w.Now().Unix()
	header := http.Header{}
	header.Set(HeaderTime, strconv.FormatInt(at, 10))
	header.Set(HeaderSignature, Sign(w.Secret, at, body))
	header.Set(HeaderID, n.Signal.ID+"/"+string(n.Reason))
	if err := w.Client.post(ctx, w.URL, body, header); err != nil {
		return fmt.Errorf("post signal %s: %w", n.Signal.ID, err)
	}
	return nil
}

// Sign returns the signature of a body sent at a time, in seconds since 1970.
func Sign(secret Secret, at int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at)
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// ErrSignature is returned by Verify for a request that is not ours, or too old.
var ErrSignature = errors.New("the signature does not hold")

// Verify is what a receiver does: it checks the signature of a body and that it
// was made no longer than within ago, or ahead, of now.
func Verify(secret Secret, header http.Header, body []byte, now time.Time, within time.Duration) error {
	at, err := strconv.ParseInt(header.Get(HeaderTime), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %s is %.40q", ErrSignature, HeaderTime, header.Get(HeaderTime))
	}
	if age := now.Sub(time.Unix(at, 0)).Abs(); age > within {
		return fmt.Errorf("%w: it was made %s from now", ErrSignature, age)
	}
	for given := range strings.SplitSeq(header.Get(HeaderSignature), ",") {
		if hmac.Equal([]byte(strings.TrimSpace(given)), []byte(Sign(secret, at, body))) {
			return nil
		}
	}
	return ErrSignature
}
