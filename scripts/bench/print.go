package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// print writes the result in the form asked for.
func (b *bench) print(out io.Writer) error {
	if b.options.format == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(&b.result)
	}
	var text strings.Builder
	r := &b.result
	fmt.Fprintf(&text, "%s; medians of %s\n", r.Machine, plural(r.Rounds, "round"))
	for _, s := range r.Sizes {
		s.print(&text)
	}
	b.printChecks(&text)
	printTargets(&text, r.Targets)
	if largest := r.Sizes[len(r.Sizes)-1].Rows; largest < targetRows {
		fmt.Fprintf(&text, "The targets are of %d rows; with %d they say little.\n", targetRows, largest)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (s *size) print(out io.Writer) {
	fmt.Fprintf(out, "\n%d rows, %.0f MB\n", s.Rows, float64(s.Bytes)/1e6)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tthreads\tseconds\tCPU seconds\tpeak MB\t÷ ours\t")
	mine := map[int]float64{}
	for _, x := range s.Runs {
		if x.Name == ours {
			mine[x.Threads] = x.Median.Seconds
		}
	}
	for _, x := range s.Runs {
		threads, ratio, peak := "", "", ""
		if x.Threads > 0 {
			threads = fmt.Sprint(x.Threads)
			ratio = fmt.Sprintf("%.2f", x.Median.Seconds/mine[x.Threads])
			peak = fmt.Sprintf("%.0f", float64(x.Median.PeakBytes)/1e6)
		}
		fmt.Fprintf(w, "%s\t%s\t%.3f\t%.2f\t%s\t%s\t\n", x.Name, threads, x.Median.Seconds, x.Median.CPU, peak, ratio)
	}
	w.Flush()
}

func (b *bench) printChecks(out io.Writer) {
	r := &b.result
	fmt.Fprintln(out)
	if len(r.Disagreements) == 0 {
		fmt.Fprintln(out, "All agree on what they found, and our reports are the same with any number of threads.")
	}
	for _, d := range r.Disagreements {
		fmt.Fprintln(out, "DIFFERENT:", d)
	}
	if len(r.Unasked) > 0 {
		fmt.Fprintf(out, "Of the fifteen checks our contract does not ask for: %s.\n", strings.Join(r.Unasked, "; "))
	}
	fmt.Fprintln(out)
}

func printTargets(out io.Writer, targets []target) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "target\tmust\taim\tnow\t")
	for i := range targets {
		t := &targets[i]
		bound := func(v float64) string {
			switch {
			case v == 0:
				return ""
			case t.More:
				return fmt.Sprintf("≥ %g", v)
			}
			return fmt.Sprintf("≤ %g", v)
		}
		now, note := "", t.Note
		if t.Now != nil {
			now = fmt.Sprintf("%.2f %s", *t.Now, t.Unit)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Name, bound(t.Must), bound(t.Aim), now, strings.TrimSuffix(t.verdict()+": "+note, ": "))
	}
	w.Flush()
}
