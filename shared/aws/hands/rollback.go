package hands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tillwatch/shared/aws/contractstore"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/contract"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

// rollBackAlias points an alias at the version before the one it points at,
// unless somebody else moved it in between.
func (h *Hands) rollBackAlias(ctx context.Context, t try) (before, after string, err error) {
	alias, err := h.Lambda.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &t.target.Name, Name: &t.target.Part})
	if err != nil {
		return "", "", fault.Wrap("read alias "+t.Target, err)
	}
	version := aws.ToString(alias.FunctionVersion)
	before = "version " + version
	if alias.RoutingConfig != nil && len(alias.RoutingConfig.AdditionalVersionWeights) > 0 {
		return before, "", fmt.Errorf("alias %s shifts traffic between versions just now", t.Target)
	}
	at, err := strconv.Atoi(version)
	if err != nil {
		return before, "", nothing("alias %s points at %s, which has no version before", t.Target, version)
	}
	previous := 0
	pages := lambda.NewListVersionsByFunctionPaginator(h.Lambda, &lambda.ListVersionsByFunctionInput{FunctionName: &t.target.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return before, "", fault.Wrap("list versions of "+t.target.Name, err)
		}
		for _, v := range page.Versions {
			if n, err := strconv.Atoi(aws.ToString(v.Version)); err == nil && n < at {
				previous = max(previous, n)
			}
		}
	}
	if previous == 0 {
		return before, "", nothing("there is no version before %d", at)
	}
	after = fmt.Sprintf("version %d", previous)
	if !t.Live {
		return before, after, nil
	}
	_, err = h.Lambda.UpdateAlias(ctx, &lambda.UpdateAliasInput{
		FunctionName: &t.target.Name, Name: &t.target.Part, FunctionVersion: aws.String(strconv.Itoa(previous)), RevisionId: alias.RevisionId,
	})
	return before, after, fault.Wrap("point alias "+t.Target+" back", err)
}

// recent is how long before an incident a contract may have been pushed to be
// taken for its cause; what was in force for longer is not.
const recent = 24 * time.Hour

// The bounds of what follows a contract that was put back.
const (
	maxContract = 4 << 20 // bytes
	maxLookBack = 200     // files of the dataset
	maxAgain    = 50      // files that are judged once more
)

// rolledBack is the metadata of an object that was put back: the version that it
// takes the place of.
const rolledBack = "tillwatch-instead-of"

// rollBackContract puts the version before of a dataset's contract in force
// again, by writing it once more, and has the files judged again that were not
// accepted since the newer one was pushed. It does so only if that was pushed
// shortly before the incident and is no rollback itself, and only if the version
// before can be read as a contract.
func (h *Hands) rollBackContract(ctx context.Context, t try) (before, after string, err error) {
	if t.target.Name == "" {
		return "", "", nothing("the alert names no dataset")
	}
	newest, previous, err := h.contractVersions(ctx, t.target.Name)
	if err != nil {
		return "", "", err
	}
	pushed, key := aws.ToTime(newest.LastModified).UTC(), aws.ToString(newest.Key)
	before = fmt.Sprintf("%s, version %s, pushed at %s", key, aws.ToString(newest.VersionId), pushed.Format(time.RFC3339))
	began := t.At
	if t.Incident != nil && !t.Incident.StartedAt.IsZero() {
		began = t.Incident.StartedAt
	}
	switch {
	case previous.VersionId == nil:
		return before, "", nothing("there is no version before")
	case pushed.After(began.Add(time.Second)): // S3's times are cut to the second
		return before, "", nothing("it was pushed after the incident began: somebody is at work on it")
	case began.Sub(pushed) > recent:
		return before, "", nothing("it was in force for more than %s before the incident", words.Duration(recent))
	}
	was, err := h.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &h.Results, Key: &key, VersionId: newest.VersionId})
	if err != nil {
		return before, "", fault.Wrap("read "+key, err)
	}
	if was.Metadata[rolledBack] != "" {
		return before, "", nothing("the version before was put back already")
	}
	old, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &h.Results, Key: &key, VersionId: previous.VersionId})
	if err != nil {
		return before, "", fault.Wrap("read the version before of "+key, err)
	}
	defer old.Body.Close()
	body, err := io.ReadAll(io.LimitReader(old.Body, maxContract))
	if err != nil {
		return before, "", fmt.Errorf("read the version before of %s: %w", key, err)
	}
	if _, err := contract.ReadODCS(path.Base(key), body); err != nil {
		return before, "", fmt.Errorf("the version before of %s can't be read: %w", key, err)
	}
	files, err := h.refused(ctx, t, pushed)
	if err != nil {
		return before, "", err
	}
	after = fmt.Sprintf("version %s of %s is in force again, %s judged once more",
		aws.ToString(previous.VersionId), aws.ToTime(previous.LastModified).UTC().Format(time.RFC3339), words.Plural(int64(len(files)), "file"))
	if !t.Live {
		return before, after, nil
	}
	_, err = h.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &h.Results, Key: &key, Body: bytes.NewReader(body), ContentType: old.ContentType, IfMatch: newest.ETag,
		Metadata: map[string]string{rolledBack: aws.ToString(newest.VersionId)},
	})
	if err != nil {
		return before, "", fault.Wrap("put back "+key, err)
	}
	for i, r := range files {
		if err := h.send(ctx, r); err != nil {
			return before, fmt.Sprintf("the version before is in force, %d of %d files judged once more", i, len(files)), err
		}
	}
	return before, after, nil
}

// contractVersions returns the newest version of a dataset's contract and the
// newest before it that differs, the zero value if none does.
func (h *Hands) contractVersions(ctx context.Context, dataset string) (newest, previous s3types.ObjectVersion, err error) {
	prefix := contractstore.Contracts + dataset + "."
	out, err := h.S3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &h.Results, Prefix: &prefix})
	if err != nil {
		return newest, previous, fault.Wrap("list versions of "+prefix+"*", err)
	}
	for _, d := range out.DeleteMarkers {
		if aws.ToBool(d.IsLatest) {
			return newest, previous, nothing("%s was removed: what is gone on purpose is not put back", aws.ToString(d.Key))
		}
	}
	for _, v := range out.Versions {
		switch {
		case newest.Key != nil && aws.ToString(v.Key) != aws.ToString(newest.Key):
			return newest, previous, fmt.Errorf("%s and %s are both contracts of %s", aws.ToString(newest.Key), aws.ToString(v.Key), dataset)
		case aws.ToBool(v.IsLatest):
			newest = v
		case previous.Key == nil && newest.Key != nil && aws.ToString(v.ETag) != aws.ToString(newest.ETag):
			previous = v
		}
	}
	if newest.Key == nil {
		return newest, previous, nothing("there is no contract %s*", prefix)
	}
	return newest, previous, nil
}

// refused returns requests to judge again the files that the incident is about,
// and those of the dataset that arrived since and were not accepted.
func (h *Hands) refused(ctx context.Context, t try, since time.Time) ([]landing.Request, error) {
	var names []string
	if t.Incident != nil {
		names = t.Incident.Files()
	}
	entries, err := h.Judged.History(ctx, t.target.Name, maxLookBack)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.Run.At.Before(since) && e.Run.Verdict != quality.VerdictPass {
			names = append(names, "s3://"+e.Key)
		}
	}
	seen := map[string]bool{}
	var list []landing.Request
	for _, name := range names {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(name, "s3://"), "/")
		if seen[name] || len(list) == maxAgain {
			continue
		}
		seen[name] = true
		_, r, err := h.again(ctx, bucket, key, t.At)
		if errors.Is(err, ErrNothing) || errors.Is(err, landing.ErrBusy) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}
