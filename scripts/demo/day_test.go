package main

import (
	"context"
	"flag"
	"testing"
	"time"

	"tillwatch/scripts/demo/fault"
	"tillwatch/scripts/demo/retail"
	"tillwatch/shared/quality"
)

const cache = "../../.cache"

// weekdays is how many weekdays the day is played on: each takes seconds.
var weekdays = flag.Int("weekdays", 1, "play the day on so many `weekdays`, up to 7")

var noon = time.Date(2026, 11, 22, 17, 10, 0, 0, time.UTC)

// sources are the synthetic source and, where it was fetched, the real one.
func sources(t *testing.T) map[string]*retail.Source {
	all := map[string]*retail.Source{"synthetic": retail.Synthetic(noon, 1)}
	if !retail.Fetched(cache) {
		t.Logf("the real transactions are left out: %s is not there; go run ./scripts/demo fetches it", retail.Wheel(cache))
		return all
	}
	real, err := retail.Open(retail.Wheel(cache))
	if err != nil {
		t.Fatal(err)
	}
	all["real"] = real
	return all
}

func mustPlan(t *testing.T, s *retail.Source, now time.Time, seed uint64) *day {
	t.Helper()
	d, err := planDay(s, retail.Setting{Now: now, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCleanDayPassesAndEveryFaultIsFound(t *testing.T) {
	ctx := context.Background()
	for name, source := range sources(t) {
		for weekday := range *weekdays {
			now := noon.AddDate(0, 0, -weekday)
			t.Run(name+"/"+now.Weekday().String(), func(t *testing.T) {
				const seed = 1 // the demo's own
				d := mustPlan(t, source, now, seed)
				past := map[quality.Verdict]int{}
				history, err := d.history(ctx, func(p pastDay) error {
					past[p.Report.Verdict]++
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s, history: %v", d.Origin.Format(time.DateOnly), past)
				// The history is the same whatever the hour; the day itself is not.
				for _, clock := range []time.Duration{6 * time.Minute, 3 * time.Hour, 17 * time.Hour, 24*time.Hour - 11*time.Minute} {
					d := mustPlan(t, source, now.Truncate(24*time.Hour).Add(clock), seed)
					checkDay(t, d, history, seed)
					checkDay(t, d, history, seed+1) // leaves the other half of the stores out
				}
			})
		}
	}
}

// checkDay wants every clean file to pass all checks, every fault to be found
// and nothing else to be reported.
func checkDay(t *testing.T, d *day, history map[string][]quality.Run, seed uint64) {
	t.Helper()
	ctx := context.Background()
	clock := d.Now.Format("15:04")
	clean := d.files(0)
	for _, dataset := range datasets {
		report, err := d.judge(ctx, dataset, clean[dataset], clean, history[dataset], d.Now)
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict != quality.VerdictPass {
			t.Errorf("%s, clean %s: verdict %s, want pass", clock, dataset, report.Verdict)
		}
		for _, c := range report.Checks {
			if c.Status != quality.Pass {
				t.Errorf("%s, clean %s: %s is %s: %s", clock, dataset, c.ID, c.Status, c.Message)
			}
		}
	}
	for _, file := range fault.Break(d.Plan, seed) {
		report, err := d.judge(ctx, file.Dataset, file.Bytes, clean, history[file.Dataset], d.Now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict != quality.VerdictFail {
			t.Errorf("%s, broken %s: verdict %s, want fail", clock, file.Dataset, report.Verdict)
		}
		c := file.Compare(fault.Found(report, report.Quarantine.Rows))
		for _, o := range c.Outcomes {
			for _, missed := range o.Missed {
				t.Errorf("%s, broken %s: %s: %s", clock, file.Dataset, o.Fault.Name, missed)
			}
		}
		for _, extra := range c.Extra {
			t.Errorf("%s, broken %s: beyond what was broken: %s", clock, file.Dataset, extra)
		}
	}
}
