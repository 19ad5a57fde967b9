package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stack"

	"github.com/aws/aws-lambda-go/events"
)

// client returns a client that trusts the process's certificates and goes through its proxy.
func (p *awsProcess) client(t *testing.T) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if file, err := os.ReadFile(p.Certificates); err != nil || !roots.AppendCertsFromPEM(file) {
		t.Fatalf("no certificates: %v", err)
	}
	proxy, err := url.Parse(p.Proxy)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
}

func TestTheProcessAnswersFunctionsAsAWSDoes(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	p, err := startAWS(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	client := p.client(t)
	for host, target := range map[string]string{hosts[0]: "DynamoDB_20120810.ListTables", hosts[1]: "AmazonSQS.ListQueues"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", target)
		begin := time.Now()
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK || response.ProtoMajor != 1 || time.Since(begin) < callTime || len(response.TLS.PeerCertificates) != 3 {
			t.Errorf("%s: %s over %s, %d certificates, after %v", target, response.Status, response.Proto, len(response.TLS.PeerCertificates), time.Since(begin))
		}
	}
	text, err := newPreparer(p.Direct).messages(t.Context(), 12)
	if err != nil {
		t.Fatal(err)
	}
	var event events.SQSEvent
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range event.Records {
		if seen[m.Body] = true; m.ReceiptHandle == "" || m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["SentTimestamp"] == "" {
			t.Errorf("%+v is no message of SQS", m)
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d different keys, want 12", len(seen))
	}
}

func TestEachBuildHasTheSettingsOfItsOwnTemplate(t *testing.T) {
	b := functionBuild{root: filepath.Join("..", "..")}
	for memory, want := range map[int]string{128: "100MiB", 1769: "1382MiB"} {
		f, err := b.function(enricherFunction, memory)
		if err != nil || f.Environment["GOMEMLIMIT"] != want || f.Environment["TABLE_NAME"] != names.Table() ||
			f.Environment["QUEUE_URL"] != "https://sqs.us-east-1.amazonaws.com/000000000000/EnrichQueue" {
			t.Errorf("with %d MB: %v, %v", memory, f.Environment, err)
		}
	}
}

func TestTheWorkTreeOfACommitIsRemovedAfterUse(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "-m", "first"},
	} {
		if output, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Skipf("git %v: %v: %s", args, err, output)
		}
	}
	folder := filepath.Join(t.TempDir(), "against")
	if _, err := checkOut(t.Context(), "unknown", folder); err == nil || !strings.Contains(err.Error(), "-against unknown") {
		t.Errorf("error %v", err)
	}
	remove, err := checkOut(t.Context(), "HEAD", folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, ".git")); err != nil {
		t.Error(err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestBatchesArePreparedAndDeletedAfterwards(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	p, err := startAWS(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	prepare := newPreparer(p.Direct)
	batches, err := prepare.batches(t.Context(), 15, 30)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, text := range batches {
		var event events.SQSEvent
		if err := json.Unmarshal(text, &event); err != nil || len(event.Records) != 15 {
			t.Errorf("%d messages, %v", len(event.Records), err)
		}
		for _, m := range event.Records {
			seen[m.Body] = true
		}
	}
	if err := prepare.forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := stack.BacklogOf(t.Context(), prepare.client, prepare.queue)
	if err != nil || len(batches) != 2 || len(seen) != 30 || left.Total() != 0 {
		t.Errorf("%d batches of %d items, %d are left, %v", len(batches), len(seen), left.Total(), err)
	}
}
