package integration

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/event"
	"tillwatch/shared/pipeline"
	"tillwatch/shared/receiver"
)

const revenueContract = `apiVersion: v3.1.0
kind: DataContract
id: urn:example:DATASET
name: DATASET
version: 1.0.0
status: active
servers:
  - server: landing
    type: s3
    location: s3://*/DATASET/**
    format: csv
team:
  name: store-data
customProperties:
  - {property: revenueColumn, value: amount}
  - {property: currency, value: EUR}
schema:
  - name: DATASET
    properties:
      - name: transaction_id
        logicalType: string
        required: true
        unique: true
      - name: amount
        logicalType: number
`

// arrivedBy is the rule that a file has to be there by noon, where noon was more
// than two hours ago: in a zone without a change of clocks.
func arrivedBy(now time.Time) string {
	zone := "Etc/GMT"
	if behind := now.UTC().Hour() - 15; behind >= 0 {
		zone += fmt.Sprintf("+%d", behind)
	} else {
		zone += fmt.Sprintf("-%d", min(-behind, 14))
	}
	return `    quality:
      - type: custom
        engine: tillwatch
        severity: medium
        implementation: |
          check: arrival
          by: "12:00"
          zone: ` + zone + "\n"
}

// TestALateFileTellsWhatItCosts lets a day of 2.4 million be followed by a bad
// file that is late, and reads what those on call and the executives get.
func TestALateFileTellsWhatItCosts(t *testing.T) {
	s := deployed(t)
	s.push(t, revenueContract)
	s.drop(t, "2026-11-21.csv", "transaction_id,amount\nt1,2400000\n")
	s.await(t, "the first file's verdict", func() bool { return len(of[struct{}](t, s, event.FileValidated)) == 1 })
	s.push(t, strings.Replace(revenueContract, "    properties:", arrivedBy(time.Now())+"    properties:", 1))
	inbox := s.inbox(t, s.TopicP1)
	s.inbox(t, s.TopicExecutiveTeam) // the same queue
	key, _ := s.drop(t, "2026-11-22.csv", "transaction_id,amount\nt1,9.50\nt1,100\nt3,900\n")
	var email, board string
	for deadline := time.Now().Add(patience); email == "" || board == ""; {
		if time.Now().After(deadline) {
			t.Fatalf("not everybody was told: those on call %q, executives %q", email, board)
		}
		for _, body := range s.poll(t, inbox) {
			n, err := receiver.Parse([]byte(body))
			switch {
			case err != nil && strings.Contains(body, s.dataset):
				board = body
			case err == nil && n.Signal.Pipeline == s.dataset:
				// The emulator delivers no email: it is written again from what was told.
				list, err := message.Compose(n.Signal, alert.Notice{Reason: n.Reason, Channels: []string{string(n.Signal.Severity), alert.Chat}, At: n.Signal.Stakes.AsOf, Since: n.Signal.At})
				if err != nil {
					t.Fatal(err)
				}
				email = list[0].Bodies["email"]
			}
		}
	}
	if !regexp.MustCompile(`(?s)^[23][0-9],[0-9]{3}\.[0-9]{2}\s+EUR\s+of\s+revenue\s+is\s+at\s+risk.*10,000\.00\s+EUR\s+with\s+each\s+hour`).MatchString(board) {
		t.Errorf("executives read\n%s", board)
	}
	for _, want := range []string{
		`Measured: bad rows 33\.33 %; usually 0 %\.`,
		`Before: 0 % at `,
		`Revenue at risk: [23][0-9],[0-9]{3}\.[0-9]{2} EUR, and 10,000\.00 EUR more with\s+each\s+hour`,
		`Impact on operations: high`,
		`\| filter service = "validate-file" and pipeline_id = "` + s.dataset + `"`,
		`(?i)runbook: https://runbooks\.example\.com/file_rejected\.md`,
		regexp.QuoteMeta("s3://" + s.LandingBucket + "/" + key),
	} {
		if !regexp.MustCompile(want).MatchString(email) {
			t.Errorf("the email does not match %s:\n%s", want, email)
		}
	}
	// A good file that is late is worth a warning: nobody asks when the next one comes.
	s.push(t, revenueContract)
	s.drop(t, "2026-11-22.csv", "transaction_id,amount\nt1,9.50\nt2,100\nt3,900\n")
	s.await(t, "the end", func() bool {
		return slices.ContainsFunc(of[alert.Notification](t, s, event.AlertNotified), func(n alert.Notification) bool {
			return n.Reason == alert.AlertResolved && slices.Contains(n.Channels, string(alert.Executives))
		})
	})
	// What the file brings in an hour is at risk, too, when a run of its pipeline
	// finds old rows.
	s.remembered(t, "what the data is worth", func(s rule.State) bool { return s.Worth != nil && s.Worth.HourlyRevenue == "100000" })
	old := 180.0
	s.report(t, pipeline.Run{Status: pipeline.Succeeded, EndedAt: time.Now().UTC(), Freshness: &old})
	s.await(t, "what the run costs", func() bool { return len(s.signals(t, event.SignalRaised, alert.StaleData)) == 1 })
	k := s.signals(t, event.SignalRaised, alert.StaleData)[0].Stakes
	if k.HourlyRevenue != "100000" || k.Currency != "EUR" || k.HoursLate == nil || *k.HoursLate != 2 || k.RevenueAtRisk != "20000.00" {
		t.Errorf("the run costs %+v", k)
	}
}
