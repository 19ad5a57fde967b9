package processes

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// delivery is a message that somebody has received.
type delivery struct {
	count     int // receive count
	received  time.Time
	holder    *process // or nil: the event source mapping
	closed    bool     // it was deleted or given back
	disturbed bool     // something went wrong with its holder or with AWS meanwhile
}

// deliveries knows who has which message, from the calls that the proxy carries. It is safe for concurrent use.
type deliveries struct {
	run *run

	mu     sync.Mutex
	open   map[string]*delivery // by receipt handle
	last   map[string]*delivery // by message id
	broken bool                 // there is an outage
}

func newDeliveries(r *run) *deliveries {
	return &deliveries{run: r, open: map[string]*delivery{}, last: map[string]*delivery{}}
}

// observe reads a call and AWS's answer. If the caller has gone, nobody gets the answer.
func (d *deliveries) observe(c call, a answer, gone bool) {
	if a.status != http.StatusOK {
		return
	}
	switch c.operation {
	case "ReceiveMessage":
		var out struct {
			Messages []struct {
				MessageId, ReceiptHandle string
				Attributes               map[string]string
			}
		}
		_ = json.Unmarshal(a.body, &out) // AWS answers JSON
		if c.caller != nil {
			c.caller.mark(receives)
		}
		for _, m := range out.Messages {
			count, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			d.add(m.MessageId, m.ReceiptHandle, delivery{count: count, holder: c.caller, disturbed: gone})
		}
	case "DeleteMessageBatch":
		var in struct {
			Entries []struct{ ReceiptHandle string }
		}
		_ = json.Unmarshal(c.body, &in) // so do callers
		for _, entry := range in.Entries {
			d.close(entry.ReceiptHandle)
		}
	case "ChangeMessageVisibility":
		var in struct{ ReceiptHandle string }
		_ = json.Unmarshal(c.body, &in)
		d.close(in.ReceiptHandle)
	}
}

func (d *deliveries) add(message, handle string, got delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got.received = time.Now()
	got.disturbed = got.disturbed || d.broken || got.holder.isOver()
	d.open[handle], d.last[message] = &got, &got
}

// close says that a message was deleted or given back.
func (d *deliveries) close(handle string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if got := d.open[handle]; got != nil {
		got.closed = true
		delete(d.open, handle)
	}
}

// invoked says that a process deals with messages that the event source mapping has received.
func (d *deliveries) invoked(p *process, event []byte) {
	var batch events.SQSEvent
	_ = json.Unmarshal(event, &batch) // the mapping has made it
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range batch.Records {
		if got := d.open[m.ReceiptHandle]; got != nil {
			got.holder = p
		}
	}
}

// disturb says that something went wrong with the open deliveries that match.
func (d *deliveries) disturb(matches func(*delivery) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, got := range d.open {
		if matches(got) {
			got.disturbed = true
		}
	}
}

// struck says that a process was killed or stands still.
func (d *deliveries) struck(p *process) {
	d.disturb(func(got *delivery) bool { return got.holder == p })
}

// outage says that an outage begins or ends.
func (d *deliveries) outage(begins bool) {
	d.mu.Lock()
	d.broken = begins
	d.mu.Unlock()
	d.disturb(func(*delivery) bool { return true })
}

// excuses tells whether something went wrong with the last delivery of a message, which was its nth.
func (d *deliveries) excuses(message string, n int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	got := d.last[message]
	return got != nil && got.count == n && got.disturbed
}

// startHastening lets messages come back again and again, until stop is called, that nobody deals with any more.
func (r *run) startHastening(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.wait(ctx, math.MaxInt64, func(context.Context) bool {
			r.deliveries.release()
			return false
		})
	}()
	return func() {
		cancel()
		<-done
	}
}

// givenUp is how long after a disturbance nobody deals with a message any more, as a rule.
const givenUp = 2 * time.Second

// release lets messages come back at once whose holder has ended, or that were disturbed long ago.
func (d *deliveries) release() {
	d.mu.Lock()
	var handles []string
	for handle, got := range d.open {
		if got.disturbed && (got.holder.isOver() || time.Since(got.received) > givenUp) {
			handles = append(handles, handle)
			delete(d.open, handle)
		}
	}
	d.mu.Unlock()
	for ten := range slices.Chunk(handles, 10) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: d.run.url("EnrichQueue")}
		for i, handle := range ten {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handle})
		}
		_, _ = d.run.queue.ChangeMessageVisibilityBatch(context.Background(), in) // a message that it can't release comes back later
	}
}
