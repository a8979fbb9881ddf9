package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/spf13/cobra"

	"tillwatch/shared/aws/parameter"
)

// remediesCommand is the kill switch of remedies.
func (p *incidentPlace) remediesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "remedies stop|start|status",
		Short: "Stop all remedies, or let them go on",
		Long: `Remedies are what Tillwatch tries by itself before it calls people, as the rules of
the alert policy allow. Stop keeps any more from being tried, in the whole
deployment and at once; people are then called without. What is under way is not
undone.

The switch is the parameter /tillwatch/ENVIRONMENT/remedies of Systems Manager; any
value but "on", and none, stops.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var environment string
	c.PersistentFlags().StringVar(&environment, "environment", "", "the deployment's environment, such as prod (TILLWATCH_ENVIRONMENT)")
	add := func(name, short, value string) {
		c.AddCommand(&cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
			of := cmp.Or(environment, p.app.getenv("TILLWATCH_ENVIRONMENT"))
			if of == "" {
				return errors.New("which deployment? name its environment with --environment")
			}
			settings, err := config.LoadDefaultConfig(c.Context())
			if err != nil {
				return fmt.Errorf("read AWS settings: %w", err)
			}
			settings.Region = cmp.Or(settings.Region, "us-east-1")
			client, key := ssm.NewFromConfig(settings), "/tillwatch/"+of+"/remedies"
			if value != "" {
				// Without a type: a parameter that is not there is not made.
				if _, err := client.PutParameter(c.Context(), &ssm.PutParameterInput{Name: &key, Value: &value, Overwrite: aws.Bool(true)}); err != nil {
					return fmt.Errorf("write parameter %s: %w", key, err)
				}
			}
			is, err := parameter.Value(c.Context(), client, key)
			if err != nil {
				return err
			}
			word := "stopped"
			if is == "on" {
				word = "tried where the policy says live"
			}
			_, err = fmt.Fprintf(p.app.out, "remedies of %s are %s (%s is %q)\n", of, word, key, is)
			return err
		}})
	}
	add("stop", "Keep any more remedies from being tried", "off")
	add("start", "Let remedies be tried again", "on")
	add("status", "Say whether remedies are tried", "")
	return c
}
