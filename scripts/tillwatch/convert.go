package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"tillwatch/shared/contract/frictionless"
	"tillwatch/shared/contract/ruleset"
	"tillwatch/shared/document"
	"tillwatch/shared/quality/report"
)

// languages are what contracts are converted from and to.
var languages = []string{"frictionless", "dqdl"}

// A converting holds the flags of contract import and export.
type converting struct{ language, output, table string }

func (a *app) importCommand() *cobra.Command {
	var c converting
	cmd := &cobra.Command{
		Use:   "import [--from frictionless|dqdl] [--output FILE] FILE",
		Short: "Make a contract from a Frictionless descriptor or a DQDL ruleset",
		Long: `Import reads a Table Schema, a Data Resource or a Data Package of Frictionless Data, in
JSON or YAML, and writes a contract in ODCS 3.2: types and formats, constraints,
primary, unique and foreign keys, missing values, delimiter and encoding. With --from
dqdl it reads a ruleset of AWS Glue Data Quality, whose rules the contract keeps. What a
contract has no word for is told on standard error, one line for each, with its place.

Exit codes: 0 the contract is written, whatever was lost, 1 FILE is no such descriptor
or makes no valid contract, 2 misuse, or a file could not be read or written.`,
		Example: `  tillwatch contract import --output shop.odcs.yaml datapackage.json
  tillwatch contract import --from dqdl --output sales.odcs.yaml sales.dqdl`,
		Args: oneDescriptor,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.convert(&c, args[0], func(data []byte) ([]byte, []document.Loss, error) {
				if c.language == "dqdl" {
					return ruleset.Import(args[0], data, stem(args[0]))
				}
				return frictionless.Import(args[0], data, stem(args[0]))
			})
		},
	}
	c.flags(cmd, "from", "read this `LANGUAGE`: frictionless, dqdl")
	return cmd
}

func (a *app) exportCommand() *cobra.Command {
	var c converting
	cmd := &cobra.Command{
		Use:   "export [--to frictionless|dqdl] [--table TABLE] [--output FILE] FILE",
		Short: "Make a Frictionless package or schema, or a DQDL ruleset, from a contract",
		Long: `Export reads a contract in ODCS and writes its tables as a Data Package of Frictionless
Data, version 2, in JSON; with --table that table's Table Schema alone. With --to dqdl it
writes a ruleset of AWS Glue Data Quality, of the first table or --table. What that
language has no word for is told on standard error, one line for each, with its place.

Exit codes: 0 the descriptor is written, whatever was lost, 1 the contract is invalid,
2 misuse, or a file could not be read or written.`,
		Example: `  tillwatch contract export --output datapackage.json shop.odcs.yaml
  tillwatch contract export --table orders shop.odcs.yaml
  tillwatch contract export --to dqdl --output orders.dqdl shop.odcs.yaml`,
		Args:              oneDescriptor,
		ValidArgsFunction: contractFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.convert(&c, args[0], func(data []byte) ([]byte, []document.Loss, error) {
				if c.language == "dqdl" {
					return ruleset.Export(args[0], data, c.table)
				}
				return frictionless.Export(args[0], data, c.table)
			})
		},
	}
	c.flags(cmd, "to", "write this `LANGUAGE`: frictionless, dqdl")
	cmd.Flags().StringVarP(&c.table, "table", "t", "", "write this `TABLE` only")
	must(cmd.RegisterFlagCompletionFunc("table", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return tablesOf(args[0]), cobra.ShellCompDirectiveNoFileComp
	}))
	return cmd
}

func oneDescriptor(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("name one file: %d are given", len(args))
	}
	return nil
}

func (c *converting) flags(cmd *cobra.Command, direction, usage string) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&c.language, direction, languages[0], usage)
	cmd.Flags().StringVarP(&c.output, "output", "o", "", "write to this `FILE` instead of standard output")
	must(cmd.RegisterFlagCompletionFunc(direction, cobra.FixedCompletions(languages, cobra.ShellCompDirectiveNoFileComp)))
}

// convert reads a file, writes what it becomes and says what was lost.
func (a *app) convert(c *converting, name string, by func([]byte) ([]byte, []document.Loss, error)) error {
	var wrong problems
	if !slices.Contains(languages, c.language) {
		wrong.addf("language %q: %s", c.language, document.Among(c.language, languages))
	}
	if c.output != "" && same(c.output, name) {
		wrong.addf("--output %s: that is the file to be read; choose another name", c.output)
	}
	data, err := readSmall(name)
	if err != nil {
		wrong.add(err)
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	out, lost, err := by(data)
	if err != nil {
		return &exit{exitFindings, err}
	}
	if c.output != "" {
		err = writeFile(c.output, out)
	} else if _, err = a.out.Write(out); gone(err) {
		err = nil
	}
	if err != nil {
		return &exit{exitMisuse, err}
	}
	for _, l := range lost {
		lead := name + ":"
		if l.Line == 0 {
			lead += " "
		}
		fmt.Fprintln(a.err, report.Printable(lead+l.String()))
	}
	return nil
}
