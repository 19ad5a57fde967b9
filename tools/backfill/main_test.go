package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/table"
)

// runBackfill runs the program.
func runBackfill(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// serve serves the endpoint of a local stack that has one pending item. At the same address it
// serves a CloudFormation that knows one stack.
func serve(t *testing.T) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	endpoint := stack.InMemory().Handler
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, operation := awsjson.Target(r.Header); operation == "" { // CloudFormation names the operation in the body
			describeStacks(w, r, server.URL+"/000000000000/EnrichQueue")
			return
		}
		endpoint.ServeHTTP(w, r)
	})
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.Start(t.Context(), stack.Config{Template: tmpl, AWS: stack.AWS{URL: server.URL}, Idle: true})
	if err != nil {
		t.Fatal(err)
	}
	create(t, &stacktest.Stack{Stack: s, Table: table.New(awsclient.AtEndpoint(server.URL), s.Ref(s.Names.Table))}, 1, time.Hour)
	return server.URL
}

// describeStacks answers DescribeStacks as AWS does.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func describeStacks(w http.ResponseWriter, r *http.Request, queue string) {
	outputs := map[string]string{
		"items": output("ApiKeyId", "1") + output("TableName", names.Table()) + output("QueueUrl", queue),
		"other": output("TableName", "Other"),
	}
	name := r.FormValue("StackName")
	if r.FormValue("Action") != "DescribeStacks" || outputs[name] == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>`+
			`<Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>`, name)
		return
	}
	fmt.Fprintf(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>`+
		`<StackName>%s</StackName><CreationTime>2026-11-24T00:35:14.184Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>`+
		`<Outputs>%s</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, name, outputs[name])
}

func output(key, value string) string {
	return "<member><OutputKey>" + key + "</OutputKey><OutputValue>" + value + "</OutputValue></member>"
}

func TestTheTableAndQueueAreThoseOf(t *testing.T) {
	for name, flags := range map[string][]string{
		"a local stack":               nil,
		"a local stack, with a slash": {"/"},
		"a stack's outputs":           {"", "-stack", "items"},
		"the flags":                   {"", "-table", names.Table(), "-queue", "URL/000000000000/EnrichQueue"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t)
			args := []string{"-checkpoint", filepath.Join(t.TempDir(), "file"), "-endpoint", url}
			if len(flags) > 0 {
				args[3] += flags[0]
				for _, flag := range flags[1:] {
					args = append(args, strings.Replace(flag, "URL", url, 1))
				}
			}
			code, stdout, stderr := runBackfill(t, args...)
			if code != 0 {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			wantIn(t, "stdout", stdout, "1 items scanned, 1 keys enqueued")
		})
	}
}

func TestWhatFailsIsOneLine(t *testing.T) {
	url := serve(t)
	_, err := dynamodb.NewFromConfig(awsclient.AtEndpoint(url)).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("Other"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err != nil {
		t.Fatal(err)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer other.Close()
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no table":          {[]string{"-endpoint", url, "-table", "None"}, []string{"look up table None", "ResourceNotFoundException"}},
		"a table of others": {[]string{"-endpoint", url, "-table", "Other"}, []string{"table Other has another key than id"}},
		"no stack":          {[]string{"-endpoint", url, "-stack", "none"}, []string{"look up stack none", "does not exist"}},
		"a stack of others": {[]string{"-endpoint", url, "-stack", "other"}, []string{"stack other has no outputs TableName and QueueUrl"}},
		"no queue":          {[]string{"-endpoint", url, "-queue", url + "/000000000000/None"}, []string{"look up queue", "NonExistentQueue"}},
		"no DynamoDB":       {[]string{"-endpoint", other.URL}, []string{"look up table " + names.Table(), "is it a DynamoDB?"}},
		"no endpoint up":    {[]string{"-endpoint", gone.URL}, []string{"look up table " + names.Table(), "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runBackfill(t, append(test.args, "-dry-run")...)
			if code != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "backfill: ") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			wantIn(t, "stderr", stderr, test.want...)
		})
	}
}

func TestAQueueThatIsNotThereStopsIt(t *testing.T) {
	url, file := serve(t), filepath.Join(t.TempDir(), "file")
	code, stdout, stderr := runBackfill(t, "-endpoint", url, "-queue", url+"/000000000000/None", "-checkpoint", file)
	if code != 1 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	wantIn(t, "stderr", stderr, "look up queue "+url+"/000000000000/None", "NonExistentQueue")
	if _, err := os.Stat(file); err == nil {
		t.Error("it left a checkpoint, which the corrected command would refuse")
	}
}

func TestWrongUsageIsOneLine(t *testing.T) {
	local := []string{"-endpoint", "http://127.0.0.1:1"}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing":                {nil, "which table and queue?"},
		"a table without queue":  {[]string{"-table", "T"}, "which table and queue?"},
		"a queue without table":  {[]string{"-queue", "https://q/1/q"}, "which table and queue?"},
		"a queue's name":         {[]string{"-table", "T", "-queue", "EnrichQueue"}, `-queue "EnrichQueue" is not the URL of a queue`},
		"a stack and a table":    {[]string{"-stack", "S", "-table", "T"}, "-stack names the table and the queue already"},
		"an endpoint's port":     {[]string{"-endpoint", ":4566"}, `-endpoint ":4566" is not a URL like http://127.0.0.1:4566`},
		"unknown flag":           {[]string{"-x"}, "flag provided but not defined: -x"},
		"an argument":            {append(local, "now"), `unexpected argument "now"`},
		"bad version":            {append(local, "-model-version", "2"), `-model-version: version "2" is not of the form YYYY-MM-DD.NN`},
		"rate of 0":              {append(local, "-rate", "0"), "-rate is 0: it must be over 0"},
		"rate that is no number": {append(local, "-rate", "NaN"), "-rate is NaN: it must be over 0"},
		"no segments":            {append(local, "-segments", "0"), "-segments is 0: it must be from 1 to 100"},
		"too many segments":      {append(local, "-segments", "101"), "-segments is 101: it must be from 1 to 100"},
		"negative age":           {append(local, "-older-than", "-1s"), "-older-than is -1s: it must be at least 0"},
		"empty checkpoint":       {append(local, "-checkpoint", ""), "-checkpoint is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runBackfill(t, test.args...)
			if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "backfill: ") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			wantIn(t, "stderr", stderr, test.want)
		})
	}
}

func TestHelpExitsZero(t *testing.T) {
	code, stdout, stderr := runBackfill(t, "-h")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	wantIn(t, "stdout", stdout, "Usage: go run ./tools/backfill -stack name", "-model-version", "-dry-run")
}
