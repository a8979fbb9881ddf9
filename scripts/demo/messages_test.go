package main

import (
	"strings"
	"testing"

	"tillwatch/shared/quality"
)

func TestReadQuarantine(t *testing.T) {
	const file = "tillwatch_row,tillwatch_line,tillwatch_checks,id,amount\n" +
		"3,4,amount_adds_up,T1,\"1,50\"\n" +
		"9,12,primary_key exact_duplicates,T2,\n" +
		"10,13,structure,T3\n"
	rows, err := readQuarantine([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || rows[0].Row != 3 || rows[0].Line != 4 || strings.Join(rows[1].Checks, "+") != "primary_key+exact_duplicates" || rows[2].Row != 10 {
		t.Errorf("got %+v", rows)
	}
	for _, wrong := range []string{"one\n", "a,b,c\n", "1,b,c\n"} {
		if _, err := readQuarantine([]byte(wrong)); err == nil {
			t.Errorf("%q: got no error", wrong)
		}
	}
}

func FuzzReadQuarantine(f *testing.F) {
	f.Add([]byte("tillwatch_row,tillwatch_line,tillwatch_checks\n1,2,a b,x\n"))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte("1,2\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := readQuarantine(data)
		if err != nil && rows != nil {
			t.Error("rows beside an error")
		}
	})
}

const verdictEvent = `{"detail-type":"file.rejected.v1","source":"tillwatch","detail":{"metadata":{"event_id":"e1","schema_version":"1"},
	"data":{"dataset":"sales_data","verdict":"fail","object":{"bucket":"b","key":"k","etag":"x"},"rows":7}}}`

func TestDecodeVerdict(t *testing.T) {
	n, ok, err := decodeVerdict(verdictEvent)
	if err != nil || !ok || n.Dataset != "sales_data" || n.Verdict != quality.VerdictFail || n.Object.ETag != "x" || n.Rows != 7 {
		t.Errorf("got %+v, %v, %v", n, ok, err)
	}
	for _, wrong := range []string{"", "{}", `{"detail-type":"x","detail":{}}`} {
		if _, _, err := decodeVerdict(wrong); err == nil {
			t.Errorf("%q: got no error", wrong)
		}
	}
}

func TestDecodeNotice(t *testing.T) {
	n, ok, err := decodeNotice(`{"Type":"Notification","TopicArn":"arn:aws:sns:us-east-1:000000000000:alert-P1","Subject":"P1","Timestamp":"2026-11-22T17:00:00Z",
		"Message":"{\"version\":1,\"reason\":\"first_notification\",\"signal\":{\"id\":\"s1\",\"severity\":\"P1\",\"summary\":\"sales rejected\",\"status\":\"firing\"}}"}`)
	if err != nil || !ok || n.Topic != "alert-P1" || n.Signal.ID != "s1" || n.Reason != "first_notification" {
		t.Errorf("got %+v, %v, %v", n, ok, err)
	}
	if body := n.email(); !strings.Contains(body, "sales rejected") {
		t.Errorf("the email does not say what happened: %s", body)
	}
	n, _, err = decodeNotice(`{"TopicArn":"chat","Timestamp":"2026-11-22T17:00:00Z","Message":"{\"version\":\"1.0\",\"content\":{\"title\":\"sales\"}}"}`)
	if err != nil || n.Signal.ID != "" || n.Chat.Content.Title != "sales" {
		t.Errorf("chat: got %+v, %v", n, err)
	}
	if _, _, err := decodeNotice(`{"TopicArn":"x","Timestamp":"2026-11-22T17:00:00Z","Message":"plain"}`); err == nil {
		t.Error("a message that is no JSON: got no error")
	}
}

func FuzzDecodeMessages(f *testing.F) {
	f.Add(verdictEvent)
	f.Add(`{"TopicArn":"a:b","Message":"{\"signal\":{}}"}`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, body string) {
		if _, ok, err := decodeVerdict(body); ok && err != nil {
			t.Error("a verdict beside an error")
		}
		n, ok, err := decodeNotice(body)
		if ok && err != nil {
			t.Error("a notice beside an error")
		}
		_ = n.email()
	})
}
