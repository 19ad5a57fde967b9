package main

import (
	"bytes"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
)

func TestAStackThatListensEverywhereHandsOutAddressesThatWork(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"0.0.0.0", "[::]"} {
		t.Run(host, func(t *testing.T) {
			s := start(t, "-api", host+":0", "-aws", host+":0")
			if strings.Contains(s.banner, "[::]") || strings.Contains(s.banner, "0.0.0.0") {
				t.Errorf("the banner has an address at which nobody can be reached:\n%s", s.banner)
			}
			id := post(t, s.api)
			stacktest.Eventually(t, "the item is classified", func() bool { // so the functions' QUEUE_URL works
				_, stored := call(t, "GET", s.api+names.Item(id), "")
				return stored["status"] == "CLASSIFIED"
			})
			deadLetters := regexp.MustCompile(`--queue-url (\S+)`).FindStringSubmatch(s.banner)[1]
			if want := s.aws + "/000000000000/EnrichDeadLetterQueue"; deadLetters != want {
				t.Errorf("the banner's queue URL is %s, want %s", deadLetters, want)
			}
		})
	}
}

func TestWhatOtherMachinesCanReachIsWarnedOf(t *testing.T) {
	t.Parallel()
	api, aws, page := commandline.Warning("the API (-api)"), commandline.Warning("SQS and DynamoDB (-aws)"), commandline.Warning("the page (-console)")
	for name, test := range map[string]struct{ args, want []string }{
		"nothing":            {nil, nil},
		"all":                {[]string{"-api", "0.0.0.0:0", "-aws", "0.0.0.0:0", "-console", "0.0.0.0:0"}, []string{api, aws, page}},
		"an API with a key":  {[]string{"-api", "0.0.0.0:0", "-api-key", "secret"}, nil},
		"the page by itself": {[]string{"-console", "0.0.0.0:0"}, []string{page}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, test.args...)
			for _, warning := range []string{api, aws, page} {
				if got := strings.Contains(s.banner, "  "+warning+"\n"); got != slices.Contains(test.want, warning) {
					t.Errorf("the banner has %q: %t\n%s", warning, got, s.banner)
				}
			}
		})
	}
}

// As with a forwarded port: what listens there is not what the client calls.
func TestQueueURLsHaveTheHostThatTheClientUses(t *testing.T) {
	t.Parallel()
	s := start(t, "-aws", "0.0.0.0:0")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.aws, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"http://127.0.0.1:" + port, "http://localhost:" + port} {
		out, err := sqs.NewFromConfig(awsclient.AtEndpoint(base)).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("EnrichQueue")})
		if err != nil || *out.QueueUrl != base+"/000000000000/EnrichQueue" {
			t.Errorf("at %s the queue URL is %v, %v", base, out, err)
		}
	}
}

func TestTheDemoRunsWhereTheStackListensEverywhere(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	args := []string{"-template", filepath.Join(stacktest.Root(t), "template.yaml"), "-api", "0.0.0.0:0", "-aws", "[::]:0", "-demo"}
	if status := run(t.Context(), args, &stdout, &stderr); status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}
