package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/tools/soak/probe"
)

// goBuild builds a package of the repository, with more flags than `go run` gives it. -s -w leave out what only a debugger
// needs, and with it half of the time.
func goBuild(ctx context.Context, out, pkg string, flags ...string) error {
	command := exec.CommandContext(ctx, "go", append(append([]string{"build", "-ldflags", "-s -w"}, flags...), "-o", out, pkg)...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return nil
}

// buildLocal builds the local stack with the probe, as `go run ./local` builds it otherwise.
func buildLocal(ctx context.Context, folder string) (program string, err error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	source, overlay := filepath.Join(folder, "probe.go"), filepath.Join(folder, "overlay.json")
	text := fmt.Sprintf("package main\n\nimport _ %q\n", reflect.TypeFor[probe.Reading]().PkgPath())
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "local", "soak_probe.go"): source}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", err
	}
	program = filepath.Join(folder, "local")
	return program, goBuild(ctx, program, "./local", "-overlay", overlay)
}

// process is a running local stack.
type process struct {
	command  *exec.Cmd
	api, aws string         // URLs
	ended    chan struct{}  // closed when it has
	reading  *probe.Reading // the last one
	log      []string       // the last lines
	mu       sync.Mutex
}

var addresses = regexp.MustCompile(`the API on (http://\S+), SQS and DynamoDB on (http://\S+)`)

// startProcess starts the local stack, and waits until it is ready.
func startProcess(program string, args ...string) (*process, error) {
	p := &process{ended: make(chan struct{}), command: exec.Command(program, append([]string{"-api", "127.0.0.1:0", "-aws", "127.0.0.1:0"}, args...)...)}
	p.command.Env = append(os.Environ(), probe.Variable+"=1")
	readings, report, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.command.ExtraFiles = []*os.File{report}
	out, errOut := p.command.StdoutPipe()
	log, errLog := p.command.StderrPipe()
	if err := errors.Join(errOut, errLog, p.command.Start(), report.Close()); err != nil {
		return nil, err
	}
	ready := make(chan struct{}, 2) // a token of the banner, and one of the probe
	var reading sync.WaitGroup
	reading.Go(func() { p.readBanner(out, ready) })
	reading.Go(func() { p.readLog(log) })
	reading.Go(func() { p.readProbe(readings, ready) })
	go func() {
		reading.Wait() // before Wait, which closes the pipes
		_ = p.command.Wait()
		close(p.ended)
	}()
	for range cap(ready) {
		select {
		case <-ready:
		case <-p.ended:
			return nil, fmt.Errorf("the local stack did not start: %s", p.lastWords())
		}
	}
	return p, nil
}

func (p *process) readBanner(out io.Reader, ready chan<- struct{}) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := addresses.FindStringSubmatch(lines.Text()); found != nil {
			p.api, p.aws = found[1], found[2]
		}
		if strings.HasPrefix(lines.Text(), "ready") {
			ready <- struct{}{}
		}
	}
}

// readLog keeps the last lines, which say why if the stack ends.
func (p *process) readLog(log io.Reader) {
	const kept = 20
	for lines := bufio.NewReader(log); ; {
		line, err := lines.ReadString('\n')
		p.mu.Lock()
		p.log = append(p.log[max(0, len(p.log)-kept):], line)
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *process) readProbe(report io.ReadCloser, ready chan<- struct{}) {
	defer report.Close()
	for lines := json.NewDecoder(report); ; {
		var r probe.Reading
		if lines.Decode(&r) != nil {
			return
		}
		p.mu.Lock()
		first := p.reading == nil
		p.reading = &r
		p.mu.Unlock()
		if first {
			ready <- struct{}{}
		}
	}
}

func (p *process) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%s\n%s", p.command.ProcessState, strings.TrimSpace(strings.Join(p.log, "")))
}

// stop ends the process, at once if it does not end by itself.
func (p *process) stop() {
	_ = p.command.Process.Signal(os.Interrupt) // or it has ended
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// whileItRuns does something, and interrupts it if the stack ends. Its error says then why the stack has ended.
func (p *process) whileItRuns(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.ended:
			cancel(fmt.Errorf("the stack has ended: %s", p.lastWords()))
		case <-ctx.Done():
		}
	}()
	err := do(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// connect returns the stack as a client sees it, and the client of its API. All connections to the API are open from
// the beginning to the end. If they came and went with the load, so would the stack's descriptors and goroutines.
func (p *process) connect(ctx context.Context) (*target.Target, *http.Client, error) {
	t, err := target.Find(ctx, target.Flags{Endpoint: p.aws, API: p.api})
	if err != nil {
		return nil, nil, err
	}
	client, err := openClient(ctx, p.api, connections, answerTimeout)
	return t, client, err
}

// openClient returns a client with n open connections to a server.
func openClient(ctx context.Context, url string, n int, timeout time.Duration) (*http.Client, error) {
	transport := awsclient.DirectTransport()
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost, transport.MaxIdleConns, transport.IdleConnTimeout = n, n, n, 0
	client := &http.Client{Transport: transport, Timeout: timeout}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var open atomic.Int32
	all := make(chan struct{})
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if open.Add(1) == int32(n) {
			close(all)
		}
		select { // nobody gives one back before each has got one
		case <-all:
		case <-ctx.Done():
		}
	}})
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			request, err := http.NewRequestWithContext(traced, http.MethodGet, url, nil)
			if err == nil {
				var response *http.Response
				if response, err = client.Do(request); err == nil { // whatever it is
					_, err = io.Copy(io.Discard, response.Body)
					err = errors.Join(err, response.Body.Close())
				}
			}
			if err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	return client, context.Cause(ctx)
}

// vitals reads what the kernel and the probe say of the stack.
func (p *process) vitals() (vitals, error) {
	p.mu.Lock()
	reading := *p.reading // there is one since the stack was ready
	p.mu.Unlock()
	return vitalsOf(p.command.Process.Pid, reading)
}
