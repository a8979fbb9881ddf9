package answer_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/memory"
)

const seal = memory.Seal("the key of the test")

func token(t *testing.T, l answer.Link) string {
	t.Helper()
	text, err := l.Token(t.Context(), seal)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var link = answer.Link{Incident: "20261122T030652.000-5f1c2a9b", Kind: answer.Resolve, Expires: noon.Add(time.Hour)}

func TestLinksThatDoNotOpen(t *testing.T) {
	good := token(t, link)
	if len(good) > 100 {
		t.Errorf("%d characters are too many for a short message", len(good))
	}
	later := memory.Seal("another key")
	for _, c := range []struct {
		rule  string
		token string
		by    answer.Verifier
		at    time.Time
		want  error
	}{
		{"one that is good opens", good, seal, noon, nil},
		{"to its last second", good, seal, noon.Add(time.Hour - 1), nil},
		{"and then no more", good, seal, noon.Add(time.Hour), answer.ErrExpired},
		{"another key made it", good, later, noon, answer.ErrForged},
		{"nothing", "", seal, noon, answer.ErrMalformed},
		{"a part of it", good[:len(good)-len(good)%4-4], seal, noon, answer.ErrForged},
		{"a piece of it", good[:40], seal, noon, answer.ErrMalformed},
		{"with something after it", good + "A", seal, noon, answer.ErrMalformed},
		{"a line end in it", good[:10] + "\n" + good[10:], seal, noon, answer.ErrMalformed},
		{"padded", good + "==", seal, noon, answer.ErrMalformed},
		{"far too long", strings.Repeat("A", 1<<20), seal, noon, answer.ErrMalformed},
		{"another version", "Ag" + good[2:], seal, noon, answer.ErrMalformed},
	} {
		got, err := answer.Open(t.Context(), c.token, c.by, c.at)
		if !errors.Is(err, c.want) || c.want == nil && got != link {
			t.Errorf("%s: got %+v, %v, want %v", c.rule, got, err, c.want)
		}
	}
}

// TestAVerifierThatIsAwayIsNoForgery holds that a fault of the service is not
// told as a fault of the link.
func TestAVerifierThatIsAwayIsNoForgery(t *testing.T) {
	_, err := answer.Open(t.Context(), token(t, link), away{}, noon)
	if err == nil || errors.Is(err, answer.ErrForged) || errors.Is(err, answer.ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

type away struct{}

func (away) Verify(context.Context, []byte, answer.Mac) error { return errors.New("away") }

func links(t *rapid.T) answer.Link {
	return answer.Link{
		Incident: rapid.StringMatching(`[A-Za-z0-9._:-]{1,64}`).Draw(t, "incident"),
		Kind:     rapid.SampledFrom(answer.Kinds).Draw(t, "kind"),
		Expires:  time.Unix(rapid.Int64Range(1, 1<<32-1).Draw(t, "expires"), 0).UTC(),
	}
}

func TestWhatWasSignedOpensAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := links(t)
		text, err := l.Token(context.Background(), seal)
		if err != nil {
			t.Fatal(err)
		}
		before := l.Expires.Add(-time.Second)
		if got, err := answer.Open(context.Background(), text, seal, before); err != nil || got != l {
			t.Fatalf("got %+v, %v, want %+v", got, err, l)
		}
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, 8*len(raw)-1).Draw(t, "bit")
		raw[bit/8] ^= 1 << (bit % 8)
		if got, err := answer.Open(context.Background(), base64.RawURLEncoding.EncodeToString(raw), seal, time.Unix(0, 0)); err == nil {
			t.Fatalf("with bit %d turned it opens as %+v", bit, got)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		other := text[:at] + string(rune(rapid.IntRange(0, 127).Draw(t, "character"))) + text[at+1:]
		if got, err := answer.Open(context.Background(), other, seal, time.Unix(0, 0)); err == nil && other != text {
			t.Fatalf("%q opens as %+v, and so does %q", other, got, text)
		}
	})
}

func FuzzOpen(f *testing.F) {
	good, err := link.Token(context.Background(), seal)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, good[:50], "", "AQ", "====", "\x00", strings.Repeat("_", 143)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := answer.Open(context.Background(), text, seal, noon)
		if err != nil {
			if !errors.Is(err, answer.ErrMalformed) && !errors.Is(err, answer.ErrForged) && !errors.Is(err, answer.ErrExpired) {
				t.Fatal(err)
			}
			return
		}
		again, err := l.Token(context.Background(), seal)
		if err != nil || again != text {
			t.Fatalf("%q opens, and is written %q, %v", text, again, err)
		}
	})
}

func TestOffers(t *testing.T) {
	o := &answer.Offer{Signer: seal, Base: "https://example.com/"}
	n := alert.Notice{Incident: link.Incident, Reason: alert.FirstNotification, At: noon}
	list, err := o.Links(t.Context(), n)
	if err != nil || len(list) != 3 {
		t.Fatalf("got %v, %v, want three", list, err)
	}
	for i, kind := range []answer.Kind{answer.Acknowledge, answer.Resolve, answer.Silence} {
		text := strings.TrimPrefix(list[i].URL, o.Base)
		got, err := answer.Open(t.Context(), text, seal, noon.Add(72*time.Hour-time.Second))
		if err != nil || got.Kind != kind || got.Incident != n.Incident || list[i].Does == "" {
			t.Errorf("%+v opens as %+v, %v", list[i], got, err)
		}
	}
	for rule, c := range map[string]struct {
		offer  *answer.Offer
		notice alert.Notice
	}{
		"where no page is":        {&answer.Offer{Signer: seal}, n},
		"where nothing is set":    {nil, n},
		"to what is over":         {o, alert.Notice{Incident: n.Incident, Reason: alert.AlertResolved, At: noon}},
		"with a line of progress": {o, alert.Notice{Incident: n.Incident, Reason: alert.Progress, At: noon}},
		"to no incident":          {o, alert.Notice{Reason: alert.FirstNotification, At: noon}},
	} {
		if list, err := c.offer.Links(t.Context(), c.notice); err != nil || len(list) > 0 {
			t.Errorf("%s: got %v, %v, want none", rule, list, err)
		}
	}
	if list, err := o.Links(t.Context(), alert.Notice{Incident: "no id/", Reason: alert.StillFiring, At: noon}); err == nil {
		t.Errorf("got %v for what is no id", list)
	}
}
