package eventsource

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	kjson "sigs.k8s.io/json"
)

// failures reads which messages the function reports as failed. An empty response, null and an empty
// list mean that no message failed. For a response that Lambda would not understand it returns an error,
// and the whole batch fails.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func failures(response []byte, batch events.SQSEvent) (failed events.SQSEventResponse, err error) {
	if len(bytes.TrimSpace(response)) == 0 {
		return failed, nil
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(response, &failed); err != nil {
		return failed, err
	}
	sent := make(map[string]bool, len(batch.Records))
	for _, message := range batch.Records {
		sent[message.MessageId] = true
	}
	for _, item := range failed.BatchItemFailures {
		switch id := item.ItemIdentifier; {
		case id == "":
			return failed, errors.New("an item failure has no itemIdentifier")
		case !sent[id]:
			return failed, fmt.Errorf("itemIdentifier %q is not in the batch", id)
		}
	}
	return failed, nil
}
