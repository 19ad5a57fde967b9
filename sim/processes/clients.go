package processes

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// posted is what clients and others have sent. It is safe for concurrent use.
type posted struct {
	mu           sync.Mutex
	valid        map[string]item.Measurements // items that may be stored, by id
	acknowledged map[string]bool              // ids
	poison       map[string]string            // the failure codes of messages that can't be dealt with, by their bodies
}

func newPosted() posted {
	return posted{valid: map[string]item.Measurements{}, acknowledged: map[string]bool{}, poison: map[string]string{}}
}

// clients is how many clients post at once.
const clients = 8

// post lets the clients post all items, and returns when they are done.
func (r *run) post(ctx context.Context) {
	requests := make(chan []item.Measurements)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for items := range requests {
				r.client(ctx, items)
			}
		})
	}
	for n := 0; n < r.Items && ctx.Err() == nil; {
		size := 1
		if r.chance.happens(0.1) && r.stack.Names.Batch != "" {
			size = min(2+r.chance.below(99), r.Items-n)
		}
		var items []item.Measurements
		for range size {
			items = append(items, sample.Nth(n))
			n++
		}
		select {
		case requests <- items:
		case <-ctx.Done():
		}
	}
	close(requests)
	all.Wait()
}

// client posts items until they are acknowledged. One in four clients tries only once. Some send other things too.
func (r *run) client(ctx context.Context, items []item.Measurements) {
	switch x := r.chance.number(); {
	case x < 0.03:
		r.sendBadInput(ctx)
	case x < 0.06:
		r.plantMalformed(ctx)
	case x < 0.09:
		r.plantUnusable(ctx)
	}
	r.posted.expect(items)
	patient := r.chance.happens(0.75) || r.Hasten && len(items) > 1 // messages without an item take their time
	for attempt := 0; attempt == 0 || patient; attempt++ {
		if r.postOnce(ctx, items) || ctx.Err() != nil {
			break
		}
		r.wait(ctx, time.Duration(min(attempt+1, 10))*20*time.Millisecond, func(context.Context) bool { return false })
	}
	if r.chance.happens(0.1) && r.posted.has(items) {
		r.postAgain(ctx, items[0])
	}
	if r.chance.happens(0.2) && r.posted.has(items) {
		r.read(ctx, items[0])
	}
}

// postOnce makes one request. It returns true when all its items are acknowledged.
func (r *run) postOnce(ctx context.Context, items []item.Measurements) bool {
	if len(items) > 1 {
		return r.postBatch(ctx, items)
	}
	id := items[0].ID()
	status, answer := r.request(ctx, http.MethodPost, r.stack.Names.Items, sample.Object(items[0]))
	switch {
	case status >= 500 || status == 0:
		return false
	case status != http.StatusCreated && status != http.StatusOK || !strings.Contains(answer, id):
		r.record.violate("valid input is accepted", "%s: %d %s", id, status, answer)
		return true
	}
	r.acknowledge(id)
	return true
}

func (r *run) postBatch(ctx context.Context, items []item.Measurements) bool {
	var bodies []string
	for _, m := range items {
		bodies = append(bodies, sample.Object(m))
	}
	status, answer := r.request(ctx, http.MethodPost, r.stack.Names.Batch, "["+strings.Join(bodies, ",")+"]")
	if status >= 500 || status == 0 {
		return false
	}
	var out struct {
		Results []struct {
			Status int
			ID     string
		}
	}
	if err := json.Unmarshal([]byte(answer), &out); err != nil || status != http.StatusOK || len(out.Results) != len(items) {
		r.record.violate("a batch is answered element by element", "%d items: %d %s", len(items), status, answer)
		return true
	}
	complete := true
	for i, result := range out.Results {
		switch id := items[i].ID(); {
		case result.Status == http.StatusServiceUnavailable:
			complete = false
		case result.Status != http.StatusCreated && result.Status != http.StatusOK || result.ID != id:
			r.record.violate("a batch is answered element by element", "%+v for element %d, %s", result, i, id)
		default:
			r.acknowledge(id)
		}
	}
	return complete
}

func (r *run) acknowledge(id string) {
	r.posted.mu.Lock()
	defer r.posted.mu.Unlock()
	r.posted.acknowledged[id] = true
}

// postAgain posts an item that is acknowledged.
func (r *run) postAgain(ctx context.Context, m item.Measurements) {
	r.record.count("requests: repeated", 1)
	status, answer := r.request(ctx, http.MethodPost, r.stack.Names.Items, sample.Otherwise(m))
	if status != 0 && status < 500 && status != http.StatusOK {
		r.record.violate("an acknowledged item stays", "%s posted again: %d %s", m.ID(), status, answer)
	}
}

// read reads an item that is acknowledged.
func (r *run) read(ctx context.Context, m item.Measurements) {
	status, answer := r.request(ctx, http.MethodGet, r.stack.Names.Items+"/"+m.ID(), "")
	if status != 0 && status < 500 && (status != http.StatusOK || !strings.Contains(answer, m.ID())) {
		r.record.violate("a client sees its acknowledged item", "%s: %d %s", m.ID(), status, answer)
	}
}

// sendBadInput sends what is no item.
func (r *run) sendBadInput(ctx context.Context) {
	faulty, _ := sample.Faulty()
	body := []string{faulty, "", "{", "[]", "null", `{"pred_target":"x"}`, strings.TrimSuffix(sample.Object(sample.Example()), "}")}[r.chance.below(7)]
	r.record.count("requests: bad input", 1)
	status, answer := r.request(ctx, http.MethodPost, r.stack.Names.Items, body)
	if status != 0 && status < 500 && status != http.StatusBadRequest {
		r.record.violate("invalid input is rejected", "%q: %d %s", body, status, answer)
	}
}

// request makes an HTTP request to the API. The status is 0 if ctx has ended.
func (r *run) request(ctx context.Context, method, path, body string) (status int, text string) {
	request, err := http.NewRequestWithContext(ctx, method, "http://api"+path, strings.NewReader(body))
	if err != nil {
		panic(err) // a programming error
	}
	response, err := r.stack.Client.Do(request)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	r.record.count(fmt.Sprint("requests: answered ", response.StatusCode), 1)
	return response.StatusCode, string(answer)
}

// plantMalformed puts a message into the queue that names no item.
func (r *run) plantMalformed(ctx context.Context) {
	body := []string{"", "{", "null", `{"id":7}`, `{"id":"NO"}`}[r.chance.below(5)] + fmt.Sprintf(" poison %.9f", r.chance.number())
	r.plant(ctx, body, item.MalformedMessage)
}

// plantUnusable stores an item with a measurement out of its range, and enqueues it.
func (r *run) plantUnusable(ctx context.Context) {
	m := sample.Nth(9_000_000 + r.chance.below(900_000))
	id := m.ID()
	last := len(m) - 1
	m[last] = sample.Above(item.Features[last])
	if err := r.table.Create(ctx, item.Item{ID: id, Measurements: m, CreatedAt: item.FormatTime(time.Now())}); err == nil {
		r.plant(ctx, fmt.Sprintf(`{"id":%q}`, id), item.InvalidItem)
	}
}

func (r *run) plant(ctx context.Context, body, code string) {
	r.posted.mu.Lock()
	r.posted.poison[body] = code
	r.posted.mu.Unlock()
	if _, err := r.queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: r.url("EnrichQueue"), MessageBody: aws.String(body)}); err != nil && ctx.Err() == nil {
		panic(err) // nothing disturbs this call
	}
}

// expect says that items may be stored from now on.
func (p *posted) expect(items []item.Measurements) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range items {
		p.valid[m.ID()] = m
	}
}

// has tells whether all items are acknowledged.
func (p *posted) has(items []item.Measurements) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(items, func(m item.Measurements) bool { return !p.acknowledged[m.ID()] })
}
