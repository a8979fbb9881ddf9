package kmsmac

import (
	"reflect"
	"testing"
	"time"
)

func TestReadSetting(t *testing.T) {
	for _, c := range []struct {
		rule  string
		env   map[string]string
		want  Setting
		fails bool
	}{
		{"nothing is set", nil, Setting{}, false},
		{"all is set", map[string]string{"TILLWATCH_ANSWERS": "https://a/", "TILLWATCH_ANSWER_KEYS": "n,o", "TILLWATCH_ANSWER_HOURS": "24"},
			Setting{"https://a/", []string{"n", "o"}, 24 * time.Hour}, false},
		{"a page without its last slash", map[string]string{"TILLWATCH_ANSWERS": "https://a", "TILLWATCH_ANSWER_KEYS": "n"},
			Setting{Page: "https://a/", Keys: []string{"n"}}, false},
		{"a page without keys", map[string]string{"TILLWATCH_ANSWERS": "https://a/"}, Setting{}, true},
		{"hours that are none", map[string]string{"TILLWATCH_ANSWER_HOURS": "0"}, Setting{}, true},
		{"hours that are many", map[string]string{"TILLWATCH_ANSWER_HOURS": "99999999999"}, Setting{}, true},
	} {
		got, err := ReadSetting(func(name string) string { return c.env[name] })
		if (err != nil) != c.fails || !c.fails && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.rule, got, err, c.want)
		}
	}
}
