package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"simple-sam-demo/internal/binary"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/shared/item"
)

// endpoint is an AWS that does as little as it can. Every item that is read is there and is not classified,
// every write succeeds, and every answer takes the delay. With no delay, an answer can come before net/http
// has seen the end of the request's body. The SDK closes the body as soon as there is an answer, and then
// net/http closes the connection.
func endpoint(delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		_, operation := awsjson.Target(r.Header)
		answer := []byte("{}")
		switch operation {
		case "BatchGetItem":
			answer = items(body)
		case "BatchExecuteStatement":
			statements := bytes.Count(body, []byte(`"Statement":`))
			answer = []byte(`{"Responses":[` + strings.TrimSuffix(strings.Repeat(`{"TableName":"t"},`, statements), ",") + `]}`)
		}
		time.Sleep(delay - time.Since(begin))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("X-Amzn-Requestid", "r")                               // AWS's answers all have these headers
		w.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE(answer))) // without it, the SDK does not close the body
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	})
}

// items is the answer to a BatchGetItem: an item for each key.
func items(request []byte) []byte {
	var in struct {
		RequestItems map[string]struct {
			Keys []struct{ ID struct{ S string } }
		}
	}
	if err := json.Unmarshal(request, &in); err != nil {
		panic(err) // the SDK has written it
	}
	var numbers string
	for i, feature := range item.Features {
		numbers += fmt.Sprintf(`%q:{"N":%q},`, feature.Name, item.FormatNumber(sample.Nth(0)[i]))
	}
	var answer bytes.Buffer
	for table, keys := range in.RequestItems {
		for i, key := range keys.Keys {
			separator := ","
			if i == 0 {
				separator = fmt.Sprintf(`{"Responses":{%q:[`, table)
			}
			fmt.Fprintf(&answer, `%s{"id":{"S":%q},%s"created_at":{"S":"2026-11-24T00:35:14.184Z"}}`, separator, key.ID.S, numbers)
		}
		answer.WriteString(`]},"UnprocessedKeys":{}}`)
	}
	return answer.Bytes()
}

// serveEndpoint prints the endpoint's address, and serves it until its input ends.
func serveEndpoint(in io.Reader, out io.Writer) {
	delay, err := time.ParseDuration(os.Getenv(endpointVariable))
	if err != nil {
		panic(err) // startEndpoint has written it
	}
	server := httptest.NewServer(endpoint(delay))
	defer server.Close()
	fmt.Fprintln(out, server.URL)
	_, _ = io.Copy(io.Discard, in) // it has also ended if there is an error
}

// startEndpoint starts another process as the endpoint, and returns its URL.
func startEndpoint(ctx context.Context, delay time.Duration) (url string, stop func(), err error) {
	out, stop, err := binary.Helper(ctx, endpointVariable+"="+delay.String())
	if err != nil {
		return "", nil, err
	}
	if _, err := fmt.Fscanln(out, &url); err != nil {
		stop()
		return "", nil, fmt.Errorf("the endpoint did not start: %w", err)
	}
	return url, stop, nil
}
