package eventsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// failures returns the ids of the messages that the function reports as failed. An empty response,
// null and an empty list mean that no message failed. For a response that Lambda would not understand
// it returns an error, and the whole batch fails.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func failures(response []byte, batch []types.Message) (map[string]bool, error) {
	failed := map[string]bool{}
	if len(bytes.TrimSpace(response)) == 0 {
		return failed, nil
	}
	// Decode into maps: with a struct, encoding/json would ignore the case of names.
	var report map[string]json.RawMessage
	if err := json.Unmarshal(response, &report); err != nil {
		return nil, err
	}
	var items []map[string]json.RawMessage
	if list, ok := report["batchItemFailures"]; ok {
		if err := json.Unmarshal(list, &items); err != nil {
			return nil, err
		}
	}
	sent := make(map[string]bool, len(batch))
	for _, message := range batch {
		sent[*message.MessageId] = true
	}
	for _, item := range items {
		var id string
		if err := json.Unmarshal(item["itemIdentifier"], &id); err != nil || id == "" {
			return nil, errors.New("an item failure has no itemIdentifier")
		}
		if !sent[id] {
			return nil, fmt.Errorf("itemIdentifier %q is not in the batch", id)
		}
		failed[id] = true
	}
	return failed, nil
}
