package metric

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// maxValue bounds what CloudWatch takes: values of more than 2^360 either way
// are refused. Source: Amazon CloudWatch API reference, MetricDatum.
var maxValue = math.Ldexp(1, 360)

// maxDimension is CloudWatch's limit on a dimension's value, in bytes.
const maxDimension = 1024

// ErrUnknown is what Validate returns for a name that is not in the catalogue.
var ErrUnknown = errors.New("metric not in the catalogue")

// Validate reports everything that keeps m from being published: a name that
// is not in the catalogue, dimensions that are none of the metric's sets, a
// dimension's value that is empty, too long or not printable ASCII, a value
// that CloudWatch refuses (NaN, infinite, beyond 2^360), no time. It returns
// nil for a measurement that may be published.
func (m Measurement) Validate() error {
	entry, ok := Lookup(m.Name)
	if !ok {
		return fmt.Errorf("%w: %q", ErrUnknown, m.Name)
	}
	var faults []error
	names := slices.Sorted(maps.Keys(m.Dimensions))
	if !slices.ContainsFunc(entry.Sets, func(s Set) bool { return slices.Equal(slices.Sorted(slices.Values(s.Dimensions)), names) }) {
		faults = append(faults, fmt.Errorf("dimensions %s are none of %s", braces(names), allowed(entry)))
	}
	for _, n := range names {
		if err := validateDimension(m.Dimensions[n]); err != nil {
			faults = append(faults, fmt.Errorf("dimension %s: %w", n, err))
		}
	}
	if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) || math.Abs(m.Value) > maxValue {
		faults = append(faults, fmt.Errorf("value %v cannot be published", m.Value))
	}
	if m.At.IsZero() {
		faults = append(faults, errors.New("no time"))
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("measurement %s: %w", m.Name, errors.Join(faults...))
}

func validateDimension(v string) error {
	switch {
	case v == "":
		return errors.New("value is empty")
	case len(v) > maxDimension:
		return fmt.Errorf("value has %d bytes, at most %d are allowed", len(v), maxDimension)
	case v[0] == ':':
		return fmt.Errorf("value %q begins with a colon", v)
	case strings.TrimSpace(v) == "":
		return errors.New("value is blank")
	}
	for _, r := range v {
		if r < ' ' || r > '~' {
			return fmt.Errorf("value %q has a character that is not printable ASCII", v)
		}
	}
	return nil
}

func allowed(m Metric) string {
	sets := make([]string, len(m.Sets))
	for i, s := range m.Sets {
		sets[i] = braces(s.Dimensions)
	}
	return strings.Join(sets, " or ")
}

func braces(names []string) string { return "{" + strings.Join(names, ", ") + "}" }
