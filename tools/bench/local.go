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
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/awsclient"
)

// localStack is what `go run ./local` does with its default parameters.
type localStack struct {
	Posts        int
	PostsASecond float64
	Median, P99  time.Duration // of a POST
	Items        int           // by batch
	Took         time.Duration // from the first POST to the last CLASSIFIED
	CPU          time.Duration // of the stack
	Idle         float64       // memory before, MB resident
	Peak, After  float64       // and at most, and some seconds later
	AfterHowLong time.Duration
	BytesAnItem  float64 // that stay
	ItemsASecond float64
	CPUPerItem   time.Duration
}

// measureLocal starts the local stack twice: for single POSTs, and for items by batch.
func measureLocal(ctx context.Context, bin string, items int) (localStack, error) {
	var l localStack
	single, err := startStack(ctx, bin)
	if err != nil {
		return l, err
	}
	l.Posts = items / 10
	begin := time.Now()
	taken, err := single.post.postAll(ctx, l.Posts, 1)
	l.PostsASecond = float64(l.Posts) / time.Since(begin).Seconds()
	_, errStop := single.stop()
	if err := errors.Join(err, errStop); err != nil {
		return l, err
	}
	slices.Sort(taken)
	l.Median, l.P99 = median(taken), taken[len(taken)*99/100]
	return l, l.byBatch(ctx, bin, items)
}

func (l *localStack) byBatch(ctx context.Context, bin string, items int) error {
	s, err := startStack(ctx, bin)
	if err != nil {
		return err
	}
	defer func() { _, _ = s.stop() }() // the second time, it has ended
	// Go collects garbage every two minutes at least, and gives memory back after that.
	l.Items, l.Idle, l.AfterHowLong = items, s.memory("VmRSS"), 5*time.Minute
	begin := time.Now()
	if _, err := s.post.postAll(ctx, items, perBatch); err != nil {
		return err
	}
	if err := settle(ctx, s.aws, items); err != nil {
		return err
	}
	l.Took = time.Since(begin)
	time.Sleep(l.AfterHowLong)
	l.Peak, l.After = s.memory("VmHWM"), s.memory("VmRSS")
	l.BytesAnItem = (l.After - l.Idle) * 1e6 / float64(items)
	l.ItemsASecond = float64(items) / l.Took.Seconds()
	l.CPU, err = s.stop()
	l.CPUPerItem = l.CPU / time.Duration(items)
	return err
}

// clients post at the same time.
const clients = 8

// runningStack is a process of `go run ./local`.
type runningStack struct {
	command *exec.Cmd
	post    poster
	aws     aws.Config
}

var addresses = regexp.MustCompile(`the API on (http://\S+), SQS and DynamoDB on (http://\S+)`)

func startStack(ctx context.Context, bin string) (*runningStack, error) {
	s := &runningStack{command: exec.CommandContext(ctx, filepath.Join(bin, "local"), "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0")}
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

// memory reads a line of the process's status, in MB, or 0 where there is none.
func (s *runningStack) memory(line string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
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
