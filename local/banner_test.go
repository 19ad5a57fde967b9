package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// asWords runs the calls of HTTPie in a banner in a shell, and returns each one's words.
func asWords(t *testing.T, b banner) (calls [][]string) {
	t.Helper()
	var text bytes.Buffer
	b.print(&text, time.Second)
	_, pasted, _ := strings.Cut(text.String(), "\n\n")
	pasted, _, _ = strings.Cut(pasted, "\n\n")
	command := exec.CommandContext(t.Context(), "sh")
	command.Stdin = strings.NewReader("http() { printf '%s\\n' \"$@\" .; }\n" + pasted + "\n")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, pasted)
	}
	for call := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n.\n"), "\n.\n") {
		calls = append(calls, strings.Split(call, "\n"))
	}
	return calls
}

func TestTheBannersCallsCanBePasted(t *testing.T) {
	example := sample.Example()
	post := []string{"POST", ":3000/v1/things"}
	for i, feature := range item.Features {
		post = append(post, feature.Name+"="+item.FormatNumber(example[i]))
	}
	get := []string{":3000/v1/things/" + example.ID()}
	b := banner{api: "127.0.0.1:3000", endpoint: "http://127.0.0.1:4566", items: "/v1/things"}
	if diff := cmp.Diff([][]string{post, get}, asWords(t, b)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	for _, key := range []string{"a b", "x$y", "it's", `\"*;`} {
		b.apiKey = key
		want := [][]string{append(post, "x-api-key:"+key), append(get, "x-api-key:"+key)}
		if diff := cmp.Diff(want, asWords(t, b)); diff != "" {
			t.Errorf("calls with the key %s (-want +got):\n%s", key, diff)
		}
	}
	b.apiKey = strings.Repeat("k", 60) // so that also a call with few features is long
	want := [][]string{append(post, "x-api-key:"+b.apiKey), append(get, "x-api-key:"+b.apiKey)}
	if diff := cmp.Diff(want, asWords(t, b)); diff != "" {
		t.Errorf("calls with a key (-want +got):\n%s", diff)
	}
}

func TestTheAWSCliIsCalledWithoutTheShellsProfileAndProxy(t *testing.T) {
	folder := t.TempDir()
	script := "#!/bin/sh\necho \"$@\"\necho \"profile=${AWS_PROFILE-none}${AWS_DEFAULT_PROFILE-none} proxy=$no_proxy\"\n"
	if err := os.WriteFile(filepath.Join(folder, "aws"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", localAWS("http://127.0.0.1:4566/?a&b")+"\nlocal_aws sqs 'list queues'")
	command.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"), "AWS_PROFILE=stale", "AWS_DEFAULT_PROFILE=stale", "no_proxy=corp")
	out, err := command.CombinedOutput()
	if want := "--endpoint-url http://127.0.0.1:4566/?a&b sqs list queues\nprofile=nonenone proxy=*\n"; err != nil || string(out) != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}

func TestTheDocumentsHaveTheFunctionOfTheBanner(t *testing.T) {
	function := localAWS("http://127.0.0.1:4566")
	for path, want := range map[string]string{"README.md": function, "docs/runbook.md": strings.TrimPrefix(function, "local_")} {
		if text, err := os.ReadFile(filepath.Join(stacktest.Root(t), path)); err != nil || !strings.Contains(string(text), "\n"+want+"\n") {
			t.Errorf("%s has no line %s (%v)", path, want, err)
		}
	}
}

func TestALongCommandIsWrapped(t *testing.T) {
	words := []string{"http"}
	for range 13 {
		words = append(words, "some_feature=14.230000")
	}
	for line := range strings.SplitSeq(wrap(words), "\n") {
		if len(line) > 102 {
			t.Errorf("a line of %d characters: %q", len(line), line)
		}
	}
	if text := wrap([]string{"http", "POST", "a=1"}); text != "http POST a=1" {
		t.Errorf("a short command is %q", text)
	}
}
