package storm_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/replay"
	"tillwatch/shared/alert/storm"
)

var start = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// history returns a storm with maintenance and the policy that knows it.
func history(t testing.TB, seed uint64, incidents, signals int) ([]byte, *policy.Policy) {
	t.Helper()
	lines, works := storm.Make(storm.Plan{Seed: seed, Incidents: incidents, Signals: signals,
		Upstreams: policy.Shipped().Upstreams(), Start: start, Maintenance: true})
	p, err := policy.Read("storm.yaml", append(policy.ShippedYAML(), storm.Policy(works)...))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes(), p
}

func play(t testing.TB, data []byte, p *policy.Policy) replay.Report {
	t.Helper()
	player := replay.New(p)
	if err := replay.Read(bytes.NewReader(data), player.Play); err != nil {
		t.Fatal(err)
	}
	r, err := player.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNoiseGoesDownAndNothingIsLost holds what is promised of a storm.
func TestNoiseGoesDownAndNothingIsLost(t *testing.T) {
	for seed := range uint64(4) {
		data, p := history(t, seed, 200, 100_000)
		r := play(t, data, p)
		t.Logf("seed %d\n%s", seed, r.Text())
		truth := r.Truth
		switch {
		case r.Signals != 100_000 || truth == nil || truth.Incidents != 200:
			t.Fatalf("seed %d: %d signals, truth %+v", seed, r.Signals, truth)
		case truth.Recall < 100:
			t.Errorf("seed %d: missed %v", seed, truth.Missed)
		case truth.PagesPerIncident > 1.2:
			t.Errorf("seed %d: %.2f pages per incident", seed, truth.PagesPerIncident)
		case truth.PairF1 < 0.95:
			t.Errorf("seed %d: F1 %.3f", seed, truth.PairF1)
		case r.CriticalMax > 30:
			t.Errorf("seed %d: a P0 or P1 was told after %.0f s", seed, r.CriticalMax)
		}
	}
}

func TestSameSeedSameStorm(t *testing.T) {
	a, _ := history(t, 7, 20, 4000)
	b, _ := history(t, 7, 20, 4000)
	c, _ := history(t, 8, 20, 4000)
	if !bytes.Equal(a, b) || bytes.Equal(a, c) {
		t.Error("the seed does not make the storm")
	}
	if n := bytes.Count(a, []byte("\n")); n != 4000 {
		t.Errorf("%d lines, want 4000", n)
	}
}

// BenchmarkReplay measures whole decisions, from a line of JSON to its outcome.
func BenchmarkReplay(b *testing.B) {
	data, p := history(b, 1, 200, 100_000)
	for b.Loop() {
		play(b, data, p)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}
