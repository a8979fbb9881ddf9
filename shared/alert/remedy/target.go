package remedy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Kind says what a target is.
type Kind string

// The kinds, by how they are written.
const (
	Prefix       Kind = "s3://bucket/prefix/"
	Function     Kind = "lambda:name"
	Alias        Kind = "lambda:name:alias"
	Document     Kind = "ssm:Document"
	Distribution Kind = "cloudfront:ID"
	Cache        Kind = "elasticache:ID"
	File         Kind = "file"
	Machine      Kind = "states:name"
	Job          Kind = "glue:job"
	Table        Kind = "dynamodb:table"
	Stream       Kind = "kinesis:stream"
	Contract     Kind = "contract"
)

// A Target is what a remedy acts on. The zero value is none.
type Target struct {
	Kind Kind
	// Name is the bucket of a prefix or of a file, the dataset of a contract, else
	// the resource's name. It is "" for the file or the contract of whatever alert
	// there is.
	Name string
	// Part is the prefix in the bucket, with a slash at its end, the file's key, or
	// the function's alias.
	Part string
}

// ErrTarget is wrapped by the error of a text that is no target.
var ErrTarget = errors.New("no target")

// plain are the kinds that are written as a word, a colon and a name, and what
// their names may be: from least to most characters.
var plain = []struct {
	word        string
	kind        Kind
	least, most int
	name        *regexp.Regexp
}{
	{"lambda", Function, 1, 64, dashed},
	{"ssm", Document, 3, 128, dotted},
	{"cloudfront", Distribution, 5, 32, regexp.MustCompile(`^[A-Z0-9]+$`)},
	{"elasticache", Cache, 1, 50, regexp.MustCompile(`^[a-z][a-z0-9-]*$`)},
	{"states", Machine, 1, 80, dashed},
	{"glue", Job, 1, 255, dotted},
	{"dynamodb", Table, 3, 255, dotted},
	{"kinesis", Stream, 1, 128, dotted},
	{"contract", Contract, 1, 128, dashed},
}

// What names are made of. How long they are is not said here: a counted
// repetition makes a large machine, which each start of a program would wait for.
var (
	dashed     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	dotted     = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`)
	aliasName  = regexp.MustCompile(`^[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*$`)
	keyPart    = regexp.MustCompile(`^[A-Za-z0-9!_.=()-]+$`)
)

// isBucket reports whether a bucket may be called that.
func isBucket(name string) bool { return len(name) <= 63 && bucketName.MatchString(name) }

// Temporary are the folders of which one must be in the path of a prefix that
// is cleaned up: what is not called temporary is not deleted.
var Temporary = []string{"tmp", "temp", "temporary", "_temporary", "scratch", "spill"}

// Kept are the folders of Tillwatch's own buckets below which nothing is ever
// cleaned up, whatever else the path says.
var Kept = []string{"contracts", "references", "reports", "quarantine", "models", "alerts", "work", "bills", "surveys", "manifests"}

// ParseTarget reads the text of a target. What it returns has that text again.
func ParseTarget(text string) (Target, error) {
	if rest, ok := strings.CutPrefix(text, "s3://"); ok {
		return parsePrefix(text, rest)
	}
	if rest, ok := strings.CutPrefix(text, "file:s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		if !isBucket(bucket) || key == "" || len(key) > 1024 {
			return Target{}, fmt.Errorf("%w: %.80q is no file", ErrTarget, text)
		}
		return Target{File, bucket, key}, nil
	}
	switch text {
	case string(File):
		return Target{Kind: File}, nil
	case string(Contract):
		return Target{Kind: Contract}, nil
	}
	word, name, _ := strings.Cut(text, ":")
	for _, p := range plain {
		if p.word != word {
			continue
		}
		t := Target{Kind: p.kind, Name: name}
		if before, alias, ok := strings.Cut(name, ":"); ok && p.kind == Function {
			t = Target{Alias, before, alias}
			if !aliasName.MatchString(alias) || len(alias) > 128 {
				return Target{}, fmt.Errorf("%w: %.80q is no alias", ErrTarget, alias)
			}
		}
		if n := len(t.Name); n < p.least || n > p.most || !p.name.MatchString(t.Name) {
			return Target{}, fmt.Errorf("%w: %.80q is no name as in %s", ErrTarget, t.Name, t.Kind)
		}
		return t, nil
	}
	return Target{}, fmt.Errorf("%w: %.80q is none of %s", ErrTarget, text, Forms())
}

// parsePrefix reads bucket/prefix/.
func parsePrefix(text, rest string) (Target, error) {
	bucket, prefix, _ := strings.Cut(rest, "/")
	folders := strings.Split(strings.TrimSuffix(prefix, "/"), "/")
	known := func(list []string) func(string) bool {
		return func(f string) bool { return slices.Contains(list, strings.ToLower(f)) }
	}
	switch {
	case !isBucket(bucket):
		return Target{}, fmt.Errorf("%w: %.80q names no bucket", ErrTarget, text)
	case !strings.HasSuffix(prefix, "/") || len(prefix) > 512:
		return Target{}, fmt.Errorf("%w: %.80q has no prefix that ends with a slash", ErrTarget, text)
	case slices.ContainsFunc(folders, func(f string) bool { return !keyPart.MatchString(f) || strings.Trim(f, ".") == "" }):
		return Target{}, fmt.Errorf("%w: %.80q has a folder without a plain name", ErrTarget, text)
	case known(Kept)(folders[0]):
		return Target{}, fmt.Errorf("%w: %s/ is kept", ErrTarget, folders[0])
	case !slices.ContainsFunc(folders, known(Temporary)):
		return Target{}, fmt.Errorf("%w: %.80q is not called temporary: none of its folders is %s", ErrTarget, text, strings.Join(Temporary, ", "))
	}
	return Target{Prefix, bucket, prefix}, nil
}

// Forms lists how targets are written.
func Forms() string {
	var list []string
	for _, k := range []Kind{Prefix, Function, Alias, Document, Distribution, Cache, File, Machine, Job, Table, Stream, Contract} {
		list = append(list, string(k))
	}
	return strings.Join(list, ", ") + " and contract:dataset"
}

// String returns the text of t, "" for the zero value.
func (t Target) String() string {
	switch {
	case t.Kind == Prefix:
		return "s3://" + t.Name + "/" + t.Part
	case t.Kind == File && t.Name != "":
		return "file:s3://" + t.Name + "/" + t.Part
	case t.Kind == Alias:
		return "lambda:" + t.Name + ":" + t.Part
	case t.Name == "":
		return string(t.Kind)
	}
	for _, p := range plain {
		if p.kind == t.Kind {
			return p.word + ":" + t.Name
		}
	}
	return ""
}

// Covers reports whether a deployment that allows t allows o: the same target, a
// prefix below t's, or a file or a contract where t names none.
func (t Target) Covers(o Target) bool {
	switch {
	case t.Kind != o.Kind:
		return false
	case t.Kind == Prefix:
		return t.Name == o.Name && strings.HasPrefix(o.Part, t.Part)
	case t.Kind == File || t.Kind == Contract:
		return t.Name == "" || t == o
	}
	return t == o
}
