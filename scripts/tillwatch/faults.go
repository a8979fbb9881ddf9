package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/spf13/cobra"
)

var conversion = regexp.MustCompile(`strconv\.\w+: parsing "[^"]*": `)

// flagFault says what is wrong with a flag without naming the function that
// found it.
func flagFault(_ *cobra.Command, err error) error {
	return errors.New(conversion.ReplaceAllString(err.Error(), ""))
}

// jsonFault says what is wrong with a JSON value in words of the value.
func jsonFault(err error) error {
	var kind *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("an object is expected, not a JSON %s", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("%s cannot be a JSON %s", kind.Field, kind.Value)
	case errors.As(err, &moment):
		return fmt.Errorf("%s is no moment as RFC 3339 writes it, such as 2026-11-22T10:00:00Z", moment.Value)
	}
	return err
}
