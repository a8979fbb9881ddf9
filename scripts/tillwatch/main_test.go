package main

import (
	"bytes"
	"crypto/md5"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tillwatch/shared/quality/report"
)

var update = flag.Bool("update", false, "rewrite what scripts compare output with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tillwatch": main})
}

// TestScripts runs the command line as people do. Each script has a bucket of
// S3 of its own behind AWS_ENDPOINT_URL.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"schema": followsSchema},
		Setup: func(env *testscript.Env) error {
			store := httptest.NewServer(&bucket{objects: map[string][]byte{}})
			env.Defer(store.Close)
			for key, value := range map[string]string{"AWS_ENDPOINT_URL": store.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
				"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "NOW": "2026-11-22T06:00:00Z"} {
				env.Setenv(key, value)
			}
			return os.CopyFS(env.WorkDir, os.DirFS("testdata/shop"))
		},
	})
}

// followsSchema is the command "schema FILE": the file must hold a report in
// its JSON form.
func followsSchema(ts *testscript.TestScript, _ bool, args []string) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema))
	ts.Check(err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	ts.Check(compiler.AddResource("report.json", doc))
	schema, err := compiler.Compile("report.json")
	ts.Check(err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(schema.Validate(v))
}

// A bucket is as much of S3 as the command line uses.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodPut {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		b.objects[r.URL.Path] = data
		return
	}
	if r.URL.Query().Get("list-type") == "2" {
		fmt.Fprint(w, `<ListBucketResult>`)
		for _, path := range slices.Sorted(maps.Keys(b.objects)) {
			if key, ours := strings.CutPrefix(path, r.URL.Path+"/"); ours && strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
				fmt.Fprintf(w, `<Contents><Key>%s</Key><Size>%d</Size><ETag>"%x"</ETag><LastModified>2026-11-22T05:00:00.000Z</LastModified></Contents>`, key, len(b.objects[path]), md5.Sum(b.objects[path]))
			}
		}
		fmt.Fprint(w, `</ListBucketResult>`)
		return
	}
	data, ok := b.objects[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code><Message>none</Message></Error>`)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(data)))
	http.ServeContent(w, r, "", time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC), bytes.NewReader(data))
}
