// Command take-answer is the page behind the links in messages: it asks whoever
// opens one whether to acknowledge, resolve or silence an incident, and puts the
// answer on the bus. The signature of the link is the permission; without one
// nothing is shown.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/aws/kmsmac"
	"tillwatch/shared/telemetry"
)

func main() { telemetry.Main(service, run) }

// run reads the configuration, builds what the handler needs, and serves.
func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	c, err := configure(getenv)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load aws configuration: %w", err)
	}
	h := &handler{
		verifier: &kmsmac.Keys{Client: kms.NewFromConfig(cfg), ARNs: c.keys},
		timeline: &incidenttable.Store{Client: dynamodb.NewFromConfig(cfg), Table: c.table, Now: time.Now},
		bus:      &bus.Bus{Client: eventbridge.NewFromConfig(cfg), Name: c.bus},
		now:      time.Now,
		log:      log,

		environment: c.environment,
	}
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
	return nil
}

// configuration is what the deployment says.
type configuration struct {
	environment, table, bus string
	keys                    []string // what links may be signed with
}

// configure reads the environment. Everything that is missing is in the one
// error.
func configure(getenv func(string) string) (configuration, error) {
	c := configuration{environment: getenv("TILLWATCH_ENVIRONMENT"), table: getenv("TILLWATCH_TABLE"), bus: getenv("TILLWATCH_BUS")}
	setting, err := kmsmac.ReadSetting(getenv)
	c.keys = setting.Keys
	faults := []error{err}
	for _, name := range []string{"TILLWATCH_ENVIRONMENT", "TILLWATCH_TABLE", "TILLWATCH_BUS", "TILLWATCH_ANSWER_KEYS"} {
		if getenv(name) == "" {
			faults = append(faults, fmt.Errorf("%s is not set", name))
		}
	}
	return c, errors.Join(faults...)
}
