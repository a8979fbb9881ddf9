package landing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// references returns the files that the contract compares with: a reference
// file, or else the newest accepted file of that dataset for the same day. A
// dataset that has neither is left out, and the checks that need it say so.
func (j *Judger) references(ctx context.Context, f *file) (map[string]tabular.Source, error) {
	found := map[string]tabular.Source{}
	for _, name := range named(f.table) {
		src, err := j.Library.Reference(ctx, name)
		switch {
		case err == nil:
			found[name] = reference{src, name}
			continue
		case !errors.Is(err, ErrNoReference):
			return nil, fmt.Errorf("read reference %s: %w", name, err)
		}
		day, err := j.Archive.Day(ctx, name, dayOf(f.period))
		if err != nil {
			return nil, fmt.Errorf("read files of %s: %w", name, err)
		}
		day = slices.DeleteFunc(day, func(g Figures) bool { return !g.Accepted })
		if len(day) == 0 {
			continue
		}
		newest := slices.MaxFunc(day, func(a, b Figures) int { return a.Object.Arrived.Compare(b.Object.Arrived) })
		pinned, err := j.Files.Pin(ctx, newest.Object)
		if errors.Is(err, ErrGone) || errors.Is(err, ErrReplaced) {
			continue // removed since it was accepted
		}
		if err != nil {
			return nil, fmt.Errorf("look up %s for %s: %w", newest.Object.Key, name, err)
		}
		found[name] = reference{j.Files.Source(pinned), name}
	}
	return found, nil
}

// named returns the datasets that the table's rules refer to, sorted.
func named(t *contract.Table) []string {
	names := map[string]bool{}
	for _, r := range t.Relationships {
		names[r.Dataset] = true
	}
	for _, r := range rulesOf(t) {
		for _, dataset := range r.Datasets() {
			names[dataset] = true
		}
	}
	delete(names, "")
	delete(names, t.Name)
	return slices.Sorted(maps.Keys(names))
}

// rulesOf returns the rules of the table and of its columns.
func rulesOf(t *contract.Table) []contract.Rule {
	rules := slices.Clone(t.Rules)
	for _, c := range t.Columns {
		rules = append(rules, c.Rules...)
	}
	return rules
}

// looksBack reports whether anything about the file depends on a long history.
func (f file) looksBack() bool {
	return f.property(propertyRevenue) != "" || slices.ContainsFunc(rulesOf(f.table), func(r contract.Rule) bool {
		switch check := r.Implementation.(type) {
		case contract.HistoryCheck, contract.DriftCheck:
			return true
		case *dqdl.Ruleset:
			return check.LooksBack()
		}
		return false
	})
}

// recalls reports whether anything about the file depends on what earlier files
// held.
func (f file) recalls() bool {
	return slices.ContainsFunc(rulesOf(f.table), func(r contract.Rule) bool {
		_, ok := r.Implementation.(contract.DriftCheck)
		return ok
	})
}

// recall completes entries by the content of those that are among contents.
func recall(entries, contents []Entry) {
	for _, c := range contents {
		for i := range entries {
			if entries[i].ID == c.ID {
				entries[i].Run.Content = c.Run.Content
			}
		}
	}
}

// traced puts a span named read around every reading of src.
func (j *Judger) traced(src tabular.Source) tabular.Source {
	if j.Trace == nil {
		return src
	}
	return tracedSource{src, j.Trace}
}

type tracedSource struct {
	tabular.Source
	trace func(context.Context, string) (context.Context, func(error))
}

func (s tracedSource) Open(ctx context.Context) (io.ReadCloser, error) {
	ctx, end := s.trace(ctx, "read")
	r, err := s.Source.Open(ctx)
	if err != nil {
		end(err)
		return nil, err
	}
	return &tracedReader{ReadCloser: r, end: end}, nil
}

type tracedReader struct {
	io.ReadCloser
	end  func(error)
	once sync.Once
	err  error
}

func (r *tracedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

func (r *tracedReader) Close() error {
	err := r.ReadCloser.Close()
	r.once.Do(func() { r.end(errors.Join(r.err, err)) })
	return err
}

// accepted reports whether a verdict lets a file be used.
func accepted(v quality.Verdict) bool {
	return v == quality.VerdictPass || v == quality.VerdictWarn
}

// refersToItself reports whether rows of the table are looked up in the file that
// is judged.
func refersToItself(t *contract.Table) bool {
	return slices.ContainsFunc(t.Relationships, func(r contract.Relationship) bool { return r.Dataset == t.Name }) ||
		slices.ContainsFunc(rulesOf(t), func(r contract.Rule) bool {
			switch check := r.Implementation.(type) {
			case contract.CoverageCheck:
				return check.Dataset == t.Name
			case contract.TotalCheck:
				return check.Dataset == t.Name
			case *dqdl.Ruleset:
				return slices.Contains(check.Datasets(), t.Name)
			}
			return false
		})
}

// A reference is a file that the judged one is compared with. That it is gone
// or was replaced says nothing about the judged file: its errors are for a
// retry, which will look for it anew.
type reference struct {
	tabular.Source
	name string
}

func (r reference) Open(ctx context.Context) (io.ReadCloser, error) {
	body, err := r.Source.Open(ctx)
	if err != nil {
		return nil, r.hide(err)
	}
	return referenceReader{body, r}, nil
}

func (r reference) hide(err error) error {
	if errors.Is(err, ErrGone) || errors.Is(err, ErrReplaced) {
		return referenceError{fmt.Sprintf("read reference %s: %v", r.name, err)}
	}
	return err
}

type referenceReader struct {
	io.ReadCloser
	reference
}

func (r referenceReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil {
		err = r.hide(err)
	}
	return n, err
}

type referenceError struct{ text string }

func (e referenceError) Error() string { return e.text }
func (referenceError) Retryable() bool { return true }
