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
	"slices"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	_ "simple-sam-demo/internal/testgc"
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
	free := onFreePorts(t)
	if slices.Contains(args, "-endpoint") {
		free = free[:4] // without -aws
	}
	args = append(free, args...)
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
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("Resources: {"), 0o600); err != nil {
		t.Fatal(err)
	}
	renamed := func(old, new string) []string { return renamed(t, old, new) }
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":      {[]string{"-x"}, "flag provided but not defined: -x"},
		"argument":          {[]string{"now"}, `unexpected argument "now"`},
		"API port in use":   {append(free, "-api", taken.Addr().String()), "choose another address with -api host:port"},
		"AWS port in use":   {append(free, "-aws", taken.Addr().String()), "choose another address with -aws host:port"},
		"no address":        {append(free, "-api", "nowhere"), `-api "nowhere" is not an address: give host:port, like 127.0.0.1:3000, or a port alone`},
		"every address":     {append(free, "-template", "absent.yaml", "-aws", ":4600"), `-aws ":4600" means every address of this machine: say 4600 for this machine only`},
		"no template":       {append(free, "-template", "absent.yaml"), "open absent.yaml: no such file or directory"},
		"broken template":   {append(free, "-template", broken), "template " + broken},
		"unknown parameter": {append(free, "-parameter", "Size=5"), "it has no parameter Size"},
		"bad parameter":     {append(free, "-parameter", "BatchSize=0"), "parameter BatchSize: 0 is below the minimum 1"},
		"no key":            {append(free, "-template", "absent.yaml", "-api-key", ""), "-api-key is empty: give a value, or leave it out"},
		"two AWS endpoints": {append(free, "-endpoint", "http://"+other(t)), "-aws has no effect with -endpoint: leave one of the two out"},
		"no parameter":      {append(free, "-parameter", "BatchSize"), "expected Name=value"},
		"window too short":  {append(free, "-parameter", "BatchSize=11", "-parameter", "BatchWindow=0"), "A BatchSize over 10 needs a BatchWindow of at least 1 second. (BatchSize is 11, BatchWindow is 0)"},
		"another table":     {renamed("TABLE_NAME: !Ref "+names.Table(), "TABLE_NAME: Others"), `WriterFunction: Environment.Variables.TABLE_NAME is "Others": expected a !Ref of a table of the template`},
		"no POST":           {renamed("Method: POST", "Method: PUT"), "WriterFunction has no route POST PATH to store an item"},
		"queue renamed":     {renamed("EnrichQueue", "Queue"), "the template has no AWS::SQS::Queue called EnrichQueue, as local/stack/functions.go has it, but EnrichDeadLetterQueue, Queue"},
		"function renamed":  {renamed("WriterFunction", "Writer"), "function Writer of the template has no handler in local/stack/functions.go, which has EnricherFunction, ReaderFunction, WriterFunction"},
		"property misspelt": {renamed("Timeout: 10", "Timeoutt: 10"), "ReaderFunction: Properties.Timeoutt: there is no such key here; did you mean Timeout?"},
		"queue not there":   {renamed("Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    Condition: HasWriterConcurrency\n"), "EnrichQueue is not there, as its condition HasWriterConcurrency is false"},
		"worker, and no way to keep the function out": {append(renamed("EnricherEnabled", "Consumes"), "-worker"), "has no parameter EnricherEnabled, by which -worker keeps the function from consuming the queue"},
		"endpoint not a URL":                          {append(free[:4:4], "-endpoint", "localhost"), `-endpoint "localhost" is not a URL`},
		"endpoint not AWS":                            {append(free[:4:4], "-endpoint", "http://"+other(t)), "create queue EnrichDeadLetterQueue: the endpoint's answer has no QueueUrl: is it an SQS?"},
		"quotes for an empty value":                   {append(free[:4:4], "-parameter", `ModelUri=""`), "write ModelUri= for an empty value, without quotes"},
		"a demo that nobody would classify":           {append(free[:4:4], "-demo", "-parameter", "EnricherEnabled=false"), "nobody here consumes the queue, so items stay PENDING: let the function (-parameter EnricherEnabled=true) or a worker (-worker) do it"},
		"endpoint not there":                          {append(free[:4:4], "-endpoint", "http://"+closed(t)), "connection refused"},
	} {
		t.Run(name, func(t *testing.T) { wantOneLine(t, test.args, test.want) })
	}
}

func TestAModelInS3IsRefused(t *testing.T) {
	t.Parallel()
	stacktest.NeedsParameter(t, "ModelUri")
	wantOneLine(t, append(onFreePorts(t), "-parameter", "ModelUri=s3://b/k"), "S3 is not part of the local stack: give the path of a file")
	byDefault := renamed(t, "Default: \"\"\n    # The name goes into", "Default: s3://b/k\n    # The name goes into")
	wantOneLine(t, byDefault, "ModelUri is s3://b/k: S3 is not part of the local stack")
}

// renamed are flags that run the repository's template with a text in it replaced, on free ports.
func renamed(t *testing.T, old, replacement string) []string {
	t.Helper()
	flags := onFreePorts(t)
	text, err := os.ReadFile(flags[1])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("the template does not have %q", old)
	}
	flags[1] = filepath.Join(t.TempDir(), "renamed.yaml")
	if err := os.WriteFile(flags[1], bytes.ReplaceAll(text, []byte(old), []byte(replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
	return flags
}

// wantOneLine fails the test unless the program ends at once, and says why in one line.
func wantOneLine(t *testing.T, args []string, want string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, &stdout, &stderr)
	text := stderr.String()
	if status == 0 || !strings.Contains(text, want) || strings.Count(text, "\n") != 1 {
		t.Errorf("status %d, stderr %q; want one line with %q", status, text, want)
	}
	if stdout.Len() > 0 {
		t.Errorf("stdout %q", stdout.String())
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

func TestTheDemoClassifiesEveryItemAsTheModel(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), append(onFreePorts(t), "-demo"), &stdout, &stderr); status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	for _, want := range []string{"the demo has started a stack of its own, with the API on http://127.0.0.1:", "POST to CLASSIFIED: p50 ", asModel(t, len(dataset.Rows())) + "\n"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in %s", want, stdout.String())
		}
	}
}
