package enricher_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/table"
)

func TestTheNextBatchUsesTheSameConnections(t *testing.T) {
	const n = 100
	server := httptest.NewUnstartedServer(stack.InMemory().Handler)
	var opened atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := stack.Start(t.Context(), stack.Config{Template: tmpl, AWS: stack.AWS{URL: server.URL}, Idle: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		"AWS_ENDPOINT_URL": server.URL, "AWS_CONFIG_FILE": "absent", "AWS_SHARED_CREDENTIALS_FILE": "absent",
	} {
		t.Setenv(name, value)
	}
	cfg, err := awsclient.Load()
	if err != nil {
		t.Fatal(err)
	}
	enricher, err := enricher.New(environment(s), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	items := &stacktest.Stack{Stack: s, Table: table.New(awsclient.AtEndpoint(server.URL), s.Ref(s.Names.Table))}
	// On a busy machine the client replaces a connection now and then.
	const replaced = 5
	for batch, most := range []int32{awsclient.MaxConnections + replaced, replaced} {
		event := stored(t, items, batch*n, n)
		opened.Store(0)
		if out, err := enricher.Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
		}
		if got := opened.Load(); got > most {
			t.Errorf("batch %d opened %d connections, want at most %d", batch+1, got, most)
		}
	}
}
