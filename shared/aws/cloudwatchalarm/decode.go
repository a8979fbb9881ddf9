// Package cloudwatchalarm reads what CloudWatch says when an alarm changes
// state, in each of its three forms, and makes a signal of it.
//
// An alarm has no field for what a person needs to know, so the lines of its
// description carry it, all of them optional:
//
//	P1: What is wrong, in a sentence.
//	Do: The first step. The second step.
//	Runbook: https://…
//	Owner: the team
//
// Any other line says what is wrong. Without a severity it is P2.
package cloudwatchalarm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tillwatch/shared/alert"
)

// ErrNoSignal is wrapped by the error of a state change that says neither that
// something is wrong nor that it is over; the error says which. It is no fault.
var ErrNoSignal = errors.New("no signal")

// ErrNotAlarm is wrapped by the error of data that is no alarm's state change.
var ErrNotAlarm = errors.New("not an alarm state change")

// change is a state change, whatever form it came in.
type change struct {
	arn, name, description string
	state                  string
	reason                 string
	at                     time.Time
	suppressedBy           string
	rule                   string // of a composite alarm
	metrics                []series
}

// series is a metric that an alarm watches, or an expression over such.
type series struct {
	name, namespace, stat string
	period                int
	expression, label     string
	dimensions            map[string]string
}

// Decode reads the payload of an alarm's SNS notification, of its Lambda action
// or of EventBridge's "CloudWatch Alarm State Change". The same change gives
// the same signal ID in each form. ALARM is a firing signal and OK a resolved
// one; INSUFFICIENT_DATA and an alarm whose actions are suppressed are
// ErrNoSignal. Anything else is ErrNotAlarm.
func Decode(data []byte) (alert.Signal, error) {
	c, err := decode(data)
	if err != nil {
		return alert.Signal{}, err
	}
	switch {
	case c.name == "" || c.arn == "":
		return alert.Signal{}, fmt.Errorf("%w: it has no name or no arn", ErrNotAlarm)
	case c.at.IsZero():
		return alert.Signal{}, fmt.Errorf("%w: %s has no time of change", ErrNotAlarm, c.name)
	case c.suppressedBy != "":
		return alert.Signal{}, fmt.Errorf("%w: %s is suppressed by %s", ErrNoSignal, c.name, c.suppressedBy)
	}
	switch c.state {
	case "ALARM", "OK":
		return c.signal(), nil
	case "INSUFFICIENT_DATA":
		return alert.Signal{}, fmt.Errorf("%w: %s has too little data", ErrNoSignal, c.name)
	}
	return alert.Signal{}, fmt.Errorf("%w: %s is in state %.40q", ErrNotAlarm, c.name, c.state)
}

// form is the union of the three forms: their field names do not collide.
type form struct {
	// EventBridge
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Resources  []string `json:"resources"`
	Account    string   `json:"account"`
	Region     string   `json:"region"` // in all three; a name such as "EU (Frankfurt)" in SNS
	Detail     *alarm   `json:"detail"`
	// Lambda action
	AlarmArn  string `json:"alarmArn"`
	AlarmData *alarm `json:"alarmData"`
	AccountID string `json:"accountId"`
	// SNS; decoding is blind to case, so AlarmArn serves both
	AlarmName           string
	AWSAccountID        string `json:"AWSAccountId"`
	AlarmDescription    string
	AlarmRule           string
	NewStateValue       string
	NewStateReason      string
	StateChangeTime     string
	ActionsSuppressedBy string
	Trigger             *trigger
}

// alarm is the body that EventBridge and the Lambda action share.
type alarm struct {
	AlarmName     string `json:"alarmName"`
	State         state  `json:"state"`
	Configuration struct {
		Description string `json:"description"`
		AlarmRule   string `json:"alarmRule"`
		Metrics     []struct {
			Expression string `json:"expression"`
			Label      string `json:"label"`
			MetricStat *struct {
				Metric struct {
					Name       string            `json:"name"`
					Namespace  string            `json:"namespace"`
					Dimensions map[string]string `json:"dimensions"`
				} `json:"metric"`
				Period number `json:"period"`
				Stat   string `json:"stat"`
			} `json:"metricStat"`
		} `json:"metrics"`
	} `json:"configuration"`
}

type state struct {
	Value               string `json:"value"`
	Reason              string `json:"reason"`
	Timestamp           string `json:"timestamp"`
	ActionsSuppressedBy string `json:"actionsSuppressedBy"`
}

// trigger is what an SNS payload says of the metrics. A composite alarm has none.
type trigger struct {
	MetricName string
	Namespace  string
	Statistic  string
	Period     number
	Dimensions []dimension
	Metrics    []struct {
		Expression string
		Label      string
		MetricStat *struct {
			Metric struct {
				MetricName string
				Namespace  string
				Dimensions []dimension
			}
			Period number
			Stat   string
		}
	}
}

type dimension struct{ Name, Value string }

// number is an integer; anything else that JSON can say is 0, since a period in
// a strange form is no reason to lose an alarm.
type number int

func (n *number) UnmarshalJSON(data []byte) error {
	var f float64
	if json.Unmarshal(data, &f) == nil && f >= 0 && f < 1<<31 {
		*n = number(f)
	}
	return nil
}

func decode(data []byte) (change, error) {
	var f form
	if err := json.Unmarshal(data, &f); err != nil {
		return change{}, fmt.Errorf("%w: %w", ErrNotAlarm, err)
	}
	switch {
	case f.DetailType == "CloudWatch Alarm State Change" && f.Detail != nil:
		arn := f.arn(f.Region, f.Account, f.Detail.AlarmName)
		if len(f.Resources) > 0 {
			arn = f.Resources[0]
		}
		return f.Detail.change(arn), nil
	case f.AlarmData != nil:
		return f.AlarmData.change(f.arn(f.Region, f.AccountID, f.AlarmData.AlarmName)), nil
	case f.NewStateValue != "":
		return f.notified(), nil
	}
	return change{}, fmt.Errorf("%w: it has none of the three forms", ErrNotAlarm)
}

// arn returns the alarm's ARN, or what stands for it where the payload has none:
// SNS payloads had none once, and emulators have none today.
func (f *form) arn(region, account, name string) string {
	if f.AlarmArn != "" || name == "" {
		return f.AlarmArn
	}
	return "arn:aws:cloudwatch:" + region + ":" + account + ":alarm:" + name
}

func (a *alarm) change(arn string) change {
	c := change{
		arn: arn, name: a.AlarmName, description: a.Configuration.Description,
		state:  a.State.Value,
		reason: a.State.Reason, at: when(a.State.Timestamp),
		suppressedBy: a.State.ActionsSuppressedBy,
		rule:         a.Configuration.AlarmRule,
	}
	for _, m := range a.Configuration.Metrics {
		s := series{expression: m.Expression, label: m.Label}
		if st := m.MetricStat; st != nil {
			s.name, s.namespace, s.stat = st.Metric.Name, st.Metric.Namespace, st.Stat
			s.period, s.dimensions = int(st.Period), st.Metric.Dimensions
		}
		c.metrics = append(c.metrics, s)
	}
	return c
}

func (f *form) notified() change {
	c := change{
		arn: f.arn(f.Region, f.AWSAccountID, f.AlarmName), name: f.AlarmName, description: f.AlarmDescription,
		state:  f.NewStateValue,
		reason: f.NewStateReason, at: when(f.StateChangeTime),
		suppressedBy: f.ActionsSuppressedBy,
		rule:         f.AlarmRule,
	}
	t := f.Trigger
	if t == nil {
		return c
	}
	if t.MetricName != "" {
		c.metrics = append(c.metrics, series{
			name: t.MetricName, namespace: t.Namespace, stat: t.Statistic,
			period: int(t.Period), dimensions: named(t.Dimensions),
		})
	}
	for _, m := range t.Metrics {
		s := series{expression: m.Expression, label: m.Label}
		if st := m.MetricStat; st != nil {
			s.name, s.namespace, s.stat = st.Metric.MetricName, st.Metric.Namespace, st.Stat
			s.period, s.dimensions = int(st.Period), named(st.Metric.Dimensions)
		}
		c.metrics = append(c.metrics, s)
	}
	return c
}

func named(list []dimension) map[string]string {
	m := make(map[string]string, len(list))
	for _, d := range list {
		m[d.Name] = d.Value
	}
	return m
}

// when reads a time as CloudWatch writes it; zero if it cannot be read.
func when(s string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z0700", time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// id is the same for the same change in each form.
func (c change) id() string {
	h := sha256.Sum256([]byte(c.arn + "\n" + c.state + "\n" + c.at.Format(time.RFC3339Nano)))
	return "alarm-" + hex.EncodeToString(h[:12])
}
