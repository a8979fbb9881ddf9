package quality

import (
	"context"
	"errors"
	"time"

	"tillwatch/shared/tabular"
)

// Files lists what rules on files name. Paths come from a ruleset, which is
// anyone's: what must not be read is for the lister to refuse.
type Files interface {
	// List returns the file at path, or all files below it if it is a folder, in
	// any order and no more than FilesLimit + 1. The error is for people; ErrElsewhere
	// skips the rule.
	List(ctx context.Context, path string) ([]File, error)
}

// A File is a file that a rule looks at.
type File struct {
	Path     string
	Bytes    int64 // as stored; -1 if unknown
	Modified time.Time
	Source   tabular.Source
}

// ErrElsewhere is returned for a path that can't be looked at from here.
var ErrElsewhere = errors.New("only files in the folder or bucket of the judged one are looked at")

// FilesLimit is how many files there may be at a path.
const FilesLimit = 10_000
