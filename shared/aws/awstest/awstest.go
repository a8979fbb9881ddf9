// Package awstest gives tests of adapters the endpoint that they run against.
package awstest

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns a configuration for the endpoint in TILLWATCH_ENDPOINT, such as
// http://127.0.0.1:4566, or skips the test if there is none.
func Config(t *testing.T) aws.Config {
	t.Helper()
	endpoint := os.Getenv("TILLWATCH_ENDPOINT")
	if endpoint == "" {
		t.Skip("TILLWATCH_ENDPOINT is not set: nothing on AWS is tested")
	}
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// Unique returns a name for a table or bucket that no other run uses.
func Unique(name string) string {
	return "tillwatch-" + name + "-" + strings.ToLower(rand.Text()[:16])
}
