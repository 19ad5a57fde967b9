package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/local/dynamodb"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
)

// longestLag is how old the state of the table can be that a read sees, unless it is to be consistent. AWS names no limit.
const longestLag = 10 * time.Second

var errConnection = errors.New("connection reset by peer")

// network carries the AWS calls of a function, or of its event source mapping, and
// disturbs them.
type network struct {
	world   *world
	caller  string
	process *process // of a worker, or nil
	next    http.RoundTripper
}

func (w *world) transport(caller string, next http.RoundTripper) http.RoundTripper {
	n := &network{world: w, caller: caller, next: next}
	if strings.HasPrefix(caller, stack.WorkerName) {
		n.process = w.starts
	}
	return n
}

// RoundTrip makes a call, or lets it fail. The request and the answer each take a time that is drawn
// to the nanosecond. So no two things happen at once, and every run of a seed is the same.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c := newCall(n.caller, r, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if n.process != nil {
		return n.process.roundTrip(n, r, c)
	}
	switch fromEventSource := !fromFunction(n.caller); {
	case fromEventSource && c.operation == "ReceiveMessage":
		return n.receive(r, c)
	case fromEventSource && c.operation == "DeleteMessageBatch":
		return n.call(r, c, atEventSource)
	case fromEventSource: // when the mapping is set up
		return n.next.RoundTrip(r)
	default:
		messages := r.Context().Value(invocationKey{}).(*invocation).messages
		return n.call(r, c, n.withCrashes(c.possible(), crashes, c, messages))
	}
}

func fromFunction(caller string) bool { return !strings.HasSuffix(caller, stack.EventSourceSuffix) }

// withCrashes adds faults that end the caller. Most calls of somebody who has many messages do not crash, or
// nobody of that kind would ever end well.
func (n *network) withCrashes(all, crashes possible, c call, messages int) possible {
	if n.world.seed.number("spared", c.name(n.world))*float64(messages) > 10 {
		return all
	}
	return slices.Concat(all, crashes)
}

// call is a call on its way there and back, with what goes wrong.
func (n *network) call(r *http.Request, c call, all possible) (*http.Response, error) {
	w, ctx := n.world, r.Context()
	receives := c.receives(ctx, w)
	site, f := w.visit(c.name(w), c.kind(), receives, all)
	if f == none {
		f = w.trouble(c, site, all)
		w.reach(c.kind(), receives, f)
	}
	r = w.steps.strike(r, c, f)
	defer w.notice(ctx, site)
	switch f {
	case none, slow:
	case stalled:
		n.stall(ctx, site)
	case stopped: // not at the moment of the call: a heartbeat comes when a long poll ends, which would race with the stop
		time.AfterFunc(w.latency(site, "stop"), n.process.stop)
	default:
		w.ledger.excuse(c, f)
		if n.process != nil && c.renews() {
			n.process.renewalFails(c, f)
		}
	}
	if c.marksFailure() && (f == hung || f == answerLate || f == straggler) {
		w.ledger.excuseMarks(ctx.Value(invocationKey{}).(*invocation).items, f)
	}
	if fromFunction(n.caller) {
		if err := w.compute(ctx, site, 1, len(c.subjects(w))); err != nil {
			return nil, err
		}
	}
	if err := smithytime.SleepWithContext(ctx, w.latency(site, "there")); err != nil {
		return nil, err
	}
	if response, err, over := n.instead(ctx, r, c, f, site); over {
		return response, err
	}
	response, told, err := n.effect(r, c, f, site)
	if err != nil {
		return nil, err
	}
	switch f {
	case answerLost:
		return nil, errConnection
	case answerCut:
		return cutOff(response, told), nil
	case answerLate:
		<-ctx.Done()
	case crashAfter:
		n.kill(ctx)
	case slow:
		if err := smithytime.SleepWithContext(ctx, time.Duration(w.seed.number(site, "slow")*float64(900*time.Millisecond))); err != nil {
			return nil, err
		}
	}
	if err := smithytime.SleepWithContext(ctx, w.latency(site, "back")); err != nil {
		return nil, err
	}
	if n.process != nil {
		if err := n.process.thawFor(ctx, c); err != nil {
			return nil, err
		}
		if c.renews() && response.StatusCode == http.StatusOK {
			n.process.hears(c, told)
		}
	}
	hear(ctx, c, response, told)
	return response, nil
}

// notice lets each caller notice at another moment that the time for its call is over. Calls that hang end together, and are
// not to race for the tokens of the retryer.
func (w *world) notice(ctx context.Context, site string) {
	if ctx.Err() != nil {
		time.Sleep(time.Duration(w.seed.number(site, "notices") * float64(time.Millisecond)))
	}
}

// instead is what happens when AWS does not carry the call out now. over is false when it does.
func (n *network) instead(ctx context.Context, r *http.Request, c call, f fault, site string) (response *http.Response, err error, over bool) {
	w := n.world
	switch f {
	case throttled:
		return refusal(r, c, http.StatusBadRequest, "ThrottlingException"), nil, true
	case serverError:
		return refusal(r, c, http.StatusInternalServerError, "InternalServerError"), nil, true
	case requestLost:
		return nil, errConnection, true
	case answerStrange:
		return strange(r), nil, true
	case hung:
		<-ctx.Done()
		return nil, ctx.Err(), true
	case straggler:
		// This is less than the enricher's margin for such a write.
		delay := time.Duration(w.seed.number(site, "straggler") * float64(9*time.Second))
		w.addUnderWay(1)
		go func() {
			defer w.addUnderWay(-1)
			time.Sleep(delay)
			_, _, _ = n.effect(r, c, f, site)
		}()
		<-ctx.Done()
		return nil, ctx.Err(), true
	case panicked:
		if len(c.in.Statements) > 0 {
			ctx.Value(invocationKey{}).(*invocation).forget()
		}
		panic("simulated")
	case crashBefore:
		n.kill(ctx)
		return nil, errConnection, true
	case frozen:
		if n.process != nil {
			n.process.freeze(site)
			_ = n.process.thaw(ctx, c)
			return nil, errConnection, true
		}
		ctx.Value(invocationKey{}).(*invocation).frozen.Store(true)
		time.Sleep(time.Minute) // past every timeout
		return nil, errConnection, true
	}
	return nil, nil, false
}

// kill ends whoever makes the call.
func (n *network) kill(ctx context.Context) {
	if n.process != nil {
		n.process.kill()
	} else {
		lambda.Kill(ctx)
	}
}

func (w *world) addUnderWay(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.underWay += n
}

// effect lets AWS carry the call out, or a part of it. It returns the answer as the caller gets it,
// and its text.
func (n *network) effect(r *http.Request, c call, f fault, site string) (*http.Response, []byte, error) {
	body, withheld := c.body, []any(nil)
	if f == partial {
		body, withheld = withhold(n.world.seed, site, c)
	}
	struck := n.world.strikeStatements(site, c, f)
	if len(struck) > 0 {
		body = stacktest.RunStatements(body, struck)
	}
	status, answer := http.StatusOK, []byte(`{"Responses":[]}`)
	header := http.Header{"X-Amzn-Requestid": {"simulated"}}
	if c.letsGo() {
		n.world.ledger.change(c)
	}
	if body != nil {
		lag := time.Duration(n.world.seed.number(site, "lag") * float64(longestLag))
		in := r.Clone(dynamodb.WithLag(context.WithoutCancel(r.Context()), lag))
		in.Body = io.NopCloser(bytes.NewReader(body))
		response, err := n.next.RoundTrip(in)
		if err != nil {
			return nil, nil, err
		}
		if answer, err = io.ReadAll(response.Body); err != nil {
			return nil, nil, err
		}
		status, header = response.StatusCode, response.Header
		if status >= 500 {
			n.world.ledger.violate("no call of ours is one that AWS can't answer", "%s: %d %s", site, status, answer)
		}
	}
	if withheld != nil {
		answer = report(c, answer, withheld)
		header.Del("X-Amz-Crc32")
	}
	truth := answer
	if len(struck) > 0 {
		truth, answer = stacktest.AnswerStatements(answer, len(c.in.Statements), struck)
		header.Del("X-Amz-Crc32")
	}
	if status == http.StatusOK {
		n.world.ledger.effect(c, truth)
		n.world.ledger.measure(c, truth)
		if c.letsGo() {
			n.world.changes(n.process, c)
		}
		if n.process != nil && c.renews() {
			n.process.renewed(c, truth)
		}
	}
	n.world.note("%s: %s%s", site, statusText(status), with(f))
	return respond(r, status, header, answer), answer, nil
}

func statusText(status int) string {
	if status == http.StatusOK {
		return "done"
	}
	return fmt.Sprint("refused, ", status)
}

func with(f fault) string {
	if f == none {
		return ""
	}
	return " (" + string(f) + ")"
}

func refusal(r *http.Request, c call, status int, code string) *http.Response {
	prefix := "com.amazonaws.dynamodb.v20120810#"
	if c.toQueue() {
		prefix = "com.amazonaws.sqs#"
	}
	return respond(r, status, http.Header{}, fmt.Appendf(nil, `{"__type":%q,"message":"simulated"}`, prefix+code))
}

func respond(r *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Header: header, Request: r,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}
