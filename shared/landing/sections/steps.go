package sections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/tabular"
)

// A task is one step of one job.
type task struct {
	Step
	ctx   context.Context
	steps *Steps
	job   job
	in    quality.Input
}

// atOnce is how many objects are read at a time.
const atOnce = 16

func (t *task) scan() (Done, error) {
	src, ok := t.in.Source.(tabular.Ranger)
	if !ok || t.Number < 0 || t.Number >= t.job.ranges() {
		return Done{}, ErrStep
	}
	from, to := t.job.bounds(t.Number)
	scan, err := t.job.Split.Scan(t.ctx, src, from, to, t.job.Object.Size)
	if err != nil {
		return Done{}, err
	}
	return Done{}, t.putDocument(t.at("scan", t.Number), scan)
}

func (t *task) cut() (Done, error) {
	var keys []string
	for i := range t.job.ranges() {
		keys = append(keys, t.at("scan", i))
	}
	bodies, err := t.getAll(keys)
	if err != nil {
		return Done{}, err
	}
	scans := make([]tabular.Scan, len(bodies))
	for i, body := range bodies {
		if err := json.Unmarshal(body, &scans[i]); err != nil {
			return Done{}, fmt.Errorf("read %s: %w", keys[i], err)
		}
	}
	var d division
	if d.Sections, err = judge.Cut(t.ctx, t.in, t.job.Split, scans, t.job.Object.Size); err != nil {
		return Done{}, err
	}
	if d.Keys, err = judge.Keys(t.ctx, t.in, d.Sections); err != nil {
		return Done{}, err
	}
	done := Done{Sections: numbers(d.Sections.Len()), Partitions: numbers(d.Keys * d.Sections.Partitions())}
	return done, t.putDocument(t.Work+"sections.json", d)
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func (t *task) observe() (Done, error) {
	d, err := t.division()
	if err != nil {
		return Done{}, err
	}
	seen, err := judge.Observe(t.ctx, t.in, d.Sections, t.Number)
	if err != nil {
		return Done{}, err
	}
	messages := map[string][]byte{t.at("state", t.Number): seen.State}
	for key, partitions := range seen.Keys {
		for partition, message := range partitions {
			messages[t.keysAt(key, partition, t.Number)] = message
		}
	}
	return Done{}, t.putAll(messages)
}

func (t *task) repeat() (Done, error) {
	d, err := t.division()
	if err != nil {
		return Done{}, err
	}
	key, partition := t.Number/d.Sections.Partitions(), t.Number%d.Sections.Partitions()
	var keys []string
	for section := range d.Sections.Len() {
		keys = append(keys, t.keysAt(key, partition, section))
	}
	messages, err := t.getAll(keys)
	if err != nil {
		return Done{}, err
	}
	repeated, err := judge.RepeatedKeys(messages)
	if err != nil {
		return Done{}, err
	}
	return Done{}, t.steps.Blobs.Put(t.ctx, t.repeatedAt(key, partition), repeated)
}

// unseen merges what sections came to and asks for the rows to show.
func (t *task) unseen() (Done, error) {
	merged, err := t.merged()
	if err != nil {
		return Done{}, err
	}
	unseen := merged.Unseen()
	messages := map[string][]byte{}
	for section, message := range unseen {
		messages[t.at("unseen", section)] = message
	}
	return Done{Looks: append([]int{}, slices.Sorted(maps.Keys(unseen))...)}, t.putAll(messages)
}

func (t *task) look() (Done, error) {
	d, err := t.division()
	if err != nil {
		return Done{}, err
	}
	unseen, err := t.steps.Blobs.Get(t.ctx, t.at("unseen", t.Number))
	if err != nil {
		return Done{}, err
	}
	looked, err := judge.Look(t.ctx, t.in, d.Sections, t.Number, unseen)
	if err != nil {
		return Done{}, err
	}
	return Done{}, t.steps.Blobs.Put(t.ctx, t.at("looked", t.Number), looked)
}

// report merges once more, and completes the report by what was seen since.
func (t *task) report() (*quality.Report, error) {
	merged, err := t.merged()
	if err != nil {
		return nil, err
	}
	sections := slices.Sorted(maps.Keys(merged.Unseen()))
	var keys []string
	for _, section := range sections {
		keys = append(keys, t.at("looked", section))
	}
	messages, err := t.getAll(keys)
	if err != nil {
		return nil, err
	}
	looked := map[int][]byte{}
	for i, section := range sections {
		looked[section] = messages[i]
	}
	return merged.Report(looked)
}

func (t *task) merged() (*check.Merged, error) {
	d, err := t.division()
	if err != nil {
		return nil, err
	}
	var ahead [][]byte // states of the sections from i - i%atOnce on
	state := func(i int) ([]byte, error) {
		if i%atOnce == 0 {
			var keys []string
			for n := i; n < min(i+atOnce, d.Sections.Len()); n++ {
				keys = append(keys, t.at("state", n))
			}
			if ahead, err = t.getAll(keys); err != nil {
				return nil, err
			}
		}
		return ahead[i%atOnce], nil
	}
	return judge.Merge(t.ctx, t.in, d.Sections, state, func(key int) ([][]byte, error) {
		var keys []string
		for partition := range d.Sections.Partitions() {
			keys = append(keys, t.repeatedAt(key, partition))
		}
		return t.getAll(keys)
	})
}

func (t *task) division() (d division, err error) {
	if err = t.steps.document(t.ctx, t.Work+"sections.json", &d); err == nil && d.Sections.Len() == 0 {
		err = errors.New("a file of no sections")
	}
	return d, err
}

// at is the key of what a numbered range or section left.
func (t *task) at(what string, number int) string {
	return fmt.Sprintf("%s%s/%05d", t.Work, what, number)
}

func (t *task) keysAt(key, partition, section int) string {
	return fmt.Sprintf("%skeys/%d/%03d/%05d", t.Work, key, partition, section)
}

func (t *task) repeatedAt(key, partition int) string {
	return fmt.Sprintf("%srepeated/%d/%03d", t.Work, key, partition)
}

func (t *task) putDocument(key string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return t.steps.Blobs.Put(t.ctx, key, body)
}

func (t *task) putAll(messages map[string][]byte) error {
	group, ctx := errgroup.WithContext(t.ctx)
	group.SetLimit(atOnce)
	for key, message := range messages {
		group.Go(func() error { return t.steps.Blobs.Put(ctx, key, message) })
	}
	return group.Wait()
}

// getAll reads objects, in the order of their keys.
func (t *task) getAll(keys []string) ([][]byte, error) {
	bodies := make([][]byte, len(keys))
	group, ctx := errgroup.WithContext(t.ctx)
	group.SetLimit(atOnce)
	for i, key := range keys {
		group.Go(func() (err error) {
			bodies[i], err = t.steps.Blobs.Get(ctx, key)
			return err
		})
	}
	return bodies, group.Wait()
}
