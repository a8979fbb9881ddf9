package profile

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Abs(want)+1e-15 {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The figures are what SciPy 1.17.1 gives.

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int64
		low, high float64
	}{
		{0, 10, 0, 0.21294197008340698},
		{1, 10, 0.02263490873086718, 0.34771866733585843},
		{5, 10, 0.26927182113826725, 0.7307281788617328},
		{10, 10, 0.787058029916593, 1},
		{0, 3000, 0, 0.0009010352213834299},
		{153, 3000, 0.04478845747180248, 0.05802067215699983},
		{2999, 3000, 0.9985072663886816, 0.999925632413416},
		{0, 0, 0, 1},
	} {
		low, high := wilson(c.k, c.n, together(1))
		near(t, "low", low, c.low, 1e-12)
		near(t, "high", high, c.high, 1e-12)
	}
}

func TestTogether(t *testing.T) {
	near(t, "of one", together(1), 1.6448536269514722, 1e-9)
	near(t, "of none", together(0), 1.6448536269514722, 1e-9)
	near(t, "of twenty", together(20), 2.799211472482397, 1e-9)
}
