package eventsource_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
)

var (
	success  []string
	failure  = []string{"1", "2", "3"}
	oneBatch = template.EventSource{BatchSize: 10, ReportItemFailures: true}
)

// responses are responses to a batch of the messages {1}, {2} and {3}, and the messages that stay in
// the queue.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
var responses = map[string]struct {
	response string
	stay     []string
}{
	"nothing":                         {``, success},
	"white space":                     {" \n", success},
	"null":                            {`null`, success},
	"an empty object":                 {`{}`, success},
	"a null list":                     {`{"batchItemFailures":null}`, success},
	"an empty list":                   {`{"batchItemFailures":[]}`, success},
	"other members":                   {`{"processed":3}`, success},
	"a list by another name":          {`{"BatchItemFailures":[{"itemIdentifier":"{2}"}]}`, success},
	"one failure":                     {`{"batchItemFailures":[{"itemIdentifier":"{2}"}]}`, []string{"2"}},
	"a failure beside other members":  {`{"n":1,"batchItemFailures":[{"itemIdentifier":"{2}","why":"?"}]}`, []string{"2"}},
	"two failures":                    {`{"batchItemFailures":[{"itemIdentifier":"{3}"},{"itemIdentifier":"{1}"}]}`, []string{"1", "3"}},
	"one failure twice":               {`{"batchItemFailures":[{"itemIdentifier":"{1}"},{"itemIdentifier":"{1}"}]}`, []string{"1"}},
	"three failures":                  {`{"batchItemFailures":[{"itemIdentifier":"{1}"},{"itemIdentifier":"{2}"},{"itemIdentifier":"{3}"}]}`, failure},
	"half a JSON":                     {`{"batchItemFailures":[`, failure},
	"a JSON and more":                 {`{} {}`, failure},
	"a text":                          {`"done"`, failure},
	"a list":                          {`[{"itemIdentifier":"{2}"}]`, failure},
	"a text in the place of the list": {`{"batchItemFailures":"{2}"}`, failure},
	"a list of texts":                 {`{"batchItemFailures":["{2}"]}`, failure},
	"a null failure":                  {`{"batchItemFailures":[null]}`, failure},
	"a failure without identifier":    {`{"batchItemFailures":[{"itemIdentifier":"{2}"},{}]}`, failure},
	"an empty identifier":             {`{"batchItemFailures":[{"itemIdentifier":""}]}`, failure},
	"a null identifier":               {`{"batchItemFailures":[{"itemIdentifier":null}]}`, failure},
	"a number as identifier":          {`{"batchItemFailures":[{"itemIdentifier":2}]}`, failure},
	"an identifier by another name":   {`{"batchItemFailures":[{"messageId":"{2}"}]}`, failure},
	"or in another case":              {`{"batchItemFailures":[{"ItemIdentifier":"{2}"}]}`, failure},
	"an identifier of no message":     {`{"batchItemFailures":[{"itemIdentifier":"{2}"},{"itemIdentifier":"none"}]}`, failure},
	"a body as identifier":            {`{"batchItemFailures":[{"itemIdentifier":"2"}]}`, failure},
}

func TestAfterAResponseOf(t *testing.T) {
	for name, test := range responses {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, nil)
				ids := f.send("1", "2", "3")
				response := strings.NewReplacer("{1}", ids["1"], "{2}", ids["2"], "{3}", ids["3"]).Replace(test.response)
				f.handle = func(context.Context, events.SQSEvent) (string, error) { return response, nil }
				f.run(oneBatch)
				wantLeft(f, test.stay)
			})
		})
	}
}

// wantLeft fails the test unless exactly these messages come back when their visibility timeout ends.
func wantLeft(f *fixture, want []string) {
	f.t.Helper()
	f.wait(visibility - time.Millisecond)
	if got := f.seen(); len(got) != 1 || got[0].After != 0 {
		f.t.Fatalf("invocations %v, want one of the whole batch at once", got)
	}
	f.wait(time.Millisecond)
	var got []string
	for _, i := range f.seen()[1:] {
		got = append(got, strings.Fields(i.Bodies)...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("messages that come back (-want +got):\n%s", diff)
	}
}

func TestWithoutReportBatchItemFailuresTheResponseIsIgnored(t *testing.T) {
	for _, response := range []string{`{"batchItemFailures":[{"itemIdentifier":"{2}"}]}`, `{"batchItemFailures":[`, `"done"`} {
		t.Run(response, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, nil)
				ids := f.send("1", "2", "3")
				f.handle = func(context.Context, events.SQSEvent) (string, error) {
					return strings.ReplaceAll(response, "{2}", ids["2"]), nil
				}
				m, err := f.mappingAsIs(template.EventSource{BatchSize: 10})
				if err != nil {
					t.Fatal(err)
				}
				f.runMapping(m)
				wantLeft(f, success)
			})
		})
	}
}

func TestAfterAFunctionErrorTheWholeBatchComesBackWhenItsVisibilityTimeoutEnds(t *testing.T) {
	for name, fail := range map[string]handler{
		"returned by the handler": func(context.Context, events.SQSEvent) (string, error) { return "", errors.New("no luck") },
		"of a panic":              func(context.Context, events.SQSEvent) (string, error) { panic("oh no") },
		"of a timeout": func(ctx context.Context, _ events.SQSEvent) (string, error) {
			<-ctx.Done()
			return "", nil
		},
		"of a timeout that the handler ignores": func(context.Context, events.SQSEvent) (string, error) {
			<-time.After(timeout + time.Second)
			return "", nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, fail)
				f.send("1", "2", "3")
				f.run(oneBatch)
				wantLeft(f, failure)
			})
		})
	}
}
