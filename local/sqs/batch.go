package sqs

import (
	"errors"
	"regexp"
)

type batchResult[R any] struct {
	Successful []R           `json:",omitempty"`
	Failed     []batchFailed `json:",omitempty"`
}

type batchFailed struct {
	Id          string
	Code        string
	Message     string
	SenderFault bool
}

const maxBatchEntries = 10

var batchEntryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// doBatch checks the batch as a whole and then does its entries one by one. An entry that
// fails does not stop the others. The error for an empty batch contains the parameter name:
// the name that AWS gives to an entry, such as SendMessageBatchRequestEntry.
func doBatch[E, R any](q *queue, name string, entries []E, id func(*E) string, do func(*queue, *E) (R, error)) (batchResult[R], error) {
	var result batchResult[R]
	switch {
	case len(entries) == 0:
		return result, errBatch("EmptyBatchRequest", "There should be at least one %s in the request.", name)
	case len(entries) > maxBatchEntries:
		return result, errBatch("TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxBatchEntries, len(entries))
	}
	seen := map[string]bool{}
	for i := range entries {
		id := id(&entries[i])
		switch {
		case !batchEntryID.MatchString(id):
			return result, errBatch("InvalidBatchEntryId",
				"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		case seen[id]:
			return result, errBatch("BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	for i := range entries {
		r, err := do(q, &entries[i])
		var failure *apiError
		if errors.As(err, &failure) {
			result.Failed = append(result.Failed, batchFailed{id(&entries[i]), failure.Query, failure.Message, true})
			continue
		}
		result.Successful = append(result.Successful, r)
	}
	return result, nil
}
