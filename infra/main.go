// Command infra is the CDK app: cdk deploy runs it, and it writes the
// CloudFormation templates and the functions' binaries that are deployed.
//
// The stack Tillwatch-<environment> is the whole product. The stage More holds
// what nothing on the main path depends on, and what an emulator of AWS may
// not know: the alarm over all alarms, saved log queries, the Slack channel.
// cdk deploy takes the first, cdk deploy '**' both.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/infra/binary"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	settings, err := readSettings(func(key string) any { return app.Node().TryGetContext(jsii.String(key)) })
	if err != nil {
		fmt.Fprintf(os.Stderr, "infra: read context:\n%v\n", err)
		os.Exit(2)
	}
	if settings.Binaries == "" {
		settings.Binaries = filepath.Join(".cache", "functions", settings.Architecture)
		if err := binary.Build(context.Background(), ".", settings.Architecture, settings.Binaries); err != nil {
			fmt.Fprintf(os.Stderr, "infra: %v\n", err)
			os.Exit(1)
		}
	}
	newStacks(app, Props{Settings: settings, Env: &awscdk.Environment{
		Account: environment("CDK_DEFAULT_ACCOUNT"),
		Region:  environment("CDK_DEFAULT_REGION"),
	}})
	app.Synth(nil)
}

// environment returns a variable of the CDK CLI, nil if it is unset: then the
// stack can be deployed to any account and region.
func environment(name string) *string {
	if v := os.Getenv(name); v != "" {
		return &v
	}
	return nil
}
