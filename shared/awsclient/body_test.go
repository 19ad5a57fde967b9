package awsclient_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"simple-sam-demo/shared/awsclient"
)

// closable is a body that, once it is closed, fails a reader that asks for more.
type closable struct {
	io.Reader
	closed chan struct{}
}

func (c closable) Read(p []byte) (int, error) {
	if n, err := c.Reader.Read(p); n > 0 {
		return n, err
	}
	<-c.closed
	return 0, errors.New("read after close")
}

func (c closable) Close() error { return nil } // net/http closes it, too

// The SDK closes the body of a request when the answer begins.
func TestAnAnswerIsReadToItsEndAlsoWhenTheRequestsBodyIsClosed(t *testing.T) {
	const text, rest = "question", 1 << 20
	goOn := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, len(text)))
		_, _ = io.WriteString(w, "answer")
		w.(http.Flusher).Flush()
		<-goOn
		_, _ = io.WriteString(w, strings.Repeat("x", rest))
	}))
	defer server.Close()
	body := closable{strings.NewReader(text), make(chan struct{})}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(len(text))
	answer, err := awsclient.EndpointClient(0).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	close(body.closed)
	close(goOn)
	if read, err := io.Copy(io.Discard, answer.Body); err != nil || read != rest+int64(len("answer")) {
		t.Errorf("%d bytes, %v", read, err)
	}
}
