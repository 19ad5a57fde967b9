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

	"simple-sam-demo/internal/binary"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
)

// callTime is how long each AWS call takes, where nothing else is said.
const callTime = 5 * time.Millisecond

// hosts are the hosts that the functions call.
var hosts = []string{"dynamodb." + template.Region + ".amazonaws.com", "sqs." + template.Region + ".amazonaws.com"}

// awsProcess is another process that plays AWS. It has the table and the queues of the template, and it
// answers over TLS and HTTP/1.1, as neither DynamoDB nor SQS speaks HTTP/2. Each call takes [callTime].
// Functions reach it through a proxy, so that they can call the hosts by their real names.
type awsProcess struct {
	Proxy        string // URL
	Plain        string // URL where it answers without TLS and without the proxy
	Certificates string // file with its root certificate
	Direct       string // URL where it answers without TLS, the proxy, and any delay
	stop         func()
}

// startAWS starts the process. It ends when stop is called, or when this process ends.
func startAWS(ctx context.Context, folder string) (*awsProcess, error) {
	out, stop, err := binary.Helper(ctx, awsVariable+"="+folder)
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

// variables are the environment variables that let a function reach the process. Go reads root
// certificates from one file and from two folders (crypto/x509/root_linux.go). On Amazon Linux 2023, as
// on Red Hat, both folders are the same one, and the file is in it.
func (p *awsProcess) variables() []string {
	folder := filepath.Dir(p.Certificates)
	return []string{"HTTPS_PROXY=" + p.Proxy, "SSL_CERT_FILE=" + p.Certificates, "SSL_CERT_DIR=" + folder + ":" + folder}
}

// plainVariables let a function reach the process without TLS. Only on Linux does Go take the settings
// for TLS from the environment.
func (p *awsProcess) plainVariables() []string { return []string{"AWS_ENDPOINT_URL=" + p.Plain} }

// serveAWS is what the process does. It prints its URLs, and serves until its input ends.
func serveAWS(ctx context.Context, folder string, in io.Reader, out io.Writer) error {
	read, err := template.Read("template.yaml", nil)
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Config{Template: read, Idle: true}) // makes the table and the queues
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
	direct := httptest.NewServer(endpoint)
	if err := json.NewEncoder(out).Encode(awsProcess{Proxy: proxy.URL, Plain: plain.URL, Certificates: certificates.file, Direct: direct.URL}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, in) // it has also ended if there is an error
	return nil
}

// delayed makes every answer take at least the delay.
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
		_, _ = w.Write(answer.Body.Bytes()) // an error means that the client has gone
	})
}

// tunnels is a proxy. It is also the listener of the one server that all its tunnels lead to.
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
