package processes

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
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
	handle    string    // receipt handle
	count     int       // receive count
	holder    *process  // or nil: the event source mapping
	over      time.Time // when nobody deals with it any more, as far as that is known before
	received  time.Time
	closed    string // how it was deleted or given back, or ""
	disturbed bool   // something went wrong with its holder or with AWS meanwhile
}

// deliveries knows who has which message, from the calls that the proxy carries. It is safe for concurrent use.
type deliveries struct {
	run *run

	mu     sync.Mutex
	open   map[string]*delivery   // by receipt handle
	all    map[string][]*delivery // by message id
	broken bool                   // there is an outage
}

func newDeliveries(r *run) *deliveries {
	return &deliveries{run: r, open: map[string]*delivery{}, all: map[string][]*delivery{}}
}

// observe reads a call and AWS's answer, which may be lost: then nobody gets it.
func (d *deliveries) observe(c call, a answer, lost bool) {
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
		over := time.Now().Add(longestBatch)
		if lost {
			over = time.Now()
		}
		for _, m := range out.Messages {
			count, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			d.add(m.MessageId, m.ReceiptHandle, delivery{count: count, holder: c.caller, disturbed: lost, over: over})
		}
	case "DeleteMessageBatch":
		var in struct {
			Entries []struct{ ReceiptHandle string }
		}
		_ = json.Unmarshal(c.body, &in) // so do callers
		for _, entry := range in.Entries {
			d.close(entry.ReceiptHandle, "deleted")
		}
	case "ChangeMessageVisibility":
		var in struct{ ReceiptHandle string }
		_ = json.Unmarshal(c.body, &in)
		d.close(in.ReceiptHandle, givenBack)
	}
}

func (d *deliveries) add(message, handle string, got delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got.disturbed = got.disturbed || d.broken || got.holder.isOver()
	got.handle, got.received = handle, time.Now()
	d.open[handle], d.all[message] = &got, append(d.all[message], &got)
}

const givenBack = "given back"

// close says that a message was deleted or given back.
func (d *deliveries) close(handle, how string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if got := d.open[handle]; got != nil {
		got.closed = how
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
			got.disturbed = got.disturbed || p.isOver()
		}
	}
}

// answered says that a function has answered, so that the event source mapping deletes messages now, if ever.
func (d *deliveries) answered(p *process) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, got := range d.open {
		if got.holder == p {
			got.over = time.Now().Add(time.Second)
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

// excuses tells whether something went wrong with the nth delivery of a message, and there was none after it.
func (d *deliveries) excuses(message string, n int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.all[message]
	return len(all) > 0 && all[len(all)-1].count == n && all[len(all)-1].disturbed
}

// history says what became of each delivery of a message.
func (d *deliveries) history(message string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := ""
	for _, got := range d.all[message] {
		holder := "nobody"
		if got.holder != nil {
			holder = got.holder.name
		}
		text += fmt.Sprintf("\n    receive %d at %s by %s, disturbed: %t, %s", got.count, got.received.Format("15:04:05.000"), holder, got.disturbed, cmp.Or(got.closed, "not given back"))
	}
	return text
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

// longestBatch is how long a batch takes at most, as a rule: to wait for more messages, to deal with it while AWS is
// cut off for a second, and to delete its messages.
const longestBatch = 12 * time.Second

// release lets messages come back at once that were disturbed and that nobody deals with any more.
func (d *deliveries) release() {
	d.mu.Lock()
	var handles []string
	for handle, got := range d.open {
		if got.disturbed && (got.holder.isOver() || time.Now().After(got.over)) {
			handles = append(handles, handle)
			delete(d.open, handle)
		}
	}
	d.mu.Unlock()
	d.show(handles)
}

// releaseGivenBack lets messages come back at once that were given back for some minutes.
func (d *deliveries) releaseGivenBack() {
	d.mu.Lock()
	var handles []string
	for _, all := range d.all {
		if last := all[len(all)-1]; last.closed == givenBack {
			handles = append(handles, last.handle)
		}
	}
	d.mu.Unlock()
	d.show(handles)
}

// show makes messages visible.
func (d *deliveries) show(handles []string) {
	for ten := range slices.Chunk(handles, 10) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: d.run.url("EnrichQueue")}
		for i, handle := range ten {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handle})
		}
		_, _ = d.run.queue.ChangeMessageVisibilityBatch(context.Background(), in) // a message that it can't release comes back later
	}
}
