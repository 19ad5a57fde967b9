package writer_test

import (
	"io"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/writer"
)

// BenchmarkHandle includes the local stack's SQS and DynamoDB, where the items exist
// from the second time on.
func BenchmarkHandle(b *testing.B) {
	s := stacktest.Build(b, nil, nil, io.Discard)
	env := map[string]string{"TABLE_NAME": s.Ref("IrisTable"), "QUEUE_URL": s.Ref("EnrichQueue")}
	h, err := writer.New(func(name string) string { return env[name] }, s.Config.FunctionAWS("WriterFunction"), s.Config.Log)
	if err != nil {
		b.Fatal(err)
	}
	for name, request := range map[string]events.APIGatewayProxyRequest{
		"items=1":   {HTTPMethod: "POST", Resource: "/v0/iris", Body: setosa},
		"items=10":  {HTTPMethod: "POST", Resource: "/v0/iris/batch", Body: flowers(10)},
		"items=100": {HTTPMethod: "POST", Resource: "/v0/iris/batch", Body: flowers(100)},
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
