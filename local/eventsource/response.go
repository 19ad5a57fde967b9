package eventsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
)

// failures reads which messages the function reports as failed. An empty response, null and an empty
// list mean that no message failed. For a response that Lambda would not understand it returns an error,
// and the whole batch fails.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func failures(response []byte, batch events.SQSEvent) (failed events.SQSEventResponse, err error) {
	if len(bytes.TrimSpace(response)) == 0 {
		return failed, nil
	}
	// Decode into maps: with a struct, encoding/json would ignore the case of names.
	var report map[string]json.RawMessage
	if err := json.Unmarshal(response, &report); err != nil {
		return failed, err
	}
	var items []map[string]json.RawMessage
	if list, ok := report["batchItemFailures"]; ok {
		if err := json.Unmarshal(list, &items); err != nil {
			return failed, err
		}
	}
	sent := make(map[string]bool, len(batch.Records))
	for _, message := range batch.Records {
		sent[message.MessageId] = true
	}
	for _, item := range items {
		var id string
		if err := json.Unmarshal(item["itemIdentifier"], &id); err != nil || id == "" {
			return failed, errors.New("an item failure has no itemIdentifier")
		}
		if !sent[id] {
			return failed, fmt.Errorf("itemIdentifier %q is not in the batch", id)
		}
		failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return failed, nil
}
