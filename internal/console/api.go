package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	// unsigned is what API Gateway answers when it demands a signature (ApiAuthorization: AWS_IAM).
	unsigned = "Missing Authentication Token"

	longestAnswer = 1 << 20 // bytes; the rest is not shown
)

// post sends a body to the API, with its key, and with a signature if the API demands one.
func (s *server) post(ctx context.Context, path string, body []byte) (*tried, error) {
	t, err := s.postOnce(ctx, path, body, false)
	if err == nil && t.Status == http.StatusForbidden && strings.Contains(t.Answer, unsigned) {
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
		if err := s.sign(r, body); err != nil {
			return nil, err
		}
	}
	response, err := s.stack.HTTP.Do(r)
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

// sign signs a request with the credentials that the page itself has.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (s *server) sign(r *http.Request, body []byte) error {
	credentials, err := s.stack.AWS.Credentials.Retrieve(r.Context())
	if err != nil {
		return fmt.Errorf("sign the call of the API: %w", err)
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(r.Context(), credentials, r, hex.EncodeToString(sum[:]), "execute-api", s.stack.Region, time.Now())
}
