package remedy

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct {
		text string
		want Target
	}{
		{"s3://lake/tmp/", Target{Prefix, "lake", "tmp/"}},
		{"s3://lake/sales/_temporary/0/", Target{Prefix, "lake", "sales/_temporary/0/"}},
		{"lambda:load-sales", Target{Function, "load-sales", ""}},
		{"lambda:load-sales:live", Target{Alias, "load-sales", "live"}},
		{"ssm:ResetSalesPool", Target{Document, "ResetSalesPool", ""}},
		{"cloudfront:E2EXAMPLE", Target{Distribution, "E2EXAMPLE", ""}},
		{"elasticache:prices", Target{Cache, "prices", ""}},
		{"file", Target{Kind: File}},
		{"file:s3://landing/sales/a b.csv", Target{File, "landing", "sales/a b.csv"}},
		{"states:nightly", Target{Machine, "nightly", ""}},
		{"glue:sales-etl", Target{Job, "sales-etl", ""}},
		{"dynamodb:orders", Target{Table, "orders", ""}},
		{"kinesis:clicks", Target{Stream, "clicks", ""}},
		{"contract", Target{Kind: Contract}},
		{"contract:sales_data", Target{Contract, "sales_data", ""}},
	} {
		got, err := ParseTarget(c.text)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("%s: got %+v, %v, written %q", c.text, got, err, got)
		}
	}
}

// TestWhatIsNoTarget holds what cannot be written, and so cannot happen.
func TestWhatIsNoTarget(t *testing.T) {
	for rule, text := range map[string]string{
		"nothing":                               "",
		"a bucket as a whole":                   "s3://lake/",
		"a bucket without a slash":              "s3://lake",
		"a prefix that is the begin of a name":  "s3://lake/tmp",
		"what is not called temporary":          "s3://lake/sales/",
		"a name that only begins so":            "s3://lake/tmp-of-sales/",
		"the reports, even below tmp":           "s3://lake/reports/tmp/",
		"the contracts":                         "s3://lake/Contracts/tmp/",
		"work in progress":                      "s3://lake/work/tmp/",
		"a way up":                              "s3://lake/tmp/../sales/",
		"an empty folder":                       "s3://lake//tmp/",
		"a pattern":                             "s3://lake/tmp/*/",
		"a bucket of another form":              "s3://Lake/tmp/",
		"a function with a wildcard":            "lambda:load-*",
		"a function's ARN":                      "lambda:arn:aws:lambda:us-east-1:1:function:f",
		"a version instead of an alias":         "lambda:load:7",
		"a document of others":                  "ssm:arn:aws:ssm:us-east-1::document/X",
		"a kind that does not exist":            "ec2:i-0123",
		"a contract with a path":                "contract:../policy",
		"a file without a key":                  "file:s3://landing/",
		"a file without a bucket":               "file:sales.csv",
		"a name that is too long":               "lambda:" + strings.Repeat("x", 65),
		"a proxy, for which a document is made": "rds-proxy:orders",
	} {
		if got, err := ParseTarget(text); !errors.Is(err, ErrTarget) {
			t.Errorf("%s: %q is %+v, %v", rule, text, got, err)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		rule, allowed, target string
		want                  bool
	}{
		{"the same", "lambda:load", "lambda:load", true},
		{"another", "lambda:load", "lambda:loader", false},
		{"a function is not its alias", "lambda:load", "lambda:load:live", false},
		{"a prefix below", "s3://lake/tmp/", "s3://lake/tmp/sales/", true},
		{"a prefix above", "s3://lake/tmp/sales/", "s3://lake/tmp/", false},
		{"another bucket", "s3://lake/tmp/", "s3://pond/tmp/", false},
		{"any file", "file", "file:s3://landing/a.csv", true},
		{"any contract", "contract", "contract:sales_data", true},
		{"one contract", "contract:sales_data", "contract:customer_data", false},
		{"one contract is not any", "contract:sales_data", "contract", false},
	} {
		allowed, err := ParseTarget(c.allowed)
		if err != nil {
			t.Fatal(err)
		}
		target, err := ParseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := allowed.Covers(target); got != c.want {
			t.Errorf("%s: %s covers %s: got %v", c.rule, allowed, target, got)
		}
	}
}

func TestEveryActionHasTargets(t *testing.T) {
	for _, a := range Actions {
		if len(Kinds(a)) == 0 {
			t.Errorf("%s acts on nothing", a)
		}
	}
}

// FuzzParseTarget holds that a target is written as it was read, and that no
// prefix reaches what is not called temporary.
func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"file", "s3://lake/tmp/", "lambda:f:live", "contract:sales"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseTarget(text)
		if err != nil {
			return
		}
		if got.String() != text {
			t.Errorf("%q is written %q", text, got)
		}
		if got.Kind == Prefix && (!strings.HasSuffix(got.Part, "/") || strings.Contains(got.Part, "..") && strings.Contains("/"+got.Part, "/../")) {
			t.Errorf("%q reaches %q", text, got.Part)
		}
	})
}
