package kmsmac

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/alert/answer"
)

// A Setting is what a deployment says of links to answers.
type Setting struct {
	// Page is the address that takes answers, ending in /; "" where there is none.
	Page string
	// Keys are the ARNs of the keys, the newest first.
	Keys []string
	// Lasts is how long a link is good; 0 leaves it to answer.Offer.
	Lasts time.Duration
}

// maxHours is how long a link may be good: a year.
const maxHours = 8784

// ReadSetting reads TILLWATCH_ANSWERS, the page, TILLWATCH_ANSWER_KEYS, ARNs
// with commas between them, and TILLWATCH_ANSWER_HOURS. All may be missing, but
// a page needs keys.
func ReadSetting(getenv func(string) string) (Setting, error) {
	var faults []error
	s := Setting{Page: getenv("TILLWATCH_ANSWERS")}
	for arn := range strings.SplitSeq(getenv("TILLWATCH_ANSWER_KEYS"), ",") {
		if arn != "" {
			s.Keys = append(s.Keys, arn)
		}
	}
	if s.Page != "" && len(s.Keys) == 0 {
		faults = append(faults, errors.New("TILLWATCH_ANSWER_KEYS is not set"))
	}
	if s.Page != "" && !strings.HasSuffix(s.Page, "/") {
		s.Page += "/"
	}
	if text := getenv("TILLWATCH_ANSWER_HOURS"); text != "" {
		hours, err := strconv.Atoi(text)
		if err != nil || hours < 1 || hours > maxHours {
			faults = append(faults, fmt.Errorf("TILLWATCH_ANSWER_HOURS is %.40q, want a whole number from 1 to %d", text, maxHours))
		}
		s.Lasts = time.Duration(hours) * time.Hour
	}
	return s, errors.Join(faults...)
}

// Offer makes links by s.
func (s Setting) Offer(client API) *answer.Offer {
	return &answer.Offer{Signer: &Keys{client, s.Keys}, Base: s.Page, Lasts: s.Lasts}
}
