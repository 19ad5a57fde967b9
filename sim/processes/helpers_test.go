package processes

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/awsclient"
)

// doVariable tells a process of the test's program what to do.
const doVariable = "TEST_DO"

func TestMain(m *testing.M) {
	switch os.Getenv(doVariable) {
	case "send":
		sendAsProcess()
	case "wait": // for any signal
		time.Sleep(time.Hour)
	case "stop well":
		stopped := make(chan os.Signal, 1)
		signal.Notify(stopped, syscall.SIGTERM)
		fmt.Println("ready")
		<-stopped
	case "fail":
		os.Exit(3)
	case "panic": // which ends a program with the status of one that runs out of memory
		panic("a defect")
	case "run out of memory": // as Go's runtime tells of it
		fmt.Fprintln(os.Stderr, "fatal error: runtime: out of memory")
		os.Exit(2)
	default:
		os.Exit(m.Run())
	}
}

// sendAsProcess sends one message as a function does, and prints what came of it.
func sendAsProcess() {
	cfg, err := awsclient.Load()
	if err == nil {
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		_, err = sqs.NewFromConfig(cfg).SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: aws.String(os.Getenv("QUEUE_URL")), MessageBody: aws.String("hello")})
	}
	fmt.Println("error:", err)
}

// newTestRun returns a run whose AWS is in this process.
func newTestRun(t *testing.T) *run {
	t.Helper()
	if err := supported(); err != nil {
		t.Skip(err)
	}
	server := httptest.NewServer(stack.InMemory().Handler)
	t.Cleanup(server.Close)
	root, err := template.Find()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{
		Options: Options{Root: strings.TrimSuffix(root, "template.yaml"), Consumer: Function, Progress: io.Discard},
		chance:  newChance(1), record: newRecord(), programs: map[string]string{},
		processes: map[string]*process{}, started: map[string]int{}, posted: newPosted(),
	}
	r.deliveries = newDeliveries(r)
	if err := r.begin(t.Context(), server.URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.proxy.close)
	t.Cleanup(r.killAll)
	return r
}

// start starts the test's own program, as a program of the pipeline, to do something.
func (r *run) start(t *testing.T, program, do string) (p *process, output *beginning) {
	t.Helper()
	p = r.newProcess(program)
	return p, p.start(t, do)
}

func (p *process) start(t *testing.T, do string) (output *beginning) {
	t.Helper()
	r, output := p.run, &beginning{}
	command := exec.Command(os.Args[0])
	command.Stdout, command.Stderr, command.SysProcAttr = output, p.output.errors, attributes()
	command.Env = append(r.variables("WriterFunction", p), doVariable+"="+do, "AWS_REGION=us-east-1",
		"GORACE=atexit_sleep_ms=0") // the race detector lets a program sleep for a second at its end
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p.begun(command.Process)
	go func() {
		_ = command.Wait()
		p.end(command.ProcessState)
	}()
	return output
}

func (r *run) wantViolations(t *testing.T, invariants ...string) {
	t.Helper()
	if len(r.record.violations) != len(invariants) {
		t.Fatalf("%d violations, want %q: %v", len(r.record.violations), invariants, r.record.violations)
	}
	for i, v := range r.record.violations {
		if v.Invariant != invariants[i] {
			t.Errorf("%s: %s, want %s", v.Invariant, v.What, invariants[i])
		}
	}
}
