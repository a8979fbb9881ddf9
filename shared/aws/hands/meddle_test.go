package hands_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/quality"
)

// meddler lets something happen before the first request that it is asked for.
type meddler struct {
	when func(*http.Request) bool
	do   func()
}

func (m *meddler) Do(r *http.Request) (*http.Response, error) {
	if m.do != nil && m.when(r) {
		do := m.do
		m.do = nil
		do()
	}
	return http.DefaultClient.Do(r)
}

// TestWhatSomebodyElseChangedIsLeftAlone changes a function, an alias and a
// contract between the look at it and the change of it.
func TestWhatSomebodyElseChangedIsLeftAlone(t *testing.T) {
	cfg := awstest.Config(t)
	h := connect(cfg)
	name := function(t, h)
	update := func() {
		must(t)(h.Lambda.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, MemorySize: aws.Int32(256)}))
		if err := lambda.NewFunctionUpdatedV2Waiter(h.Lambda).Wait(t.Context(), &lambda.GetFunctionInput{FunctionName: &name}, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	put := func(path string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == http.MethodPut && strings.Contains(r.URL.Path, path) }
	}
	disturbed := connect(cfg)
	disturbed.Lambda = lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		o.HTTPClient = &meddler{put("/configuration"), update}
	})
	refuses(t, disturbed, live(remedy.Remedy{Action: remedy.ConnectionPoolReset, Target: "lambda:" + name}), "PreconditionFailed")

	must(t)(h.Lambda.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &name}))
	must(t)(h.Lambda.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("2")}))
	disturbed.Lambda = lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		o.HTTPClient = &meddler{put("/aliases/live"), func() {
			must(t)(h.Lambda.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: &name, Name: aws.String("live"), Description: aws.String("held by a person")}))
		}}
	})
	refuses(t, disturbed, live(remedy.Remedy{Action: remedy.ConfigurationRollback, Target: "lambda:" + name + ":live"}), "PreconditionFailed")

	o, verdicts := judged(t, h)
	shelf(t, h)
	key := "contracts/sales_data.odcs.yaml"
	push := func(body string) {
		must(t)(h.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &h.Results, Key: &key, Body: strings.NewReader(body)}))
	}
	push(contractBefore)
	push(contractBefore + "# now with a fault\n")
	finish(t, verdicts, o, quality.VerdictFail)
	try := live(remedy.Remedy{Action: remedy.ConfigurationRollback, Target: "contract:sales_data"})
	try.At = time.Now().Add(5 * time.Second)
	disturbed.Judged, disturbed.Results, disturbed.FilesQueue, disturbed.SQS = h.Judged, h.Results, h.FilesQueue, h.SQS
	disturbed.S3 = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = true
		o.HTTPClient = &meddler{put("/contracts/"), func() { push(contractBefore + "# mended by a person\n") }}
	})
	refuses(t, disturbed, try, "PreconditionFailed")
	if got := requests(t, h); len(got) > 0 {
		t.Errorf("files are judged again all the same: %+v", got)
	}

	// The contract is back, and its files cannot be asked for: both are told.
	push(contractBefore + "# and broken again\n")
	h.FilesQueue += "-that-is-not-there"
	try.At = time.Now().Add(5 * time.Second)
	o.Key, o.Arrived = "sales_data/late.csv", try.At
	finish(t, verdicts, o, quality.VerdictFail)
	a, err := h.Do(t.Context(), try)
	if err == nil || !strings.Contains(a.After, "the version before is in force, 0 of 1 files judged once more") {
		t.Errorf("got %+v, %v", a, err)
	}
}
