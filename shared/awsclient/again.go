package awsclient

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithytime "github.com/aws/smithy-go/time"
)

// Again makes a batch call, and makes it again for those entries that may succeed a moment later, with the attempts and
// the delays of a retryer. The SDK takes an answer for a success, whatever it says of an entry. once makes one call. It returns
// the entries for another one, and why they failed. Again returns the entries that are left.
func Again[T any](ctx context.Context, retryer aws.Retryer, entries []T, once func([]T) (failed []T, why error)) (left []T) {
	for attempt := 1; ; attempt++ {
		left, why := once(entries)
		if len(left) == 0 || attempt >= retryer.MaxAttempts() {
			return left
		}
		delay, err := retryer.RetryDelay(attempt, why)
		if err != nil || smithytime.SleepWithContext(ctx, delay) != nil {
			return left
		}
		entries = left
	}
}

// MayPass tells whether an entry of a batch call may succeed a moment later: the service itself could not do it, or the retryer
// would make a call again that failed for this reason. For SQS, a throttle is a fault of the sender.
func MayPass(retryer aws.Retryer, senderFault bool, why error) bool {
	return !senderFault || retryer.IsErrorRetryable(why)
}
