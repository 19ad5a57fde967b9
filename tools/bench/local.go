package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/latency"
	"simple-sam-demo/shared/awsclient"
)

// localStack is what was measured of `go run ./local` with the default parameters.
type localStack struct {
	PostsASecond float64
	Median, P99  time.Duration // of a POST
	Items        int           // that were posted by batch
	Took         time.Duration // from the first POST to the last CLASSIFIED
	CPU          time.Duration // that the stack used for them
	Idle         float64       // resident memory before, in MB
	Peak         float64       // the most that it had
	ItemsASecond float64
	CPUPerItem   time.Duration
}

// measureLocal starts the local stack twice: for single POSTs, and for items by batch.
func (m *measurement) measureLocal(ctx context.Context, _ *testing.T) error {
	program, err := buildLocal(ctx, m.bin)
	if err != nil {
		return err
	}
	l := &m.results.Local
	if err := l.oneByOne(ctx, program, m.items/10); err != nil {
		return err
	}
	return l.byBatch(ctx, program, m.items)
}

func (l *localStack) oneByOne(ctx context.Context, program string, posts int) error {
	s, err := startStack(ctx, program)
	if err != nil {
		return err
	}
	begin := time.Now()
	taken, err := s.post.postAll(ctx, posts, 1)
	l.PostsASecond = float64(posts) / time.Since(begin).Seconds()
	l.Median, l.P99 = median(taken), latency.Percentile(taken, 99)
	_, errStop := s.stop()
	return errors.Join(err, errStop)
}

func (l *localStack) byBatch(ctx context.Context, program string, items int) error {
	s, err := startStack(ctx, program)
	if err != nil {
		return err
	}
	defer func() { _, _ = s.stop() }() // when it has ended already, this does nothing
	l.Items, l.Idle = items, s.memory("VmRSS")
	begin := time.Now()
	if _, err := s.post.postAll(ctx, items, perBatch); err != nil {
		return err
	}
	if _, err := settle(ctx, s.aws, items); err != nil {
		return err
	}
	l.Took = time.Since(begin)
	l.Peak = s.memory("VmHWM")
	l.ItemsASecond = float64(items) / l.Took.Seconds()
	l.CPU, err = s.stop()
	l.CPUPerItem = l.CPU / time.Duration(items)
	return err
}

// clients is how many clients post at the same time.
const clients = 8

// runningStack is a process of `go run ./local`.
type runningStack struct {
	command *exec.Cmd
	post    poster
	aws     aws.Config
}

var addresses = regexp.MustCompile(`the API on (http://\S+), SQS and DynamoDB on (http://\S+)`)

// startStack starts the local stack, and waits until it is ready.
func startStack(ctx context.Context, program string) (*runningStack, error) {
	s := &runningStack{command: exec.CommandContext(ctx, program, "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0")}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := addresses.FindStringSubmatch(lines.Text()); found != nil {
			s.post = poster{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}, found[1], clients}
			s.aws = awsclient.AtEndpoint(found[2])
		}
		if strings.HasPrefix(lines.Text(), "ready") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // until it ends
			return s, nil
		}
	}
	_, err = s.stop()
	return nil, fmt.Errorf("the local stack did not start: %w", err)
}

// stop ends the process, and returns the processor time that it has used.
func (s *runningStack) stop() (time.Duration, error) {
	if err := s.command.Process.Signal(os.Interrupt); err != nil {
		return 0, err
	}
	err := s.command.Wait()
	return s.command.ProcessState.UserTime() + s.command.ProcessState.SystemTime(), err
}

// memory reads a line of the process's status, in MB.
func (s *runningStack) memory(line string) float64 { return memoryOf(s.command.Process.Pid, line) }

// memoryOf reads a line of a process's status, in MB, or 0 where there is none.
func memoryOf(pid int, line string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for row := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(row, line+":"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(value)[0], 64) // the kernel writes a number
			return kilobytes * 1024 / 1e6
		}
	}
	return 0
}
