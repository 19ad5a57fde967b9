package writer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/response"
	"simple-sam-demo/shared/telemetry"
)

const (
	// batch is the last segment of the batch route's path, which tells it from the route of one item.
	batch        = "batch"
	maxElements  = 100
	maxBatchBody = 1 << 20 // bytes; a hundred items of a hundred features need about half of it
)

// element is one element of a batch. If it has neither a submission nor a fault, it could not be
// read for a reason of ours.
type element struct {
	*submission
	fault    error // why it is rejected
	repeated bool  // an earlier element is the same item
}

// answerBatch answers the POST of a batch. An element that is rejected or fails does not harm the
// others. Only when all of them failed, the whole answer is 503.
func (h *Handler) answerBatch(ctx context.Context, metrics *telemetry.Metrics, body []byte) events.APIGatewayProxyResponse {
	if len(body) > maxBatchBody {
		return rejected(metrics, http.StatusRequestEntityTooLarge, tooLarge(maxBatchBody))
	}
	texts, err := splitBatch(body)
	if err != nil {
		return rejected(metrics, http.StatusBadRequest, err.Error())
	}
	elements, submissions := h.parseElements(ctx, texts)
	h.accept(ctx, metrics, submissions)
	r := newReport(elements)
	metrics.Count(telemetry.ItemsCreated, r.Created)
	metrics.Count(telemetry.ItemsExisting, r.Existing)
	metrics.Count(telemetry.ItemsRejected, r.Rejected)
	metrics.Count(telemetry.ItemsUnavailable, r.Failed)
	if r.Failed == len(elements) {
		return response.Unavailable()
	}
	return response.JSON(http.StatusOK, r)
}

// splitBatch returns the texts of the elements.
func splitBatch(body []byte) (texts []json.RawMessage, err error) {
	wanted := fmt.Sprintf("expected a JSON array of 1 to %d objects.", maxElements)
	switch {
	case len(body) == 0:
		return nil, item.Faults{"body is empty.", wanted}
	case !json.Valid(body):
		return nil, item.Faults{"can't decode body.", wanted}
	}
	_ = json.Unmarshal(body, &texts) // fails if it is no array
	switch {
	case texts == nil:
		return nil, item.Faults{wanted}
	case len(texts) == 0:
		return nil, item.Faults{"array is empty.", wanted}
	case len(texts) > maxElements:
		return nil, item.Faults{fmt.Sprintf("array has %d elements.", len(texts)), wanted}
	}
	return texts, nil
}

// parseElements reads the elements, and lists the different items among them in their order. An item
// that is repeated is enqueued and stored once.
func (h *Handler) parseElements(ctx context.Context, texts []json.RawMessage) (elements []element, submissions []*submission) {
	now := time.Now()
	byID := map[string]*submission{}
	for _, text := range texts {
		var measurements item.Measurements
		var fault error
		err := telemetry.Try(ctx, h.log, func() error {
			measurements, fault = parseElement(text)
			return nil
		})
		if err != nil || fault != nil {
			elements = append(elements, element{fault: fault})
			continue
		}
		s, repeated := byID[measurements.ID()]
		if !repeated {
			s = newSubmission(measurements, now)
			byID[s.item.ID] = s
			submissions = append(submissions, s)
		}
		elements = append(elements, element{submission: s, repeated: repeated})
	}
	return elements, submissions
}

// parseElement reads one element like the body of the route for one item.
func parseElement(text []byte) (item.Measurements, error) {
	if len(text) > maxBody {
		return item.Measurements{}, errors.New(tooLarge(maxBody))
	}
	return item.ParseMeasurements(text)
}
