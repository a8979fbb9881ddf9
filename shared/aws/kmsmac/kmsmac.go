// Package kmsmac signs links to answers with HMAC keys of KMS, which nobody can
// read: who may sign and who may verify is said by rights to the key.
//
// A key is known by its print, the first four bytes of the SHA-256 of its ARN,
// so that links made under the key before the newest still open.
package kmsmac

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tillwatch/shared/alert/answer"
)

// API is the part of the KMS client that is used.
type API interface {
	GenerateMac(context.Context, *kms.GenerateMacInput, ...func(*kms.Options)) (*kms.GenerateMacOutput, error)
	VerifyMac(context.Context, *kms.VerifyMacInput, ...func(*kms.Options)) (*kms.VerifyMacOutput, error)
}

// Keys are keys of type HMAC_256. It is safe for concurrent use.
type Keys struct {
	Client API
	// ARNs are the keys, the newest first: that one signs, all verify.
	ARNs []string
}

var (
	_ answer.Signer   = (*Keys)(nil)
	_ answer.Verifier = (*Keys)(nil)
)

func printOf(arn string) [4]byte {
	sum := sha256.Sum256([]byte(arn))
	return [4]byte(sum[:4])
}

// Key returns the print of the newest key, zeros if there is none.
func (k *Keys) Key() [4]byte {
	if len(k.ARNs) == 0 {
		return [4]byte{}
	}
	return printOf(k.ARNs[0])
}

// Sign has KMS make the code of message under the newest key.
func (k *Keys) Sign(ctx context.Context, message []byte) (code [32]byte, err error) {
	if len(k.ARNs) == 0 {
		return code, errors.New("generate mac: no key")
	}
	out, err := k.Client.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: &k.ARNs[0], MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: message})
	if err != nil {
		return code, fmt.Errorf("generate mac: %w", err)
	}
	if len(out.Mac) != len(code) {
		return code, fmt.Errorf("generate mac: %d bytes, want %d", len(out.Mac), len(code))
	}
	return [32]byte(out.Mac), nil
}

// Verify has KMS compare, in constant time, the code of message under the key
// that m names.
func (k *Keys) Verify(ctx context.Context, message []byte, m answer.Mac) error {
	for _, arn := range k.ARNs {
		if printOf(arn) != m.Key {
			continue
		}
		out, err := k.Client.VerifyMac(ctx, &kms.VerifyMacInput{
			KeyId: aws.String(arn), MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: message, Mac: m.Code[:],
		})
		var forged *types.KMSInvalidMacException
		switch {
		case errors.As(err, &forged):
			return fmt.Errorf("verify mac: %w", answer.ErrForged)
		case err != nil:
			return fmt.Errorf("verify mac: %w", err)
		case !out.MacValid:
			return fmt.Errorf("verify mac: %w", answer.ErrForged)
		}
		return nil
	}
	return fmt.Errorf("verify mac: unknown key: %w", answer.ErrForged)
}
