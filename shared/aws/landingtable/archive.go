package landingtable

import (
	"context"
	"slices"

	"tillwatch/shared/landing"
)

// History implements landing.Archive.
func (s *Store) History(ctx context.Context, dataset string, limit int) ([]landing.Entry, error) {
	return read[landing.Entry](ctx, s, historyKey(dataset), limit)
}

// Contents implements landing.Archive.
func (s *Store) Contents(ctx context.Context, dataset string, limit int) ([]landing.Entry, error) {
	return read[landing.Entry](ctx, s, contentKey(dataset), limit)
}

// Day implements landing.Archive.
func (s *Store) Day(ctx context.Context, dataset, day string) ([]landing.Figures, error) {
	fs, err := read[landing.Figures](ctx, s, dayKey(dataset, day), 0)
	slices.Reverse(fs)
	return fs, err
}

func read[T any](ctx context.Context, s *Store, pk string, limit int) ([]T, error) {
	items, err := s.query(ctx, pk, limit)
	if err != nil {
		return nil, err
	}
	vs := make([]T, len(items))
	for n, i := range items {
		if err := decode(i, "data", &vs[n]); err != nil {
			return nil, err
		}
	}
	return vs, nil
}

// Standing implements landing.Archive.
func (s *Store) Standing(ctx context.Context, key string) (landing.Standing, error) {
	st := landing.Standing{Key: key}
	i, err := s.get(ctx, standingKey(key))
	if err != nil || i == nil {
		return st, err
	}
	return st, decode(i, "data", &st)
}
