package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"tillwatch/shared/incident"
	"tillwatch/shared/incident/playbook"
	"tillwatch/shared/incident/room"
)

func (p *incidentPlace) roomCommand() *cobra.Command {
	var from policyPlace
	var output string
	var open bool
	c := &cobra.Command{
		Use:   "room ID [--open | -o FILE]",
		Short: "Write the page of an incident",
		Long: `Room writes the page that a deployment keeps of each incident in its results bucket, as
reports/incidents/ID/index.html: state and timer, who has it and who is called next, what
to do, alerts, remedies and the timeline, on one page without scripts. Who is on call is
said by the policy of --config, or by that in force in the deployment of --bucket or
--stack. --open shows the page in the browser, that of BROWSER if that is set.`,
		Args: oneIncident,
		RunE: func(c *cobra.Command, args []string) error {
			store, _, err := p.store(c.Context(), false)
			if err != nil {
				return err
			}
			inc, err := load(c.Context(), store, args[0])
			if err != nil {
				return err
			}
			page, err := p.page(c.Context(), inc, from)
			if err != nil {
				return err
			}
			if !open && output == "" {
				_, err := p.app.out.Write(page)
				return err
			}
			if output == "" {
				folder, err := os.MkdirTemp("", "tillwatch-*")
				if err != nil {
					return fmt.Errorf("write the page: %w", err)
				}
				output = filepath.Join(folder, "incident.html")
			}
			if err := writeFile(output, page); err != nil {
				return err
			}
			fmt.Fprintf(p.app.err, "tillwatch: wrote %s\n", output)
			if open {
				return browse(c.Context(), p.app.getenv("BROWSER"), output)
			}
			return nil
		},
	}
	from.flags(c)
	c.Flags().StringVarP(&output, "output", "o", "", "the `FILE` to write; standard output if neither this nor --open is given")
	c.Flags().BoolVar(&open, "open", false, "show the page in the browser")
	return c
}

// page renders the room of inc as the policy of a place has it.
func (p *incidentPlace) page(ctx context.Context, inc *incident.Incident, from policyPlace) ([]byte, error) {
	rules, err := p.app.policyAt(ctx, from)
	if err != nil {
		return nil, err
	}
	now := p.present()
	about := room.About{Now: now, OnCall: playbook.OnCall(rules, inc, now), Environment: cmp.Or(p.at.environment, p.app.getenv("TILLWATCH_ENVIRONMENT"))}
	about.Book.Chain, about.Book.Rounds = playbook.Chain(rules, inc, now)
	return room.HTML(inc, about)
}

// browse shows a file in the browser, that of the machine if program is "". It
// does not wait for a browser that stays.
func browse(ctx context.Context, program, file string) error {
	if program == "" {
		switch runtime.GOOS {
		case "darwin":
			program = "open"
		case "windows":
			program = "explorer"
		default:
			program = "xdg-open"
		}
	}
	c := exec.CommandContext(context.WithoutCancel(ctx), program, file)
	if err := c.Start(); err != nil {
		return fmt.Errorf("show %s: %w; open it yourself, or set BROWSER", file, err)
	}
	return c.Process.Release()
}
