package events_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"simple-sam-demo/internal/template"
)

// patience is how long the test waits for a process. Normally a process answers within
// milliseconds.
const patience = 30 * time.Second

// buildFunctions builds the functions as `sam build` does, except that they are for this
// machine. It returns the folder with the programs.
func buildFunctions(t *testing.T) string {
	t.Helper()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^GOFLAGS_LAMBDA = (.+)$`).FindSubmatch(makefile)
	if line == nil {
		t.Fatal("the Makefile has no line with GOFLAGS_LAMBDA")
	}
	flags := splitWords(string(line[1]))
	bin := t.TempDir()
	var building sync.WaitGroup
	for folder := range functions {
		recordSources(t, folder)
		building.Go(func() {
			build := exec.Command("go", append(append([]string{"build"}, flags...), "-o", executable(bin, folder), "../"+folder+"/lambda")...)
			build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
			if output, err := build.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", build, err, output)
			}
		})
	}
	building.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return bin
}

// recordSources reads the files that only the build of the functions depends on. `go test` uses a
// cached result as long as no file has changed from which the test was compiled, or which it has
// read. So these files must be read.
func recordSources(t *testing.T, folder string) {
	t.Helper()
	sources, err := filepath.Glob("../" + folder + "/lambda/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("found %d sources of %s, error %v", len(sources), folder, err)
	}
	for _, source := range sources {
		if _, err := os.ReadFile(source); err != nil {
			t.Fatal(err)
		}
	}
}

func executable(bin, folder string) string {
	if runtime.GOOS == "windows" {
		folder += ".exe"
	}
	return filepath.Join(bin, folder)
}

// splitWords splits a line into words as a shell does. Quotes can only be around whole words.
func splitWords(line string) []string {
	words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
	for i, word := range words {
		words[i] = strings.Trim(word, `"`)
	}
	return words
}

// process is a function that runs as on AWS. It is a process of its own. It has the environment
// variables that the template sets, and asks a Runtime API for invocations.
type process struct {
	function template.Function
	api      *runtimeAPI
	log      string        // path of the file with its output
	logged   int           // bytes of that file that were read already
	exited   chan struct{} // closed when it has ended
	err      error         // after that: nil when it ended with status 0

	invocations int
}

// startProcess starts the function's program in the folder. settings are the environment
// variables that the template sets.
func startProcess(t *testing.T, bin, folder, awsURL string, f template.Function, settings map[string]string) *process {
	t.Helper()
	home := t.TempDir() // an empty home, so there is no AWS configuration
	p := &process{function: f, api: startRuntimeAPI(t), log: filepath.Join(home, "log"), exited: make(chan struct{})}
	// Lambda writes both outputs to the log. Here the log is a file. So everything that the
	// process wrote before its answer is there when the answer comes.
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(executable(bin, folder))
	command.Stdout, command.Stderr = log, log
	command.Env = []string{
		"MUTANT=" + os.Getenv("MUTANT"), "MUTANT_REACHED=" + os.Getenv("MUTANT_REACHED"), // of tools/mutate
		"HOME=" + home, "USERPROFILE=" + home, "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"AWS_LAMBDA_RUNTIME_API=" + p.api.address,
		"AWS_LAMBDA_FUNCTION_NAME=simple-sam-demo-" + f.LogicalID,
		"AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=" + f.LogLevel,
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_ENDPOINT_URL=" + awsURL,
	}
	for name, value := range settings {
		command.Env = append(command.Env, name+"="+value)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = command.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill() // an error only means that it has ended already
		<-p.exited
	})
	return p
}

// invoke sends one event. It returns the answer, and the lines that were logged during the
// invocation.
func (p *process) invoke(t *testing.T, requestID string, event []byte) (answer, [][]byte) {
	t.Helper()
	p.api.work <- invocation{requestID, p.function.LogicalID, trace, p.function.Timeout, event}
	got := await(t, p, p.api.answers, "its answer")
	// The invocation is over only when the process asks for the next one.
	await(t, p, p.api.polls, "its next poll")
	p.invocations++
	return got, p.newLines(t)
}

// await waits for a signal from the process.
func await[T any](t *testing.T, p *process, signal <-chan T, name string) (received T) {
	t.Helper()
	select {
	case received = <-signal:
	case <-p.exited:
		t.Fatalf("%s ended (%v) instead of sending %s. It wrote:\n%s", p.function.LogicalID, p.err, name, bytes.Join(p.newLines(t), []byte("\n")))
	case <-time.After(patience):
		t.Fatalf("%s did not send %s in %v. It wrote:\n%s", p.function.LogicalID, name, patience, bytes.Join(p.newLines(t), []byte("\n")))
	}
	return received
}

// waitForExit waits until the process ends by itself. It returns the process's exit status and the
// lines that it logged.
func (p *process) waitForExit(t *testing.T) (status int, lines [][]byte) {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("%s did not end in %v", p.function.LogicalID, patience)
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		status = exit.ExitCode()
	}
	return status, p.newLines(t)
}

// newLines returns the lines that were logged since it was called before.
func (p *process) newLines(t *testing.T) [][]byte {
	t.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	text = text[p.logged:]
	p.logged += len(text)
	if len(text) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}
