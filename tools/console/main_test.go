package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/local/stacktest"
)

// endpoint serves a running local stack, and returns the flags that lead to it.
func endpoint(t *testing.T) []string {
	t.Helper()
	s := stacktest.Start(t, nil, nil)
	aws, api := httptest.NewServer(s.Config.AWS.Handler), httptest.NewServer(s.API)
	t.Cleanup(aws.Close)
	t.Cleanup(api.Close)
	return []string{"-endpoint", aws.URL, "-api", api.URL, "-address", "127.0.0.1:0"}
}

func TestThePageIsServedUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	reader, stdout := io.Pipe()
	status := make(chan int, 1)
	args := endpoint(t)
	go func() { status <- run(ctx, args, stdout, t.Output()) }()
	line, err := bufio.NewReader(reader).ReadString('\n')
	found := regexp.MustCompile(`^console: (http://127\.0\.0\.1:\d+) shows the local stack at (\S+);`).FindStringSubmatch(line)
	if err != nil || found == nil || found[2] != args[1] {
		t.Fatalf("%q, %v", line, err)
	}
	answer, err := http.Get(found[1])
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), `<span id="dead">0</span>`) {
		t.Errorf("%v, %s", err, text)
	}
	stream, err := http.Get(found[1] + "/events/overview") // a browser that looks
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	stop()
	if got := <-status; got != 0 {
		t.Errorf("exit status %d", got)
	}
}

func TestAMistakeIsOneClearLine(t *testing.T) {
	here := endpoint(t)
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no stack":              {nil, 2, "which stack? Give -stack NAME"},
		"an argument":           {append(here, "now"), 2, `unexpected argument "now"`},
		"every address":         {append(here, "-address", ":3001"), 2, "say 3001 for this machine only, or 0.0.0.0:3001 if you mean it"},
		"no address":            {append(here, "-address", "nowhere"), 2, `-address "nowhere" is not an address: give host:port`},
		"a host with a port":    {append(here, "-host", "box.local:3001"), 2, "give a name alone, like box.local"},
		"a host that is a URL":  {append(here, "-host", "http://box.local"), 2, "give a name alone, like box.local"},
		"an address in use":     {append(here, "-address", strings.TrimPrefix(here[1], "http://")), 1, "choose another address with -address host:port"},
		"an endpoint that gone": {[]string{"-endpoint", "http://127.0.0.1:1", "-api", here[3]}, 1, "(is `go run ./local` running?)"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			if line := stderr.String(); status != test.status || !strings.Contains(line, test.want) || strings.Count(line, "\n") != 1 {
				t.Errorf("status %d, stderr %q", status, line)
			}
		})
	}
}

func TestWhatOtherMachinesCanReachIsWarnedOf(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	reader, stdout := io.Pipe()
	args := append(endpoint(t), "-address", "0.0.0.0:0")
	go func() {
		run(ctx, args, stdout, t.Output())
		stdout.Close()
	}()
	printed := bufio.NewReader(reader)
	if _, err := printed.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stop()
	want := "console: " + commandline.Warning("the page (-address)") + "\n"
	if text, err := io.ReadAll(printed); err != nil || string(text) != want {
		t.Errorf("printed %q, %v; want %q", text, err, want)
	}
}
