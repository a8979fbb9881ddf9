package storetest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"tillwatch/shared/landing"
)

// Noon is when the objects of the suite arrive.
var Noon = noon

// A FileStore is a landing bucket with what a test needs besides.
type FileStore struct {
	Files  landing.Files
	Put    func(t *testing.T, key string, body []byte) landing.Object
	Delete func(t *testing.T, o landing.Object) // that version, for good
	Tagged func(t *testing.T, o landing.Object) string
}

// Files runs the suite of landing buckets.
func Files(t *testing.T, s FileStore) {
	key := func(t *testing.T) string { return t.Name() + "/a+b %41ü.csv" }
	t.Run("a version is read to its last byte, again and again", func(t *testing.T) {
		for _, size := range []int{0, 1, 1000, 3_000_000} {
			body := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
			o, err := s.Files.Pin(t.Context(), s.Put(t, key(t), body))
			if err != nil || o.Size != int64(size) || o.Version == "" {
				t.Fatalf("pin %d bytes: %+v, %v", size, o, err)
			}
			for range 2 {
				if got := readAll(t, s, o); !bytes.Equal(got, body) {
					t.Errorf("read %d bytes, want %d", len(got), size)
				}
			}
		}
	})
	t.Run("an event without a version finds it by its etag", func(t *testing.T) {
		old := s.Put(t, key(t), []byte("old"))
		s.Put(t, key(t), []byte("new"))
		want := old.Version
		old.Version = ""
		o, err := s.Files.Pin(t.Context(), old)
		if err != nil || o.Version != want {
			t.Fatalf("pin: version %q, %v; want %q", o.Version, err, want)
		}
		if got := readAll(t, s, o); string(got) != "old" {
			t.Errorf("read %q, want the old version", got)
		}
	})
	t.Run("an object that never was is gone", func(t *testing.T) {
		o := landing.Object{Bucket: s.Put(t, key(t), nil).Bucket, Key: key(t) + "no", ETag: "e", Sequencer: "01", Arrived: noon}
		if _, err := s.Files.Pin(t.Context(), o); !errors.Is(err, landing.ErrGone) {
			t.Errorf("pin: %v, want ErrGone", err)
		}
	})
	t.Run("a version that was deleted is gone", func(t *testing.T) {
		o, err := s.Files.Pin(t.Context(), s.Put(t, key(t), []byte("body")))
		if err != nil {
			t.Fatal(err)
		}
		s.Delete(t, o)
		if _, err := s.Files.Pin(t.Context(), o); !errors.Is(err, landing.ErrGone) {
			t.Errorf("pin: %v, want ErrGone", err)
		}
		r, err := s.Files.Source(o).Open(t.Context())
		if err == nil {
			_, err = io.ReadAll(r)
			r.Close()
		}
		if !errors.Is(err, landing.ErrGone) {
			t.Errorf("read: %v, want ErrGone", err)
		}
		if err := s.Files.Tag(t.Context(), o, "pass"); !errors.Is(err, landing.ErrGone) {
			t.Errorf("tag: %v, want ErrGone", err)
		}
	})
	t.Run("an object that was replaced for good is replaced, not gone", func(t *testing.T) {
		old := s.Put(t, key(t), []byte("old"))
		s.Delete(t, old)
		s.Put(t, key(t), []byte("new"))
		old.Version = ""
		if _, err := s.Files.Pin(t.Context(), old); !errors.Is(err, landing.ErrReplaced) {
			t.Errorf("pin: %v, want ErrReplaced", err)
		}
	})
	t.Run("a tag is of one version", func(t *testing.T) {
		old := s.Put(t, key(t), []byte("old"))
		replaced := s.Put(t, key(t), []byte("new"))
		for range 2 {
			if err := s.Files.Tag(t.Context(), old, "fail"); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := s.Tagged(t, old), s.Tagged(t, replaced); a != "fail" || b != "" {
			t.Errorf("tags %q and %q, want fail and none", a, b)
		}
	})
}

func readAll(t *testing.T, s FileStore, o landing.Object) []byte {
	t.Helper()
	r, err := s.Files.Source(o).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
