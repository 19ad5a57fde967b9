package questions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/target"
)

// API is the API of a deployed or local stack. Questions about it change nothing there.
type API struct {
	Client      *http.Client
	URL         string // without a slash at its end
	Key         string // for the header x-api-key, or ""
	Credentials aws.CredentialsProvider
	Region      string
}

// unknownID is a valid id that no item has.
const unknownID = "00000000000000000000000000000000"

// errNotSigned means that a question about signatures cannot be asked.
var errNotSigned = errors.New("the API demands no signature: deploy it, or start it, with the parameter ApiAuthorization=AWS_IAM")

// signing changes how a request is signed. The zero value signs it as AWS documents.
type signing struct {
	url    string // which is signed in place of the request's
	spoilt bool
}

// answered is what the API answered.
type answered struct {
	status  int
	message string
}

func (a answered) String() string { return fmt.Sprintf("%d %s", a.status, a.message) }

// do makes a request, and signs it if the API demands it.
func (a *API) do(ctx context.Context, method, target, body string, s signing) (answered, error) {
	got, err := a.attempt(ctx, method, target, body, nil)
	if err != nil || !isUnsigned(got) {
		return got, err
	}
	return a.attempt(ctx, method, target, body, &s)
}

// demandsSignature fails with errNotSigned if it does not.
func (a *API) demandsSignature(ctx context.Context) error {
	got, err := a.attempt(ctx, http.MethodGet, names.Item(unknownID), "", nil)
	if err == nil && !isUnsigned(got) {
		return errNotSigned
	}
	return err
}

func isUnsigned(a answered) bool {
	return a.status == http.StatusForbidden && a.message == target.Unsigned
}

// attempt makes a request, and signs it unless s is nil.
func (a *API) attempt(ctx context.Context, method, at, body string, s *signing) (got answered, err error) {
	r, err := http.NewRequestWithContext(ctx, method, a.URL+at, strings.NewReader(body))
	if err != nil {
		return got, err
	}
	if s != nil {
		if err := a.sign(r, body, *s); err != nil {
			return got, err
		}
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.Key != "" {
		r.Header.Set("X-Api-Key", a.Key)
	}
	response, err := a.Client.Do(r)
	if err != nil {
		return got, fmt.Errorf("%s %s: %w", method, at, err)
	}
	defer response.Body.Close()
	const longest = 1 << 16
	answer, err := io.ReadAll(io.LimitReader(response.Body, longest))
	if err != nil {
		return got, fmt.Errorf("%s %s: %w", method, at, err)
	}
	var known struct{ Message string }
	if json.Unmarshal(answer, &known) != nil || known.Message == "" {
		known.Message = "(" + response.Header.Get("Content-Type") + ")"
	}
	if response.StatusCode == http.StatusForbidden && known.Message == "Forbidden" {
		return got, fmt.Errorf("%s %s: 403 Forbidden: give the API's key with -api-key", method, at)
	}
	if isForTheCaller(response.StatusCode, known.Message) {
		return got, fmt.Errorf("%s %s: %d %s", method, at, response.StatusCode, known.Message)
	}
	return answered{response.StatusCode, known.Message}, nil
}

// isForTheCaller tells whether an answer says that the caller may not call, or calls too often.
func isForTheCaller(status int, message string) bool {
	return status == http.StatusTooManyRequests ||
		status == http.StatusForbidden && strings.Contains(message, "is not authorized to perform: ")
}

// sign signs what AWS says is to be signed: the path without redundant slashes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (a *API) sign(r *http.Request, body string, s signing) error {
	signed := r.Clone(r.Context())
	if s.url != "" {
		u, err := url.Parse(a.URL + s.url)
		if err != nil {
			return err
		}
		signed.URL = u
	}
	signed.URL.Path, signed.URL.RawPath = cleaned(signed.URL.Path), cleaned(signed.URL.EscapedPath())
	if err := target.Sign(signed, []byte(body), a.Credentials, a.Region); err != nil {
		return err
	}
	r.Header = signed.Header
	if s.spoilt {
		header := r.Header.Get("Authorization")
		last := "0"
		if strings.HasSuffix(header, last) {
			last = "1"
		}
		r.Header.Set("Authorization", header[:len(header)-1]+last)
	}
	return nil
}

func cleaned(p string) string {
	if clean := path.Clean(p); clean != "/" && strings.HasSuffix(p, "/") {
		return clean + "/"
	}
	return path.Clean(p)
}

func getWithSlashes(ctx context.Context, p *Place) ([]Line, error) {
	var lines transcript
	for _, at := range []string{"/A/B/ID", "//A/B/ID", "/A/B/ID/", "/A/B/ID//", "/A//B/ID", "/A/B//ID"} {
		if err := lines.get(ctx, p.api, at); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func getEncoded(ctx context.Context, p *Place) ([]Line, error) {
	var lines transcript
	for _, at := range []string{"/A/B/a%2Fb", "/A%2FB/ID", "/A/%B/ID", "/A/B/ID?q={|}"} {
		if err := lines.get(ctx, p.api, at); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// get adds what a GET is answered. /A/B stands for the path of the items, %B for its last segment with the first
// character encoded, and ID for the unknown id.
func (t *transcript) get(ctx context.Context, a *API, at string) error {
	folder, last := path.Split(names.Items())
	actual := strings.NewReplacer("%B", fmt.Sprintf("%%%02x%s", last[0], last[1:]), "B", last, "A", strings.Trim(folder, "/"), "ID", unknownID)
	got, err := a.do(ctx, http.MethodGet, actual.Replace(at), "", signing{})
	if err != nil {
		return err
	}
	t.add("GET "+at, got.String())
	return nil
}

func postOtherBytes(ctx context.Context, p *Place) ([]Line, error) {
	got, err := p.api.do(ctx, http.MethodPost, names.Items(), strings.TrimSuffix(sample.Object(sample.Example()), "}")+",\"\xe2\x82\": 1}", signing{})
	if err != nil {
		return nil, err
	}
	return []Line{{"POST of JSON with a key of the bytes 0xE2 0x82, which are a part of a character", got.String()}}, nil
}

// postTooMuch posts digits, which the writer refuses if they reach it.
func postTooMuch(ctx context.Context, p *Place) ([]Line, error) {
	var lines transcript
	for _, size := range []int{6 << 20, 10<<20 + 1} {
		got, err := p.api.do(ctx, http.MethodPost, names.Items(), strings.Repeat("1", size), signing{})
		if err != nil {
			return nil, err
		}
		lines.add(fmt.Sprintf("POST of %d bytes", size), got.String())
	}
	return lines, nil
}
