package processes

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/shared/awsclient"
)

// proxy stands between the processes and AWS. It knows who makes a call by the access key.
type proxy struct {
	run    *run
	url    string // where the processes reach it
	aws    string // URL
	client http.RoundTripper
	choose func(call) strike // what goes wrong at a call

	mu     sync.Mutex
	server *http.Server
	outage *outage // or nil
}

// call is an AWS call of a process.
type call struct {
	caller    *process // or nil: the event source mapping, or a process that has ended
	service   string
	operation string // "" when a process only opens a connection
	body      []byte
}

// answer is what AWS answers.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newProxy(r *run, url string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	x := &proxy{run: r, url: "http://" + listener.Addr().String(), aws: url, client: awsclient.DirectTransport(), choose: r.choose}
	x.serve(listener)
	return x, nil
}

func (x *proxy) serve(listener net.Listener) {
	server := &http.Server{Handler: x}
	x.mu.Lock()
	x.server = server
	x.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // until it closes
}

// close refuses all connections, and breaks off those that are open.
func (x *proxy) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	_ = x.server.Close()
}

// reopen takes connections again, at the same address.
func (x *proxy) reopen() error {
	listener, err := net.Listen("tcp", strings.TrimPrefix(x.url, "http://"))
	if err != nil {
		return fmt.Errorf("take connections again: %w", err)
	}
	x.serve(listener)
	return nil
}

// ServeHTTP carries a call to AWS, or lets something go wrong.
func (x *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := x.read(r)
	if err != nil {
		return // the caller has ended
	}
	o := x.current()
	if o.swallows(r.Context()) || !c.caller.reaches(c.service) {
		c.caller.cutOff()
		reset(w)
		return
	}
	strike := x.choose(c)
	if !strike.strikes(c, false) {
		reset(w)
		return
	}
	a, err := x.forward(r, c, strike.kind == cut || o.cutsOff())
	if err != nil || !strike.strikes(c, true) {
		reset(w)
		return
	}
	if o.cutsOff() {
		c.caller.cutOff()
	}
	if strike.kind == cut || o.cutsOff() {
		a.writeHalf(w)
		return
	}
	a.write(w)
}

func (x *proxy) read(r *http.Request) (call, error) {
	body, err := io.ReadAll(r.Body)
	service, operation := awsjson.Target(r.Header)
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	c := call{x.run.withKey(key), service, operation, body}
	if c.caller != nil {
		c.caller.mark(calls)
	}
	return c, err
}

// forward makes the call. As AWS does, it goes on when the caller has gone: messages can be received for nobody.
func (x *proxy) forward(r *http.Request, c call, lost bool) (answer, error) {
	out, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, x.aws+r.URL.Path, bytes.NewReader(x.run.hasten(c)))
	if err != nil {
		return answer{}, err
	}
	out.Header = r.Header.Clone()
	out.Host = r.Host // queues' URLs begin with it
	response, err := x.client.RoundTrip(out)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a := answer{response.StatusCode, response.Header, body}
	if err == nil {
		x.run.deliveries.observe(c, a, lost || r.Context().Err() != nil)
	}
	return a, err
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // an error means that the caller has ended
}

// writeHalf breaks the connection off in the middle of the answer.
func (a answer) writeHalf(w http.ResponseWriter) {
	connection, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it is closed
	}
	defer connection.Close()
	fmt.Fprintf(buffer, "HTTP/1.1 %d OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n", a.status, len(a.body))
	_, _ = buffer.Write(a.body[:len(a.body)/2])
	_ = buffer.Flush() // what does not get there is cut off too
}

// reset breaks the connection off without an answer.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it is closed
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
