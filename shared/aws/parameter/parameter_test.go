package parameter_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/parameter"
)

func TestValue(t *testing.T) {
	client := ssm.NewFromConfig(awstest.Config(t))
	name := "/" + awstest.Unique("secret")
	_, err := client.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: aws.String("k3y\n"), Type: types.ParameterTypeSecureString})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parameter.Value(t.Context(), client, name); err != nil || got != "k3y" {
		t.Errorf("got %q, %v; want k3y", got, err)
	}
	if _, err := parameter.Value(t.Context(), client, name+"-none"); !errors.Is(err, parameter.ErrMissing) {
		t.Errorf("got %v, want %v", err, parameter.ErrMissing)
	}
}
