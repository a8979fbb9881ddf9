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
var weekdays = flag.Int("weekdays", 2, "play the day on so many `weekdays`, up to 7")

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
				d := mustPlan(t, source, now, uint64(weekday))
				past := map[quality.Verdict]int{}
				history, err := d.history(ctx, func(p pastDay) error {
					past[p.Report.Verdict]++
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s, history: %v", d.Origin.Format(time.DateOnly), past)
				clean := d.files(0)
				for _, dataset := range datasets {
					report, err := d.judge(ctx, dataset, clean[dataset], clean, history[dataset], d.Now)
					if err != nil {
						t.Fatal(err)
					}
					if report.Verdict != quality.VerdictPass {
						t.Errorf("clean %s: verdict %s, want pass", dataset, report.Verdict)
					}
					for _, c := range report.Checks {
						if c.Status != quality.Pass {
							t.Errorf("clean %s: %s is %s: %s", dataset, c.ID, c.Status, c.Message)
						}
					}
				}
				for _, file := range fault.Break(d.Plan, uint64(weekday)) {
					report, err := d.judge(ctx, file.Dataset, file.Bytes, clean, history[file.Dataset], d.Now.Add(time.Minute))
					if err != nil {
						t.Fatal(err)
					}
					if report.Verdict != quality.VerdictFail {
						t.Errorf("broken %s: verdict %s, want fail", file.Dataset, report.Verdict)
					}
					c := file.Compare(fault.Found(report, report.Quarantine.Rows))
					for _, o := range c.Outcomes {
						for _, missed := range o.Missed {
							t.Errorf("broken %s: %s: %s", file.Dataset, o.Fault.Name, missed)
						}
					}
					for _, extra := range c.Extra {
						t.Errorf("broken %s: beyond what was broken: %s", file.Dataset, extra)
					}
				}
			})
		}
	}
}
