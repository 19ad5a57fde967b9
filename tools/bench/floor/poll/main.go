// Command poll is a worker that does nothing with its messages: it receives them and deletes them. The
// processor time of the enricher's worker is compared with its own. The rest is the handler's.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/config"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/environment"
	"simple-sam-demo/shared/poller"
)

func main() {
	env := environment.New(os.Getenv)
	settings := poller.Settings{
		QueueURL: env.String("QUEUE_URL"), BatchSize: env.IntBetween("BATCH_SIZE", 1, 10_000), BatchesAtOnce: env.IntBetween("BATCHES_AT_ONCE", 1, 100),
		Window:       time.Duration(env.IntBetween("BATCH_WINDOW_SECONDS", 0, 20)) * time.Second,
		BatchTimeout: time.Duration(env.IntBetween("BATCH_TIMEOUT_SECONDS", 20, 90)) * time.Second, Invisible: poller.Invisible,
	}
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := env.Err(); err != nil {
		log.Fatal(err)
	}
	settings.ReceiveClient, cfg.HTTPClient = cfg.HTTPClient, awsclient.NewHTTPClient() // as the worker's: a receive may take long
	poller.New(cfg, settings, nothing, slog.New(slog.DiscardHandler)).Run(context.Background())
}

func nothing(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return events.SQSEventResponse{}, nil
}
