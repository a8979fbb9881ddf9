package snstest

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tillwatch/shared/alert"
)

const wellRead = `sales_data of 21 Nov was rejected.
P1 in prod. It began at 03:06 UTC; act by 04:06 UTC.

WHAT TO DO NOW
 1. Open the report.

TO FIND OUT MORE
    filter a > "<b>" and a very long query that must be run as it is stands here on one line

WHERE TO LOOK
    Report: https://example.com/report.html
`

// TestWhatCannotBeReadIsFound spoils a mail that can be read.
func TestWhatCannotBeReadIsFound(t *testing.T) {
	good := Mail{Subject: "P1 prod: sales_data of 21 Nov was rejected", Text: wellRead, kind: "text/plain; charset=UTF-8"}
	if f := good.Faults(); len(f) > 0 {
		t.Fatalf("faults in a good mail: %q", f)
	}
	end := Mail{Subject: "RESOLVED P1 prod: sales_data is good", Text: "Resolved: sales_data is good.\nP1 in prod. It lasted 4 minutes.\n", kind: good.kind}
	if f := end.Faults(); len(f) > 0 {
		t.Fatalf("faults in a good end: %q", f)
	}
	spoil := func(old, text string) Mail {
		m := good
		m.Text = strings.Replace(good.Text, old, text, 1)
		return m
	}
	rename := func(subject string) Mail { m := good; m.Subject = subject; return m }
	html := good
	html.kind = "text/html; charset=UTF-8"
	for name, c := range map[string]struct {
		mail Mail
		want string
	}{
		"HTML":                          {html, "it is text/html"},
		"a subject that is too long":    {rename("P1 " + strings.Repeat("x", 97)), "the subject"},
		"an encoded subject":            {rename("=?utf-8?q?P1?="), "the subject"},
		"no UTF-8":                      {spoil("21", "\xff"), "not UTF-8"},
		"a tag":                         {spoil("rejected", "<b>rejected</b>"), `"<b>"`},
		"an entity":                     {spoil("rejected", "&amp; so on"), `"&amp;"`},
		"a chat's link":                 {spoil("https://example.com/report.html", "<https://example.com/report.html|Report>"), "<https:"},
		"Markdown's emphasis":           {spoil("rejected", "**rejected**"), `"**"`},
		"a mark of code":                {spoil("rejected", "`rejected`"), "\"`\""},
		"a value that is missing":       {spoil("rejected", "%!s(MISSING)"), `"%!"`},
		"a time that was never set":     {spoil("21 Nov", "0001-01-01"), "0001-01-01"},
		"a line that is too wide":       {spoil("rejected", strings.Repeat("rejected ", 9)+"x"), "wide"},
		"a line that mail refuses":      {spoil("filter", strings.Repeat("filter", 200)), "bytes"},
		"an address and more":           {spoil("report.html", "report.html for more"), "cannot be followed"},
		"an address with a full stop":   {spoil("report.html", "report.html."), "cannot be followed"},
		"a control character":           {spoil("rejected", "rejected\x07"), "not seen"},
		"a character that turns text":   {spoil("rejected", "\u202erejected"), "not seen"},
		"no word on when":               {spoil("act by 04:06 UTC", "hurry"), "by when"},
		"what to do on the last screen": {spoil("WHAT TO DO NOW", strings.Repeat("x\n", 30)+"WHAT TO DO NOW"), "what to do"},
		"an end without an end":         {Mail{Subject: end.Subject, Text: "It is over now.\n", kind: end.kind}, "that it is over"},
	} {
		if f := strings.Join(c.mail.Faults(), "\n"); !strings.Contains(f, c.want) {
			t.Errorf("%s: got %q, want %s", name, f, c.want)
		}
	}
}

// TestSNSRefusesAndMails publishes what SNS takes, of which each protocol gets
// its own, and what it refuses.
func TestSNSRefusesAndMails(t *testing.T) {
	s := Start(t, func() time.Time { return time.Date(2026, 11, 22, 3, 7, 12, 0, time.UTC) })
	p1 := s.Topics["P1"]
	attribute := map[string]types.MessageAttributeValue{"severity": {DataType: aws.String("String"), StringValue: aws.String("P1")}}
	for _, c := range []struct {
		rule string
		in   sns.PublishInput
		want string // the body that is mailed, without SNS's own end
		err  string
	}{
		{"plain text goes as it is", sns.PublishInput{TopicArn: &p1, Subject: aws.String("s"), Message: aws.String("a\n.b\n")}, "a\n.b\n", ""},
		{"each protocol gets its own", sns.PublishInput{TopicArn: &p1, Message: aws.String(`{"default":"d","email":"é"}`), MessageStructure: aws.String("json"), MessageAttributes: attribute}, "é", ""},
		{"or the default", sns.PublishInput{TopicArn: &p1, Message: aws.String(`{"default":"d","sqs":"q"}`), MessageStructure: aws.String("json")}, "d", ""},
		{"the chat's topic mails nobody", sns.PublishInput{TopicArn: aws.String(s.Topics[alert.Chat]), Message: aws.String("m")}, "", ""},
		{"no default", sns.PublishInput{TopicArn: &p1, Message: aws.String(`{"email":"e"}`), MessageStructure: aws.String("json")}, "", "default"},
		{"a subject of two lines", sns.PublishInput{TopicArn: &p1, Subject: aws.String("a\nb"), Message: aws.String("m")}, "", "subject"},
		{"a subject of 100 characters", sns.PublishInput{TopicArn: &p1, Subject: aws.String(strings.Repeat("s", 100)), Message: aws.String("m")}, "", "subject"},
		{"a subject that is not ASCII", sns.PublishInput{TopicArn: &p1, Subject: aws.String("é"), Message: aws.String("m")}, "", "subject"},
		{"too much", sns.PublishInput{TopicArn: &p1, Message: aws.String(strings.Repeat("m", maxBytes)), MessageAttributes: attribute}, "", "bytes"},
		{"no such topic", sns.PublishInput{TopicArn: aws.String("arn:aws:sns:eu-central-1:111122223333:tillwatch-prod-P9"), Message: aws.String("m")}, "", "does not exist"},
		{"a line that mail refuses", sns.PublishInput{TopicArn: &p1, Message: aws.String(strings.Repeat("m", 999))}, "", "long"},
	} {
		_, err := s.Client.Publish(t.Context(), &c.in)
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.rule, err, c.err)
		}
		var got string
		for _, m := range s.Mails() {
			text, end, _ := strings.Cut(m.Text, "\n--\n")
			if got += text + "\n"; m.To != "P1@example.com" || !strings.Contains(end, "unsubscribe") {
				t.Errorf("%s: to %s, %s", c.rule, m.To, m.Raw)
			}
		}
		if strings.TrimSpace(got) != strings.TrimSpace(c.want) {
			t.Errorf("%s: mailed %q, want %q", c.rule, got, c.want)
		}
	}
	if _, err := s.Client.Publish(t.Context(), &sns.PublishInput{TopicArn: &p1, Message: aws.String(strings.Repeat("m", 998))}); err != nil {
		t.Errorf("a line of 998 bytes: %v", err)
	}
}
