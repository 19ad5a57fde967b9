package writer_test

import (
	"io"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
)

// BenchmarkHandle includes the local stack's SQS and DynamoDB, where the items exist
// from the second time on.
func BenchmarkHandle(b *testing.B) {
	s := stacktest.Build(b, nil, nil, io.Discard)
	h := newHandler(b, s)
	for name, request := range map[string]events.APIGatewayProxyRequest{
		"items=1":   {HTTPMethod: "POST", Resource: names.Items(), Body: example},
		"items=10":  {HTTPMethod: "POST", Resource: names.Batch(), Body: objects(10)},
		"items=100": {HTTPMethod: "POST", Resource: names.Batch(), Body: objects(100)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if answer, err := h.Handle(b.Context(), request); err != nil || answer.StatusCode/100 != 2 {
					b.Fatal(err, answer)
				}
			}
		})
	}
}
