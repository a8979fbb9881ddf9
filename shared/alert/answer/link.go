package answer

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
)

// A Link permits one kind of answer to one incident until a time. Whoever has
// it may answer: it is as secret as the message that it stands in.
type Link struct {
	Incident string
	Kind     Kind
	Expires  time.Time // to the second
}

// A Mac is a message authentication code of 32 bytes, and the print of the key
// that made it.
type Mac struct {
	Key  [4]byte
	Code [32]byte
}

// A Signer makes the code of a message under the newest key.
type Signer interface {
	// Key returns the print of the key that Sign uses; it is part of the message.
	Key() [4]byte
	Sign(ctx context.Context, message []byte) (code [32]byte, err error)
}

// A Verifier checks codes.
type Verifier interface {
	// Verify returns an error that wraps ErrForged if m is not the code of message
	// or its key is unknown. Another error says nothing of the code. It compares
	// in constant time.
	Verify(ctx context.Context, message []byte, m Mac) error
}

// The errors of a token that is not good. All are for whoever opened the link,
// and none says what would have been right.
var (
	ErrMalformed = errors.New("it is no link of ours, or only a part of one")
	ErrForged    = errors.New("its signature does not hold")
	ErrExpired   = errors.New("the link has expired")
)

// A token is base64url, without padding, of:
//
//	version   1 byte, 1
//	answer    1 byte, the place of the kind in Kinds
//	expires   4 bytes, seconds since 1970, big-endian
//	key       4 bytes, the print of the key
//	incident  1 to 64 bytes
//	code      32 bytes, over all that comes before
//
// and so 57 to 143 characters long, 94 for the incidents that the router makes.
const (
	version   = 1
	headBytes = 1 + 1 + 4 + 4
	codeBytes = 32
	minToken  = headBytes + 1 + codeBytes
	maxToken  = headBytes + 64 + codeBytes
)

// encoding refuses what it would not have written itself, so that a token has
// one form only.
var encoding = base64.RawURLEncoding.Strict()

// Token signs l.
func (l Link) Token(ctx context.Context, s Signer) (string, error) {
	kind := slices.Index(Kinds, l.Kind)
	seconds := l.Expires.Unix()
	if kind < 0 || !incidentID.MatchString(l.Incident) || seconds <= 0 || seconds >= 1<<32 {
		return "", fmt.Errorf("sign link to %.80q: %w", l.Incident, ErrInvalid)
	}
	key := s.Key()
	message := append(make([]byte, 0, maxToken), version, byte(kind))
	message = binary.BigEndian.AppendUint32(message, uint32(seconds))
	message = append(append(message, key[:]...), l.Incident...)
	code, err := s.Sign(ctx, message)
	if err != nil {
		return "", fmt.Errorf("sign link to %s: %w", l.Incident, err)
	}
	return encoding.EncodeToString(append(message, code[:]...)), nil
}

// Open reads a token and checks it. What cannot be right, or has expired at
// now, is refused before the verifier is asked; ErrExpired may therefore be said
// of a link that nobody ever signed.
func Open(ctx context.Context, token string, v Verifier, now time.Time) (Link, error) {
	if len(token) > encoding.EncodedLen(maxToken) {
		return Link{}, ErrMalformed
	}
	raw, err := encoding.DecodeString(token)
	// A decoder of the standard library skips line ends, which are not ours.
	if err != nil || strings.ContainsAny(token, "\r\n") || len(raw) < minToken || raw[0] != version || int(raw[1]) >= len(Kinds) {
		return Link{}, ErrMalformed
	}
	message := raw[:len(raw)-codeBytes]
	l := Link{
		Incident: string(message[headBytes:]), Kind: Kinds[raw[1]],
		Expires: time.Unix(int64(binary.BigEndian.Uint32(raw[2:])), 0).UTC(),
	}
	if !incidentID.MatchString(l.Incident) {
		return Link{}, ErrMalformed
	}
	if !now.Before(l.Expires) {
		return Link{}, ErrExpired
	}
	var m Mac
	copy(m.Key[:], raw[6:])
	copy(m.Code[:], raw[len(message):])
	if err := v.Verify(ctx, message, m); err != nil {
		return Link{}, err
	}
	return l, nil
}

// does says in a few words what each answer that is offered by a link does; the
// first is for where there is room for one.
var does = []struct {
	kind       Kind
	name, does string
}{
	{Acknowledge, "Acknowledge", "you take it on: it is not repeated, and nobody else is called"},
	{Resolve, "Resolve", "it is over: everybody who was told is told so"},
	{Silence, "Silence", "nobody is told of it again for as long as you say"},
}

// Offers tells whether people who get n are offered answers: not to what is
// over, nor with each line of progress.
func Offers(n alert.Notice) bool {
	return n.Incident != "" && n.Reason != alert.AlertResolved && n.Reason != alert.Progress
}

// An Offer makes the links of messages.
type Offer struct {
	Signer Signer
	// Base is the address of the page, ending in /. "" offers nothing.
	Base string
	// Lasts is how long a link is good, 72 hours if 0.
	Lasts time.Duration
}

const (
	defaultLasts = 72 * time.Hour
	// signWithin bounds how long a message waits for its links.
	signWithin = 3 * time.Second
)

// Links returns the answers that people who get n may give, none if n is not to
// be answered.
func (o *Offer) Links(ctx context.Context, n alert.Notice) ([]alert.Choice, error) {
	if o == nil || o.Base == "" || !Offers(n) {
		return nil, nil
	}
	lasts := o.Lasts
	if lasts <= 0 {
		lasts = defaultLasts
	}
	ctx, cancel := context.WithTimeout(ctx, signWithin)
	defer cancel()
	list := make([]alert.Choice, 0, len(does))
	for _, d := range does {
		token, err := Link{n.Incident, d.kind, n.At.Add(lasts)}.Token(ctx, o.Signer)
		if err != nil {
			return nil, err
		}
		list = append(list, alert.Choice{Name: d.name, Does: d.does, URL: o.Base + token})
	}
	return list, nil
}
