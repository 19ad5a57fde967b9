package stack

import (
	"context"
	"fmt"
	"sync"
	"time"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/eventsource"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/poller"
)

// WorkerName stands for a worker where a function has its logical id: in logs, as a sender of messages, and as
// the caller in [Config.Transport].
const WorkerName = "Worker"

// workerTimeout is how long a batch of the worker may take. It is the default of enricher/worker/template.yaml.
const workerTimeout = 30 * time.Second

// workerFunction is the function whose handler, environment variables and permissions a worker has.
const workerFunction = "EnricherFunction"

// Worker is the enricher as a process that runs on, see enricher/worker.
type Worker struct {
	poller *poller.Poller
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// StartWorker starts one more worker. It has the batch settings of the function's event source. A batch may take
// batchTimeout. finishReceives is as in [poller.Settings]. The local SQS does not need it, because
// it keeps the messages of a receive that is cut off.
func (s *Stack) StartWorker(finishReceives bool, batchTimeout time.Duration) (*Worker, error) {
	f, source, err := s.enricher()
	if err != nil {
		return nil, err
	}
	url, err := s.resources.queueURL(source.QueueARN)
	if err != nil {
		return nil, err
	}
	log := newLogger(s.Config, f, WorkerName)
	handler, err := enricher.New(getenv(f), s.Config.FunctionAWS(WorkerName), log)
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	settings := eventsource.Settings(url, source)
	settings.BatchTimeout, settings.Invisible, settings.FinishReceives = batchTimeout, poller.Invisible, finishReceives
	handle := poller.Handle(handler.Handle)
	if s.Config.Batch != nil {
		handle = s.Config.Batch(handle)
	}
	const caller = WorkerName + EventSourceSuffix
	settings.ReceiveClient = s.Config.callerAWS(caller, 0).HTTPClient
	w := &Worker{poller: poller.New(s.Config.callerAWS(caller, awsclient.AttemptTimeout), settings, handle, log)}
	handler.Release = w.poller.Release
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	w.done.Go(func() { w.poller.Run(ctx) })
	return w, nil
}

// Stop stops a worker as SIGTERM does: it receives no more. Stop returns when all is done that it has.
func (w *Worker) Stop() {
	w.stop()
	w.done.Wait()
}

func (s *Stack) enricher() (f template.Function, source template.EventSource, err error) {
	f, _ = s.Function(workerFunction) // it is there if it has an event source
	for _, source := range s.system.EventSources {
		if source.Function == workerFunction {
			return f, source, nil
		}
	}
	return f, source, fmt.Errorf("the template has no %s that consumes a queue, so there is nothing for a worker to do", workerFunction)
}
