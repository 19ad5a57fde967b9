package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/target"
)

// plan says what happens when.
type plan struct {
	duration     time.Duration // of the load
	rate         float64       // requests a second
	every        time.Duration // a sample
	keep         time.Duration // an item is deleted when it is as old
	residents    int           // items that are never deleted
	redriveEvery time.Duration
	upgradeEvery time.Duration
}

func newPlan(duration time.Duration, rate float64) plan {
	return plan{
		duration: duration, rate: rate, every: max(time.Second, duration/360),
		keep: 2 * time.Minute, residents: 1000, redriveEvery: 3 * time.Minute, upgradeEvery: 7 * time.Minute,
	}
}

// warmUp is when the table has the size that it keeps, and the stack its connections.
func (p plan) warmUp() time.Duration { return min(p.duration/2, p.keep+p.duration/10) }

// soak is a run. The fields of the second group are its state.
type soak struct {
	plan     plan
	target   *target.Target
	client   *http.Client // of the API
	queues   *sqs.Client
	table    *dynamodb.Client
	vitals   func() (vitals, error)                          // of the stack's process
	backfill func(ctx context.Context, version string) error // enqueues what older models have classified
	progress io.Writer                                       // a line a minute
	record   io.Writer                                       // the samples, as lines of JSON

	models  *models
	ledger  *ledger
	poison  *poison
	load    *load
	begin   time.Time
	atBegin vitals
	checked int // items at the end
	dead    int // letters at the end

	mu      sync.Mutex
	samples []observation
	events  []event
	faults  int
	first   []string // the first faults
}

// event is something that happens now and then.
type event struct {
	after time.Duration
	what  string
}

func newSoak(p plan, t *target.Target, client *http.Client, m *models) *soak {
	s := &soak{
		plan: p, target: t, client: client, queues: sqs.NewFromConfig(t.AWS), table: dynamodb.NewFromConfig(t.AWS), models: m,
		ledger: &ledger{keepers: p.residents, uncertain: map[string]bool{}}, poison: newPoison(), progress: io.Discard, record: io.Discard,
	}
	s.load = &load{soak: s, rate: p.rate, counts: map[string]int{}}
	return s
}

// soak does what the program is for.
func (o *options) soak(ctx context.Context, stdout, stderr io.Writer) error {
	return withStack(ctx, o.worker, newPlan(o.duration, o.rate), func(ctx context.Context, s *soak) error {
		if o.samples != "" {
			file, err := os.Create(o.samples)
			if err != nil {
				return err
			}
			defer file.Close()
			s.record = file
		}
		s.progress = stderr
		fmt.Fprintf(stderr, "the stack runs at %s; the load lasts %s\n", s.target.API, o.duration)
		err := s.run(ctx)
		if err != nil {
			fmt.Fprintln(stdout, "The run came to no end. So nobody has looked at the items and dead letters that are left.")
		}
		if failed := s.report(stdout, o.svg); err == nil {
			err = failed
		}
		return err
	})
}

// withStack builds the local stack, runs it in a process of its own, does something with it, and ends it.
func withStack(ctx context.Context, worker bool, p plan, do func(context.Context, *soak) error) (err error) {
	folder, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	m, err := newModels(".", folder)
	if err != nil {
		return err
	}
	local, err := buildLocal(ctx, folder)
	if err != nil {
		return err
	}
	backfill, err := newBackfill(ctx, p, folder)
	if err != nil {
		return err
	}
	args := []string{"-parameter", "ModelUri=" + m.path}
	if worker {
		args = append(args, "-worker")
	}
	stack, err := startProcess(local, args...)
	if err != nil {
		return err
	}
	defer stack.stop()
	t, client, err := stack.connect(ctx)
	if err != nil {
		return err
	}
	s := newSoak(p, t, client, m)
	s.vitals, s.backfill = stack.vitals, backfill.to(stack.aws)
	return stack.whileItRuns(ctx, func(ctx context.Context) error { return do(ctx, s) })
}

// role is what goes on beside the load.
type role struct {
	every time.Duration
	do    func(loaded, ctx context.Context) error // loaded ends with the load
}

func (s *soak) roles() []role {
	alone := func(do func(context.Context) error) func(_, ctx context.Context) error {
		return func(_, ctx context.Context) error { return do(ctx) }
	}
	return []role{
		{s.plan.every, alone(s.observe)},
		{time.Second, alone(s.clean)},
		{s.plan.redriveEvery, alone(s.redrive)},
		{s.plan.upgradeEvery, s.upgrade},
		{time.Minute, alone(s.tell)},
	}
}

// run loads the stack, and then looks whether anything was lost. Its error says why it came to no end.
func (s *soak) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	loaded, end := context.WithCancel(ctx) // ends with the load
	defer end()
	s.begin = time.Now()
	var err error
	if s.atBegin, err = s.vitals(); err != nil {
		return err
	}
	var roles sync.WaitGroup
	for _, role := range s.roles() {
		roles.Go(func() {
			for next := s.begin.Add(role.every); waitUntil(loaded, next); next = next.Add(role.every) {
				if err := role.do(loaded, ctx); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	err = s.load.run(ctx, s.plan.duration)
	end()
	roles.Wait() // a redrive or a backfill that has begun comes to its end
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	return s.check(ctx)
}

func (s *soak) event(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event{time.Since(s.begin), what})
}

// fault notes what is not as it must be. What goes wrong because the run was interrupted is no fault.
func (s *soak) fault(ctx context.Context, what string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	const shown = 20
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults++
	if len(s.first) < shown {
		s.first = append(s.first, fmt.Sprintf("after %s: %s: %v", time.Since(s.begin).Round(time.Second), what, err))
	}
}
