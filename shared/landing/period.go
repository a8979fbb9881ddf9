package landing

import (
	"path"
	"regexp"
	"strings"
	"time"
)

var (
	partition = regexp.MustCompile(`(?:^|/)(?:dt|date|day)=(\d{4}-?\d{2}-?\d{2})(?:/|$)`)
	ymd       = regexp.MustCompile(`(?:^|/)year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})(?:/|$)`)
	hour      = regexp.MustCompile(`(?:^|/)(?:hour|hr|h)=(\d{1,2})(?:/|$)`)
	slashes   = regexp.MustCompile(`(?:^|/)(\d{4})/(\d{2})/(\d{2})(?:/|$)`)
	written   = regexp.MustCompile(`(?:^|\D)(\d{4}-\d{2}-\d{2}|\d{8})(?:\D|$)`)
)

// PeriodOf returns the period that a file is for: the date in its key (dt=,
// year=/month=/day=, 2026/11/22, 2026-11-22 or 20261122), followed by T and the
// hour where the key has an hour= part; without a date in the key, the day the
// file arrived. Two objects of one dataset and period are about the same data.
func PeriodOf(key string, arrived time.Time) string {
	day := ""
	if m := partition.FindStringSubmatch(key); m != nil {
		day = date(m[1])
	}
	if m := ymd.FindStringSubmatch(key); day == "" && m != nil {
		day = date(m[1] + pad2(m[2]) + pad2(m[3]))
	}
	if m := slashes.FindStringSubmatch(key); day == "" && m != nil {
		day = date(m[1] + m[2] + m[3])
	}
	if m := written.FindStringSubmatch(key); day == "" && m != nil {
		day = date(m[1])
	}
	if day == "" {
		return arrived.UTC().Format(time.DateOnly)
	}
	if m := hour.FindStringSubmatch(key); m != nil {
		return day + "T" + pad2(m[1])
	}
	return day
}

func pad2(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// date returns 20261122 or 2026-11-22 as 2026-11-22, "" if it is no day.
func date(s string) string {
	t, err := time.Parse("20060102", strings.ReplaceAll(s, "-", ""))
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// dayOf returns the date of a period.
func dayOf(period string) string {
	day, _, _ := strings.Cut(period, "T")
	return day
}

const folderMarker = "folder marker"

// notData returns why a key without a contract is no file that needs one, ""
// if it should have one.
func notData(o Object) string {
	base := path.Base(o.Key)
	switch {
	case o.Size == 0 && strings.HasSuffix(o.Key, "/"):
		return folderMarker
	case strings.HasPrefix(o.Key, "bills/"):
		return "bill"
	case strings.HasPrefix(o.Key, "surveys/"):
		return "survey"
	case base == "_SUCCESS" || strings.HasPrefix(base, "_started") || strings.HasPrefix(base, "_committed"):
		return "marker of a job"
	case strings.HasSuffix(strings.ToLower(base), ".manifest"),
		strings.HasPrefix(o.Key, "manifests/"), strings.Contains(o.Key, "/manifests/"):
		return "manifest"
	}
	return ""
}

// prefixOf returns the folder of a key without its partitions and dates, so
// that the files of one feed share it: "sales/" of sales/dt=2026-11-22/a.csv.
func prefixOf(key string) string {
	var keep []string
	parts := strings.Split(key, "/")
	for _, p := range parts[:len(parts)-1] {
		if strings.Contains(p, "=") || strings.Trim(p, "0123456789-") == "" {
			break
		}
		keep = append(keep, p)
	}
	if len(keep) == 0 {
		return "/"
	}
	return strings.Join(keep, "/") + "/"
}
