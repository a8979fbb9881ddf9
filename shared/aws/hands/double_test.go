package hands_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/hands"
)

// exchange is one request that the double expects, by its X-Amz-Target, by the
// Action of its form, or by method and path, and the answer that the service's
// API reference documents.
type exchange struct {
	what   string
	holds  []string // what the request's body has
	status int      // 200 if 0
	answer string
}

// double stands for a service that the emulator lacks: it plays the exchanges in
// their order and fails the test on any other request.
func double(t *testing.T, script ...exchange) *hands.Hands {
	t.Helper()
	next := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body := string(raw)
		what := r.Header.Get("X-Amz-Target")
		if what == "" && strings.HasPrefix(body, "Action=") {
			what, _, _ = strings.Cut(body, "&")
		}
		if what == "" {
			what = r.Method + " " + r.URL.Path
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			t.Errorf("%s is not signed", what)
		}
		if next == len(script) || script[next].what != what {
			t.Errorf("request %d is %s: %s", next+1, what, body)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		e := script[next]
		next++
		for _, h := range e.holds {
			if !strings.Contains(body, h) {
				t.Errorf("%s lacks %s: %s", what, h, body)
			}
		}
		if strings.HasPrefix(e.answer, "{") {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			if !json.Valid([]byte(e.answer)) {
				t.Errorf("the answer to %s is no JSON", what)
			}
		}
		if e.status != 0 {
			w.WriteHeader(e.status)
		}
		_, _ = io.WriteString(w, e.answer)
	}))
	t.Cleanup(func() {
		server.Close()
		if next < len(script) {
			t.Errorf("%d of %d requests came", next, len(script))
		}
	})
	return connect(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func TestADocumentIsRun(t *testing.T) {
	const about = "AmazonSSM.DescribeDocument"
	document := func(kind, parameters string) exchange {
		return exchange{about, []string{`"Name":"ResetSalesPool"`}, 0,
			fmt.Sprintf(`{"Document":{"Name":"ResetSalesPool","DocumentType":%q,"DefaultVersion":"3","Status":"Active","Parameters":[%s]}}`, kind, parameters)}
	}
	const deflt = `{"Name":"Proxy","Type":"String","DefaultValue":"sales"}`
	start := exchange{"AmazonSSM.StartAutomationExecution", []string{`"DocumentName":"ResetSalesPool"`, `"DocumentVersion":"3"`, `"ClientToken":"`}, 0,
		`{"AutomationExecutionId":"4105a4fc-f944-11e6-9d32-0a1b2c3d495h"}`}
	look := func(status, more string) exchange {
		return exchange{"AmazonSSM.GetAutomationExecution", []string{`4105a4fc`}, 0,
			fmt.Sprintf(`{"AutomationExecution":{"AutomationExecutionId":"4105a4fc-f944-11e6-9d32-0a1b2c3d495h","AutomationExecutionStatus":%q%s}}`, status, more)}
	}
	r := remedy.Remedy{Action: remedy.ConnectionPoolReset, Target: "ssm:ResetSalesPool"}
	does(t, double(t, document("Automation", deflt)), dry(r), "version 3, active", "an execution of it")
	does(t, double(t, document("Automation", deflt), start, look("InProgress", ""), look("Success", "")), live(r), "version 3, active", "495h succeeded")
	refuses(t, double(t, document("Automation", deflt), start, look("Failed", `,"FailureMessage":"no such proxy"`)), live(r), "Failed: no such proxy")
	refuses(t, double(t, document("Command", deflt)), live(r), "of type Command, want Automation")
	refuses(t, double(t, document("Automation", `{"Name":"Proxy","Type":"String"}`)), live(r), "asks for Proxy")
	refuses(t, double(t, exchange{about, nil, 400, `{"__type":"InvalidDocument","message":"none"}`}), live(r), "InvalidDocument")
	running := []exchange{document("Automation", deflt), start}
	for range 8 {
		running = append(running, look("InProgress", ""))
	}
	does(t, double(t, running...), live(r), "version 3", "still runs after 16")
}

func TestADistributionIsInvalidated(t *testing.T) {
	about := exchange{"GET /2020-05-31/distribution/E2EXAMPLE", nil, 0,
		`<?xml version="1.0"?><Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>E2EXAMPLE</Id><ARN>arn:aws:cloudfront::000000000000:distribution/E2EXAMPLE</ARN><Status>Deployed</Status><DomainName>d111.cloudfront.example</DomainName><InProgressInvalidationBatches>0</InProgressInvalidationBatches></Distribution>`}
	invalidate := exchange{"POST /2020-05-31/distribution/E2EXAMPLE/invalidation", []string{"<Path>/*</Path>", "<Quantity>1</Quantity>", "<CallerReference>tillwatch-"}, 201,
		`<?xml version="1.0"?><Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>IDFDVBD632BHDS5</Id><Status>InProgress</Status><CreateTime>2026-11-22T03:05:00Z</CreateTime></Invalidation>`}
	r := remedy.Remedy{Action: remedy.CacheInvalidation, Target: "cloudfront:E2EXAMPLE"}
	does(t, double(t, about), dry(r), "d111.cloudfront.example, deployed", "an invalidation of /*")
	does(t, double(t, about, invalidate), live(r), "0 invalidations under way", "invalidation IDFDVBD632BHDS5 of /*, inprogress")
	full := exchange{invalidate.what, nil, 400, `<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>TooManyInvalidationsInProgress</Code><Message>later</Message></Error></ErrorResponse>`}
	refuses(t, double(t, about, full), live(r), "TooManyInvalidationsInProgress")
}

func TestAClusterIsRebooted(t *testing.T) {
	about := func(status string) exchange {
		return exchange{"Action=DescribeCacheClusters", []string{"CacheClusterId=prices", "ShowCacheNodeInfo=true"}, 0,
			`<DescribeCacheClustersResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><DescribeCacheClustersResult><CacheClusters><CacheCluster><CacheClusterId>prices</CacheClusterId><CacheClusterStatus>` + status +
				`</CacheClusterStatus><Engine>memcached</Engine><CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId></CacheNode><CacheNode><CacheNodeId>0002</CacheNodeId></CacheNode></CacheNodes></CacheCluster></CacheClusters></DescribeCacheClustersResult></DescribeCacheClustersResponse>`}
	}
	reboot := exchange{"Action=RebootCacheCluster", []string{"CacheClusterId=prices", "CacheNodeId.1=0001", "CacheNodeId.2=0002"}, 0,
		`<RebootCacheClusterResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><RebootCacheClusterResult><CacheCluster><CacheClusterStatus>rebooting cache cluster nodes</CacheClusterStatus></CacheCluster></RebootCacheClusterResult></RebootCacheClusterResponse>`}
	r := remedy.Remedy{Action: remedy.CacheInvalidation, Target: "elasticache:prices"}
	does(t, double(t, about("available")), dry(r), "memcached, available, nodes 0001, 0002", "rebooted")
	does(t, double(t, about("available"), reboot), live(r), "available", "nodes 0001, 0002 rebooted")
	refuses(t, double(t, about("modifying")), live(r), "is modifying, want available")
}

func TestAJobIsRunAgain(t *testing.T) {
	runs := func(state string) exchange {
		return exchange{"AWSGlue.GetJobRuns", []string{`"JobName":"sales-etl"`}, 0,
			`{"JobRuns":[{"Id":"jr_1","JobName":"sales-etl","JobRunState":"SUCCEEDED","StartedOn":1795316400},
			{"Id":"jr_2","JobName":"sales-etl","JobRunState":"` + state + `","StartedOn":1795402800,"Arguments":{"--day":"2026-11-22"}}]}`}
	}
	start := exchange{"AWSGlue.StartJobRun", []string{`"JobName":"sales-etl"`, `"JobRunId":"jr_2"`, `"--day":"2026-11-22"`}, 0, `{"JobRunId":"jr_3"}`}
	r := remedy.Remedy{Action: remedy.PipelineRestart, Target: "glue:sales-etl"}
	does(t, double(t, runs("FAILED")), dry(r), "run jr_2 FAILED since", "a run with the same arguments")
	does(t, double(t, runs("TIMEOUT"), start), live(r), "run jr_2 TIMEOUT since", "run jr_3 with the same arguments")
	refuses(t, double(t, runs("RUNNING")), live(r), "the newest run is RUNNING")
	refuses(t, double(t, runs("STOPPED")), live(r), "the newest run is STOPPED")
	refuses(t, double(t, runs("FAILED"), exchange{start.what, nil, 400, `{"__type":"ConcurrentRunsExceededException","Message":"one at a time"}`}), live(r), "ConcurrentRunsExceeded")
}

func TestAnExecutionIsRedriven(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:000000000000:execution:nightly:e1"
	list := exchange{"AWSStepFunctions.ListExecutions", []string{`stateMachine:nightly"`}, 0,
		`{"executions":[{"executionArn":"` + arn + `","stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:nightly","name":"e1","status":"FAILED","startDate":1795402800}]}`}
	about := func(redrive string) exchange {
		return exchange{"AWSStepFunctions.DescribeExecution", []string{arn}, 0,
			`{"executionArn":"` + arn + `","name":"e1","status":"FAILED","startDate":1795402800,"input":"{\"day\":1}","redriveStatus":"` + redrive + `"}`}
	}
	redrive := exchange{"AWSStepFunctions.RedriveExecution", []string{arn, `"clientToken":"tillwatch-`}, 0, `{"redriveDate":1795402900}`}
	start := exchange{"AWSStepFunctions.StartExecution", []string{`stateMachine:nightly"`, `"name":"tillwatch-`, `"input":"{\"day\":1}"`}, 0,
		`{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:nightly:tillwatch-1","startDate":1795402900}`}
	r := remedy.Remedy{Action: remedy.PipelineRestart, Target: "states:nightly"}
	does(t, double(t, list, about("REDRIVABLE")), dry(r), "e1 FAILED since", "it goes on where it failed")
	does(t, double(t, list, about("REDRIVABLE"), redrive), live(r), "e1 FAILED since", "it goes on where it failed")
	does(t, double(t, list, about("NOT_REDRIVABLE"), start), live(r), "e1 FAILED", "with the same input")
	refused := exchange{redrive.what, nil, 400, `{"__type":"ExecutionNotRedrivable","message":"too old"}`}
	does(t, double(t, list, about("REDRIVABLE"), refused, start), live(r), "e1 FAILED", "with the same input")
	// It may have been redriven all the same: nothing else is started.
	broken := exchange{redrive.what, nil, 500, `{"__type":"InternalFailure","message":"?"}`}
	refuses(t, double(t, list, about("REDRIVABLE"), broken), live(r), "InternalFailure")
}

// TestEveryActionIsCarriedOutOnItsTargets holds that nothing that a policy may say
// is unknown here, by what a service that refuses everything is asked.
func TestEveryActionIsCarriedOutOnItsTargets(t *testing.T) {
	example := map[remedy.Kind]string{
		remedy.Prefix: "s3://lake/tmp/", remedy.Function: "lambda:load", remedy.Alias: "lambda:load:live", remedy.Document: "ssm:Reset",
		remedy.Distribution: "cloudfront:E2EXAMPLE", remedy.Cache: "elasticache:prices", remedy.File: "file", remedy.Machine: "states:nightly",
		remedy.Job: "glue:etl", remedy.Table: "dynamodb:orders", remedy.Stream: "kinesis:clicks", remedy.Contract: "contract",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer server.Close()
	h := connect(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	for _, action := range remedy.Actions {
		for kind, target := range example {
			known := false
			for _, k := range remedy.Kinds(action) {
				known = known || k == kind
			}
			_, err := h.Do(t.Context(), live(remedy.Remedy{Action: action, Target: target, Most: 9}))
			if err == nil || strings.Contains(err.Error(), "does not act on") == known {
				t.Errorf("%s on %s: %v", action, target, err)
			}
		}
	}
}
