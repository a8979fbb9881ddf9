package landing

import (
	"bytes"
	"compress/gzip"
	"context"
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
