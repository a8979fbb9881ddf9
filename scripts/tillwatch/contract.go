package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tillwatch/shared/contract"
	"tillwatch/shared/document"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
)

func (a *app) contractCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "contract",
		Short: "Check, push, read and convert data contracts",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.lintCommand(), a.pushCommand(), a.showCommand(), a.importCommand(), a.exportCommand())
	return c
}

// needFiles wants at least one argument.
func needFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("no contract is given: name one or more ODCS files")
	}
	return nil
}

func contractFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func (a *app) lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Find everything that is wrong with contracts",
		Long: `Lint reads contracts strictly and lists every error with file, line and column, and
what to write instead. Of a valid contract it notes the rules of type sql that
would be skipped or not measured, and where the SQL goes beyond what is run here.

Exit codes: 0 all are valid, 1 at least one is not, 2 one could not be read.`,
		Args:              needFiles,
		ValidArgsFunction: contractFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := a.lint(args, true)
			return err
		},
	}
}

// A valid contract is one that lint found no fault with.
type valid struct {
	contract *contract.Contract
	data     []byte
}

// lint reads contracts and lists their faults on standard output; what can't be
// read is told on standard error. praise says that valid ones are listed too.
func (a *app) lint(files []string, praise bool) ([]valid, error) {
	var all []valid
	var unreadable problems
	faults := 0
	for _, name := range files {
		data, err := readSmall(name)
		if err != nil {
			unreadable.add(err)
			continue
		}
		c, err := contract.ReadODCS(name, data)
		var list document.Errors
		switch {
		case errors.As(err, &list):
			for _, e := range list {
				fmt.Fprintln(a.out, report.Printable(e.Error()))
			}
			faults += len(list)
		case err != nil:
			fmt.Fprintln(a.out, report.Printable(err.Error()))
			faults++
		default:
			if praise {
				fmt.Fprintf(a.out, "%s: valid: %s\n", report.Printable(name), extent(c))
				a.notes(c)
			}
			all = append(all, valid{c, data})
		}
	}
	if err := unreadable.exit(exitMisuse); err != nil {
		return nil, err
	}
	if faults > 0 {
		return nil, &exit{exitFindings, nil}
	}
	return all, nil
}

// notes tells which rules in SQL a valid contract has that would not be run.
func (a *app) notes(c *contract.Contract) {
	unrun, err := judge.Unrun(c)
	if err != nil {
		fmt.Fprintf(a.out, "%s: note: %s\n", report.Printable(c.File), report.Printable(err.Error()))
	}
	for _, r := range unrun {
		why := "would be " + r.Message
		if r.Status == quality.Errored {
			why = "would not be" + strings.TrimPrefix(r.Message, "not")
		}
		fmt.Fprintf(a.out, "%s: note: rule %s %s\n", report.Printable(r.Place), report.Printable(r.ID), report.Printable(why))
	}
}

// extent says how much a contract asks for.
func extent(c *contract.Contract) string {
	columns, rules := 0, len(c.SLAs)
	for _, t := range c.Tables {
		columns += len(t.Columns)
		rules += len(t.Rules) + len(t.Relationships)
		for _, col := range t.Columns {
			rules += len(col.Rules)
		}
	}
	return fmt.Sprintf("%s, %s, %s", many(len(c.Tables), "table"), many(columns, "column"), many(rules, "rule"))
}

func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (a *app) pushCommand() *cobra.Command {
	var bucket, stack string
	c := &cobra.Command{
		Use:   "push (--bucket BUCKET | --stack OUTPUTS.json) FILE...",
		Short: "Put contracts where the deployed functions read them",
		Long: `Push checks contracts as lint does and, if all are valid, writes them to the results
bucket as contracts/NAME. They take effect at once, without a deploy. The bucket is
--bucket, or the output ResultsBucket in the file that
  cdk deploy --outputs-file OUTPUTS.json
wrote. AWS settings come from the environment; AWS_ENDPOINT_URL is honoured.

Exit codes: 0 all are pushed, 1 one is invalid and none was pushed, 2 misuse, or the
bucket could not be written.`,
		Args:              needFiles,
		ValidArgsFunction: contractFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.push(cmd.Context(), bucket, stack, args)
		},
	}
	c.Flags().StringVar(&bucket, "bucket", "", "results `BUCKET`")
	c.Flags().StringVar(&stack, "stack", "", "`FILE` that cdk deploy --outputs-file wrote")
	must(c.RegisterFlagCompletionFunc("bucket", cobra.NoFileCompletions))
	must(c.MarkFlagFilename("stack", "json"))
	return c
}

func (a *app) push(ctx context.Context, bucket, stack string, files []string) error {
	var wrong problems
	bucket = destination(bucket, stack, &wrong)
	keys := map[string]string{}
	for _, name := range files {
		key := "contracts/" + filepath.Base(name)
		if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
			wrong.addf("%s: the functions read only names that end in .yaml or .yml: rename it", name)
		}
		if other, twice := keys[key]; twice {
			wrong.addf("%s and %s would both become %s: rename one", other, name, key)
		}
		keys[key] = name
	}
	if err := wrong.exit(exitMisuse); err != nil {
		return err
	}
	contracts, err := a.lint(files, false)
	if err != nil {
		return err
	}
	var o opener
	if err := o.connect(ctx); err != nil {
		return &exit{exitMisuse, err}
	}
	for _, v := range contracts {
		key := "contracts/" + filepath.Base(v.contract.File)
		if err := o.objects.put(ctx, bucket, key, "application/yaml", v.data); err != nil {
			return &exit{exitMisuse, err}
		}
		fmt.Fprintf(a.out, "pushed %s to s3://%s/%s: %s\n", report.Printable(v.contract.File), bucket, report.Printable(key), extent(v.contract))
	}
	return nil
}

// destination is the bucket that is given, or that of the stack.
func destination(bucket, stack string, wrong *problems) string {
	switch {
	case bucket == "" && stack == "":
		wrong.addf("where to is missing: give --bucket BUCKET or --stack OUTPUTS.json")
	case bucket != "" && stack != "":
		wrong.addf("--bucket and --stack are both given: leave one out")
	case stack != "":
		found, err := resultsBucket(stack)
		if err != nil {
			wrong.add(err)
		}
		return found
	}
	return bucket
}

// resultsBucket finds the results bucket in the outputs of a deployment.
func resultsBucket(name string) (string, error) {
	data, err := readSmall(name)
	if err != nil {
		return "", fmt.Errorf("--stack %w", err)
	}
	var stacks map[string]map[string]string
	if err := json.Unmarshal(data, &stacks); err != nil {
		return "", fmt.Errorf("--stack %s: %w; name the file that cdk deploy --outputs-file wrote", name, err)
	}
	var found []string
	for _, outputs := range stacks {
		for key, value := range outputs {
			if strings.HasPrefix(key, "ResultsBucket") && !slices.Contains(found, value) {
				found = append(found, value)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("--stack %s has no output ResultsBucket: give --bucket instead", name)
	case 1:
		return found[0], nil
	}
	slices.Sort(found)
	return "", fmt.Errorf("--stack %s has several outputs ResultsBucket (%s): give --bucket instead", name, strings.Join(found, ", "))
}

func (a *app) showCommand() *cobra.Command {
	var format, table string
	c := &cobra.Command{
		Use:               "show FILE",
		Short:             "Print a contract as a person reads it",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: contractFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			var wrong problems
			if format != "text" && format != "json" {
				wrong.addf("--format %q: %s", format, document.Among(format, []string{"text", "json"}))
			}
			all, err := a.lint(args, false)
			if err != nil {
				return err
			}
			s := describe(all[0].contract)
			if table != "" {
				tableFor(all[0].contract, table, "", &wrong)
				s.Tables = slices.DeleteFunc(s.Tables, func(t sheetTable) bool { return t.Name != table })
			}
			if err := wrong.exit(exitMisuse); err != nil {
				return err
			}
			if format == "json" {
				err = s.json(a.out)
			} else {
				err = s.text(a.out, a.width(), a.colored())
			}
			if gone(err) {
				return nil
			}
			return err
		},
	}
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text, json")
	c.Flags().StringVarP(&table, "table", "t", "", "only this `TABLE`")
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	must(c.RegisterFlagCompletionFunc("table", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return tablesOf(args[0]), cobra.ShellCompDirectiveNoFileComp
	}))
	return c
}

// width is that of the terminal that standard output is, 80 otherwise.
func (a *app) width() int {
	if width, _, err := term.GetSize(int(a.out.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// colored reports whether standard output is a terminal that wants colours.
func (a *app) colored() bool {
	return !a.plain && term.IsTerminal(int(a.out.Fd())) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}
