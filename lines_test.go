package pipeline_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/reader"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/telemetry"
	"simple-sam-demo/writer"
)

// lines is a handler that keeps the messages of a function's lines, each with the id of its invocation.
type lines struct {
	slog.Handler
	mu   sync.Mutex
	kept []string
}

func (l *lines) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, telemetry.RequestID(ctx)+": "+r.Message)
	return nil
}

func (l *lines) WithAttrs([]slog.Attr) slog.Handler { return l }

// People look for the lines of an invocation by its id, which Lambda's handler takes from the context.
func TestEachLineOfAFailureNamesItsInvocation(t *testing.T) {
	id := strings.Repeat("a", 32)
	environment := func(name string) string {
		if name == "MODEL_URI" {
			return ""
		}
		return "100"
	}
	cfg := awsclient.AtEndpoint("http://embedded")
	cfg.HTTPClient = &hosts{requests: map[string]int{}, fails: true}
	for name, test := range map[string]struct {
		invoke func(context.Context, *slog.Logger) error
		want   []string
	}{
		"writer": {func(ctx context.Context, log *slog.Logger) error {
			h, err := writer.New(environment, cfg, log)
			if err == nil {
				_, err = h.Handle(ctx, events.APIGatewayProxyRequest{HTTPMethod: "POST", Body: sample.Object(sample.Example())})
			}
			return err
		}, []string{"r-1: invocation", "r-1: item not accepted"}},
		"reader": {func(ctx context.Context, log *slog.Logger) error {
			h, err := reader.New(environment, cfg, log)
			if err == nil {
				_, err = h.Handle(ctx, events.APIGatewayProxyRequest{HTTPMethod: "GET", PathParameters: map[string]string{"id": id}})
			}
			return err
		}, []string{"r-1: invocation", "r-1: item not read"}},
		"enricher": {func(ctx context.Context, log *slog.Logger) error {
			h, err := enricher.New(environment, cfg, log)
			if err == nil {
				_, err = h.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: `{"id":"` + id + `"}`}}})
			}
			return err
		}, []string{ // such a short retention leaves no time for another receive
			"r-1: invocation", "r-1: item not marked as failed", "r-1: message not dead-lettered",
			"r-1: message not given back early", "r-1: message to be retried",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lines{Handler: slog.NewTextHandler(io.Discard, nil)}
				ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
				if err := test.invoke(ctx, slog.New(l)); err != nil {
					t.Fatal(err)
				}
				slices.Sort(l.kept)
				if !slices.Equal(l.kept, test.want) {
					t.Errorf("it wrote %q, want %q", l.kept, test.want)
				}
			})
		})
	}
}
