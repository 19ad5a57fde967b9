package writer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/iris"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/response"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

const (
	batchResource = "/v0/iris/batch"
	maxElements   = 100
	maxBatchBody  = 1 << 20 // bytes

	// Reserve is how long before its deadline an invocation gives up those calls of a
	// batch that hang: time enough to answer what became of the other elements.
	Reserve = time.Second
)

// submission is one of the different items of a batch.
type submission struct {
	item iris.Item
	err  error // nil when it is enqueued and stored
}

// status is what POST /v0/iris would answer it alone.
func (s *submission) status() int {
	switch {
	case s.err == nil:
		return http.StatusCreated
	case errors.Is(s.err, table.ErrExists):
		return http.StatusOK
	default:
		return http.StatusServiceUnavailable
	}
}

// element is one element of a batch. With neither a submission nor a fault, it could not be
// read for a reason of ours.
type element struct {
	*submission
	fault    error // why it is rejected
	repeated bool  // an earlier element is the same item
}

// answerBatch answers POST /v0/iris/batch. One element's fault or failure never
// keeps the others; only when all of them failed is that the answer as a whole.
func (h *Handler) answerBatch(ctx context.Context, metrics *telemetry.Metrics, body []byte) events.APIGatewayProxyResponse {
	if len(body) > maxBatchBody {
		return rejected(metrics, http.StatusRequestEntityTooLarge, tooLarge(maxBatchBody))
	}
	texts, err := splitBatch(body)
	if err != nil {
		return rejected(metrics, http.StatusBadRequest, err.Error())
	}
	elements, submissions := h.parseElements(ctx, texts)
	h.acceptAll(ctx, metrics, submissions)
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
		return nil, iris.Faults{"body is empty.", wanted}
	case !json.Valid(body):
		return nil, iris.Faults{"can't decode body.", wanted}
	case json.Unmarshal(body, &texts) != nil, texts == nil: // null is no error
		return nil, iris.Faults{wanted}
	case len(texts) == 0:
		return nil, iris.Faults{"array is empty.", wanted}
	case len(texts) > maxElements:
		return nil, iris.Faults{fmt.Sprintf("array has %d elements.", len(texts)), wanted}
	}
	return texts, nil
}

// parseElements reads the elements, and lists the different items among them in
// their order: an item that is repeated is sent and stored once.
func (h *Handler) parseElements(ctx context.Context, texts []json.RawMessage) (elements []element, submissions []*submission) {
	now := iris.FormatTime(time.Now())
	byID := map[string]*submission{}
	for _, text := range texts {
		var measurements iris.Measurements
		var fault error
		err := telemetry.Try(ctx, h.log, func() error {
			measurements, fault = parseElement(text)
			return nil
		})
		if err != nil || fault != nil {
			elements = append(elements, element{fault: fault})
			continue
		}
		id := measurements.ID()
		s, repeated := byID[id]
		if !repeated {
			s = &submission{item: iris.Item{ID: id, Measurements: measurements, CreatedAt: now}}
			byID[id] = s
			submissions = append(submissions, s)
		}
		elements = append(elements, element{submission: s, repeated: repeated})
	}
	return elements, submissions
}

// parseElement reads one element as if it were the body of POST /v0/iris.
func parseElement(text []byte) (iris.Measurements, error) {
	if len(text) > maxBody {
		return iris.Measurements{}, errors.New(tooLarge(maxBody))
	}
	return iris.ParseMeasurements(text)
}

// acceptAll enqueues the items' keys, ten a call, and then stores those items whose key was
// sent, 25 a call: enqueue, then store, as in [Handler.accept].
func (h *Handler) acceptAll(ctx context.Context, metrics *telemetry.Metrics, submissions []*submission) {
	ctx, cancel := awsclient.BeforeDeadline(ctx, Reserve)
	defer cancel()
	parallel.ForEach(slices.Collect(slices.Chunk(submissions, queue.MaxBatch)), func(ten []*submission) { h.enqueue(ctx, ten) })
	var enqueued []*submission
	for _, s := range submissions {
		if s.err == nil {
			enqueued = append(enqueued, s)
		}
	}
	groups := slices.Collect(slices.Chunk(enqueued, table.MaxStatements))
	refused := table.Write(groups, func(some []*submission) { h.store(ctx, some) }, func(s *submission) error { return s.err })
	metrics.RefusedInBatch(ctx, refused)
	for _, s := range submissions {
		if s.status() == http.StatusServiceUnavailable {
			h.log.ErrorContext(ctx, "item not accepted", "id", s.item.ID, "error", s.err)
		}
	}
}

// enqueue sends the items' keys by one call.
func (h *Handler) enqueue(ctx context.Context, submissions []*submission) {
	ids := make([]string, len(submissions))
	for i, s := range submissions {
		ids[i] = s.item.ID
	}
	var failed map[string]error
	panicked := telemetry.Try(ctx, h.log, func() error {
		failed = h.queue.EnqueueBatch(ctx, ids)
		return nil
	})
	for _, s := range submissions {
		s.err = cmp.Or(panicked, failed[s.item.ID])
	}
}

// store stores items by one call.
func (h *Handler) store(ctx context.Context, submissions []*submission) {
	if len(submissions) == 1 {
		s := submissions[0]
		s.err = telemetry.Try(ctx, h.log, func() error { return h.create(ctx, s.item) })
		return
	}
	items := make([]iris.Item, len(submissions))
	for i, s := range submissions {
		items[i] = s.item
	}
	var errs []error
	panicked := telemetry.Try(ctx, h.log, func() error {
		errs = h.table.CreateBatch(ctx, items)
		return nil
	})
	for i, s := range submissions {
		if panicked != nil { // over one of them, perhaps
			s.err = table.ErrUndecided
		} else {
			s.err = errs[i]
		}
	}
}

func (h *Handler) create(ctx context.Context, item iris.Item) error {
	existing, err := h.table.Create(ctx, item)
	if existing != nil {
		return table.ErrExists
	}
	return err
}
