package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simple-sam-demo/local/stacktest"
)

// started is the program as `go run ./local` runs it, on free ports.
type started struct {
	banner string
	api    string // URL
	aws    string // URL
	stop   func() int
}

// onFreePorts are the flags that run the repository's template on free ports.
func onFreePorts(t *testing.T) []string {
	return []string{"-template", filepath.Join(stacktest.Root(t), "template.yaml"), "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0"}
}

// start runs the program until it is ready.
func start(t *testing.T, args ...string) started {
	t.Helper()
	args = append(onFreePorts(t), args...)
	ctx, cancel := context.WithCancel(context.Background())
	reader, stdout := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, args, stdout, t.Output())
		stdout.Close()
	}()
	var s started
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		s.banner += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "ready") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	urls := regexp.MustCompile(`http://[^ ,\n]+`).FindAllString(s.banner, 2)
	if len(urls) < 2 {
		t.Fatalf("no addresses in the banner, status %d: %s", <-status, s.banner)
	}
	s.api, s.aws = urls[0], urls[1]
	stopped := false
	s.stop = func() int {
		cancel()
		stopped = true
		return <-status
	}
	t.Cleanup(func() {
		if !stopped {
			s.stop()
		}
	})
	return s
}

func TestItStopsCleanly(t *testing.T) {
	t.Parallel()
	if status := start(t).stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestAMistakeIsOneClearLine(t *testing.T) {
	t.Parallel()
	free := onFreePorts(t)
	template := free[1]
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("Resources: {"), 0o600); err != nil {
		t.Fatal(err)
	}
	renamed := func(old, new string) []string {
		text, err := os.ReadFile(template)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte(old)) {
			t.Fatalf("the template does not have %q", old)
		}
		path := filepath.Join(t.TempDir(), "renamed.yaml")
		if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(new)), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"-template", path, "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0"}
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":       {[]string{"-x"}, "flag provided but not defined: -x"},
		"argument":           {[]string{"now"}, `unexpected argument "now"`},
		"API port in use":    {append(free, "-api", taken.Addr().String()), "choose another address with -api host:port"},
		"AWS port in use":    {append(free, "-aws", taken.Addr().String()), "choose another address with -aws host:port"},
		"no address":         {append(free, "-api", "nowhere"), "can't listen on nowhere (-api): an address is host:port, like 127.0.0.1:3000, or a port alone"},
		"no port":            {append(free, "-api", "70000"), "can't listen on 70000 (-api): an address is host:port, like 127.0.0.1:3000, or a port alone"},
		"no template":        {append(free, "-template", "absent.yaml"), "open absent.yaml: no such file or directory"},
		"broken template":    {append(free, "-template", broken), "template " + broken},
		"unknown parameter":  {append(free, "-parameter", "Size=5"), "it has no parameter Size"},
		"bad parameter":      {append(free, "-parameter", "BatchSize=0"), "parameter BatchSize: 0 is below the minimum 1"},
		"a model in S3":      {append(free, "-parameter", "ModelUri=s3://b/k"), "S3 is not part of the local stack: give the path of a file"},
		"one by default":     {renamed("Default: \"\"\n    # The name goes into", "Default: s3://b/k\n    # The name goes into"), "ModelUri is s3://b/k: S3 is not part of the local stack"},
		"no parameter":       {append(free, "-parameter", "BatchSize"), "expected Name=value"},
		"window too short":   {append(free, "-parameter", "BatchSize=11", "-parameter", "BatchWindow=0"), "A BatchSize over 10 needs a BatchWindow of at least 1 second. (BatchSize is 11, BatchWindow is 0)"},
		"table renamed":      {renamed("IrisTable", "FlowerTable"), "the template has no AWS::DynamoDB::Table called IrisTable, as local/stack/functions.go has it, but FlowerTable"},
		"queue renamed":      {renamed("EnrichQueue", "Queue"), "the template has no AWS::SQS::Queue called EnrichQueue, as local/stack/functions.go has it, but EnrichDeadLetterQueue, Queue"},
		"function renamed":   {renamed("WriterFunction", "Writer"), "function Writer of the template has no handler in local/stack/functions.go, which has EnricherFunction, ReaderFunction, WriterFunction"},
		"property misspelt":  {renamed("Timeout: 10", "Timeoutt: 10"), "ReaderFunction: Properties.Timeoutt: there is no such key here; did you mean Timeout?"},
		"queue not there":    {renamed("Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    Condition: HasAlarmEmail\n"), "EnrichQueue is not there, as its condition HasAlarmEmail is false"},
		"endpoint not a URL": {append(free, "-endpoint", "localhost"), `-endpoint "localhost" is not a URL`},
		"endpoint not AWS":   {append(free, "-endpoint", "http://"+other(t)), "create queue EnrichDeadLetterQueue: the endpoint's answer has no QueueUrl: is it an SQS?"},
		"endpoint not there": {append(free, "-endpoint", "http://"+closed(t)), "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			text := stderr.String()
			if status == 0 || !strings.Contains(text, test.want) || strings.Count(text, "\n") != 1 {
				t.Errorf("status %d, stderr %q; want one line with %q", status, text, test.want)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout %q", stdout.String())
			}
		})
	}
}

// other returns an address where something that is no AWS answers.
func other(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// closed returns an address where nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestWithoutATemplateItSaysWhatToDo(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), nil, &stdout, &stderr)
	if want := "or give the file's path with -template\n"; status != 1 || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), stderr.String())
	}
}

func TestHelpListsTheFlags(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-help"}, &stdout, &stderr)
	for _, flag := range []string{"-api", "-aws", "-endpoint", "-template", "-parameter", "-demo", "-api-key"} {
		if !strings.Contains(stdout.String(), "  "+flag+" ") && !strings.Contains(stdout.String(), "  "+flag+"\n") {
			t.Errorf("no %s in %s", flag, stdout.String())
		}
	}
	if status != 0 || stderr.Len() > 0 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}

func TestTheDemoClassifiesEveryFlowerAsTheReferenceModel(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), append(onFreePorts(t), "-demo"), &stdout, &stderr); status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	for _, want := range []string{"versicolor             0          47           3\n", "POST to CLASSIFIED: p50 ", "150 of 150 are classified as model 2026-11-23.01 has them\n"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in %s", want, stdout.String())
		}
	}
}
