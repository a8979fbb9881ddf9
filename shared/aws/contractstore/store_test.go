package contractstore_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/contractstore"
	"tillwatch/shared/landing"
)

const document = `apiVersion: v3.1.0
kind: DataContract
id: urn:test:NAME
name: NAME
version: 1.0.0
status: active
servers:
  - server: landing
    type: s3
    location: s3://landing/NAME/*.csv
    format: csv
schema:
  - name: NAME
    properties:
      - name: id
        logicalType: string
        required: true
`

func TestAPushedContractIsInForceAtOnce(t *testing.T) {
	client := s3.NewFromConfig(awstest.Config(t), func(o *s3.Options) { o.UsePathStyle = true })
	bucket := awstest.Unique("results")
	ctx := t.Context()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	put := func(key, body string) {
		t.Helper()
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	s := &contractstore.Store{Client: client, Bucket: bucket}
	want := func(contracts, broken string) landing.Shelf {
		t.Helper()
		shelf, err := s.Contracts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var names, bad []string
		for _, c := range shelf.Contracts {
			names = append(names, c.Name+" "+c.Version)
		}
		for _, b := range shelf.Broken {
			bad = append(bad, b.Name)
		}
		if a, b := strings.Join(names, ", "), strings.Join(bad, ", "); a != contracts || b != broken {
			t.Errorf("contracts %q, broken %q; want %q, %q", a, b, contracts, broken)
		}
		return shelf
	}
	want("", "")
	put("contracts/sales.odcs.yaml", strings.ReplaceAll(document, "NAME", "sales"))
	put("contracts/README.md", "no contract")
	first := want("sales 1.0.0", "")
	if second := want("sales 1.0.0", ""); first.Contracts[0] != second.Contracts[0] {
		t.Error("an unchanged contract was read again")
	}
	put("contracts/stock.odcs.yaml", "servers: [")
	put("contracts/sales.odcs.yaml", strings.ReplaceAll(strings.ReplaceAll(document, "NAME", "sales"), "1.0.0", "1.1.0"))
	want("sales 1.1.0", "contracts/stock.odcs.yaml")

	if _, err := s.Reference(ctx, "products"); !errors.Is(err, landing.ErrNoReference) {
		t.Errorf("reference: %v, want ErrNoReference", err)
	}
	put("references/products.csv", "id\n1\n")
	put("references/products_old.csv", "id\n2\n")
	src, err := s.Reference(ctx, "products")
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != "id\n1\n" {
		t.Errorf("reference %q, %v", b, err)
	}
}
