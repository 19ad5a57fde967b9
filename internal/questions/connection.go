package questions

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// keepFor is for how many times the patience of a place an idle connection is watched.
const keepFor = 7

// keepConnections opens a connection to each service, sends GET / as the functions do before their first
// invocation, and waits until the service closes the connection.
func keepConnections(ctx context.Context, p *Place) ([]Line, error) {
	return p.ofEachService("after the answer to GET /", func(u *url.URL) (string, error) { return p.keep(ctx, u) })
}

// resumeSessions opens two connections to each service, one after the other.
func resumeSessions(ctx context.Context, p *Place) ([]Line, error) {
	return p.ofEachService("the second connection", func(u *url.URL) (string, error) { return p.resume(ctx, u) })
}

// ofEachService asks the two services at the same time.
func (p *Place) ofEachService(asked string, ask func(*url.URL) (string, error)) ([]Line, error) {
	services := []struct {
		name string
		url  func() (*url.URL, error)
	}{{"DynamoDB", p.dynamodbURL}, {"SQS", p.sqsURL}}
	lines, errs := make(transcript, len(services)), make([]error, len(services))
	var all sync.WaitGroup
	for i, s := range services {
		all.Go(func() {
			lines[i].Asked = s.name + ", " + asked
			u, err := s.url()
			if err == nil {
				lines[i].Answer, err = ask(u)
			}
			errs[i] = err
		})
	}
	all.Wait()
	return lines, errors.Join(errs...)
}

func (p *Place) dynamodbURL() (*url.URL, error) {
	var c captured
	_, err := p.dynamodb.ListTables(context.Background(), nil, func(o *dynamodb.Options) { o.HTTPClient, o.Retryer = &c, aws.NopRetryer{} })
	return c.result(err)
}

func (p *Place) sqsURL() (*url.URL, error) {
	var c captured
	_, err := p.sqs.ListQueues(context.Background(), nil, func(o *sqs.Options) { o.HTTPClient, o.Retryer = &c, aws.NopRetryer{} })
	return c.result(err)
}

// captured is an HTTP client of the SDK that sends nothing. It only sees where the SDK would send it.
type captured struct{ url *url.URL }

var errNotSent = errors.New("not sent")

func (c *captured) Do(r *http.Request) (*http.Response, error) {
	c.url = r.URL
	return nil, errNotSent
}

func (c *captured) result(err error) (*url.URL, error) {
	if c.url == nil {
		return nil, err
	}
	return c.url, nil
}

// keep says when the server closes a connection.
func (p *Place) keep(ctx context.Context, u *url.URL) (string, error) {
	conn, err := p.open(ctx, u, nil)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	start, longest := time.Now(), keepFor*p.patience
	_ = conn.SetReadDeadline(start.Add(longest))
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(start) })() // ends what waits
	reader, status, err := get(conn, u)
	if err != nil {
		return "", err
	}
	_, err = reader.ReadByte()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("%d; it is still open after %s", status, longest), nil
	default:
		return fmt.Sprintf("%d; the server closes it after %s", status, time.Since(start).Round(100*time.Millisecond)), nil
	}
}

// get sends GET / over a connection, and reads the answer to its end.
func get(conn net.Conn, u *url.URL) (rest *bufio.Reader, status int, err error) {
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", u.Host); err != nil {
		return nil, 0, fmt.Errorf("send GET / to %s: %w", u.Host, err)
	}
	rest = bufio.NewReader(conn)
	response, err := http.ReadResponse(rest, nil)
	if err == nil {
		status = response.StatusCode
		_, err = io.Copy(io.Discard, response.Body)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("GET / of %s: %w", u.Host, err)
	}
	return rest, status, response.Body.Close()
}

// resume says whether a second connection resumes the TLS session of the first.
func (p *Place) resume(ctx context.Context, u *url.URL) (answer string, err error) {
	if u.Scheme == "http" {
		return "has no TLS", nil
	}
	sessions := tls.NewLRUClientSessionCache(1)
	for range 2 {
		conn, err := p.open(ctx, u, sessions)
		if err != nil {
			return "", err
		}
		_ = conn.SetReadDeadline(time.Now().Add(dialTimeout))
		if _, _, err = get(conn, u); err != nil { // a session comes with the first answer
			_ = conn.Close()
			return "", err
		}
		state := conn.(*tls.Conn).ConnectionState()
		answer = fmt.Sprintf("%s; the session is resumed: %v", tls.VersionName(state.Version), state.DidResume)
		_ = conn.Close()
	}
	return answer, nil
}

const dialTimeout = 10 * time.Second

// open connects to a server. sessions may be nil.
func (p *Place) open(ctx context.Context, u *url.URL, sessions tls.ClientSessionCache) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	conn, err := p.dial(dialing, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	if u.Scheme == "http" {
		return conn, nil
	}
	secured := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), ClientSessionCache: sessions, RootCAs: p.roots})
	if err := secured.HandshakeContext(dialing); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return secured, nil
}
