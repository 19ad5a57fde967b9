package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/target"
)

const (
	// answerTimeout is how long to wait for an answer. API Gateway itself waits 29 s for a function.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
	answerTimeout = 30 * time.Second

	traceHeader   = "X-Amzn-Trace-Id"
	throttlePause = time.Second
	longestAnswer = 1 << 20 // bytes that are read
)

// api is the stack's API, as a client sees it. Calls may be made at the same time.
type api struct {
	client *http.Client
	url    string
	key    string
	target *target.Target // whose credentials sign requests
	signs  atomic.Bool    // the API demands a signature
	cutOff atomic.Bool    // a POST got no answer, so the writer may still be at it
}

func newAPI(t *target.Target, client *http.Client) *api {
	return &api{client: client, url: t.API, key: t.APIKey, target: t}
}

// call is one request. The zero values are those of a client that does all right.
type call struct {
	method, path, body string
	key                *string // in place of the API's
	unsigned           bool    // even when the API demands a signature
	trace              string  // header X-Amzn-Trace-Id, or ""
}

// answer is what the API answered.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any // nil when the text is no JSON object
}

func (a answer) String() string {
	const longest = 300
	text := strings.ToValidUTF8(a.text[:min(len(a.text), longest)], "")
	return fmt.Sprintf("%d %s", a.status, text)
}

// field returns a member of the body that is a text, or "".
func (a answer) field(name string) string {
	text, _ := a.body[name].(string)
	return text
}

// wantsKey tells whether the API demands a key, or another one.
func (a answer) wantsKey() bool {
	return a.status == http.StatusForbidden && a.field("message") == "Forbidden"
}

// item reads the item that a GET, or a POST of a known item, is answered with.
func (a answer) item() (i shown, err error) {
	if err := json.Unmarshal([]byte(a.text), &i); err != nil {
		return i, faults{fmt.Sprintf("%s is not an item: %v", a, err)}
	}
	return i, nil
}

func (a *api) get(ctx context.Context, id string) (answer, error) {
	return a.do(ctx, call{method: http.MethodGet, path: names.Item(id)})
}

func (a *api) post(ctx context.Context, body string) (answer, error) {
	return a.do(ctx, call{method: http.MethodPost, path: names.Items(), body: body})
}

// do makes a call, and makes it again when the usage plan throttles it, or signed if that changes the
// answer: API Gateway answers to a request without a signature that it demands as to an unknown path.
func (a *api) do(ctx context.Context, c call) (answer, error) {
	signed := a.signs.Load() && !c.unsigned
	got, err := a.patiently(ctx, c, signed)
	if err != nil || signed || c.unsigned || got.status != http.StatusForbidden || got.field("message") != target.Unsigned {
		return got, err
	}
	got, err = a.patiently(ctx, c, true)
	if err == nil && got.field("message") != target.Unsigned {
		a.signs.Store(true)
	}
	return got, err
}

func (a *api) patiently(ctx context.Context, c call, signed bool) (answer, error) {
	for {
		got, err := a.attempt(ctx, c, signed)
		if err != nil {
			if c.method == http.MethodPost {
				a.cutOff.Store(true)
			}
			return got, fmt.Errorf("%s %s%s: no answer: %w", c.method, a.url, c.path, err)
		}
		if got.status != http.StatusTooManyRequests {
			return got, nil
		}
		if err := wait(ctx, throttlePause); err != nil {
			return got, fmt.Errorf("%s %s%s: answered %s", c.method, a.url, c.path, got)
		}
	}
}

func (a *api) attempt(ctx context.Context, c call, signed bool) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, a.url+c.path, strings.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	key := a.key
	if c.key != nil {
		key = *c.key
	}
	if key != "" {
		r.Header.Set("X-Api-Key", key)
	}
	if c.trace != "" {
		r.Header.Set(traceHeader, c.trace)
	}
	if signed {
		if err := target.Sign(r, []byte(c.body), a.target.AWS.Credentials, a.target.AWS.Region); err != nil {
			return answer{}, err
		}
	}
	response, err := a.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &got.body) // what is no object is seen by what is missing
	return got, nil
}

// show gets an item from the API.
func (a *api) show(ctx context.Context, id string) (i shown, err error) {
	got, err := a.get(ctx, id)
	if err != nil {
		return i, err
	}
	if got.status != http.StatusOK {
		return i, faults{fmt.Sprintf("GET of item %s is answered %s", id, got)}
	}
	if i, err = got.item(); err == nil && i.ID != id {
		err = faults{fmt.Sprintf("item %s is shown as item %s", id, i.ID)}
	}
	return i, err
}
