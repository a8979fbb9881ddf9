package datetime

import (
	"strings"
	"sync"
	"time"
)

var months = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

var weekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// name reads one of names, or its first three letters, into v as its index
// from first on. Case counts, as in Java.
func name(b []byte, i int, names []string, short bool, first int, v *int) int {
	for k, n := range names {
		if short {
			n = n[:3]
		}
		if len(b)-i >= len(n) && string(b[i:i+len(n)]) == n {
			*v = k + first
			return i + len(n)
		}
	}
	return -1
}

// readOffset reads Z, ±hh, ±hhmm or ±hh:mm, whichever forms allow, and the
// longest of them. It returns the seconds east of UTC, within ±18:00, and where
// it ended, or -1.
func readOffset(b []byte, i int, forms uint8) (offset, end int) {
	if i >= len(b) {
		return 0, -1
	}
	if b[i] == 'Z' && forms&zoneLetterZ != 0 {
		return 0, i + 1
	}
	if b[i] != '+' && b[i] != '-' || len(b)-i < 3 {
		return 0, -1
	}
	negative := b[i] == '-'
	offset = two(b, i+1) * 3600
	i += 3
	colon := i < len(b) && b[i] == ':'
	minutes := 0
	switch {
	case colon && forms&zoneExtended != 0:
		minutes, i = offsetPart(b, i+1)
	case !colon && forms&zoneBasic != 0 && i < len(b) && b[i]-'0' <= 9:
		minutes, i = offsetPart(b, i)
	case forms&zoneHours == 0:
		return 0, -1
	}
	if i < 0 {
		return 0, -1
	}
	offset += minutes * 60
	if forms&zoneSeconds != 0 && i < len(b) {
		start := i
		if colon {
			start++
		}
		if seconds, end := offsetPart(b, start); end >= 0 && (!colon || b[i] == ':') {
			offset, i = offset+seconds, end
		}
	}
	if offset > 18*3600 {
		return 0, -1
	}
	if negative {
		offset = -offset
	}
	return offset, i
}

// offsetPart reads two digits up to 59.
func offsetPart(b []byte, i int) (int, int) {
	if len(b)-i < 2 {
		return 0, -1
	}
	n := two(b, i)
	if n > 59 {
		return 0, -1
	}
	return n, i + 2
}

// zoneNames are the names that have one meaning in practice: those of RFC 822.
var zoneNames = map[string]int{
	"UTC": 0, "GMT": 0, "UT": 0, "Z": 0,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}

func readZoneName(b []byte, i int, f *fields) int {
	end := i
	for end < len(b) && b[end] >= 'A' && b[end] <= 'Z' {
		end++
	}
	hours, ok := zoneNames[string(b[i:end])]
	if !ok {
		return -1
	}
	f.zoned, f.offset = true, hours*3600
	return end
}

// maxZones bounds what a file can make a cache remember; the world has about
// 600 zones.
const maxZones = 1024

// A zoneCache remembers the zones that a layout has met, nil for those that do
// not exist.
type zoneCache struct {
	mu    sync.RWMutex
	known map[string]*time.Location
}

func newZoneCache() *zoneCache {
	return &zoneCache{known: map[string]*time.Location{"Z": time.UTC}}
}

// read reads a zone of the tz database, such as Europe/Rome, or Z.
func (c *zoneCache) read(b []byte, i int, f *fields) int {
	end := i
	for end < len(b) && end-i < 64 && (b[end]|0x20 >= 'a' && b[end]|0x20 <= 'z' ||
		b[end]-'0' <= 9 || strings.IndexByte("/_+-", b[end]) >= 0) {
		end++
	}
	loc := c.find(b[i:end])
	if loc == nil {
		return -1
	}
	f.zoned, f.zone = true, loc
	return end
}

func (c *zoneCache) find(name []byte) *time.Location {
	c.mu.RLock()
	loc, ok := c.known[string(name)]
	c.mu.RUnlock()
	if ok {
		return loc
	}
	text := string(name)
	if text == "" || text == "Local" { // which mean something to LoadLocation
		return nil
	}
	loc, err := time.LoadLocation(text)
	if err != nil {
		loc = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) < maxZones {
		c.known[text] = loc
	}
	return loc
}
