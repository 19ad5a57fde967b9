// Package reader is the function behind the API's GET route. It shows a stored item, and changes nothing.
package reader

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/environment"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/response"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// Handler answers the API's GET requests.
type Handler struct {
	table *table.Table
	log   *slog.Logger
	meter *telemetry.Meter
}

// New makes the handler from the environment variable TABLE_NAME.
func New(getenv func(string) string, cfg aws.Config, log *slog.Logger) (*Handler, error) {
	env := environment.New(getenv)
	h := &Handler{
		table: table.New(cfg, env.String("TABLE_NAME")),
		log:   log,
		meter: telemetry.NewMeter(getenv, log),
	}
	return h, env.Err()
}

// Handle answers one request: 200 with the item, 404 when there is none, and 503 when the table can't
// be read, or on a panic. The error is always nil.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayProxyRequest) (answer events.APIGatewayProxyResponse, _ error) {
	metrics := h.meter.Begin()
	defer metrics.Write(ctx)
	err := telemetry.Try(ctx, h.log, func() error {
		answer = h.answer(ctx, metrics, request)
		return nil
	})
	if err != nil {
		answer = response.Unavailable()
	}
	metrics.Answered(answer.StatusCode)
	return answer, nil
}

func (h *Handler) answer(ctx context.Context, metrics *telemetry.Metrics, request events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	if request.HTTPMethod != http.MethodGet {
		return response.MethodNotAllowed(http.MethodGet)
	}
	id := request.PathParameters["id"]
	if !item.ValidID(id) {
		return response.Message(http.StatusNotFound, "Item not found.")
	}
	metrics.Set(telemetry.ItemID, id)
	stored, err := h.table.Get(ctx, id)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return response.Message(http.StatusNotFound, "Item not found.")
	case err != nil:
		h.log.ErrorContext(ctx, "item not read", "id", id, "cause", awsclient.Cause(err), "error", err)
		return response.Unavailable()
	default:
		return response.JSON(http.StatusOK, stored)
	}
}
