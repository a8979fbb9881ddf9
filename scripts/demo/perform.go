package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tillwatch/scripts/demo/fault"
	"tillwatch/scripts/demo/retail"
	"tillwatch/scripts/emulator"
	"tillwatch/shared/alert"
)

// environment is the part of every resource's name that is the demo's.
const environment = "demo"

// perform plays the story against the deployed system.
func perform(ctx context.Context, o options, tools emulator.Tools, source *retail.Source, t *tale, p *progress) (exact bool, err error) {
	if err := os.RemoveAll(t.folder()); err != nil {
		return false, err
	}
	e, err := tools.Start(ctx, p.step)
	if err != nil {
		return false, err
	}
	defer func() {
		switch {
		case err != nil:
			p.fail()
		case o.keep:
			return
		}
		p.step(emulator.Step{Name: "stop the emulator"})
		if stopped := e.Stop(); err == nil {
			err = stopped
		}
		p.pause()
	}()
	// A file whose judge died is taken up again after six times judge_seconds;
	// who tries that on one machine should not wait for twelve minutes.
	outputs, err := e.Deploy(ctx, emulator.Deployment{Environment: environment, Context: map[string]string{"judge_seconds": "15"}}, p.step)
	if err != nil {
		return false, err
	}
	c := newCloud(e, outputs)
	if err := c.listen(ctx, p); err != nil {
		return false, err
	}
	if err := c.pushContracts(ctx, t, p); err != nil {
		return false, err
	}
	d, err := plan(ctx, o, source, p)
	if err != nil {
		return false, err
	}
	if err := c.putReferences(ctx, d, p); err != nil {
		return false, err
	}
	if err := c.seedHistory(ctx, d, p); err != nil {
		return false, err
	}
	p.pause()
	t.introduce(d)
	t.sayf("\nThe stack is deployed to an emulator at %s; files land in the bucket\n%s.", e.Endpoint, outputs.LandingBucket)

	if err := t.cleanDay(ctx, c, d, p); err != nil {
		return false, err
	}
	broken := fault.Break(d.Plan, o.seed)
	found, err := t.brokenDay(ctx, c, d, broken, p)
	if err != nil {
		return false, err
	}
	if err := t.notifications(ctx, c, broken, p); err != nil {
		return false, err
	}
	if err := t.measurements(ctx, c, p); err != nil {
		return false, err
	}
	if err := t.alarms(ctx, c, p); err != nil {
		return false, err
	}
	if err := t.mendedDay(ctx, c, d, p); err != nil {
		return false, err
	}
	t.heading("What was broken, and what was found")
	for i, file := range broken {
		t.compare(file, found[i])
	}
	exact = t.sum()
	t.sayf("The reports are under %s.", t.relative(t.folder()))
	if o.keep {
		t.next(e, outputs, d)
	}
	return exact, nil
}

// cleanDay lands the day as it was and tells each verdict.
func (t *tale) cleanDay(ctx context.Context, c *cloud, d *day, p *progress) error {
	t.heading("The clean day lands")
	clean := d.files(0)
	for _, dataset := range datasets {
		v, err := c.land(ctx, dataset, d.Date, clean[dataset], p)
		if err != nil {
			return err
		}
		p.pause()
		t.landed(v)
		if err := t.cleanVerdict(v.report); err != nil {
			return err
		}
		if err := t.keep(ctx, c, "clean", v); err != nil {
			return err
		}
	}
	return nil
}

// brokenDay lands the day with faults in it and tells each verdict.
func (t *tale) brokenDay(ctx context.Context, c *cloud, d *day, broken []fault.File, p *progress) ([][]fault.Finding, error) {
	t.heading("The same day lands again, broken")
	t.prose("Each file replaces the clean one at its key. The inventory comes first and the customers last, because a file " +
		"is compared with accepted ones: the broken sales are no measure for an inventory.")
	var found [][]fault.Finding
	for _, file := range broken {
		v, err := c.land(ctx, file.Dataset, d.Date, file.Bytes, p)
		if err != nil {
			return nil, err
		}
		p.pause()
		t.landed(v)
		if err := t.verdict(v.report); err != nil {
			return nil, err
		}
		if err := t.keep(ctx, c, "broken", v); err != nil {
			return nil, err
		}
		found = append(found, fault.Found(v.report, v.quarantine))
	}
	return found, nil
}

// mendedDay lands the clean day once more and tells how the alerts end.
func (t *tale) mendedDay(ctx context.Context, c *cloud, d *day, p *progress) error {
	t.heading("The day is sent again, whole")
	clean := d.files(0)
	for _, dataset := range datasets {
		v, err := c.land(ctx, dataset, d.Date, clean[dataset], p)
		if err != nil {
			return err
		}
		over, err := c.notices.wait(ctx, patience, func(n notice) bool {
			return n.Signal.Status == alert.Resolved && n.Signal.Pipeline == dataset
		})
		if err != nil {
			return fmt.Errorf("wait for the end of the alert about %s: %w; the functions' log is %s", dataset, err, c.emulator.Log)
		}
		p.pause()
		t.judgeClean(v.report)
		t.sayf("  %-15s verdict %s, and by %s:\n    %s", dataset, v.report.Verdict, over.Topic, over.Subject)
	}
	return nil
}

// landed tells that a file landed and was judged.
func (t *tale) landed(v *verdict) {
	t.sayf("\n%s landed, its verdict was on the bus %.1f s later.", v.notice.Object.Key, v.took.Seconds())
}

// keep downloads what was written about a file and says where it is.
func (t *tale) keep(ctx context.Context, c *cloud, part string, v *verdict) error {
	folder := filepath.Join(t.folder(), part, v.notice.Dataset)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, document := range []struct{ what, key string }{
		{"JSON report", v.notice.Report}, {"HTML report", v.notice.Page}, {"Quarantine", v.notice.Quarantine},
	} {
		if document.key == "" {
			continue
		}
		data, err := c.result(ctx, document.key)
		if err != nil {
			return err
		}
		file := filepath.Join(folder, filepath.Base(document.key))
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
		t.sayf("%-12s %s", document.what, t.relative(file))
	}
	return nil
}

// next says what to do with an emulator that was left running.
func (t *tale) next(e *emulator.Emulator, o emulator.Outputs, d *day) {
	t.heading("Still running")
	t.sayf("The emulator answers at %s until you stop it: kill %d", e.Endpoint, e.PID)
	t.sayf("Its log, and that of the functions, is %s.\n\nFor the commands below:", t.relative(e.Log))
	for _, v := range []string{"AWS_ENDPOINT_URL=" + e.Endpoint, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + emulator.Region} {
		t.sayf("  export %s", v)
	}
	sales := fmt.Sprintf("s3://%s/%s", o.LandingBucket, landingKey("sales_data", d.Date))
	t.sayf("\nJudge a file that landed, from here:")
	t.sayf("  go run ./scripts/tillwatch validate --contract scripts/demo/contracts/sales_data.odcs.yaml \\\n    %s", sales)
	t.sayf("\nPush a contract that you changed; the next file is judged by it:")
	t.sayf("  go run ./scripts/tillwatch contract push --bucket %s FILE", o.ResultsBucket)
	t.sayf("\nWith the AWS CLI, land a file of your own:")
	t.sayf("  aws s3 cp FILE s3://%s/%s", o.LandingBucket, landingKey("sales_data", time.Now().UTC()))
}
