package sqs_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stack"
)

// A client behind a forwarded port, or in a container, uses another host name for the endpoint.
func TestEveryQueueURLHasTheHostThatTheClientUses(t *testing.T) {
	embedded := stack.InMemory()
	source := newQueue(t, sqs.NewFromConfig(embedded.Config()), "Orders", nil)
	dead := newQueue(t, source.client, "Dead", nil)
	if err := source.set(settings{"RedrivePolicy": `{"deadLetterTargetArn":"` + dead.arn + `","maxReceiveCount":"3"}`}); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"http://embedded", "http://localhost:4566", "http://127.0.0.1:14566", "http://aws.local:4566", "http://[::1]:4566", "http://stack"} {
		t.Run(base, func(t *testing.T) {
			cfg := stack.AWS{URL: base, Handler: forged{embedded.Handler}}.Config()
			client, ctx := sqs.NewFromConfig(cfg), t.Context()
			created, err1 := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("Orders")})
			found, err2 := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("Orders")})
			listed, err3 := client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("O")})
			sources, err4 := client.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &dead.url})
			for _, err := range []error{err1, err2, err3, err4} {
				if err != nil {
					t.Fatal(err)
				}
			}
			got := append(append([]string{*created.QueueUrl, *found.QueueUrl}, listed.QueueUrls...), sources.QueueUrls...)
			want := base + "/000000000000/Orders"
			if diff := cmp.Diff([]string{want, want, want, want}, got); diff != "" {
				t.Errorf("queue URLs (-want +got):\n%s", diff)
			}
			elsewhere := &queue{t: t, client: client, url: want}
			elsewhere.send("hello")
			source.delete(source.receiveOne())
		})
	}
}

// forged adds headers that any client can send. A queue URL must not contain their values.
type forged struct{ next http.Handler }

func (f forged) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("X-Forwarded-Host", "evil.test")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Forwarded", "host=evil.test;proto=https")
	f.next.ServeHTTP(w, r)
}

func TestAQueueURLForAClientThatSendsNoHostHasTheAddressOfTheServer(t *testing.T) {
	server := httptest.NewServer(newServer())
	defer server.Close()
	address := server.Listener.Addr().String()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	body := `{"QueueName":"Orders"}`
	fmt.Fprintf(connection, "POST / HTTP/1.0\r\nX-Amz-Target: AmazonSQS.CreateQueue\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct{ QueueUrl string }
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.QueueUrl != "http://"+address+"/000000000000/Orders" {
		t.Errorf("queue URL %q, %v", got.QueueUrl, err)
	}
}

func TestOverTLSQueueURLsAreHTTPS(t *testing.T) {
	server := httptest.NewTLSServer(newServer())
	defer server.Close()
	cfg := stack.AWS{URL: server.URL}.Config()
	cfg.HTTPClient = server.Client()
	created, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("Orders")})
	if err != nil || !strings.HasPrefix(*created.QueueUrl, server.URL+"/") {
		t.Errorf("got %v, %v", created, err)
	}
}
