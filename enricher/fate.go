package enricher

import (
	"hash/fnv"
	"io"
	"time"

	"simple-sam-demo/shared/item"
)

// finding is what is known about a message's item, and what came of the attempt to give the
// message up.
type finding struct {
	kind      findingKind
	at        time.Time // when the read of the item began; zero if there is none to read
	cause     string    // why, for whoever looks at the item or the dead-letter queue
	err       error     // the whole error, for the log
	failedAt  string    // when a message of the item was given up
	notMarked bool      // the message is to be given up, and its item could not be marked as failed
	notSent   bool      // the dead letter could not be sent
}

type findingKind int

const (
	unclassified  findingKind = iota // to be classified now
	upToDate                         // classified by this model version or a newer one
	failedByNewer                    // classified by this model version or a newer one, and marked as failed by one newer still
	malformed                        // the message names no item
	missing                          // no item has the id
	unprocessed                      // DynamoDB left the key unprocessed
	unusable                         // the stored measurements are missing or not valid
	callFailed                       // throttled, timed out, 5xx, connection lost, …
	outOfTime                        // the deadline is near
)

// isPermanent tells whether another receive would find the same.
func (f finding) isPermanent() bool { return f.kind == malformed || f.kind == unusable }

// failure is what a message that is given up carries.
func (f finding) failure() item.Failure {
	return item.Failure{Code: f.code(), Reason: f.cause, FailedAt: f.failedAt}
}

func (f finding) code() string {
	switch f.kind {
	case malformed:
		return item.MalformedMessage
	case unusable:
		return item.InvalidItem
	default:
		return item.RetriesExhausted
	}
}

// fate is what becomes of a message. As long as nothing is decided, it is retry.
type fate int

const (
	retry      fate = iota // give back to the queue
	done                   // acknowledge
	deadLetter             // give up: mark the item, send to the dead-letter queue, acknowledge
	drop                   // acknowledge: there is no item, and none will come
)

// decide is the fate table of docs/design.md. It returns what is to become of a message and, for
// a message that is to be retried, after which delay.
func (h *Handler) decide(d *delivery, f finding) (fate, time.Duration) {
	delay := h.delay(d, f)
	switch {
	case f.kind == upToDate:
		return done, 0
	case f.kind == missing && h.isOrphan(d, f):
		return drop, 0
	case f.notSent:
		return retry, delay
	case f.isPermanent() && !f.notMarked:
		return deadLetter, 0
	case h.isLast(d, f, delay): // even if the item is not marked: a reason on the message alone is better than none
		return deadLetter, 0
	default:
		return retry, delay
	}
}

// isOrphan tells whether the writer's time to store a message's item was over when the enricher read
// it. If the item was missing then, it will not come.
func (h *Handler) isOrphan(d *delivery, f finding) bool { return f.at.Sub(d.sent) >= h.writerReach }

// delay returns how long a message that is retried stays away. When the time was over because calls hang, it is over
// at each receive: without a backoff, a message would have had all its receives within two minutes.
func (h *Handler) delay(d *delivery, f finding) time.Duration {
	switch {
	case f.kind == outOfTime && d.receiveCount == 1:
		return 0
	case f.kind == missing && d.receiveCount == h.maxReceiveCount-1:
		// At its last receive the message is old enough to tell an orphan from a slow writer.
		return h.writerReach - f.at.Sub(d.sent) + time.Second
	case f.kind == missing:
		return time.Second << min(d.receiveCount-1, 3)
	default:
		return backoff(d)
	}
}

// isLast tells whether this is the last receive at which a message can be given up with a reason.
// At the next one, SQS would move the message, or would have deleted it because of its age.
func (h *Handler) isLast(d *delivery, f finding, delay time.Duration) bool {
	return d.receiveCount >= h.maxReceiveCount || f.at.Sub(d.sent)+delay >= h.retention-RetentionMargin
}

const (
	// RetentionMargin is how long before SQS deletes a message the enricher gives it up. A message
	// can come back that much later than asked for: by a visibility timeout, or because others wait
	// before it.
	RetentionMargin = time.Hour

	// LongestBackoff is the longest delay between two receives of a message.
	LongestBackoff = 15 * time.Minute
)

// backoff returns the delay after a message's nth receive: 2 s, 12 s, 72 s, … up to 15 minutes,
// less a random part of up to a half. Five receives outlast a disturbance of some minutes, and the
// messages do not come back all at once.
func backoff(d *delivery) time.Duration {
	delay := 2 * time.Second
	for n := 1; n < d.receiveCount && delay < LongestBackoff; n++ {
		delay *= 6
	}
	delay = min(delay, LongestBackoff)
	return delay - time.Duration(jitter(d)*float64(delay/2))
}

// jitter returns a number in [0, 1) that differs from message to message and from receive to
// receive. It does not differ from run to run, so that the simulation can replay it.
func jitter(d *delivery) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{byte(d.receiveCount)})
	_, _ = io.WriteString(h, d.Body)
	return float64(h.Sum64()>>11) / (1 << 53)
}
