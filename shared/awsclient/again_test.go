package awsclient_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/awsclient"
)

// slowly is a retryer with delays that tell what it was asked.
type slowly struct {
	aws.NopRetryer
	attempts int
	err      error
}

func (r slowly) MaxAttempts() int { return r.attempts }

func (r slowly) RetryDelay(attempt int, why error) (time.Duration, error) {
	return time.Duration(attempt)*time.Second + time.Duration(len(why.Error()))*time.Minute, r.err
}

func TestOnlyWhatTheServiceCouldNotDoIsDoneAgain(t *testing.T) {
	for name, test := range map[string]struct {
		retryer slowly
		limit   time.Duration
		fails   int // calls in which 2 and 3 fail
		calls   []string
		left    []int
	}{
		"nothing fails":           {slowly{attempts: 3}, time.Hour, 0, []string{"[1 2 3] after 0s"}, nil},
		"two fail once":           {slowly{attempts: 3}, time.Hour, 1, []string{"[1 2 3] after 0s", "[2 3] after 3m1s"}, nil},
		"they fail always":        {slowly{attempts: 3}, time.Hour, 9, []string{"[1 2 3] after 0s", "[2 3] after 3m1s", "[2 3] after 6m3s"}, []int{2, 3}},
		"one attempt is allowed":  {slowly{attempts: 1}, time.Hour, 9, []string{"[1 2 3] after 0s"}, []int{2, 3}},
		"no attempt is allowed":   {slowly{attempts: 0}, time.Hour, 9, []string{"[1 2 3] after 0s"}, []int{2, 3}},
		"the time is over":        {slowly{attempts: 3}, 4 * time.Minute, 9, []string{"[1 2 3] after 0s", "[2 3] after 3m1s"}, []int{2, 3}},
		"the retryer has no time": {slowly{attempts: 3, err: errors.New("none")}, time.Hour, 9, []string{"[1 2 3] after 0s"}, []int{2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				start := time.Now()
				var calls []string
				left := awsclient.Again(ctx, test.retryer, []int{1, 2, 3}, func(some []int) ([]int, error) {
					calls = append(calls, fmt.Sprint(some, " after ", time.Since(start)))
					if len(calls) > test.fails {
						return nil, nil
					}
					return []int{2, 3}, errors.New("why")
				})
				if diff := cmp.Diff(test.calls, calls); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.left, left); diff != "" {
					t.Errorf("left (-want +got):\n%s", diff)
				}
			})
		})
	}
}
