package group

import "tillwatch/shared/alert"

// order drops a signal that something newer has overtaken: a firing older than
// the newest resolve, a resolve older than the newest firing. At equal times
// the signal goes on, since a notification too many beats one too few.
func order(c *call) (Outcome, Reason, error) {
	if c.alert == nil {
		return "", "", nil
	}
	newest := c.alert.ResolvedAt
	if c.signal.Status == alert.Resolved {
		newest = c.alert.FiringAt
	}
	if c.signal.At.Before(newest) {
		return Outdated, Overtaken, nil
	}
	return "", "", nil
}
