// Package parameter reads parameters of Systems Manager: secrets, which are
// kept encrypted there, and switches that people turn.
package parameter

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// API is the part of the Systems Manager client that is used.
type API interface {
	GetParameter(ctx context.Context, in *ssm.GetParameterInput, options ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// ErrMissing is wrapped by the error for a parameter that does not exist or is
// empty.
var ErrMissing = errors.New("the parameter is missing")

// Value returns the decrypted value of a parameter. No error holds it.
func Value(ctx context.Context, client API, name string) (string, error) {
	out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	var unknown *types.ParameterNotFound
	if errors.As(err, &unknown) {
		return "", fmt.Errorf("read parameter %s: %w", name, ErrMissing)
	}
	if err != nil {
		return "", fmt.Errorf("read parameter %s: %w", name, err)
	}
	value := strings.TrimSpace(aws.ToString(out.Parameter.Value))
	if value == "" {
		return "", fmt.Errorf("read parameter %s: %w", name, ErrMissing)
	}
	return value, nil
}
