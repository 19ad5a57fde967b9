package apigateway

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

const traceHeader = "X-Amzn-Trace-Id"

// notPassed are the request headers that a function never sees. Some of them belong to one
// connection only. The others were recorded on AWS:
// https://github.com/localstack/localstack tests/aws/services/apigateway/test_apigateway_integrations.snapshot.json
// (test_apigateway_header_remapping_aws[AWS_PROXY]).
var notPassed = []string{
	"Connection", "Content-Length", "Content-Md5", "Expect", "Keep-Alive", "Max-Forwards", "Proxy-Authenticate",
	"Proxy-Authorization", "Proxy-Connection", "Server", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Www-Authenticate",
}

// requestHeaders returns the headers that a function sees: the client's, and those that API Gateway
// adds. API Gateway appends to the client's X-Forwarded-For, and replaces X-Forwarded-Proto and
// X-Forwarded-Port (https://github.com/ustayready/fireprox/issues/12).
func requestHeaders(r *http.Request) http.Header {
	headers := r.Header.Clone()
	for _, named := range r.Header.Values("Connection") { // https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
		for name := range strings.SplitSeq(named, ",") {
			headers.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range notPassed {
		headers.Del(name)
	}
	// "dropped if it contains a Signature Version 4 signature":
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	if strings.HasPrefix(headers.Get("Authorization"), "AWS4-") {
		headers.Del("Authorization")
	}
	headers.Set("Host", r.Host)
	if headers.Get(traceHeader) == "" {
		headers.Set(traceHeader, newTrace())
	}
	proto, port := "http", "80"
	if r.TLS != nil {
		proto, port = "https", "443"
	}
	if _, named, err := net.SplitHostPort(r.Host); err == nil {
		port = named
	}
	headers.Set("X-Forwarded-Proto", proto)
	headers.Set("X-Forwarded-Port", port)
	headers.Set("X-Forwarded-For", strings.Join(append(r.Header.Values("X-Forwarded-For"), sourceIP(r)), ", "))
	return headers
}

func sourceIP(r *http.Request) string {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr) // cannot fail: the server wrote it
	return ip
}

// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func newTrace() string {
	id := uuid.New()
	return fmt.Sprintf("Root=1-%08x-%x", time.Now().Unix(), id[:12])
}

// remapped are the response headers that the client gets under another name. AWS's table lists most of them.
// It does not list Content-Length and the request id: they are here because the API sets these two itself.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
var remapped = []string{
	"Authorization", "Connection", "Content-Length", "Content-Md5", "Date", "Max-Forwards", "Server", "User-Agent",
	"Www-Authenticate", "X-Amzn-Requestid",
}

// notReturned are the response headers that the client never sees (same page).
var notReturned = []string{"Expect", "Host", "Proxy-Authenticate", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Via"}

// restrict renames or removes the headers that a function must not set.
func restrict(headers http.Header) {
	for _, name := range remapped {
		if values, ok := headers[name]; ok {
			headers["X-Amzn-Remapped-"+name] = values
			delete(headers, name)
		}
	}
	for _, name := range notReturned {
		headers.Del(name)
	}
}
