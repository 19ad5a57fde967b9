package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"time"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/template"
)

// awsVariable tells a process of this program to be AWS for functions that run in processes
// of their own. Its value is a folder for the certificates.
const awsVariable = "BENCH_AWS"

// callTime is what an AWS call is taken to last.
const callTime = 5 * time.Millisecond

// hosts are the names that the functions call.
var hosts = []string{"dynamodb." + template.Region + ".amazonaws.com", "sqs." + template.Region + ".amazonaws.com"}

// awsProcess is another process that is AWS: the table and the queues of the template, which
// answer as on AWS, over TLS and HTTP/1.1 (neither DynamoDB nor SQS speaks HTTP/2), and each call
// takes [callTime]. Functions reach it through a proxy, so that the hosts keep their names.
type awsProcess struct {
	Proxy        string // URL
	Plain        string // URL of the same without TLS and proxy
	Certificates string // file that has the root
	Control      string // URL of what prepares messages
	stop         func()
}

// startAWS starts the process, which ends when stop is called or this one ends.
func startAWS(ctx context.Context, folder string) (*awsProcess, error) {
	out, stop, err := startHelper(ctx, awsVariable+"="+folder)
	if err != nil {
		return nil, err
	}
	p := &awsProcess{stop: stop}
	if err := json.NewDecoder(out).Decode(p); err != nil {
		p.stop()
		return nil, fmt.Errorf("the process that is AWS did not start: %w", err)
	}
	return p, nil
}

// variables are what a function's environment needs to reach the process. Go reads the root
// certificates from a file and from two folders (crypto/x509/root_linux.go). Amazon Linux 2023 has
// them where Red Hat has: both folders are one, and the file is in it.
func (p *awsProcess) variables() []string {
	folder := filepath.Dir(p.Certificates)
	return []string{"HTTPS_PROXY=" + p.Proxy, "SSL_CERT_FILE=" + p.Certificates, "SSL_CERT_DIR=" + folder + ":" + folder}
}

// plainVariables are the same without TLS, whose settings Go takes from the environment on Linux
// only.
func (p *awsProcess) plainVariables() []string { return []string{"AWS_ENDPOINT_URL=" + p.Plain} }

// messages stores n new items, sends their keys to the queue and receives them. It returns the
// event that Lambda would give the enricher.
func (p *awsProcess) messages(n int) ([]byte, error) {
	response, err := http.Get(p.Control + "/?n=" + strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("prepare %d messages: %s", n, text)
	}
	return text, err
}

// serveAWS is the process: it prints where it is, and serves until its input ends.
func serveAWS(ctx context.Context, folder string, in io.Reader, out io.Writer) error {
	read, err := template.Read("template.yaml", nil)
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Config{Template: read, Idle: true}) // for its table and queues
	if err != nil {
		return err
	}
	endpoint := s.Config.AWS.Handler
	certificates, err := newCertificates(folder, hosts)
	if err != nil {
		return err
	}
	tunnels := &tunnels{make(chan net.Conn), make(chan struct{})}
	secure := tls.NewListener(tunnels, &tls.Config{Certificates: []tls.Certificate{certificates.server}, NextProtos: []string{"http/1.1"}})
	server := &http.Server{Handler: delayed(endpoint, callTime), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)} // functions break off handshakes
	go func() { _ = server.Serve(secure) }()                                                                          // until the process ends
	proxy, plain := httptest.NewServer(tunnels), httptest.NewServer(delayed(endpoint, callTime))
	control := httptest.NewServer(&preparer{cfg: s.Config.AWS.Config(), queue: s.Ref("EnrichQueue"), table: s.Ref("IrisTable")})
	if err := json.NewEncoder(out).Encode(awsProcess{Proxy: proxy.URL, Plain: plain.URL, Certificates: certificates.file, Control: control.URL}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, in) // an error is an end, too
	return nil
}

// delayed makes every answer take some time at least.
func delayed(next http.Handler, delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin, answer := time.Now(), httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		time.Sleep(delay - time.Since(begin))
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // a client that has gone is no matter
	})
}

// tunnels is a proxy, and the listener of the server that all of its tunnels lead to.
type tunnels struct {
	connections chan net.Conn
	closed      chan struct{}
}

// ServeHTTP answers CONNECT.
// https://www.rfc-editor.org/rfc/rfc9110.html#name-connect
func (t *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "this proxy only answers CONNECT", http.StatusMethodNotAllowed)
		return
	}
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // the client has gone
	}
	if _, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		connection.Close()
		return
	}
	t.connections <- connection
}

func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case c := <-t.connections:
		return c, nil
	case <-t.closed:
		return nil, errors.New("closed")
	}
}

func (t *tunnels) Close() error   { close(t.closed); return nil }
func (t *tunnels) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
