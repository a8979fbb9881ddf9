// Package snstest is SNS as far as email goes, for tests: an endpoint that takes
// Publish, refuses what SNS refuses, picks the body that is meant for email and
// mails it, over SMTP, to a server on this machine that keeps what it gets. It
// stands in for the last step, which no emulator takes.
//
// Sources: the API reference of SNS, Publish; its developer guide, message
// structure.
package snstest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"golang.org/x/tools/txtar"

	"tillwatch/shared/alert"
)

// SNS is an endpoint with a topic for each channel and a subscriber by email to
// each but the chat's and the responder's. It is safe for concurrent use.
type SNS struct {
	// Client calls the endpoint, Topics has a topic's ARN by channel.
	Client *sns.Client
	Topics map[string]string

	now   func() time.Time // the date of mails
	post  *post
	story txtar.Archive
}

// Start returns an SNS that ends with the test.
func Start(t testing.TB, now func() time.Time) *SNS {
	t.Helper()
	s := &SNS{Topics: map[string]string{}, now: now, post: open(t)}
	channels := []string{alert.Chat, alert.Responder}
	for _, severity := range alert.Severities {
		channels = append(channels, string(severity))
	}
	for _, a := range alert.Audiences {
		channels = append(channels, string(a))
	}
	for _, c := range channels {
		s.Topics[c] = "arn:aws:sns:eu-central-1:111122223333:tillwatch-prod-" + c
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.Client = sns.New(sns.Options{
		BaseEndpoint: &server.URL, Region: "eu-central-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return s
}

// ServeHTTP takes a Publish.
func (s *SNS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	err := r.ParseForm()
	if err == nil {
		err = s.publish(r.PostForm)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		var text bytes.Buffer
		xml.EscapeText(&text, []byte(err.Error())) // writing to memory cannot fail
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>%s</Message></Error></ErrorResponse>`, text.String())
		return
	}
	fmt.Fprint(w, `<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
}

// maxBytes is what SNS takes as message and attributes together.
const maxBytes = 256 << 10

// subjects are those that SNS takes, but for their length.
var subjects = regexp.MustCompile(`^[\x21-\x7e][\x20-\x7e]*$`)

func (s *SNS) publish(form url.Values) error {
	topic, subject, message := form.Get("TopicArn"), form.Get("Subject"), form.Get("Message")
	name := topic[strings.LastIndexByte(topic, ':')+1:]
	channel := name[strings.LastIndexByte(name, '-')+1:]
	size := len(message)
	for i := 1; form.Has("MessageAttributes.entry." + strconv.Itoa(i) + ".Name"); i++ {
		entry := "MessageAttributes.entry." + strconv.Itoa(i)
		value := form.Get(entry + ".Value.StringValue")
		if value == "" {
			return fmt.Errorf("attribute %s is empty", form.Get(entry+".Name"))
		}
		size += len(form.Get(entry+".Name")) + len(form.Get(entry+".Value.DataType")) + len(value)
	}
	switch {
	case form.Get("Action") != "Publish":
		return fmt.Errorf("action %.40q", form.Get("Action"))
	case s.Topics[channel] != topic:
		return fmt.Errorf("topic %.100q does not exist", topic)
	case form.Has("Subject") && (!subjects.MatchString(subject) || len(subject) >= 100):
		return fmt.Errorf("subject %.200q", subject)
	case message == "" || !utf8.ValidString(message):
		return fmt.Errorf("message %.100q", message)
	case size > maxBytes:
		return fmt.Errorf("message of %d bytes", size)
	}
	text := message
	if form.Get("MessageStructure") == "json" {
		var bodies map[string]string
		if err := json.Unmarshal([]byte(message), &bodies); err != nil {
			return fmt.Errorf("message structure: %w", err)
		}
		if bodies["default"] == "" {
			return fmt.Errorf("message structure without a default, but of %d bodies", len(bodies))
		}
		text = cmp.Or(bodies["email"], bodies["default"])
	}
	if channel == alert.Chat || channel == alert.Responder {
		return nil
	}
	return s.mail(topic, channel, subject, text)
}

// sender is who SNS's mails are from, behind the topic's display name.
const sender = "no-reply@sns.amazonaws.com"

// mail sends text as SNS does: plain, with a word at its end on how to get no
// more.
func (s *SNS) mail(topic, channel, subject, text string) error {
	to := channel + "@example.com"
	encoding := "7bit"
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		encoding = "8bit"
	}
	var b strings.Builder
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", "Tillwatch prod "+channel+" <"+sender+">")
	header("To", to)
	header("Date", s.now().Format(time.RFC1123Z))
	header("Subject", mime.QEncoding.Encode("utf-8", cmp.Or(subject, "AWS Notification Message")))
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=UTF-8")
	header("Content-Transfer-Encoding", encoding)
	b.WriteString("\r\n" + strings.ReplaceAll(text, "\n", "\r\n"))
	b.WriteString("\r\n--\r\nTo get no more of these: https://sns.eu-central-1.amazonaws.com/unsubscribe.html?SubscriptionArn=" + topic + "\r\n")
	if err := smtp.SendMail(s.post.address, nil, sender, []string{to}, []byte(b.String())); err != nil {
		return fmt.Errorf("mail %s: %w", subject, err)
	}
	return nil
}
