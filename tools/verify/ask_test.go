package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/questions"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/awsclient"
)

// serveEndpoint serves SQS and DynamoDB without a stack. They are enough for most questions.
func serveEndpoint(t *testing.T, over func(http.Handler) http.Handler) (url string) {
	t.Helper()
	embedded := stack.InMemory()
	server := httptest.NewServer(over(embedded.Handler))
	t.Cleanup(server.Close)
	embedded.URL = server.URL
	return server.URL
}

func unchanged(h http.Handler) http.Handler { return h }

// runAsk runs the program with -ask.
func runAsk(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, append([]string{"-ask"}, args...), &out, &errs)
	return status, out.String(), errs.String()
}

// wantNothing fails the test if the endpoint has a queue or a table.
func wantNothing(t *testing.T, url string) {
	t.Helper()
	config := awsclient.AtEndpoint(url)
	queues, err := sqs.NewFromConfig(config).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := dynamodb.NewFromConfig(config).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(queues.QueueUrls)+len(tables.TableNames) > 0 {
		t.Errorf("left behind: %q and %q", queues.QueueUrls, tables.TableNames)
	}
}

func TestTheAnswersAreATableForAnIssue(t *testing.T) {
	url := serveEndpoint(t, unchanged)
	status, stdout, stderr := runAsk(t.Context(), "-endpoint", url, "-only", "sqs-old-receipt-handle,dynamodb-batch-duration,api-slashes")
	want := regexp.MustCompile(`^Answers of http://127\.0\.0\.1:\d+, \d{4}-\d\d-\d\d

\| question \| asked \| answered \| the local stack \| \|
\|---\|---\|---\|---\|---\|
\| \*\*sqs-old-receipt-handle\*\*: Does .+\? \| DeleteMessage with the first of two handles \| success \| the same \| same, \d\.\d s \|
\|  \| the message \| is still there \| the same \|  \|
\| \*\*dynamodb-batch-duration\*\*: .+\? \| one UpdateItem \| \S+s \| \(not compared\) \| measured, \d\.\d s \|
\|  \| 25 UpdateItems at once \| \S+s \| \(not compared\) \|  \|
\|  \| one batch of 25 statements \| \S+s \| \(not compared\) \|  \|
\| \*\*api-slashes\*\*: .+\? .+\. \| \| there is no API: -api gives its URL \| \| left out \|

1 same, 1 measured, 1 left out, after \d\.\d s\. Nothing is left behind\.
$`)
	if status != 0 || stderr != "" || !want.MatchString(stdout) {
		t.Errorf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
	wantNothing(t, url)
}

// other answers in place of the local stack, as another emulator would.
func other(operation string, answer http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation) {
				answer(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestADifferenceIsShownBesideTheLocalStacksAnswer(t *testing.T) {
	url := serveEndpoint(t, other("ChangeMessageVisibility", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"x#Other","message":"a | b\n<c>"}`))
	}))
	status, stdout, _ := runAsk(t.Context(), "-endpoint", url, "-only", "sqs-deleted-message")
	const row = `| ChangeMessageVisibility to 30 s | Other: a \| b<br>&lt;c> | InvalidParameterValue: Value HANDLE for parameter ReceiptHandle is invalid.`
	if status != 0 || !strings.Contains(stdout, row) || !strings.Contains(stdout, "1 DIFFERS, after") {
		t.Errorf("status %d, stdout:\n%s", status, stdout)
	}
}

func TestAQuestionWithoutAnAnswerFails(t *testing.T) {
	t.Parallel()
	url := serveEndpoint(t, other("StartMessageMoveTask", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"x#UnsupportedOperation","message":"no tasks here"}`))
	}))
	status, stdout, _ := runAsk(t.Context(), "-endpoint", url, "-json", "-only", "sqs-move-hidden,dynamodb-key-in-update")
	var got struct {
		Good       bool
		Questions  []questions.Asked
		LeftBehind []string `json:"left_behind"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if status != 1 || got.Good || len(got.Questions) != 2 || got.LeftBehind == nil {
		t.Fatalf("status %d, %+v", status, got)
	}
	if q := got.Questions[0]; q.Result != questions.Failed || !strings.Contains(q.Error, "start a move task: ") || !strings.Contains(q.Error, "no tasks here") {
		t.Errorf("%s: %s", q.Result, q.Error)
	}
	if q := got.Questions[1]; q.Result != questions.Same {
		t.Errorf("%s: %s", q.Result, q.Error)
	}
	wantNothing(t, url)
}

func TestAnInterruptedRunDeletesItsQueuesAndItsTable(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	url := serveEndpoint(t, other("StartMessageMoveTask", func(w http.ResponseWriter, _ *http.Request) {
		interrupt()
		_, _ = w.Write([]byte(`{"TaskHandle":"x"}`))
	}))
	status, stdout, stderr := runAsk(ctx, "-endpoint", url, "-only", "sqs-old-receipt-handle,dynamodb-key-in-update,sqs-move-hidden")
	if status != 1 || !strings.Contains(stderr, "interrupted; deleting the queues and the table") ||
		!strings.Contains(stdout, "1 same, 2 not asked") || !strings.Contains(stdout, "Nothing is left behind.") {
		t.Errorf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
	wantNothing(t, url)
}

func TestNothingThatCostsIsAskedWithoutYes(t *testing.T) {
	status, stdout, stderr := runAsk(t.Context(), "-endpoint", "http://sqs.test:1", "-only", "sqs-deleted-message,dynamodb-key-in-update")
	if status != 2 || stdout != "" || !strings.HasSuffix(stderr, "\nverify: nothing has been asked: -yes asks\n") ||
		!strings.Contains(stderr, "2 questions: at most 10 requests to SQS, 4 units of DynamoDB and 0 requests to the API, which cost $0.000007") {
		t.Errorf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
}

// deployed answers as CloudFormation and API Gateway do for the stack items.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func deployed(next http.Handler) http.Handler {
	var outputs strings.Builder
	for _, name := range []string{"ApiUrl", "ApiKeyId", "TableName", "QueueUrl", "DeadLetterQueueUrl", "DeadLetterQueueArn"} {
		fmt.Fprintf(&outputs, "<member><OutputKey>%s</OutputKey><OutputValue>http://%s</OutputValue></member>", name, name)
	}
	outputs.WriteString("<member><OutputKey>QueueArn</OutputKey><OutputValue>arn:aws:sqs:eu-central-1:123456789012:x</OutputValue></member>")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/apikeys/"):
			fmt.Fprint(w, `{"value":"secret"}`)
		case r.Header.Get("X-Amz-Target") == "":
			fmt.Fprintf(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>`+
				`<StackName>items</StackName><Outputs>%s</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, outputs.String())
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func TestADeployedStacksAccountIsAskedWithYes(t *testing.T) {
	url := serveEndpoint(t, deployed)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	args := []string{"-stack", "items", "-only", "sqs-old-receipt-handle,dynamodb-key-in-update"}
	plan := "stack items in account 123456789012, region eu-central-1 at the endpoint " + url + "\n\n2 questions: "
	status, stdout, stderr := runAsk(t.Context(), args...)
	if status != 2 || stdout != "" || !strings.HasPrefix(stderr, plan) {
		t.Errorf("without -yes: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	status, stdout, stderr = runAsk(t.Context(), append(args, "-yes")...)
	if status != 0 || !strings.HasPrefix(stderr, plan) || !strings.HasPrefix(stdout, "Answers of AWS, region eu-central-1 at the endpoint "+url+", ") ||
		!strings.Contains(stdout, "2 same, after") || strings.Contains(stdout, "123456789012") {
		t.Errorf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
	wantNothing(t, url)
	status, stdout, stderr = runAsk(t.Context(), append(args, "-yes", "-record", copyOfAnswers(t))...)
	if status != 2 || stdout != "" || !strings.HasPrefix(stderr, "verify: -record is for the answers of AWS, and ") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("with -record: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestWhatWasAnsweredIsRecorded(t *testing.T) {
	file := copyOfAnswers(t)
	r := &askReport{region: "eu-central-1", asked: []questions.Asked{
		{Question: *questions.Find("sqs-old-receipt-handle"), Result: questions.Same},
		{Question: *questions.Find("sqs-move-hidden"), Result: questions.Failed},
	}}
	if err := r.record(file, "a test"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []questions.Question
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		if recorded := q.AWS != nil && q.AWS.Region == "eu-central-1"; recorded != (q.Name == "sqs-old-receipt-handle") {
			t.Errorf("%s: recorded is %v", q.Name, recorded)
		}
	}
}

// copyOfAnswers returns the path of a copy of answers.json.
func copyOfAnswers(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../internal/questions/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "answers.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOnlyALoopbackEndpointCostsNothing(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://127.0.0.1:4566": true, "http://localhost:4566": true, "http://[::1]:1": true, "http://127.9.9.9": true,
		"": false, "https://sqs.us-east-1.amazonaws.com": false, "http://localhost.example.com": false, "http://10.0.0.1:1": false, "http://%zz": false,
	} {
		if got := isLoopback(endpoint); got != want {
			t.Errorf("%q: %v, want %v", endpoint, got, want)
		}
	}
}

func TestAFileThatCanNotBeWrittenIsSaid(t *testing.T) {
	r := askReport{asked: []questions.Asked{{Question: *questions.Find("api-slashes"), Result: questions.Failed}}}
	if err := r.record(filepath.Join(t.TempDir(), "absent.json"), "a run"); err == nil || !strings.Contains(err.Error(), "-record ") {
		t.Errorf("a file that is not there: %v", err)
	}
	broken := copyOfAnswers(t)
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.record(broken, "a run"); err == nil || !strings.Contains(err.Error(), "read the answers: ") {
		t.Errorf("a file that is no JSON: %v", err)
	}
}

func TestWrongUsageOfAskIsOneLine(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nobody to ask":       {[]string{"-ask"}, "which stack? Give -stack NAME"},
		"no URL":              {[]string{"-ask", "-endpoint", "4566"}, `-endpoint "4566" is not a URL`},
		"an unknown question": {[]string{"-ask", "-endpoint", "http://127.0.0.1:1", "-only", "api-slashes,created"}, "-only created: there is no question of that name, but sqs-deleted-message,"},
		"a model":             {[]string{"-ask", "-endpoint", "http://127.0.0.1:1", "-model", "x"}, "-model has no effect with -ask"},
		"a record of no AWS":  {[]string{"-ask", "-endpoint", "http://127.0.0.1:1", "-record", "x"}, "-record needs -stack without -endpoint"},
		"no file of answers":  {[]string{"-ask", "-stack", "items", "-record", "/nope/x"}, "-record /nope/x: open /nope/x: no such file"},
		"a record of no file": {[]string{"-ask", "-stack", "items", "-record", "main.go"}, "-record main.go: read the answers: "},
		"yes to checks":       {[]string{"-endpoint", "http://127.0.0.1:1", "-api", "http://127.0.0.1:1", "-yes"}, "-yes and -record have no effect without -ask"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			if status != 2 || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, &stdout, &stderr, test.want)
			}
		})
	}
}

func TestTheHelpListsTheQuestions(t *testing.T) {
	_, stdout, _ := runAsk(t.Context(), "-help")
	for _, name := range questions.Names() {
		if !strings.Contains(stdout, name) {
			t.Errorf("the help has no %s", name)
		}
	}
}
