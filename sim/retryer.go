package main

import (
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
)

// retryer is the retryer that the functions have on AWS: its attempts, its tokens, and the longest of its delays. Only
// the chance in a delay comes from the seed, so that a run can be repeated.
type retryer struct {
	*retry.Standard
	world *world
}

func (w *world) newRetryer() aws.Retryer { return retryer{awsclient.NewRetryer().(*retry.Standard), w} }

// RetryDelay returns how long to wait before the next attempt. Chance depends on the moment: the network lets no two
// calls end at once.
func (r retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	longest, delayErr := r.longest(attempt, err)
	return time.Duration(r.world.seed.number("jitter", time.Since(r.world.start).String()) * float64(longest)), delayErr
}

// delays are the longest delays of the functions' retryer, see longest.
var delays = struct {
	sync.Mutex
	known map[retried]time.Duration
}{known: map[retried]time.Duration{}}

// retried is what a delay depends on.
type retried struct {
	attempt int
	code    string // of AWS's error, or "" if there is none
}

// longest returns the longest delay of the functions' retryer, to ten milliseconds. The retryer does not tell, so it is
// asked many times: a thousand uniform draws come closer to their limit than that.
func (r retryer) longest(attempt int, err error) (time.Duration, error) {
	at := retried{attempt: attempt}
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		at.code = answer.ErrorCode()
	}
	delays.Lock()
	defer delays.Unlock()
	if d, ok := delays.known[at]; ok {
		return d, nil
	}
	var longest time.Duration
	for range 1000 {
		d, err := r.Standard.RetryDelay(attempt, err)
		if err != nil {
			return 0, err
		}
		longest = max(longest, d)
	}
	const step = 10 * time.Millisecond
	delays.known[at] = (longest + step - 1).Truncate(step)
	return delays.known[at], nil
}
