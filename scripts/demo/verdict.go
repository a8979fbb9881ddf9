package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tillwatch/scripts/emulator"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// A verdict is what the function made of one file, as read back.
type verdict struct {
	notice     landing.Notice
	took       time.Duration // from the landing to the event on the bus
	report     *quality.Report
	quarantine []quality.BadRow // Raw is left out
}

// patience is how long a verdict may take before the story gives up.
const patience = 90 * time.Second

// land puts a file into the landing bucket and waits for its verdict.
func (c *cloud) land(ctx context.Context, dataset string, date time.Time, data []byte, p *progress) (*verdict, error) {
	key := landingKey(dataset, date)
	p.step(emulator.Step{Name: "land " + key + " and wait for its verdict"})
	etag, err := c.put(ctx, c.LandingBucket, key, data)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	v := &verdict{}
	v.notice, err = c.verdicts.wait(ctx, patience, func(n landing.Notice) bool {
		return n.Object.Key == key && n.Object.ETag == etag && !c.seen[n.Object.Sequencer]
	})
	if err != nil {
		return nil, fmt.Errorf("wait for the verdict on %s: %w; the functions' log is %s", key, err, c.emulator.Log)
	}
	v.took = time.Since(start)
	c.seen[v.notice.Object.Sequencer] = true
	if v.notice.Report == "" {
		return nil, fmt.Errorf("%s was not judged: %s", key, v.notice.Reason)
	}
	text, err := c.result(ctx, v.notice.Report)
	if err != nil {
		return nil, err
	}
	v.report = new(quality.Report)
	if err := json.Unmarshal(text, v.report); err != nil {
		return nil, fmt.Errorf("decode %s: %w", v.notice.Report, err)
	}
	if v.notice.Quarantine == "" {
		return v, nil
	}
	rows, err := c.result(ctx, v.notice.Quarantine)
	if err != nil {
		return nil, err
	}
	if v.quarantine, err = readQuarantine(rows); err != nil {
		return nil, fmt.Errorf("read %s: %w", v.notice.Quarantine, err)
	}
	v.report.Quarantine = &quality.Quarantine{Rows: v.quarantine, Total: v.notice.BadRows}
	return v, nil
}

// readQuarantine reads the numbers of the rows that were set aside and the
// checks that each breaks.
func readQuarantine(data []byte) ([]quality.BadRow, error) {
	var in io.Reader = bytes.NewReader(data)
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = unpacked
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.LazyQuotes = -1, true // the rows are set aside because of what they are
	var rows []quality.BadRow
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if cells[0] == "tillwatch_row" {
			continue
		}
		if len(cells) < 3 {
			return nil, fmt.Errorf("a row has %d cells", len(cells))
		}
		row := quality.BadRow{Checks: strings.Fields(cells[2])}
		if row.Row, err = strconv.ParseInt(cells[0], 10, 64); err != nil {
			return nil, err
		}
		if row.Line, err = strconv.ParseInt(cells[1], 10, 64); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}
