// Package events_test checks the sample events in this folder. It checks that AWS sends such
// events. It also sends them to the functions, which are built as for AWS, and checks what the
// functions do with them. It does not test each case of a function: the functions' own
// packages do that.
package events_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/generated"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
)

// These items are in the events. The last one is never stored.
var (
	examples             = sample.Examples()
	first, second, third = examples[0], examples[1], examples[2]
)

// functions maps the name of a function's folder to its logical id in the template. The names
// of its events begin with the name of the folder.
var functions = map[string]string{
	"writer":   "WriterFunction",
	"reader":   "ReaderFunction",
	"enricher": "EnricherFunction",
}

func TestTheEventsAreThoseOfTheItem(t *testing.T) {
	stale, err := generated.Stale("..", "events")
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("these events are of another item or another template: %v. Run make generate", stale)
	}
}

func TestEventsAreAsAWSSendsThem(t *testing.T) {
	system := resolveTemplate(t, func(id, attribute string) (string, error) { return id + "." + attribute, nil })
	for _, file := range eventFiles(t) {
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			switch folder := folderOf(file); folder {
			case "writer", "reader":
				checkRequest(t, file, routesOf(system, functions[folder]))
			case "enricher":
				checkMessages(t, file)
			default:
				t.Errorf("its name begins with no function's: expected one of %v", functions)
			}
		})
	}
}

// checkRequest checks an event of a REST API. Such an event has most values twice, and the two
// must agree.
func checkRequest(t *testing.T, file string, routes []string) {
	var e events.APIGatewayProxyRequest
	decodeStrictly(t, withoutUntypedFields(t, readEvent(t, file)), &e)
	if !slices.Contains(routes, e.Resource) {
		t.Errorf("resource %s: the template sends the function only %v", e.Resource, routes)
	}
	id := e.PathParameters["id"]
	if want := strings.ReplaceAll(e.Resource, "{id}", id); e.Path != want {
		t.Errorf("path = %s, want %s", e.Path, want)
	}
	if item.ValidID(id) {
		checkID(t, id)
	}
	headers := map[string][]string{}
	for name, value := range e.Headers {
		headers[name] = []string{value}
	}
	if diff := cmp.Diff(headers, e.MultiValueHeaders); diff != "" {
		t.Errorf("headers differ from multiValueHeaders (-/+):\n%s", diff)
	}
	if _, err := base64.StdEncoding.DecodeString(e.Body); e.IsBase64Encoded && err != nil {
		t.Errorf("body: %v", err)
	}
	checkRequestContext(t, e)
}

func checkRequestContext(t *testing.T, e events.APIGatewayProxyRequest) {
	c := e.RequestContext
	want := events.APIGatewayProxyRequestContext{
		AccountID:         "123456789012",
		ResourceID:        c.ResourceID,
		Stage:             "prod",
		DomainName:        c.APIID + ".execute-api.us-east-1.amazonaws.com",
		DomainPrefix:      c.APIID,
		RequestID:         c.RequestID,
		ExtendedRequestID: c.ExtendedRequestID,
		Protocol:          "HTTP/1.1",
		Identity: events.APIGatewayRequestIdentity{
			APIKey:    e.Headers["x-api-key"],
			APIKeyID:  c.Identity.APIKeyID,
			SourceIP:  e.Headers["X-Forwarded-For"],
			UserAgent: e.Headers["User-Agent"],
		},
		ResourcePath:     e.Resource,
		Path:             "/prod" + e.Path,
		HTTPMethod:       e.HTTPMethod,
		RequestTime:      time.UnixMilli(c.RequestTimeEpoch).UTC().Format("02/Jan/2006:15:04:05 -0700"),
		RequestTimeEpoch: c.RequestTimeEpoch,
		APIID:            c.APIID,
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("requestContext (-want +got):\n%s", diff)
	}
	if e.Headers["Host"] != c.DomainName {
		t.Errorf("header Host = %s, want %s", e.Headers["Host"], c.DomainName)
	}
}

// checkMessages checks an event with messages of a queue.
func checkMessages(t *testing.T, file string) {
	var seen []string
	for _, m := range messages(t, file) {
		if slices.Contains(seen, m.MessageId) || slices.Contains(seen, m.ReceiptHandle) {
			t.Errorf("message %s: its id or its receipt handle appears twice", m.MessageId)
		}
		seen = append(seen, m.MessageId, m.ReceiptHandle)
		if sum := md5.Sum([]byte(m.Body)); m.Md5OfBody != hex.EncodeToString(sum[:]) {
			t.Errorf("message %s: md5OfBody = %s, want %x", m.MessageId, m.Md5OfBody, sum)
		}
		if id, err := queue.ParseBody(m.Body); err == nil {
			checkID(t, id)
		}
		want := events.SQSMessage{
			MessageId: m.MessageId, ReceiptHandle: m.ReceiptHandle, Body: m.Body, Md5OfBody: m.Md5OfBody,
			Attributes:        m.Attributes,
			MessageAttributes: map[string]events.SQSMessageAttribute{},
			EventSource:       "aws:sqs",
			EventSourceARN:    "arn:aws:sqs:us-east-1:123456789012:simple-sam-demo-EnrichQueue",
			AWSRegion:         "us-east-1",
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Errorf("message %s (-want +got):\n%s", m.MessageId, diff)
		}
		checkAttributes(t, m.Attributes)
	}
}

func checkAttributes(t *testing.T, attributes map[string]string) {
	number := func(name string) int {
		n, err := strconv.Atoi(attributes[name])
		if err != nil {
			t.Errorf("attribute %s: %v", name, err)
		}
		return n
	}
	if n := number("ApproximateReceiveCount"); n < 1 {
		t.Errorf("ApproximateReceiveCount = %d, want at least 1", n)
	}
	if number("ApproximateFirstReceiveTimestamp") < number("SentTimestamp") {
		t.Error("ApproximateFirstReceiveTimestamp is before SentTimestamp")
	}
	for _, name := range []string{"SenderId", "AWSTraceHeader"} {
		if attributes[name] == "" {
			t.Errorf("attribute %s is missing", name)
		}
	}
}

// checkID checks that an id has the form of an id that is made from measurements.
func checkID(t *testing.T, id string) {
	for _, example := range examples {
		if id == example.ID() {
			return
		}
	}
	t.Errorf("id %s is of none of the items that the events are about", id)
}

// withoutUntypedFields removes the fields that AWS sends and that aws-lambda-go's type does not have.
func withoutUntypedFields(t *testing.T, event []byte) []byte {
	var fields map[string]any
	decodeStrictly(t, event, &fields)
	requestContext, _ := fields["requestContext"].(map[string]any)
	identity, _ := requestContext["identity"].(map[string]any)
	delete(requestContext, "deploymentId")
	delete(identity, "principalOrgId")
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decodeStrictly(t *testing.T, text []byte, target any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		t.Fatal(err)
	}
	if decoder.More() {
		t.Fatal("something follows the event")
	}
}

// messages returns the messages in an event of the enricher.
func messages(t *testing.T, file string) []events.SQSMessage {
	t.Helper()
	var e events.SQSEvent
	decodeStrictly(t, readEvent(t, file), &e)
	return e.Records
}

func eventFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d events, error %v", len(files), err)
	}
	return files
}

func readEvent(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// folderOf returns the folder of the function for which an event is.
func folderOf(file string) string {
	folder, _, _ := strings.Cut(file, "-")
	return folder
}

// resolveTemplate reads the template, with the names that the events have.
func resolveTemplate(t *testing.T, attribute func(id, attribute string) (string, error)) *template.System {
	t.Helper()
	read, err := template.Read("../template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	system, err := read.Resolve(attribute)
	if err != nil {
		t.Fatal(err)
	}
	return system
}

// routesOf returns the paths of the API that lead to a function.
func routesOf(system *template.System, function string) []string {
	var paths []string
	for _, route := range system.Routes {
		if route.Function == function {
			paths = append(paths, route.Path)
		}
	}
	return paths
}
