package kernel

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/view"
)

// Moment finds the values that are no point in time as the slot's layout has
// it. If zoned is not nil they must (true) or must not (false) carry a zone.
func Moment(slot int, zoned *bool) Kernel {
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		moments, valid := v.Moments(slot)
		nulls := v.Nulls(slot)
		looked := len(valid) - len(nulls)
		for row, ok := range valid {
			switch {
			case ok && (zoned == nil || moments[row].Zoned == *zoned):
			case len(nulls) > 0 && nulls[0] == uint32(row):
				nulls = nulls[1:]
			default:
				bad = append(bad, uint32(row))
			}
		}
		return bad, looked
	})
}

// CompareMoment is Compare for points in time.
func CompareMoment(slot int, bound datetime.Moment, good func(int) bool) Kernel {
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		moments, valid := v.Moments(slot)
		looked := 0
		for row, ok := range valid {
			if !ok {
				continue
			}
			looked++
			if !good(moments[row].Compare(bound)) {
				bad = append(bad, uint32(row))
			}
		}
		return bad, looked
	})
}

// Day finds the moments that do not lie on day, written 2006-01-02, in zone.
// Moments without a zone of their own are taken as the slot's zone has them.
// Values that are no moments are not looked at.
func Day(slot int, day string, zone *time.Location) Kernel {
	start, err := time.ParseInLocation("2006-01-02", day, zone)
	from, to := start.Unix(), start.AddDate(0, 0, 1).Unix()
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		moments, valid := v.Moments(slot)
		looked := 0
		for row, ok := range valid {
			if !ok || err != nil {
				continue
			}
			looked++
			if at := moments[row].Unix; at < from || at >= to {
				bad = append(bad, uint32(row))
			}
		}
		return bad, looked
	})
}
