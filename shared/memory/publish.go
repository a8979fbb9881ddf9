package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/landing/sections"
	"tillwatch/shared/metric"
	"tillwatch/shared/tabular"
)

// Bytes is a file in memory.
type Bytes []byte

// Open implements tabular.Source.
func (b Bytes) Open(context.Context) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(b)), nil
}

// A Library holds contracts and reference files. Its fields may be set before
// it is used.
type Library struct {
	Shelf      landing.Shelf
	References map[string]tabular.Source
}

var _ landing.Library = (*Library)(nil)

// Contracts implements landing.Library.
func (l *Library) Contracts(context.Context) (landing.Shelf, error) { return l.Shelf, nil }

// Reference implements landing.Library.
func (l *Library) Reference(_ context.Context, dataset string) (tabular.Source, error) {
	if s, ok := l.References[dataset]; ok {
		return s, nil
	}
	return nil, landing.ErrNoReference
}

// Documents keeps what was written, by key. It is safe for concurrent use.
type Documents struct {
	mu   sync.Mutex
	docs map[string]landing.Document
}

var _ landing.Documents = (*Documents)(nil)

// Put implements landing.Documents.
func (d *Documents) Put(_ context.Context, doc landing.Document) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.docs == nil {
		d.docs = map[string]landing.Document{}
	}
	doc.Body = bytes.Clone(doc.Body)
	d.docs[doc.Key] = doc
	return nil
}

// Get returns a document and whether there is one.
func (d *Documents) Get(key string) (landing.Document, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc, ok := d.docs[key]
	return doc, ok
}

// Keys returns the keys of all documents, sorted.
func (d *Documents) Keys() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keys []string
	for k := range d.docs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Metrics keeps every measurement, repeated ones too. It is safe for concurrent use.
type Metrics struct {
	mu sync.Mutex
	ms []metric.Measurement
}

var _ landing.Metrics = (*Metrics)(nil)

// Put implements landing.Metrics.
func (m *Metrics) Put(_ context.Context, ms []metric.Measurement) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ms = append(m.ms, ms...)
	return nil
}

// All returns what was put, in order.
func (m *Metrics) All() []metric.Measurement {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ms)
}

// A Bus keeps every event that was sent, repeated ones too. It is safe for concurrent use.
type Bus struct {
	mu sync.Mutex
	es []event.Event
}

var _ landing.Bus = (*Bus)(nil)

// Send implements landing.Bus.
func (b *Bus) Send(_ context.Context, es []event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.es = append(b.es, clone(es)...)
	return nil
}

// All returns what was sent, in order.
func (b *Bus) All() []event.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return clone(b.es)
}

// Distinct returns the first of each event id, in order: what a consumer that
// drops doubles sees.
func (b *Bus) Distinct() []event.Event {
	seen := map[string]bool{}
	var es []event.Event
	for _, e := range b.All() {
		if !seen[e.Metadata.EventID] {
			seen[e.Metadata.EventID] = true
			es = append(es, e)
		}
	}
	return es
}

// Blobs keeps objects for the steps of a job. The zero value is empty; it is safe
// for concurrent use.
type Blobs struct {
	mu   sync.Mutex
	held map[string][]byte
}

var _ sections.Blobs = (*Blobs)(nil)

// Put implements sections.Blobs.
func (b *Blobs) Put(_ context.Context, key string, body []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		b.held = map[string][]byte{}
	}
	b.held[key] = bytes.Clone(body)
	return nil
}

// Get implements sections.Blobs.
func (b *Blobs) Get(_ context.Context, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, ok := b.held[key]
	if !ok {
		return nil, fmt.Errorf("read %s: no such key", key)
	}
	return bytes.Clone(body), nil
}
