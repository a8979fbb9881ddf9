package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tillwatch/shared/quality"
)

// A neighbourhood lists files beside the judged one, for rules on files: those in
// its folder and below, or in its bucket. A ruleset can name no others.
type neighbourhood struct {
	of   string // the judged file
	open *opener
}

var _ quality.Files = neighbourhood{}

// List implements quality.Files. A path on disk is relative to the judged file's
// folder, or to the present one if it leads there.
func (n neighbourhood) List(ctx context.Context, path string) ([]quality.File, error) {
	if bucket, _, remote := strings.Cut(strings.TrimPrefix(n.of, "s3://"), "/"); remote && strings.HasPrefix(n.of, "s3://") {
		return n.open.objects.beside(bucket).List(ctx, path)
	}
	folder := filepath.Dir(n.of)
	if rest, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(rest) {
		path = rest
	}
	if n.of == "-" || strings.Contains(path, "://") || !filepath.IsLocal(path) {
		return nil, quality.ErrElsewhere
	}
	return below(ctx, folder, path)
}

// below lists the regular files at a path of a folder, which no link leads out of.
func below(ctx context.Context, folder, path string) ([]quality.File, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var found []quality.File
	err = fs.WalkDir(root.FS(), filepath.ToSlash(filepath.Clean(path)), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case len(found) > quality.FilesLimit:
			return fs.SkipAll
		case !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		whole := filepath.Join(folder, name)
		found = append(found, quality.File{Path: whole, Bytes: info.Size(), Modified: info.ModTime().UTC(), Source: steadyFile{whole, info}})
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no such file or folder in %s", folder)
	}
	return found, err
}
