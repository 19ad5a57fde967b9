// Package writer is the function behind the API's two POST routes, of one item and of a batch. It checks
// the measurements, enqueues the items' keys, and stores the items. It does not classify them.
//
// Read [Handler.Handle] first. accept.go has the rule that nothing is lost: enqueue, then store.
package writer

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/environment"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/response"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// maxBody is the size in bytes up to which a body is looked at. An item needs some 50 a feature.
const maxBody = 64 << 10

// Handler answers the API's POST requests.
type Handler struct {
	table *table.Table
	queue *queue.Queue
	log   *slog.Logger
	meter *telemetry.Meter
}

// New makes the handler from the environment variables TABLE_NAME and QUEUE_URL.
func New(getenv func(string) string, cfg aws.Config, log *slog.Logger) (*Handler, error) {
	env := environment.New(getenv)
	h := &Handler{
		table: table.New(cfg, env.String("TABLE_NAME")),
		queue: queue.New(cfg, env.String("QUEUE_URL")),
		log:   log,
		meter: telemetry.NewMeter(getenv, log),
	}
	return h, env.Err()
}

// Handle answers one request. No input is answered 5xx. When the failure is ours, even a panic, the
// answer is 503. The error is always nil.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayProxyRequest) (answer events.APIGatewayProxyResponse, _ error) {
	metrics := h.meter.Begin()
	defer metrics.Write(ctx)
	err := telemetry.Try(ctx, h.log, func() error {
		answer = h.answer(ctx, metrics, request)
		return nil
	})
	if err != nil {
		metrics.Count(telemetry.ItemsUnavailable, 1)
		answer = response.Unavailable()
	}
	metrics.Answered(answer.StatusCode)
	return answer, nil
}

func (h *Handler) answer(ctx context.Context, metrics *telemetry.Metrics, request events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	if request.HTTPMethod != http.MethodPost {
		return response.MethodNotAllowed(http.MethodPost)
	}
	body, err := decodeBody(request)
	if err != nil {
		return rejected(metrics, http.StatusBadRequest, "can't decode body.")
	}
	if strings.HasSuffix(request.Resource, "/"+batch) {
		return h.answerBatch(ctx, metrics, body)
	}
	if len(body) > maxBody {
		return rejected(metrics, http.StatusRequestEntityTooLarge, tooLarge(maxBody))
	}
	measurements, err := item.ParseMeasurements(body)
	if err != nil {
		return rejected(metrics, http.StatusBadRequest, err.Error())
	}

	s := newSubmission(measurements, time.Now())
	metrics.Set(telemetry.ItemID, s.item.ID)
	h.accept(ctx, metrics, []*submission{s})
	existing, exists := errors.AsType[*table.ExistsError](s.err)
	switch {
	case exists:
		metrics.Count(telemetry.ItemsExisting, 1)
		return response.JSON(http.StatusOK, existing.Item)
	case s.err != nil:
		metrics.Count(telemetry.ItemsUnavailable, 1)
		return response.Unavailable()
	default:
		metrics.Count(telemetry.ItemsCreated, 1)
		return created(s.item, request)
	}
}

func decodeBody(request events.APIGatewayProxyRequest) ([]byte, error) {
	if request.IsBase64Encoded {
		return base64.StdEncoding.DecodeString(request.Body)
	}
	return []byte(request.Body), nil
}

func tooLarge(limit int) string { return fmt.Sprintf("larger than %d bytes.", limit) }

func rejected(metrics *telemetry.Metrics, status int, why string) events.APIGatewayProxyResponse {
	metrics.Count(telemetry.ItemsRejected, 1)
	return response.Message(status, "Invalid body: "+why)
}

func created(posted item.Item, request events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	answer := response.JSON(http.StatusCreated, struct {
		Message string      `json:"message"`
		ID      string      `json:"id"`
		Status  item.Status `json:"status"`
	}{"Item created.", posted.ID, posted.Status()})
	answer.Headers["Location"] = collection(request) + "/" + posted.ID
	return answer
}

// collection returns the path under which items are found, as the client wrote it: after the stage, or
// after the base path of a custom domain. API Gateway takes paths with doubled slashes, or with one at
// the end. The client gets a path with single slashes, and percent-encoded where a path needs it.
func collection(request events.APIGatewayProxyRequest) string {
	segments := strings.FieldsFunc(request.RequestContext.Path, func(c rune) bool { return c == '/' })
	if len(segments) == 0 {
		return request.Resource
	}
	path := "/" + strings.Join(segments, "/")
	decoded, err := url.PathUnescape(path)
	if err != nil {
		decoded = path
	}
	return (&url.URL{Path: decoded, RawPath: path}).EscapedPath()
}
