// Package fault tells the errors of AWS that may pass from those that won't.
package fault

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// An Error is what a call to AWS returned.
type Error struct {
	Op    string // the verb and its object, "read item"
	Code  string // AWS's code; "" if the call got no answer
	retry bool
	Err   error
}

// Error returns the operation and the cause.
func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether the same call may succeed later: all but what AWS
// calls a mistake in the request itself. A missing right counts as retryable,
// because a person can grant it while the event waits in its queue.
func (e *Error) Retryable() bool { return e.retry }

// permanent are the codes of requests that are wrong in themselves.
var permanent = map[string]bool{
	"ValidationException": true, "ValidationError": true, "InvalidArgument": true, "InvalidRequest": true,
	"InvalidParameterValue": true, "InvalidParameterCombination": true, "MissingParameter": true, "MissingRequiredParameter": true,
	"InvalidParameterValueException": true, "InvalidParameter": true, "InvalidFormat": true, "SerializationException": true,
	"ItemCollectionSizeLimitExceededException": true, "EntityTooLarge": true, "InvalidTag": true, "KeyTooLongError": true,
	"MalformedDetail": true, "InvalidArgumentException": true, "NoSuchBucket": true,
}

// Wrap returns err as an *Error of the operation; nil for nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Err: err, retry: true}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Code = api.ErrorCode()
		e.retry = !permanent[e.Code]
	}
	if errors.Is(err, context.Canceled) {
		e.retry = true
	}
	return e
}

// Code returns the code of an AWS error, "" if err is none.
func Code(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Refused returns the error of an answer in which AWS took a part of a request
// but not all.
func Refused(op, code, message string) error {
	return &Error{Op: op, Code: code, retry: !permanent[code], Err: fmt.Errorf("%s: %s", code, message)}
}
