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
	services := []struct {
		name string
		call func(*captured) error
	}{
		{"DynamoDB", func(c *captured) error {
			_, err := p.dynamodb.ListTables(ctx, nil, func(o *dynamodb.Options) { o.HTTPClient, o.Retryer = c, aws.NopRetryer{} })
			return err
		}},
		{"SQS", func(c *captured) error {
			_, err := p.sqs.ListQueues(ctx, nil, func(o *sqs.Options) { o.HTTPClient, o.Retryer = c, aws.NopRetryer{} })
			return err
		}},
	}
	lines, errs := make(transcript, len(services)), make([]error, len(services))
	var all sync.WaitGroup
	for i, s := range services {
		all.Go(func() {
			var c captured
			if err := s.call(&c); c.url == nil {
				errs[i] = err
				return
			}
			answer, err := p.keep(ctx, c.url)
			lines[i], errs[i] = Line{s.name + ", after the answer to GET /", answer}, err
		})
	}
	all.Wait()
	return lines, errors.Join(errs...)
}

// captured is an HTTP client of the SDK that sends nothing. It only sees where the SDK would send it.
type captured struct{ url *url.URL }

var errNotSent = errors.New("not sent")

func (c *captured) Do(r *http.Request) (*http.Response, error) {
	c.url = r.URL
	return nil, errNotSent
}

// keep says when the server closes a connection.
func (p *Place) keep(ctx context.Context, u *url.URL) (string, error) {
	conn, err := p.open(ctx, u)
	if err != nil {
		return "", fmt.Errorf("connect to %s: %w", u.Host, err)
	}
	defer conn.Close()
	start, longest := time.Now(), keepFor*p.patience
	_ = conn.SetReadDeadline(start.Add(longest))
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(start) })() // ends what waits
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", u.Host); err != nil {
		return "", fmt.Errorf("send GET / to %s: %w", u.Host, err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return "", fmt.Errorf("GET / of %s: %w", u.Host, err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "", fmt.Errorf("GET / of %s: %w", u.Host, err)
	}
	_ = response.Body.Close()
	_, err = reader.ReadByte()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("%d; it is still open after %s", response.StatusCode, longest), nil
	default:
		return fmt.Sprintf("%d; the server closes it after %s", response.StatusCode, time.Since(start).Round(100*time.Millisecond)), nil
	}
}

func (p *Place) open(ctx context.Context, u *url.URL) (net.Conn, error) {
	const dialTimeout = 10 * time.Second
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	conn, err := p.dial(dialing, "tcp", address)
	if err != nil || u.Scheme == "http" {
		return conn, err
	}
	secured := tls.Client(conn, &tls.Config{ServerName: u.Hostname()})
	if err := secured.HandshakeContext(dialing); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}
