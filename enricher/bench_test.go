package enricher_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/local/stacktest"
)

// replay makes an endpoint cost next to nothing: it repeats the first answer to each
// operation, so that items stay unclassified.
type replay struct {
	mu      sync.Mutex
	answers map[string][]byte
	headers map[string]http.Header
}

func (p *replay) fault(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers[operation] == nil {
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if p.answers[operation], err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
		p.headers[operation] = response.Header
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: p.headers[operation], Request: r,
		Body: io.NopCloser(bytes.NewReader(p.answers[operation])), ContentLength: int64(len(p.answers[operation])),
	}, nil
}

// BenchmarkBatch compares the enricher with the SDK's calls that it cannot do without:
//
//	go test -run '^$' -bench Batch -cpu 1 -count 10 ./enricher | benchstat -col /by -
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{10, 100} {
		p := &replay{answers: map[string][]byte{}, headers: map[string]http.Header{}}
		s := stacktest.Build(b, nil, p.fault, io.Discard)
		event := stored(b, s, 1, n)
		h := newHandler(b, s)
		client := dynamodb.NewFromConfig(s.Config.FunctionAWS("EnricherFunction"))
		b.Run(fmt.Sprintf("items=%d/by=enricher", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if out, err := h.Handle(b.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
					b.Fatal(err, out)
				}
			}
		})
		b.Run(fmt.Sprintf("items=%d/by=sdk", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bareCalls(b, client, s.Ref("IrisTable"), event)
			}
		})
	}
}

// bareCalls makes the calls of the enricher, with its inputs, and looks at no answer.
func bareCalls(b *testing.B, client *dynamodb.Client, table string, event events.SQSEvent) {
	keys := make([]map[string]types.AttributeValue, len(event.Records))
	for i, record := range event.Records {
		keys[i] = map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: record.Body[len(`{"id":"`) : len(record.Body)-len(`"}`)]}}
	}
	_, err := client.BatchGetItem(b.Context(), &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{table: {Keys: keys, ConsistentRead: aws.Bool(true)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	for _, key := range keys {
		running.Go(func() {
			_, err := client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
				TableName: &table, Key: key,
				UpdateExpression: aws.String("SET pred_target = :target, pred_probability = :probability, model_version = :version, classified_at = :at " +
					"REMOVE failure_code, failure_reason, failed_at"),
				ConditionExpression: aws.String("attribute_exists(id) AND (attribute_not_exists(model_version) OR model_version < :version)"),
				ExpressionAttributeValues: map[string]types.AttributeValue{
					":target": &types.AttributeValueMemberS{Value: "setosa"}, ":probability": &types.AttributeValueMemberN{Value: "0.9731068160435402"},
					":version": &types.AttributeValueMemberS{Value: "2026-11-23.01"}, ":at": &types.AttributeValueMemberS{Value: "2026-11-24T00:35:14.186Z"},
				},
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
			})
			if err != nil {
				b.Error(err)
			}
		})
	}
	running.Wait()
}
