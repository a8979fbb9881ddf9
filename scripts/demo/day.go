package main

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"tillwatch/scripts/demo/contracts"
	"tillwatch/scripts/demo/retail"
	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/tabular"
)

// datasets are the day's files in the order in which they land: sales refer to
// customers, and the inventory is compared with the sales.
var datasets = []string{"customer_data", "sales_data", "inventory_data"}

// A day is the plan of the files with the contracts that they are judged by.
type day struct {
	*retail.Plan
	contracts map[string]*contract.Contract // by dataset
	reference map[string][]byte             // files that every day refers to, by dataset
}

// readContracts reads the demo's contracts.
func readContracts() (map[string]*contract.Contract, error) {
	all := map[string]*contract.Contract{}
	for _, name := range datasets {
		file := contractFile(name)
		data, err := fs.ReadFile(contracts.Files, file)
		if err != nil {
			return nil, err
		}
		if all[name], err = contract.ReadODCS(file, data); err != nil {
			return nil, fmt.Errorf("read contract %s: %w", name, err)
		}
	}
	return all, nil
}

func contractFile(dataset string) string { return dataset + ".odcs.yaml" }

// planDay makes the day that set asks for.
func planDay(s *retail.Source, set retail.Setting) (*day, error) {
	plan, err := s.Plan(set)
	if err != nil {
		return nil, err
	}
	all, err := readContracts()
	if err != nil {
		return nil, err
	}
	return &day{Plan: plan, contracts: all, reference: map[string][]byte{
		"products": plan.Products().CSV(),
		"stores":   plan.Stores().CSV(),
	}}, nil
}

// files makes the files of a day by dataset, that many days ago.
func (d *day) files(ago int) map[string][]byte {
	return map[string][]byte{
		"customer_data":  d.Customers(ago).CSV(),
		"sales_data":     d.Sales(ago).CSV(),
		"inventory_data": d.Inventory(ago).CSV(),
	}
}

// judge judges a file here, without a cloud. The other files of its day are
// references, beside those that every day has.
func (d *day) judge(ctx context.Context, dataset string, data []byte, others map[string][]byte, history []quality.Run, at time.Time) (*quality.Report, error) {
	references := map[string]tabular.Source{}
	for name, file := range d.reference {
		references[name] = tabular.Bytes(file)
	}
	for name, file := range others {
		if name != dataset {
			references[name] = tabular.Bytes(file)
		}
	}
	return judge.Validate(ctx, quality.Input{
		Contract: d.contracts[dataset], Table: dataset, Object: dataset + ".csv",
		Source: tabular.Bytes(data), Bytes: int64(len(data)),
		Arrived: at, Now: at, References: references, History: history,
	})
}

// A pastDay is what a day of the history left behind.
type pastDay struct {
	Dataset string
	Period  string // the date
	Bytes   int64
	Report  *quality.Report
}

// history judges the weeks before the day, oldest first, each day with what was
// known then, and calls each for every file.
func (d *day) history(ctx context.Context, each func(pastDay) error) (map[string][]quality.Run, error) {
	runs := map[string][]quality.Run{}
	for ago := retail.HistoryDays; ago > 0; ago-- {
		if !d.Open(ago) {
			continue
		}
		files, at := d.files(ago), d.At(ago)
		for _, dataset := range datasets {
			report, err := d.judge(ctx, dataset, files[dataset], files, runs[dataset], at)
			if err != nil {
				return nil, fmt.Errorf("judge %s of %s: %w", dataset, at.Format(time.DateOnly), err)
			}
			runs[dataset] = append(runs[dataset], quality.Run{At: at, Verdict: report.Verdict, Metrics: report.Metrics, Columns: report.Columns})
			if err := each(pastDay{dataset, at.Format(time.DateOnly), int64(len(files[dataset])), report}); err != nil {
				return nil, err
			}
		}
	}
	return runs, nil
}
