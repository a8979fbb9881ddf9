package main

import (
	"math"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"tillwatch/shared/dialect"
	"tillwatch/shared/tabular"
)

// readFlags say how files are written and how much of them is read. They are the same for
// every command that reads files, and win over the contract.
type readFlags struct {
	values             []string // of dialect.Properties, in their order
	maxBytes, maxRatio int64
}

// add adds the flags, which are named like the properties of a contract.
func (r *readFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	r.values = make([]string, len(dialect.Properties))
	for i, p := range dialect.Properties {
		f.StringVar(&r.values[i], flagName(p.Name), "", p.Help)
		must(cmd.RegisterFlagCompletionFunc(flagName(p.Name), cobra.NoFileCompletions))
	}
	f.Int64Var(&r.maxBytes, "max-bytes", 64<<30, "read files of up to `N` bytes, decompressed")
	f.Int64Var(&r.maxRatio, "max-ratio", 1000, "read compressed files that grow up to `N` times, beyond 64 MiB")
	for _, name := range []string{"max-bytes", "max-ratio"} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions))
	}
}

// flagName is the flag of a property: quote-char for quoteChar.
func flagName(property string) string {
	var s strings.Builder
	for _, c := range property {
		if unicode.IsUpper(c) {
			s.WriteByte('-')
		}
		s.WriteRune(unicode.ToLower(c))
	}
	return s.String()
}

// check finds what is wrong with the flags.
func (r *readFlags) check(wrong *problems) {
	for i, p := range dialect.Properties {
		var d dialect.Dialect
		if r.values[i] == "" {
			continue
		}
		if _, err := d.Set(p.Name, r.values[i]); err != nil {
			wrong.addf("--%s %q: %v", flagName(p.Name), r.values[i], err)
		}
	}
	for name, n := range map[string]int64{"max-bytes": r.maxBytes, "max-ratio": r.maxRatio} {
		if n < 1 || n > math.MaxInt64/2 {
			wrong.addf("--%s %d: give a number above 0", name, n)
		}
	}
}

// declare changes d by the flags that were given.
func (r *readFlags) declare(d *tabular.Dialect) {
	for i, p := range dialect.Properties {
		if r.values[i] != "" {
			d.Set(p.Name, r.values[i]) // what is wrong was told by check
		}
	}
	for i := range d.Fields {
		if d.Fields[i].Name == "" && i < len(d.Names) {
			d.Fields[i].Name = d.Names[i]
		}
	}
}

// limit bounds what is read.
func (r *readFlags) limit(l *tabular.Limits) { l.TotalBytes, l.RatioLimit = r.maxBytes, r.maxRatio }
