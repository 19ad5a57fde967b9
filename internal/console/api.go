package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"simple-sam-demo/internal/target"
)

const longestAnswer = 1 << 20 // bytes; the rest is not shown

// post sends a body to the API, with its key, and with a signature if the API demands one.
func (s *server) post(ctx context.Context, path string, body []byte) (*tried, error) {
	t, err := s.postOnce(ctx, path, body, false)
	if err == nil && t.Status == http.StatusForbidden && strings.Contains(t.Answer, target.Unsigned) {
		return s.postOnce(ctx, path, body, true)
	}
	return t, err
}

func (s *server) postOnce(ctx context.Context, path string, body []byte, signed bool) (*tried, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.stack.API+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if s.stack.APIKey != "" {
		r.Header.Set("x-api-key", s.stack.APIKey)
	}
	if signed {
		if err := target.Sign(r, body, s.stack.AWS.Credentials, s.stack.Region); err != nil {
			return nil, err
		}
	}
	client := *s.stack.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // another host would get the key
	response, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("call the API: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the API's answer: %w", err)
	}
	t := &tried{Status: response.StatusCode, Answer: string(text), Good: response.StatusCode < http.StatusMultipleChoices}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") == nil {
		t.Answer = indented.String()
	}
	return t, nil
}
