package processes

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/internal/runtimeapi"
)

// services is how many services run a worker each.
const services = 2

// startServices starts the services, and returns what stops them: the workers are told to stop then.
func (r *run) startServices(ctx context.Context) (stop func()) {
	var cancel context.CancelFunc
	r.serving, cancel = context.WithCancel(ctx)
	if r.Consumer != Function {
		for range services {
			r.services.Go(r.service)
		}
	}
	return func() {
		cancel()
		r.services.Wait()
		var others sync.WaitGroup
		for _, p := range r.running(worker) { // those that stood still for a while, and have been replaced
			others.Go(p.finish)
		}
		others.Wait()
	}
}

// service keeps a worker running, as a service of ECS does. When one is told to stop, another starts at once.
func (r *run) service() {
	for r.serving.Err() == nil {
		p, err := r.startWorker()
		if err != nil {
			r.record.violate("a worker starts", "%v", err)
			return
		}
		select {
		case <-p.leaving:
		case <-r.serving.Done():
			p.finish()
		}
	}
}

// finish tells a worker to stop, and returns when it has ended.
func (p *process) finish() {
	if !p.was(calls) { // see terminate
		p.kill(atTheEnd)
	}
	p.terminate(atTheEnd)
	<-p.ended
}

// startWorker starts a worker with the environment of the function and the settings of its event source.
func (r *run) startWorker() (*process, error) {
	p := r.newProcess(worker)
	parameters := r.parameters()
	command := exec.Command(r.programs[worker])
	command.Stdout, command.Stderr, command.SysProcAttr = p.output.log, p.output.errors, attributes()
	command.Env = slices.Concat(runtimeapi.Variables(), r.variables("EnricherFunction", p), []string{
		"BATCH_SIZE=" + parameters["BatchSize"], "BATCH_WINDOW_SECONDS=" + parameters["BatchWindow"],
		"BATCHES_AT_ONCE=4", "BATCH_TIMEOUT_SECONDS=30",
		"AWS_LAMBDA_LOG_FORMAT=JSON", "HEALTH_ADDRESS=127.0.0.1:0", "HOME=/nonexistent",
	})
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	p.begun(command.Process)
	go func() {
		_ = command.Wait() // the state says the same
		p.end(command.ProcessState)
	}()
	if p.was(logBlocked) { // its health check fails then, and ECS replaces it
		time.AfterFunc(visible*3/2, func() { p.kill("at its failed health check") })
	}
	return p, nil
}
