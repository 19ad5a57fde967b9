package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// call asks the API over its socket.
func call(t *testing.T, method, url, body string) (int, map[string]any) {
	t.Helper()
	a := stacktest.Call(t, http.DefaultClient, method, url, body)
	return a.Status, a.Body
}

func TestPostedItemsAreClassifiedAsTheModelSays(t *testing.T) {
	t.Parallel()
	s := start(t)
	m, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	const items = 100
	random := rand.New(rand.NewPCG(1, 2))
	var posted [items]item.Measurements
	for n := range posted {
		posted[n] = sample.Random(random)
		body := sample.Object(posted[n])
		if status, answer := call(t, "POST", s.api+names.Items(), body); status != 201 || answer["id"] != posted[n].ID() {
			t.Fatalf("POST %s: %d %v", body, status, answer)
		}
	}
	classes := map[string]bool{}
	for _, x := range posted {
		var stored map[string]any
		stacktest.Eventually(t, "the item is classified", func() bool {
			_, stored = call(t, "GET", s.api+names.Item(x.ID()), "")
			return stored["status"] != "PENDING"
		})
		target, probability := m.Predict(x)
		if stored["status"] != "CLASSIFIED" || stored["pred_target"] != target || stored["pred_probability"] != probability {
			t.Errorf("%v is %v, want %s with %v", x, stored, target, probability)
		}
		classes[target] = true
	}
	if len(classes) < 2 {
		t.Errorf("all items are %v: the test can't tell one class from another", classes)
	}
	scanned, err := dynamodb.NewFromConfig(awsclient.AtEndpoint(s.aws)).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(names.Table())})
	if err != nil || scanned.Count != items {
		t.Errorf("a scan finds %d items, want %d; %v", scanned.Count, items, err)
	}
}

func TestADeadLetterCanBeInspectedAndRedriven(t *testing.T) {
	t.Parallel()
	s := start(t)
	client := sqs.NewFromConfig(awsclient.AtEndpoint(s.aws))
	url := func(name string) *string {
		out, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		return out.QueueUrl
	}
	const body = "no JSON"
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url("EnrichQueue"), MessageBody: aws.String(body)}); err != nil {
		t.Fatal(err)
	}
	receive := func() types.Message {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: url("EnrichDeadLetterQueue"), WaitTimeSeconds: 20,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		if err != nil || len(out.Messages) != 1 {
			t.Fatal(err, "no dead letter")
		}
		return out.Messages[0]
	}
	first := receive()
	if *first.Body != body || aws.ToString(first.MessageAttributes["failure_code"].StringValue) != "MalformedMessage" {
		t.Errorf("dead letter %q with %v", *first.Body, first.MessageAttributes)
	}
	// Only what is visible is moved.
	_, err := client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: url("EnrichDeadLetterQueue"), ReceiptHandle: first.ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{
		SourceArn:      aws.String("arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue"),
		DestinationArn: aws.String("arn:aws:sqs:us-east-1:000000000000:EnrichQueue"),
	})
	if err != nil {
		t.Fatal(err)
	}
	// It is as malformed as before, and comes back under a new id.
	if again := receive(); *again.MessageId == *first.MessageId || again.Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("after the redrive the dead letter is %v", again)
	}
}

func TestAnotherEndpointIsUsedInPlaceOfTheEmbeddedOne(t *testing.T) {
	t.Parallel()
	other := start(t)
	s := start(t, "-endpoint", other.aws)
	id := post(t, s.api)
	if status, stored := call(t, "GET", other.api+names.Item(id), ""); status != 200 {
		t.Errorf("the item is not on the other endpoint: %d %v", status, stored)
	}
	stacktest.Eventually(t, "the item is classified", func() bool {
		_, stored := call(t, "GET", s.api+names.Item(id), "")
		return stored["status"] == "CLASSIFIED"
	})
}

func post(t *testing.T, api string) (id string) {
	t.Helper()
	status, answer := call(t, "POST", api+names.Items(), sample.Object(sample.Example()))
	if status != 201 {
		t.Fatalf("POST: %d %v", status, answer)
	}
	return fmt.Sprint(answer["id"])
}

func TestAnAPIKeyIsDemanded(t *testing.T) {
	t.Parallel()
	s := start(t, "-api-key", "secret")
	if status, answer := call(t, "GET", s.api+names.Item("x"), ""); status != 403 || answer["message"] != "Forbidden" {
		t.Errorf("without a key: %d %v", status, answer)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", s.api+names.Item("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-api-key", "secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 404 {
		t.Errorf("with the key: %s, want 404", response.Status)
	}
}
