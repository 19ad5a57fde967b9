package target_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/awsclient"
)

const wholeStack = "items"

// serve serves a local stack's SQS with its queues, beside a CloudFormation and an API Gateway that
// know two stacks.
func serve(t *testing.T) (url string) {
	t.Helper()
	endpoint := stack.InMemory().Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/apikeys/key1":
			fmt.Fprintf(w, `{"id":"key1","value":"secret, asked for with includeValue=%s"}`, r.FormValue("includeValue"))
		case r.Header.Get("X-Amz-Target") == "": // CloudFormation's protocol has it in the body
			describeStacks(w, r)
		default:
			endpoint.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	for _, name := range []string{"EnrichQueue", "EnrichDeadLetterQueue"} {
		if _, err := sqs.NewFromConfig(awsclient.AtEndpoint(server.URL)).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	return server.URL
}

// describeStacks answers as AWS does.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func describeStacks(w http.ResponseWriter, r *http.Request) {
	outputs := map[string][]string{
		wholeStack: {
			"ApiUrl", "https://api/prod/", "ApiKeyId", "key1", "TableName", "items-Table-1",
			"QueueUrl", "https://sqs/1/items-EnrichQueue", "QueueArn", "arn:aws:sqs:eu-central-1:123456789012:items-EnrichQueue",
			"DeadLetterQueueUrl", "https://sqs/1/items-Dead", "DeadLetterQueueArn", "arn:aws:sqs:eu-central-1:123456789012:items-Dead",
		},
		"other": {"ApiUrl", "https://api", "TableName", "Other"},
	}[r.FormValue("StackName")]
	if outputs == nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>`+
			`<Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>`, r.FormValue("StackName"))
		return
	}
	var members strings.Builder
	for i := 0; i < len(outputs); i += 2 {
		fmt.Fprintf(&members, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", outputs[i], outputs[i+1])
	}
	fmt.Fprintf(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>`+
		`<StackName>x</StackName><CreationTime>2026-11-24T00:35:14.184Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>`+
		`<Outputs>%s</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, members.String())
}

func TestAStackIsFoundBy(t *testing.T) {
	url := serve(t)
	for name, test := range map[string]struct {
		flags target.Flags
		want  target.Target
		named string
	}{
		"its endpoint": {
			target.Flags{Endpoint: url, API: "http://127.0.0.1:3000/", APIKey: "k"},
			target.Target{
				Region: "us-east-1", Account: "000000000000", API: "http://127.0.0.1:3000", APIKey: "k", Table: names.Table(),
				Queue:           target.Queue{URL: url + "/000000000000/EnrichQueue", ARN: "arn:aws:sqs:us-east-1:000000000000:EnrichQueue"},
				DeadLetterQueue: target.Queue{URL: url + "/000000000000/EnrichDeadLetterQueue", ARN: "arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue"},
			},
			"local stack at " + url,
		},
		"its name": {
			target.Flags{Endpoint: url, Stack: wholeStack},
			target.Target{
				Stack: wholeStack, Region: "eu-central-1", Account: "123456789012", API: "https://api/prod",
				APIKey: "secret, asked for with includeValue=true", Table: "items-Table-1",
				Queue:           target.Queue{URL: "https://sqs/1/items-EnrichQueue", ARN: "arn:aws:sqs:eu-central-1:123456789012:items-EnrichQueue"},
				DeadLetterQueue: target.Queue{URL: "https://sqs/1/items-Dead", ARN: "arn:aws:sqs:eu-central-1:123456789012:items-Dead"},
			},
			"stack items in account 123456789012, region eu-central-1 at the endpoint " + url,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := target.Find(t.Context(), test.flags)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != test.named {
				t.Errorf("it is called %q, want %q", got, test.named)
			}
			test.want.AWS = got.AWS
			if diff := cmp.Diff(fmt.Sprintf("%+v", test.want), fmt.Sprintf("%+v", *got)); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNotThereIsSaidInOneLine(t *testing.T) {
	url := serve(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer other.Close()
	local := httptest.NewServer(stack.InMemory().Handler)
	defer local.Close()
	for name, test := range map[string]struct {
		flags target.Flags
		want  string
	}{
		"a CloudFormation":  {target.Flags{Endpoint: local.URL, Stack: "items"}, "look up stack items: " + local.URL + " is no CloudFormation, and a local stack has none: leave -stack out"},
		"a stack":           {target.Flags{Endpoint: url, Stack: "none"}, "look up stack none: no such stack in region us-east-1: Stack with id none does not exist"},
		"an output":         {target.Flags{Endpoint: url, Stack: "other"}, "stack other has no output ApiKeyId, QueueUrl, QueueArn, DeadLetterQueueUrl, DeadLetterQueueArn: is it made from template.yaml?"},
		"an endpoint":       {target.Flags{Endpoint: gone.URL, API: url}, "(is `go run ./local` running?)"},
		"an SQS":            {target.Flags{Endpoint: other.URL, API: url}, "is it an SQS?"},
		"AWS's credentials": {target.Flags{Stack: "items"}, "no credentials: set AWS_PROFILE"},
	} {
		t.Run(name, func(t *testing.T) {
			emptyShell(t)
			t.Setenv("AWS_REGION", "us-east-1")
			wantOneLine(t, test.flags, test.want)
		})
	}
	t.Run("AWS's region", func(t *testing.T) {
		emptyShell(t)
		wantOneLine(t, target.Flags{Stack: "items"}, "no region: set AWS_REGION")
	})
}

func wantOneLine(t *testing.T, flags target.Flags, want string) {
	t.Helper()
	_, err := target.Find(t.Context(), flags)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want one line with %q", err, want)
	}
}

// emptyShell is one in which nobody is logged in.
func emptyShell(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true") // there is no such network here
}

func TestWrongFlagsAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		flags target.Flags
		want  string
	}{
		"none":                 {target.Flags{}, "which stack? Give -stack NAME"},
		"an endpoint alone":    {target.Flags{Endpoint: "http://127.0.0.1:4566"}, "-endpoint needs -api"},
		"an endpoint's port":   {target.Flags{Endpoint: ":4566", API: "http://127.0.0.1:3000"}, `-endpoint ":4566" is not a URL`},
		"an API without http:": {target.Flags{Stack: "s", API: "127.0.0.1:3000"}, `-api "127.0.0.1:3000" is not a URL`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.flags.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	good := target.Flags{Stack: "s"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestAStackThatAnEmulatorAnswersForIsNamedSo(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	for variable, want := range map[string]string{
		"NOTHING": "", "AWS_ENDPOINT_URL": " at the endpoint http://emulator",
		"AWS_ENDPOINT_URL_SQS": " at the endpoint http://emulator", "AWS_ENDPOINT_URL_DYNAMODB": " at the endpoint http://emulator",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "http://emulator")
			cfg, err := target.LoadConfig(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			named := &target.Target{AWS: cfg, Stack: "items", Account: "123456789012", Region: "eu-central-1"}
			if got := named.String(); got != "stack items in account 123456789012, region eu-central-1"+want {
				t.Errorf("it is called %q", got)
			}
		})
	}
}
