package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tillwatch",
		Short: "Say whether a data file can be trusted",
		Long: `Tillwatch judges data files against their data contracts: which rows are wrong,
why, and what to do next.

Exit codes: 0 passed, warnings included; 1 checks failed or a contract is
invalid; 2 the call or the input is at fault, or a check that matters could not
be measured; 130 interrupted.`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().BoolVar(&a.plain, "no-color", false, "no colours; so does NO_COLOR")
	root.AddCommand(a.validateCommand(), a.cleanCommand(), a.contractCommand(), a.profileCommand(), a.diffCommand(), a.alertsCommand(), a.incidentCommand(), a.versionCommand())
	root.SetFlagErrorFunc(flagFault)
	root.InitDefaultHelpCmd()
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			version, commit := "(devel)", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				if info.Main.Version != "" {
					version = info.Main.Version
				}
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" && len(s.Value) >= 12 {
						commit = ", commit " + s.Value[:12]
					}
				}
			}
			_, err := fmt.Fprintf(a.out, "tillwatch %s (%s %s/%s%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, commit)
			return err
		},
	}
}
