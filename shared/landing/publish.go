package landing

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"tillwatch/shared/quality"
)

// gzipBeyond is the size from which on rows set aside are compressed.
const gzipBeyond = 1 << 20

// write puts the report and the rows set aside where their names, made from
// the object, say, so that a retry overwrites what a dead worker left. It notes
// the names in rec.
func (j *Judger) write(ctx context.Context, f file, r *quality.Report, rec *Record) error {
	folder := f.dataset + "/" + dayOf(f.period) + "/" + rec.ID + "/"
	var docs []Document
	render := func(name, contentType string, to func(io.Writer, *quality.Report) error, key *string) error {
		if to == nil {
			return nil
		}
		var b bytes.Buffer
		if err := to(&b, r); err != nil {
			return fmt.Errorf("render %s of %s: %w", name, f.Key, err)
		}
		*key = "reports/" + folder + name
		docs = append(docs, Document{Key: *key, ContentType: contentType, Body: b.Bytes()})
		return nil
	}
	if err := render("report.json", "application/json", j.JSON, &rec.Report); err != nil {
		return err
	}
	if err := render("report.html", "text/html; charset=utf-8", j.HTML, &rec.Page); err != nil {
		return err
	}
	if q := r.Quarantine; q != nil && len(q.Rows) > 0 && j.Rows != nil {
		d, err := j.quarantine("quarantine/"+folder+"rows.csv", q)
		if err != nil {
			return fmt.Errorf("set rows of %s aside: %w", f.Key, err)
		}
		rec.Quarantine, rec.SetAside = d.Key, len(q.Rows)
		docs = append(docs, d)
	}
	for _, d := range docs {
		if err := j.Documents.Put(ctx, d); err != nil {
			return fmt.Errorf("write %s: %w", d.Key, err)
		}
	}
	return nil
}

// quarantine returns the rows set aside as a document, compressed if it is big.
func (j *Judger) quarantine(key string, q *quality.Quarantine) (Document, error) {
	var b bytes.Buffer
	if err := j.Rows(&b, q); err != nil {
		return Document{}, err
	}
	d := Document{Key: key, ContentType: "text/csv; charset=utf-8", Body: b.Bytes()}
	if b.Len() <= gzipBeyond {
		return d, nil
	}
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	if _, err := zw.Write(b.Bytes()); err != nil {
		return Document{}, err
	}
	if err := zw.Close(); err != nil {
		return Document{}, err
	}
	return Document{Key: key + ".gz", ContentType: "application/gzip", Body: z.Bytes()}, nil
}

// publish does the steps of the claim's record that are not marked, in order,
// and marks each after it was done. It goes on after a failed step, because
// the steps don't need each other, and returns the errors of all.
func (j *Judger) publish(ctx context.Context, c Claim) ([]Step, error) {
	var done []Step
	var faults []error
	for _, s := range c.Todo() {
		if err := j.step(ctx, c.Record, s); err != nil {
			faults = append(faults, fmt.Errorf("publish %s of %s: %w", s, c.Object.Key, err))
			continue
		}
		if err := j.Ledger.Mark(ctx, c.Object, s); err != nil {
			faults = append(faults, fmt.Errorf("mark %s of %s: %w", s, c.Object.Key, err))
			continue
		}
		done = append(done, s)
	}
	return done, errors.Join(faults...)
}

func (j *Judger) step(ctx context.Context, r *Record, s Step) error {
	switch s {
	case StepTag:
		err := j.Files.Tag(ctx, r.Object, r.Tag)
		if errors.Is(err, ErrGone) || errors.Is(err, ErrReplaced) {
			return nil // nobody can read that version any more
		}
		return err
	case StepMetrics:
		return j.Metrics.Put(ctx, r.Measurements)
	case StepFigures:
		day, err := j.Archive.Day(ctx, r.Dataset, dayOf(r.Period))
		if err != nil {
			return err
		}
		ms := publishable(dayMeasurements(r, Merge(day)))
		if len(ms) == 0 {
			return nil
		}
		return j.Metrics.Put(ctx, ms)
	case StepEvents:
		return j.Bus.Send(ctx, r.Events)
	}
	return fmt.Errorf("unknown step %q", s)
}
