package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// enoughTime is how long before its deadline an enricher must go on so that it can still give up all that is to be given
// up. To mark an item and to send a dead letter are two calls. Each takes 3.6 s at most, see docs/design.md. The enricher
// answers a second before its deadline, and computes for less than another.
const enoughTime = 9200 * time.Millisecond

// stall lets an invocation stand still until little time is left to its deadline. If that is too little, its messages may
// go without a reason.
func (n *network) stall(ctx context.Context, site string) {
	i := ctx.Value(invocationKey{}).(*invocation)
	left := 1500*time.Millisecond + time.Duration(n.world.seed.number(site, "left")*float64(12*time.Second))
	if until := time.Until(i.deadline) - left; until > 0 && !i.deadline.IsZero() { // it is zero if a mistake leaves it out
		time.Sleep(until)
	}
	if left < enoughTime {
		n.world.ledger.excuseAll(i.received, stalled)
		n.world.ledger.excuseMarks(i.items, stalled)
	}
}

// cutOff returns an answer that ends in the middle.
func cutOff(response *http.Response, answer []byte) *http.Response {
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer[:len(answer)/2]), failing{}))
	return response
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.Join(errConnection, io.ErrUnexpectedEOF) }

// strange is an answer that is not AWS's: of a proxy, say.
func strange(r *http.Request) *http.Response {
	return respond(r, http.StatusOK, http.Header{"Content-Type": {"application/json"}}, []byte(`{}`))
}
