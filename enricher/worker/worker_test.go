package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// asWorker makes the test's program the worker.
const asWorker = "RUN_AS_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a worker in a process of its own.
type process struct {
	command *exec.Cmd
	health  string       // address
	polls   atomic.Int32 // receives that are under way
	output  stacktest.Output
}

// newProcess returns a worker for a stack, as the environment of its container has it. Settings that are given
// replace its own.
func newProcess(t *testing.T, s *stacktest.Stack, settings ...string) *process {
	t.Helper()
	w := &process{health: freeAddress(t)}
	endpoint := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") == "AmazonSQS.ReceiveMessage" {
			w.polls.Add(1)
			defer w.polls.Add(-1)
		}
		s.Config.AWS.Handler.ServeHTTP(answer, r)
	}))
	t.Cleanup(endpoint.CloseClientConnections)
	w.command = exec.Command(os.Args[0])
	w.command.Stdout, w.command.Stderr = &w.output, &w.output
	w.command.Env = []string{
		"MUTANT=" + os.Getenv("MUTANT"), "MUTANT_REACHED=" + os.Getenv("MUTANT_REACHED"), // of tools/mutate
		asWorker + "=1", "HOME=" + t.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_ENDPOINT_URL=" + endpoint.URL,
		"AWS_LAMBDA_LOG_FORMAT=JSON", "HEALTH_ADDRESS=" + w.health,
		"BATCH_SIZE=10", "BATCH_WINDOW_SECONDS=0", "BATCHES_AT_ONCE=1", "BATCH_TIMEOUT_SECONDS=30",
	}
	for _, name := range []string{"TABLE_NAME", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "WRITER_TIMEOUT_SECONDS", "ENRICHER_ROLE_ID", "METRICS_NAMESPACE"} {
		w.command.Env = append(w.command.Env, name+"="+s.Getenv("EnricherFunction")(name))
	}
	w.command.Env = append(w.command.Env, settings...)
	return w
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (w *process) start(t *testing.T) {
	t.Helper()
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.command.Process.Kill()
		_ = w.command.Wait()
		t.Logf("the worker's output:\n%s", w.output.String())
	})
	stacktest.Eventually(t, "the worker is healthy", func() bool { return askHealth(w.health) == nil })
}

// withoutMapping is a stack whose queue nobody consumes.
func withoutMapping(t *testing.T) *stacktest.Stack {
	return stacktest.Start(t, map[string]string{"EnricherEnabled": "false"}, nil)
}

func post(t *testing.T, s *stacktest.Stack, n int) (id string) {
	t.Helper()
	answer := s.Request(t, "POST", s.Names.Items, sample.Object(sample.Nth(n)))
	if answer.Status != 201 {
		t.Fatalf("POST: %d %v", answer.Status, answer.Body)
	}
	return answer.Body["id"].(string)
}

func isClassified(t *testing.T, s *stacktest.Stack, id string) bool {
	t.Helper()
	stored, err := s.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return stored.Status() == item.Classified
}

// The worker waits for messages when it is told to stop. SQS gives the message that comes meanwhile to that
// receive.
func TestOnSIGTERMAWorkerDealsWithWhatItReceives(t *testing.T) {
	s := withoutMapping(t)
	w := newProcess(t, s)
	w.start(t)
	ask := exec.Command(os.Args[0], "-health")
	ask.Env = w.command.Env
	if output, err := ask.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("the health check of a healthy worker ends with %v: %s", err, output)
	}
	first := post(t, s, 1)
	stacktest.Eventually(t, "the first item is classified", func() bool { return isClassified(t, s, first) })
	stacktest.Eventually(t, "the worker polls again", func() bool { return s.Backlog(t, "EnrichQueue").Total() == 0 && w.polls.Load() == 1 })
	if err := w.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	stacktest.Eventually(t, "the worker says that it is stopping", func() bool { return strings.Contains(w.output.String(), "is stopping") })
	last := post(t, s, 2)
	if err := w.command.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	if !isClassified(t, s, last) {
		t.Errorf("the last item is not classified")
	}
	s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	if askHealth(w.health) == nil {
		t.Error("a worker that has ended says that it is healthy")
	}
	log := strings.TrimSpace(w.output.String())
	if last := log[strings.LastIndex(log, "\n")+1:]; !strings.Contains(log, "is stopping") || !strings.Contains(last, "worker stopped") {
		t.Error("the log doesn't say that the worker is stopping, or doesn't end with that it has stopped")
	}
	if started, _, _ := strings.Cut(log, "\n"); !strings.Contains(started, `"worker started"`) || !strings.Contains(started, `"batchSize":10,"batchesAtOnce":1`) {
		t.Errorf("the log doesn't begin with that the worker has started, and its settings: %s", started)
	}
}

func TestAWorkerThatCannotStartSaysAllThatIsWrongInOneLine(t *testing.T) {
	s := withoutMapping(t)
	queue := s.Ref("EnrichQueue")
	for name, test := range map[string]struct {
		settings []string
		want     []string
	}{
		"variables": {[]string{"BATCH_SIZE=0", "BATCH_WINDOW_SECONDS=21", "BATCHES_AT_ONCE=many", "BATCH_TIMEOUT_SECONDS="}, []string{
			`BATCH_SIZE is \"0\": expected a whole number from 1 to 100`, `BATCH_WINDOW_SECONDS is \"21\"`, `BATCHES_AT_ONCE is \"many\"`, `BATCH_TIMEOUT_SECONDS is \"\"`,
		}},
		"large batches that are not waited for":  {[]string{"BATCH_SIZE=11"}, []string{"a batch over 10 needs a window"}},
		"no such queue":                          {[]string{"QUEUE_URL=" + queue + "x"}, []string{"look up queue " + queue + "x", "NonExistentQueue"}},
		"a queue without a dead-letter queue":    {[]string{"QUEUE_URL=" + s.Ref("EnrichDeadLetterQueue")}, []string{"must have a maxReceiveCount"}},
		"a time beyond what a function can take": {[]string{"WRITER_TIMEOUT_SECONDS=9300000000"}, []string{`WRITER_TIMEOUT_SECONDS is \"9300000000\": expected a whole number from 1 to 900`}},
		"no table":                               {[]string{"TABLE_NAME="}, []string{"TABLE_NAME is not set"}},
		"no model":                               {[]string{"MODEL_URI=/nonexistent.json"}, []string{"load model", "/nonexistent.json"}},
		"a port in use":                          {[]string{"HEALTH_ADDRESS=256.0.0.1:1"}, []string{"HEALTH_ADDRESS"}},
		"no region":                              {[]string{"AWS_REGION="}, []string{"AWS_REGION is not set"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newProcess(t, s, test.settings...)
			if err := w.command.Run(); err == nil || w.command.ProcessState.ExitCode() != 1 {
				t.Errorf("it ended with %v, want status 1", err)
			}
			for _, want := range append(test.want, "worker can't start") {
				if !strings.Contains(w.output.String(), want) || strings.Count(w.output.String(), "\n") != 1 {
					t.Errorf("no %q in one line: %s", want, w.output.String())
				}
			}
		})
	}
}

// A mistyped -health must not become one more worker.
func TestAWorkerStartsWithoutArgumentsOnly(t *testing.T) {
	for _, arguments := range [][]string{{"-help"}, {"--health"}, {"-health", "now"}} {
		w := newProcess(t, withoutMapping(t))
		w.command.Args = append(w.command.Args, arguments...)
		if err := w.command.Run(); err == nil || w.command.ProcessState.ExitCode() != 2 || !strings.Contains(w.output.String(), arguments[0]) {
			t.Errorf("%q: it ended with %v: %s", arguments, err, w.output.String())
		}
	}
}

func TestOnSIGTERMWhileItStartsAWorkerEndsWithoutAnError(t *testing.T) {
	asked := make(chan struct{})
	first := sync.OnceFunc(func() { close(asked) })
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		first()
		<-t.Context().Done()
	}))
	t.Cleanup(endpoint.Close)
	w := newProcess(t, withoutMapping(t), "AWS_ENDPOINT_URL="+endpoint.URL)
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := w.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := w.command.Wait(); err != nil || strings.Contains(w.output.String(), "ERROR") {
		t.Errorf("it ended with %v: %s", err, w.output.String())
	}
}

// It waits for messages for up to 20 s when the first Ctrl-C comes.
func TestASecondCtrlCEndsAWorkerAtOnceAndASecondSIGTERMDoesNot(t *testing.T) {
	w := newProcess(t, withoutMapping(t))
	w.start(t)
	stacktest.Eventually(t, "the worker polls", func() bool { return w.polls.Load() == 1 })
	for range 2 {
		_ = w.command.Process.Signal(syscall.SIGTERM)
	}
	stacktest.Eventually(t, "the worker says that it is stopping", func() bool { return strings.Contains(w.output.String(), "stopping") })
	_ = w.command.Process.Signal(syscall.SIGTERM) // also when the first has been dealt with
	if err := askHealth(w.health); err != nil {
		t.Errorf("a worker that is stopping is not healthy: %v", err)
	}
	_ = w.command.Process.Signal(os.Interrupt)
	var ended *exec.ExitError
	if err := w.command.Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != os.Interrupt {
		t.Errorf("it ended with %v", err)
	}
}

func TestTheHealthCheckFailsWhenNoWorkerAnswers(t *testing.T) {
	w := newProcess(t, withoutMapping(t))
	w.command.Args = append(w.command.Args, "-health")
	if err := w.command.Run(); err == nil || w.command.ProcessState.ExitCode() != 1 || !strings.Contains(w.output.String(), w.health) {
		t.Errorf("it ended with %v: %s", err, w.output.String())
	}
}

// The first stack was deployed with another parameter.
func TestAWorkerStopsWhenTheQueueChangesSoThatAnotherStartsWithItsNewSettings(t *testing.T) {
	for attribute, value := range map[string]string{
		"RedrivePolicy":          `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue","maxReceiveCount":3}`,
		"MessageRetentionPeriod": "86400",
		"VisibilityTimeout":      "", // which the worker does not use
	} {
		t.Run(attribute, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := withoutMapping(t)
				cfg, url := s.Config.AWS.Config(), s.Ref("EnrichQueue")
				q, err := lookUpQueue(t.Context(), cfg, url)
				if err != nil || q.maxReceiveCount != 5 || q.retention != "345600" {
					t.Fatalf("%+v, %v", q, err)
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go q.watch(ctx, cfg, slog.New(slog.NewTextHandler(t.Output(), nil)), stop)
				stacktest.Wait(time.Hour)
				if ctx.Err() != nil {
					t.Fatal("it stopped though nothing has changed")
				}
				set := value
				if value == "" {
					set = "300"
				}
				if _, err := s.SQS.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(url), Attributes: map[string]string{attribute: set}}); err != nil {
					t.Fatal(err)
				}
				stacktest.Wait(59 * time.Second) // docs/worker.md: it looks once a minute
				if ctx.Err() != nil {
					t.Error("it looked before a minute was over")
				}
				stacktest.Wait(time.Second)
				if stopped := ctx.Err() != nil; stopped != (value != "") {
					t.Errorf("stopped: %t", stopped)
				}
			})
		})
	}
}

// The handler takes these from its environment in a function, and from the queue in a worker.
func TestWhatTheQueueSaysGoesBeforeTheEnvironment(t *testing.T) {
	q := queue{maxReceiveCount: 7, retention: "86400"}
	getenv := q.over(func(name string) string { return "of the environment: " + name })
	got := fmt.Sprint(getenv("MAX_RECEIVE_COUNT"), " ", getenv("MESSAGE_RETENTION_SECONDS"), " ", getenv("TABLE_NAME"))
	if want := "7 86400 of the environment: TABLE_NAME"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
