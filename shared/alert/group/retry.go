package group

import "tillwatch/shared/alert"

// retry drops what fires in a retry of a run, for rules that say so: the first
// attempt was told of, and the last one decides.
func retry(c *call) (Outcome, Reason, error) {
	if c.rule.NotOnRetry && c.signal.Retry > 0 && c.signal.Status == alert.Firing {
		return Retried, OnRetry, nil
	}
	return "", "", nil
}
