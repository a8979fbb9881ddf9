// Package viewtest makes views for the tests and benchmarks of what looks at
// them: Blocks of a text, Numbers that are drawn, and a Large file.
package viewtest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/tabular"
)

// A Fataler is a test, a benchmark or a drawn test.
type Fataler interface{ Fatal(...any) }

// Blocks calls each with the blocks, of a size in bytes, of CSV text without a
// header, of the columns key, number and day: slots 0 to 2. It is one view that
// turns.
func Blocks(t Fataler, text string, size int, each func(*view.View)) {
	var v *view.View
	var blk tabular.Block
	var batch tabular.Batch
	read(t, "key,number,day\n"+text, size, func(r *tabular.Reader, slots []view.Slot) error {
		if v == nil {
			v = view.New(slots)
		}
		if err := r.Next(&blk); err != nil {
			return err
		}
		batch.Parse(&blk, len(slots), tabular.Dialect{})
		v.Turn(&batch, blk.Index)
		each(v)
		return nil
	})
}

// read calls next until it returns io.EOF, with a reader of text, which has a
// header, and slots for all its columns.
func read(t Fataler, text string, size int, next func(*tabular.Reader, []view.Slot) error) {
	r, err := tabular.NewReader(strings.NewReader(text), tabular.Options{Limits: tabular.Limits{BlockBytes: size}})
	if err != nil {
		t.Fatal(err)
	}
	var slots []view.Slot
	for i, name := range r.Header() {
		slots = append(slots, view.Slot{Name: name, Position: i, Layout: datetime.ISODate(), Zone: time.UTC})
	}
	for {
		if err := next(r, slots); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Numbers draws a view whose slot 1 mostly has numbers of one form, and returns
// the cells of that slot as they are written.
func Numbers(t *rapid.T) (v *view.View, cells []string) {
	cells = rapid.SliceOfN(rapid.Custom(number), 1, 40).Draw(t, "cells")
	if rapid.Bool().Draw(t, "alike") {
		for i := range cells {
			cells[i] = cells[i%min(2, len(cells))]
		}
	}
	var text strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&text, "a,%s,2026-01-01\n", c)
	}
	Blocks(t, text.String(), 1<<16, func(each *view.View) { v = each })
	return v, cells
}

func number(t *rapid.T) string {
	return rapid.OneOf(
		rapid.StringMatching(`-?[0-9]{1,5}\.[0-9]{2}`), rapid.StringMatching(`-?[0-9]{1,18}`), rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{0,18})?`),
		rapid.SampledFrom([]string{"", "x", "1e3", "1e400", "5.", "+7", "-0", "0.00", "9223372036854775807", "-9223372036854775807", "12345678901234567890", `""`}),
	).Draw(t, "cell")
}

// The slots of Large: a number that counts up, a code and a text of which there
// are 250,000, a price, a day of a month, and one of four words.
const (
	Key = iota
	Code
	Price
	Day
	Word
	Text
)

// Large returns the blocks of some 16 MB of rows, as a worker sees them, each in a
// view of its own, and how many bytes they have.
func Large(b *testing.B) (views []*view.View, size int64) {
	var text bytes.Buffer
	text.WriteString("key,code,price,day,word,text\n")
	words := []string{"store", "web", "mobile", "marketplace"}
	for i := range 200_000 {
		fmt.Fprintf(&text, "T%010d,C%06d,%d.%02d,2026-06-%02d,%s,user%d@mail.example.org\n",
			i, i*7919%250_000, i%900, i%100, 1+i%30, words[i*31%4], i*7919%250_000)
	}
	read(b, text.String(), 256<<10, func(r *tabular.Reader, slots []view.Slot) error {
		blk, batch := new(tabular.Block), new(tabular.Batch)
		if err := r.Next(blk); err != nil {
			return err
		}
		batch.Parse(blk, len(slots), tabular.Dialect{})
		v := view.New(slots)
		v.Turn(batch, blk.Index)
		views = append(views, v)
		return nil
	})
	return views, int64(text.Len())
}
