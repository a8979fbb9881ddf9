package kernel

import (
	"tillwatch/shared/contract"
	"tillwatch/shared/quality/short"
	"tillwatch/shared/quality/view"
)

// Among finds the values that are none of those listed.
func Among(slot int, values []contract.Value) Kernel {
	var listed []string
	for _, v := range values {
		if !v.Null {
			listed = append(listed, v.Text)
		}
	}
	few, in := short.NewSet(listed), In(values)
	if few == nil {
		return Values(slot, in)
	}
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		data := v.Batch.Data
		looked := 0
		for row, s := range spans {
			if s.IsNull() {
				continue
			}
			looked++
			t, ok := short.Of(data, s)
			if ok && few.Has(&t) || !ok && in(data[s.Start:s.End]) {
				continue
			}
			bad = append(bad, uint32(row))
		}
		return bad, looked
	})
}

// Missing finds the cells that are null or one of values. It looks at every
// row.
func Missing(slot int, values []contract.Value) Kernel {
	set := textSet(values)
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		data := v.Batch.Data
		for row, s := range spans {
			if s.IsNull() || set.has(data[s.Start:s.End]) {
				bad = append(bad, uint32(row))
			}
		}
		return bad, len(spans)
	})
}

// A texts is a set of byte strings, told apart by length first.
type texts struct {
	few  [][]string      // by length, where no length has more than fewTexts
	many map[string]bool // else all
}

// fewTexts is how many texts are compared one by one.
const fewTexts = 8

func textSet(values []contract.Value) texts {
	var t texts
	all := map[string]bool{}
	for _, v := range values {
		if v.Null || all[v.Text] {
			continue
		}
		all[v.Text] = true
		for len(t.few) <= min(len(v.Text), longestFew) {
			t.few = append(t.few, nil)
		}
		if len(v.Text) > longestFew || len(t.few[len(v.Text)]) == fewTexts {
			t.many = all
			continue
		}
		t.few[len(v.Text)] = append(t.few[len(v.Text)], v.Text)
	}
	return t
}

// longestFew is how long a text that is compared one by one may be.
const longestFew = 64

func (t *texts) has(value []byte) bool {
	if t.many != nil {
		return t.many[string(value)]
	}
	if len(value) >= len(t.few) {
		return false
	}
	for _, text := range t.few[len(value)] {
		if string(value) == text {
			return true
		}
	}
	return false
}

// In returns whether a value is among values.
func In(values []contract.Value) func([]byte) bool {
	set := textSet(values)
	return set.has
}
