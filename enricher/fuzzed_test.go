package enricher_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// fuzzed is an enricher that nothing disturbs, called as on AWS.
type fuzzed struct {
	*stacktest.Stack
	function *lambda.Function
	refused  []string // visibility timeouts that SQS does not take
}

func newFuzzed(f *testing.F) *fuzzed {
	e := &fuzzed{}
	e.Stack = stacktest.Build(f, nil, e.watch, io.Discard)
	handler := newHandler(f, e.Stack)
	e.function = &lambda.Function{
		Name: "EnricherFunction", Timeout: time.Minute, Log: e.Config.Log,
		Start: func() (awslambda.Handler, error) { return awslambda.NewHandler(handler.Handle), nil },
	}
	return e
}

// invoke sends an event, with the items as they are to be.
func (e *fuzzed) invoke(t *testing.T, payload []byte) (answer []byte) {
	t.Helper()
	e.reset(t)
	answer, err := e.function.Invoke("", payload)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// watch notes the visibility timeouts that are asked for and are none.
func (e *fuzzed) watch(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if operation == "SQS.ChangeMessageVisibility" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var in struct{ VisibilityTimeout int }
		if err := json.Unmarshal(body, &in); err != nil || in.VisibilityTimeout < 0 || in.VisibilityTimeout > 12*3600 {
			e.refused = append(e.refused, string(body))
		}
	}
	return next.RoundTrip(r)
}

// reset restores the items.
func (e *fuzzed) reset(t *testing.T) {
	t.Helper()
	var puts []types.WriteRequest
	for _, m := range []item.Measurements{pending, spoiled, newer} {
		attributes := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: m.ID()}}
		for i, feature := range item.Features {
			attributes[feature.Name] = &types.AttributeValueMemberN{Value: item.FormatNumber(m[i])}
		}
		switch m {
		case spoiled:
			attributes[spoiledFeature.Name] = &types.AttributeValueMemberS{Value: "wide"}
		case newer:
			attributes["model_version"] = &types.AttributeValueMemberS{Value: "2999-01-01.01"}
		}
		puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: attributes}})
	}
	_, err := e.DynamoDB.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{e.Ref(e.Names.Table): puts},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.refused = nil
}

// check compares the messages that are listed with those that were not dealt with. It
// returns what became of each: "settled", "retry" or the code of its dead letter.
func (e *fuzzed) check(t *testing.T, event events.SQSEvent, answer []byte) (fates []string) {
	t.Helper()
	var response events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatalf("the response %s: %v", answer, err)
	}
	var listed, left []string
	for _, failure := range response.BatchItemFailures {
		listed = append(listed, failure.ItemIdentifier)
	}
	dead, classified := e.takeDeadLetters(t), e.classified(t)
	for _, m := range event.Records {
		fate := fateIn(m, dead, classified)
		if fate == "retry" {
			left = append(left, m.MessageId)
		}
		fates = append(fates, fate)
	}
	if diff := cmp.Diff(left, listed); diff != "" {
		t.Errorf("messages not dealt with (-) and listed (+):\n%s", diff)
	}
	if len(dead) > 0 {
		t.Errorf("dead-lettered without need: %v", dead)
	}
	if len(e.refused) > 0 {
		t.Errorf("SQS takes no such visibility timeout: %s", e.refused)
	}
	return fates
}

// deadLetterKey tells dead letters apart.
type deadLetterKey struct{ body, messageID string }

// fateIn tells what became of a message, and takes away its dead letter.
func fateIn(m events.SQSMessage, dead map[deadLetterKey][]string, classified map[string]bool) string {
	key := deadLetterKey{m.Body, m.MessageId}
	if codes := dead[key]; len(codes) > 0 {
		dead[key] = codes[1:]
		if len(codes) == 1 {
			delete(dead, key)
		}
		return codes[0]
	}
	id := idOf(m.Body)
	isClassified, isStored := classified[id]
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	isOld := err == nil && time.Since(time.UnixMilli(sent)) >= orphanAge
	if id != "" && (isClassified || !isStored && isOld) {
		return "settled"
	}
	return "retry"
}

// classified tells of each item whether it carries a model version.
func (e *fuzzed) classified(t *testing.T) map[string]bool {
	t.Helper()
	out, err := e.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(e.Ref(e.Names.Table))})
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]bool{}
	for _, item := range out.Items {
		_, ok := item["model_version"]
		items[item["id"].(*types.AttributeValueMemberS).Value] = ok
	}
	return items
}

// takeDeadLetters empties the dead-letter queue and returns the failure codes.
func (e *fuzzed) takeDeadLetters(t *testing.T) map[deadLetterKey][]string {
	t.Helper()
	dead := map[deadLetterKey][]string{}
	for {
		out, err := e.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(e.Ref("EnrichDeadLetterQueue")), MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return dead
		}
		e.Delete(t, "EnrichDeadLetterQueue", out.Messages)
		for _, m := range out.Messages {
			key := deadLetterKey{*m.Body, aws.ToString(m.MessageAttributes["original_message_id"].StringValue)}
			dead[key] = append(dead[key], aws.ToString(m.MessageAttributes["failure_code"].StringValue))
		}
	}
}
