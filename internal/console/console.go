// Package console is the page on which people see a stack and try it: the pipeline live, the dead
// letters, the items, and a form to post items. It is a client of SQS, DynamoDB and the API, local or
// on AWS, and knows nothing of the inside of either.
//
// It stands in internal/ because two programs serve it: tools/console, and `go run ./local`.
// Neither can import the other.
package console

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"

	"simple-sam-demo/internal/console/letters"
	"simple-sam-demo/internal/console/watch"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
)

// Stack is what the page shows, and how to reach it. The browser gets neither AWS nor APIKey.
type Stack struct {
	AWS                           aws.Config
	Name                          string // of the CloudFormation stack, or "" for a local one
	Account, Region               string
	API                           string       // URL without a slash at its end
	APIKey                        string       // or "" where there is none
	HTTP                          *http.Client // that calls the API
	Table                         string
	QueueURL, QueueARN            string
	DeadLettersURL, DeadLetterARN string
}

// IsDeployed tells whether a change costs money, and may hurt somebody.
func (s Stack) IsDeployed() bool { return s.Name != "" }

// Endpoint names what a local stack listens on.
func (s Stack) Endpoint() string { return aws.ToString(s.AWS.BaseEndpoint) }

// Options say who may do what.
type Options struct {
	ReadOnly bool
	Exposed  bool     // it listens on more than the loopback address
	Hosts    []string // names, besides localhost, by which browsers may call it
}

// server is the page.
type server struct {
	stack    Stack
	options  Options
	token    string // that every change must have
	ctx      context.Context
	watcher  *watch.Watcher
	box      *letters.Box
	recent   recent
	table    *table.Table
	queue    *queue.Queue
	dynamodb *dynamodb.Client
	sampler  sampler
}

// New returns the page of a stack. When ctx ends, the streams to the browsers do.
func New(ctx context.Context, stack Stack, options Options) http.Handler {
	cfg := impatient(stack.AWS)
	queues, items := sqs.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)
	s := &server{
		stack: stack, options: options, token: rand.Text(), ctx: ctx,
		watcher: watch.New(watch.Stack{
			SQS: queues, DynamoDB: items, Table: stack.Table,
			QueueURL: stack.QueueURL, DeadURL: stack.DeadLettersURL, DeadARN: stack.DeadLetterARN,
		}),
		box:   letters.NewBox(queues, stack.DeadLettersURL, stack.DeadLetterARN, stack.QueueURL, stack.QueueARN),
		table: table.New(cfg, stack.Table), queue: queue.New(cfg, stack.QueueURL), dynamodb: items,
	}
	s.sampler.table, s.box.CountsExactly = s.table, !stack.IsDeployed()
	return s.guard(s.routes())
}

// attemptTimeout bounds one call. The longest ones read 1 MB of the table, or wait a second for messages.
const attemptTimeout = 4 * time.Second

// impatient returns a configuration for calls while somebody waits: the page looks again anyway.
func impatient(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 2, 100*time.Millisecond })
	}
	attempt := middleware.FinalizeMiddlewareFunc("attemptTimeout", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel() // the answer has been read then
		return next.HandleFinalize(ctx, in)
	})
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(attempt, "Retry", middleware.After)
	})
	return cfg
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range s.handlers() {
		mux.HandleFunc(pattern, handler)
	}
	return mux
}

// handlers are what answers each kind of request. Whatever changes something is a POST: see refusal.
func (s *server) handlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}":                       s.page("overview", s.showOverview),
		"GET /events/{view}":             s.streamEvents,
		"GET /dead-letters":              s.page("letters", s.showLetters),
		"GET /dead-letters.jsonl":        s.downloadLetters,
		"GET /dead-letters/one/{id}":     s.page("letter", s.showLetter),
		"POST /dead-letters/choose":      s.page("confirm", s.confirmChosen),
		"POST /dead-letters/redrive":     s.page("outcome", s.redriveChosen),
		"POST /dead-letters/delete":      s.page("outcome", s.deleteChosen),
		"GET /dead-letters/redrive-all":  s.page("redriveall", s.confirmRedriveAll),
		"POST /dead-letters/redrive-all": s.act(s.redriveAll),
		"POST /dead-letters/cancel":      s.act(s.cancelMove),
		"GET /items":                     s.page("items", s.showItems),
		"GET /items/{id}":                s.page("item", s.showItem),
		"POST /items/{id}/enqueue":       s.act(s.enqueueItem),
		"POST /items/{id}/mend":          s.act(s.mendItem),
		"GET /scatter":                   s.page("scatter", s.showScatter),
		"GET /scatter/plot":              s.showPlot,
		"GET /try":                       s.page("try", s.showTry),
		"POST /try/{what}":               s.page("try", s.try),
		"GET /static/":                   serveStatic().ServeHTTP,
		// Who loads again where a form has led gets the page of the form.
		"GET /try/{what}":            http.RedirectHandler("/try", http.StatusSeeOther).ServeHTTP,
		"GET /dead-letters/{action}": http.RedirectHandler("/dead-letters", http.StatusSeeOther).ServeHTTP,
		"GET /items/{id}/{action}": s.page("item", func(r *http.Request) (any, error) {
			return nil, &redirect{"/items/" + url.PathEscape(r.PathValue("id"))}
		}),
		"/": s.page("error", func(*http.Request) (any, error) { return nil, errNoPage }),
	}
}
