package writer_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// padded is an object with spaces in it, up to a size in bytes.
func padded(object string, size int) string {
	return "{" + strings.Repeat(" ", size-len(object)) + object[1:]
}

// docs/api.md: a body of one item has up to 64 KiB.
func TestABodyOfTheLargestSizeIsTakenAndAByteMoreIsNot(t *testing.T) {
	const one = 65_536
	object := sample.Object(sample.Nth(0))
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for name, test := range map[string]struct {
			path, body string
			status     int
			message    string
		}{
			"an item":          {s.Names.Items, padded(object, one), 201, "Item created."},
			"an item too much": {s.Names.Items, padded(object, one+1), 413, "Invalid body: larger than 65536 bytes."},
		} {
			if got := s.Request(t, "POST", test.path, test.body); got.Status != test.status || got.Body["message"] != test.message {
				t.Errorf("%s: answered %d %v, want %d %s", name, got.Status, got.Body, test.status, test.message)
			}
		}
	})
}

// API Gateway hands over as base64 what has another type than JSON. That is a third longer.
func TestTheLimitOfABodyIsThatOfItsBytesAndNotOfItsBase64(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		object := sample.Object(sample.Nth(0))
		for _, test := range []struct {
			resource, body string
			want           int
		}{
			{s.Names.Items, padded(object, 65_536), 201},
			{s.Names.Items, padded(object, 65_537), 413},
			{s.Names.Batch, batch(object) + strings.Repeat(" ", 1_048_576-len(batch(object))), 200},
			{s.Names.Batch, batch(object) + strings.Repeat(" ", 1_048_577-len(batch(object))), 413},
		} {
			body := base64.StdEncoding.EncodeToString([]byte(test.body))
			got, err := newHandler(t, s).Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: test.resource, Body: body, IsBase64Encoded: true})
			if err != nil || got.StatusCode != test.want {
				t.Errorf("%d bytes to %s: answered %d, %v, want %d", len(test.body), test.resource, got.StatusCode, err, test.want)
			}
		}
	})
}

// A second is left for the answer, whatever hangs.
func TestTheWriterAnswersASecondBeforeItsDeadline(t *testing.T) {
	for _, service := range []string{"SQS.", "DynamoDB."} {
		for resource, body := range map[string]string{names.Items(): example, names.Batch(): objects(2)} {
			t.Run(service+" "+resource, func(t *testing.T) { answersASecondBeforeItsDeadline(t, service, resource, body) })
		}
	}
}

func answersASecondBeforeItsDeadline(t *testing.T, hanging, resource, body string) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if caller != "WriterFunction" || !strings.HasPrefix(operation, hanging) {
				return next.RoundTrip(r)
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		s := stacktest.Build(t, nil, hang, t.Output())
		const timeout = 3 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		start := time.Now()
		got, err := newHandler(t, s).Handle(ctx, events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: resource, Body: body})
		if took := time.Since(start); err != nil || got.StatusCode != 503 || got.Headers["Retry-After"] != "1" || took != timeout-time.Second {
			t.Errorf("answered %d %s after %s: %v", got.StatusCode, fmt.Sprint(got.Headers), took, err)
		}
	})
}
