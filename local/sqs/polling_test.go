package sqs_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// polled is the result of a long poll, and how long the poll took.
type polled struct {
	messages []types.Message
	after    time.Duration
	err      error
}

// poll starts a long poll; seconds of 0 mean the wait time of the queue.
func (q *queue) poll(ctx context.Context, seconds int32) <-chan polled {
	result := make(chan polled, 1)
	start := time.Now()
	go func() {
		out, err := q.tryReceive(ctx, func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = seconds })
		p := polled{after: time.Since(start), err: err}
		if out != nil {
			p.messages = out.Messages
		}
		result <- p
	}()
	synctest.Wait()
	return result
}

// inFlight sends a message and receives it, so that it is in flight.
func (q *queue) inFlight(seconds int32) types.Message {
	q.send("hello")
	return q.receiveOne(func(in *sqs.ReceiveMessageInput) { in.VisibilityTimeout = seconds })
}

var longPolls = map[string]struct {
	before   func(q *queue) types.Message
	during   func(q *queue, m types.Message) // called 1 second after the poll began
	after    time.Duration
	messages int
}{
	"at once when a message is there": {
		before:   func(q *queue) types.Message { q.send("hello"); return types.Message{} },
		messages: 1,
	},
	"when a message arrives": {
		during: func(q *queue, _ types.Message) { q.send("hello") },
		after:  time.Second, messages: 1,
	},
	"when a delay ends": {
		before: func(q *queue) types.Message { q.send("hello", delayed(4)); return types.Message{} },
		after:  4 * time.Second, messages: 1,
	},
	"when a message sent during the poll ends its delay": {
		during: func(q *queue, _ types.Message) { q.send("hello", delayed(2)) },
		after:  3 * time.Second, messages: 1,
	},
	"when a visibility timeout ends": {
		before: func(q *queue) types.Message { return q.inFlight(5) },
		after:  5 * time.Second, messages: 1,
	},
	"when a visibility timeout ends that was shortened during the poll": {
		before: func(q *queue) types.Message { return q.inFlight(300) },
		during: func(q *queue, m types.Message) { q.changeVisibility(m, 2*time.Second) },
		after:  3 * time.Second, messages: 1,
	},
	"when a message is given back": {
		before: func(q *queue) types.Message { return q.inFlight(300) },
		during: func(q *queue, m types.Message) { q.changeVisibility(m, 0) },
		after:  time.Second, messages: 1,
	},
	"empty at the end of its wait": {
		after: 20 * time.Second,
	},
	"empty at its end when a visibility timeout is extended past it": {
		before: func(q *queue) types.Message { return q.inFlight(5) },
		during: func(q *queue, m types.Message) { q.changeVisibility(m, time.Minute) },
		after:  20 * time.Second,
	},
	"empty when the queue is deleted": {
		during: func(q *queue, _ types.Message) {
			if _, err := q.client.DeleteQueue(q.t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url}); err != nil {
				q.t.Fatal(err)
			}
		},
		after: time.Second,
	},
}

func TestALongPollReturns(t *testing.T) {
	for name, test := range longPolls {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				var m types.Message
				if test.before != nil {
					m = test.before(q)
				}
				result := q.poll(t.Context(), 20)
				if test.during != nil {
					wait(time.Second)
					test.during(q, m)
				}
				got := <-result
				if got.err != nil || got.after != test.after || len(got.messages) != test.messages {
					t.Errorf("%d messages after %s (error %v), want %d after %s", len(got.messages), got.after, got.err, test.messages, test.after)
				}
			})
		})
	}
}

func TestALongPollOfTheDeadLetterQueueReturnsWhenAMessageMovesThere(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		deadLetters := newQueue(t, q.client, "DeadLetters", nil)
		q.redrivesTo(deadLetters, "1")
		q.send("poison")
		m := q.receiveOne()
		result := deadLetters.poll(t.Context(), 20)
		wait(10 * time.Second)
		q.changeVisibility(m, 0)
		q.wantNone()
		if got := <-result; got.after != 10*time.Second || len(got.messages) != 1 {
			t.Errorf("%d messages after %s, want 1 after 10s", len(got.messages), got.after)
		}
	})
}

func TestAPollWithoutAWaitTimeTakesTheQueuesWaitTime(t *testing.T) {
	withQueue(t, settings{"ReceiveMessageWaitTimeSeconds": "7"}, func(t *testing.T, q *queue) {
		if got := <-q.poll(t.Context(), 0); got.after != 7*time.Second {
			t.Errorf("polled for %s, want 7s", got.after)
		}
		if got := <-q.poll(t.Context(), 3); got.after != 3*time.Second {
			t.Errorf("polled for %s, want 3s", got.after)
		}
	})
}

func TestOnlyOneOfManyLongPollsReceivesAMessage(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		var results []<-chan polled
		for range 10 {
			results = append(results, q.poll(t.Context(), 20))
		}
		wait(time.Second)
		q.send("hello")
		received := 0
		for _, result := range results {
			got := <-result
			received += len(got.messages)
			if want := map[int]time.Duration{0: 20 * time.Second, 1: time.Second}[len(got.messages)]; got.after != want {
				t.Errorf("%d messages after %s, want them after %s", len(got.messages), got.after, want)
			}
		}
		if received != 1 {
			t.Errorf("%d polls received the message, want 1", received)
		}
	})
}

func TestLongPollsAreServedInTheOrderInWhichTheyCame(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		var results []<-chan polled
		for range 5 {
			results = append(results, q.poll(t.Context(), 20))
			wait(time.Millisecond)
		}
		for range 5 {
			q.send("hello", delayed(1))
			wait(time.Second)
		}
		for i, result := range results {
			if got := <-result; got.after.Round(time.Second) != time.Duration(i+1)*time.Second {
				t.Errorf("poll %d returned after %s, want %d s", i, got.after, i+1)
			}
		}
	})
}

func TestAClientThatGoesAwayTakesNoMessage(t *testing.T) {
	for name, leave := range map[string]func(q *queue, goAway func()){
		"before a message arrives": func(q *queue, goAway func()) {
			goAway()
			q.send("hello")
		},
		"as a message becomes visible": func(q *queue, goAway func()) {
			q.send("hello", delayed(5))
			wait(5*time.Second - time.Nanosecond)
			goAway()
			wait(time.Nanosecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				ctx, goAway := context.WithCancel(t.Context())
				result := q.poll(ctx, 20)
				wait(time.Second)
				leave(q, goAway)
				if got := <-result; !errors.Is(got.err, context.Canceled) {
					t.Errorf("the poll ended with %v, want it canceled", got.err)
				}
				synctest.Wait()
				q.wantCounts("1", "0", "0")
				if m := q.receiveOne(); m.Attributes["ApproximateReceiveCount"] != "1" {
					t.Errorf("receive count %s, want 1", m.Attributes["ApproximateReceiveCount"])
				}
			})
		})
	}
}

// If it did not, the polls of clients that went away long ago would add up.
func TestTheServerEndsALongPollWhenItsClientGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer()
		post(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
		ctx, goAway := context.WithTimeout(t.Context(), 5*time.Second)
		defer goAway()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(`{"QueueUrl":"Orders","WaitTimeSeconds":20}`))
		r.Header = target("ReceiveMessage")
		start := time.Now()
		server.ServeHTTP(httptest.NewRecorder(), r)
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("it polled for %s, want 5s", got)
		}
	})
}
