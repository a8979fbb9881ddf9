// Package landing takes a file from the event that says it landed to a verdict
// that is stored once and told to everybody who waits for it.
//
// The flow is
//
//	Object ─► claim:   one worker at a time, the newest sequencer only
//	       ─► read:    that version and no other
//	       ─► judge:   contract, references, history → quality.Report
//	       ─► write:   report and quarantine, at names made from the object
//	       ─► finish:  verdict, history, day's figures and open signals in one transaction
//	       ─► publish: tag, metrics, events; each marked after it was sent
//
// A retry goes through the same steps. Everything before finish is done again
// and overwrites itself; finish happens once; what finish stored says what is
// still to be published. So a crash between any two steps loses nothing and
// doubles nothing but a publication, whose id and time are the same.
package landing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/quality"
)

// An Object is one version of a file that landed.
type Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"` // as it is, never URL-encoded
	// Version is "" where the event names none and the version has not been
	// looked up, or where the bucket keeps no versions.
	Version string `json:"version_id"`
	ETag    string `json:"etag"` // without quotes
	Size    int64  `json:"size"` // bytes as stored
	// Sequencer orders the writes of one key: hexadecimal, compared after
	// padding on the right with zeros.
	Sequencer string    `json:"sequencer"`
	Arrived   time.Time `json:"arrived"` // UTC
	// EventID is the id of the event that told of the object, Trace its
	// traceparent; each "" if unknown.
	EventID string `json:"event_id"`
	Trace   string `json:"trace,omitempty"`
	// Again says that the object is to be judged once more, and orders such
	// requests: hexadecimal, of one width; "" for what S3 told of. See Anew.
	Again string `json:"again,omitempty"`
}

// Anew returns o as what is to be judged once more, as somebody asked for at at.
// It has a rank of its own, above o's and below that of anything that is
// written later, and so a claim and an ID of its own: no claim that is done is
// opened again, the same request is done once, and one that comes after a newer
// version is stale. When it arrived remains when it did.
func (o Object) Anew(at time.Time) Object {
	o.Again = fmt.Sprintf("%012X", at.UnixMilli())
	return o
}

// A Request asks for an object to be judged once more; it travels through the
// queue that objects come by.
type Request struct {
	Object Object `json:"judge_again"`
}

// sequencerWidth is more than any sequencer seen (they have 16 to 18 digits).
const sequencerWidth = 64

// againWidth is that of milliseconds since 1970, until the year 10889.
const againWidth = 12

// Rank returns the sequencer padded on the right with zeros, and behind it what
// Again says, so that ranks of one key compare as strings.
func (o Object) Rank() string {
	if o.Again == "" {
		return padSequencer(o.Sequencer)
	}
	return padSequencer(o.Sequencer) + "-" + o.Again
}

// sequence is the rank as people write it.
func (o Object) sequence() string {
	if o.Again == "" {
		return o.Sequencer
	}
	return o.Sequencer + "-" + o.Again
}

func padSequencer(s string) string {
	if len(s) >= sequencerWidth {
		return strings.ToUpper(s)
	}
	return strings.ToUpper(s) + strings.Repeat("0", sequencerWidth-len(s))
}

// ID names the object in the results bucket and in ids of events: 24
// hexadecimal digits made from bucket, key and rank.
func (o Object) ID() string {
	sum := sha256.Sum256([]byte(o.Bucket + "\x00" + o.Key + "\x00" + o.Rank()))
	return hex.EncodeToString(sum[:12])
}

// Validate returns an error wrapping ErrInvalid if the object can't be claimed.
func (o Object) Validate() error {
	switch {
	case o.Bucket == "" || o.Key == "":
		return fmt.Errorf("%w: bucket %q, key %q", ErrInvalid, o.Bucket, o.Key)
	case o.Sequencer == "" || len(o.Sequencer) > sequencerWidth:
		return fmt.Errorf("%w: sequencer %.80q, want 1 to %d hexadecimal digits", ErrInvalid, o.Sequencer, sequencerWidth)
	case strings.Trim(o.Sequencer, "0123456789abcdefABCDEF") != "":
		return fmt.Errorf("%w: sequencer %.80q is not hexadecimal", ErrInvalid, o.Sequencer)
	case len(o.Again) > againWidth || strings.Trim(o.Again, "0123456789ABCDEF") != "":
		return fmt.Errorf("%w: again %.40q, want at most %d hexadecimal digits", ErrInvalid, o.Again, againWidth)
	case len(o.Bucket)+len(o.Key) > 1500:
		return fmt.Errorf("%w: key of %d bytes", ErrInvalid, len(o.Key))
	case o.Arrived.IsZero():
		return fmt.Errorf("%w: no time of arrival", ErrInvalid)
	}
	return nil
}

// A Decision says what became of an object.
type Decision string

// The decisions.
const (
	Judged       Decision = "judged"       // it has a verdict
	Unjudged     Decision = "unjudged"     // it could not be judged: verdict error
	NoContract   Decision = "no contract"  // nobody said what it should hold
	Ignored      Decision = "ignored"      // not data: a folder marker, a bill, a manifest
	Missing      Decision = "missing"      // gone before it was read
	Stale        Decision = "stale"        // replaced by a newer version
	AlreadyDone  Decision = "already done" // a repeated event; nothing was left to do
	CaughtUpWith Decision = "caught up"    // judged before; what was unpublished was published
	Divided      Decision = "divided"      // it is judged in sections, by others; Complete brings the verdict
)

// An Outcome is what Judge did and why.
type Outcome struct {
	Decision Decision
	Reason   string
	// Record is what is stored of the object; nil for Stale events that never
	// got a claim.
	Record *Record
	// Attempt counts the claims of this object, from 1; 0 if there was none.
	Attempt int
	// Cause is why an object is Unjudged, for a log: a *PanicError holds a stack.
	// It is nil for a repeated event.
	Cause error
	// Published are the steps done just now, in order.
	Published []Step
}

// Verdict returns the stored verdict, "" if there is none.
func (o Outcome) Verdict() quality.Verdict {
	if o.Record == nil {
		return ""
	}
	return o.Record.Verdict
}

// The errors that a caller of Judge or of a store branches on.
var (
	// ErrInvalid says that the event can't be right; a retry won't help.
	ErrInvalid = errors.New("invalid object")
	// ErrBusy says that another worker holds a live claim; try again later.
	ErrBusy = errors.New("object is claimed by another worker")
	// ErrStale says that a newer version of the key is known.
	ErrStale = errors.New("a newer version is known")
	// ErrLost says that the claim has passed to another worker.
	ErrLost = errors.New("claim lost")
	// ErrConflict says that a standing was changed since it was read.
	ErrConflict = errors.New("standing has changed")
	// ErrGone says that the object does not exist (any more).
	ErrGone = errors.New("object is gone")
	// ErrReplaced says that the key holds another object than the event's.
	ErrReplaced = errors.New("object was replaced")
	// ErrSections says that a part of a large file was not read, however often it
	// was tried.
	ErrSections = errors.New("a part of the file could not be judged")
	// ErrNoReference says that a reference dataset has no file.
	ErrNoReference = errors.New("no reference file")
)

// Retryable reports whether trying again later may help: the object is busy or
// its claim or standing was changed, or the error says so itself with a method
// Retryable() bool, as those of the AWS adapters do.
func Retryable(err error) bool {
	for _, known := range []error{ErrBusy, ErrLost, ErrConflict} {
		if errors.Is(err, known) {
			return true
		}
	}
	var r interface{ Retryable() bool }
	return errors.As(err, &r) && r.Retryable()
}
