package kmsmac

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/aws/awstest"
)

// service is KMS with keys that are their own ARNs.
type service struct{ err error }

func (s service) mac(key string, message []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(message)
	return h.Sum(nil)
}

func (s service) GenerateMac(_ context.Context, in *kms.GenerateMacInput, _ ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return &kms.GenerateMacOutput{Mac: s.mac(*in.KeyId, in.Message)}, s.err
}

func (s service) VerifyMac(_ context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	if s.err == nil && !hmac.Equal(in.Mac, s.mac(*in.KeyId, in.Message)) {
		return nil, &types.KMSInvalidMacException{}
	}
	return &kms.VerifyMacOutput{MacValid: true}, s.err
}

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	link = answer.Link{Incident: "i", Kind: answer.Acknowledge, Expires: noon.Add(time.Hour)}
)

// hold holds that links open under the key that made them, also once there is a
// newer one, and not once it is gone.
func hold(t *testing.T, client API, old, newer string) {
	t.Helper()
	before, after, gone := &Keys{client, []string{old}}, &Keys{client, []string{newer, old}}, &Keys{client, []string{newer}}
	token, err := link.Token(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	for rule, c := range map[string]struct {
		keys *Keys
		want error
	}{
		"under its key":                 {before, nil},
		"while its key is the last one": {after, nil},
		"once its key is gone":          {gone, answer.ErrForged},
		"without keys":                  {&Keys{Client: client}, answer.ErrForged},
	} {
		if got, err := answer.Open(t.Context(), token, c.keys, noon); !errors.Is(err, c.want) || c.want == nil && got != link {
			t.Errorf("%s: got %+v, %v, want %v", rule, got, err, c.want)
		}
	}
	turned := []byte(token)
	turned[len(turned)-10] ^= 1
	if _, err := answer.Open(t.Context(), string(turned), before, noon); !errors.Is(err, answer.ErrForged) {
		t.Errorf("turned: got %v", err)
	}
}

func TestKeys(t *testing.T) {
	hold(t, service{}, "arn:1", "arn:2")
	down := errors.New("down")
	if _, err := link.Token(t.Context(), &Keys{service{down}, []string{"arn:1"}}); !errors.Is(err, down) {
		t.Errorf("got %v, want %v", err, down)
	}
	if _, err := link.Token(t.Context(), &Keys{Client: service{}}); err == nil {
		t.Error("something was signed without a key")
	}
	token, err := link.Token(t.Context(), &Keys{service{}, []string{"arn:1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer.Open(t.Context(), token, &Keys{service{down}, []string{"arn:1"}}, noon); !errors.Is(err, down) || errors.Is(err, answer.ErrForged) {
		t.Errorf("got %v, want %v", err, down)
	}
}

// TestKMS holds the same of the real service, as far as the endpoint is it.
func TestKMS(t *testing.T) {
	client := kms.NewFromConfig(awstest.Config(t))
	var arns []string
	for range 2 {
		out, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecHmac256, KeyUsage: types.KeyUsageTypeGenerateVerifyMac})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, *out.KeyMetadata.Arn)
	}
	hold(t, client, arns[0], arns[1])
}
