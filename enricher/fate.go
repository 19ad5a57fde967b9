package enricher

import (
	"hash/fnv"
	"io"
	"time"

	"simple-sam-demo/shared/iris"
)

// finding is what the enricher found out about a message's item.
type finding struct {
	kind  findingKind
	item  iris.Item // when unclassified
	read  time.Time // when the item was asked for: what was not there then may be there now
	cause string    // why, for whoever looks at the item or the dead-letter queue
	err   error     // the whole error, for the log
}

type findingKind int

const (
	unclassified findingKind = iota // to be classified now
	upToDate                        // classified by this model version or a newer one
	malformed                       // the message names no item
	missing                         // no item has the id
	unprocessed                     // DynamoDB left the key unprocessed
	unusable                        // the stored measurements make no flower
	callFailed                      // throttled, timed out, 5xx, connection lost, …
	outOfTime                       // the deadline is near
)

// fate is what becomes of a message.
type fate int

const (
	done       fate = iota // acknowledge
	retry                  // give back to the queue
	deadLetter             // give up: mark the item, send to the dead-letter queue, acknowledge
	drop                   // acknowledge; there is nothing to do and never will be
)

// verdict is a fate and what is needed to carry it out.
type verdict struct {
	fate  fate
	code  string        // of the failure, when dead-lettered
	delay time.Duration // until the message comes back, when retried
}

// decide is the fate table of docs/design.md.
func (h *Handler) decide(d *delivery, f finding) verdict {
	switch {
	case f.kind == upToDate:
		return verdict{fate: done}
	case f.kind == malformed:
		return verdict{fate: deadLetter, code: "MalformedMessage"}
	case f.kind == unusable:
		return verdict{fate: deadLetter, code: "InvalidItem"}
	case f.kind == missing && h.isOrphan(d, f):
		return verdict{fate: drop}
	}
	delay := h.delay(d, f)
	if h.isLast(d, delay) {
		return verdict{fate: deadLetter, code: "RetriesExhausted"}
	}
	return verdict{fate: retry, delay: delay}
}

// isOrphan tells whether the writer must have been done with a message's item when it was asked
// for, so that an item that was missing will not come.
func (h *Handler) isOrphan(d *delivery, f finding) bool { return f.read.Sub(d.sent) >= h.writerReach }

// delay returns how long a message that is retried stays away.
func (h *Handler) delay(d *delivery, f finding) time.Duration {
	switch {
	case f.kind == outOfTime:
		return 0
	case f.kind == missing && d.receiveCount == h.maxReceiveCount-1:
		// The last receive must be able to tell an orphan from a slow writer.
		return max(h.writerReach-time.Since(d.sent)+time.Second, 0)
	case f.kind == missing:
		return time.Second << min(d.receiveCount-1, 3)
	default:
		return backoff(d)
	}
}

// isLast tells whether this is the last receive at which a message can be given up with a
// reason: at the next one SQS would move it, or have deleted it, as it is too old then.
func (h *Handler) isLast(d *delivery, delay time.Duration) bool {
	return d.receiveCount >= h.maxReceiveCount || time.Since(d.sent)+delay >= h.retention-RetentionMargin
}

const (
	// RetentionMargin is how long before SQS deletes a message it is given up: time enough for
	// one that comes back late, by a visibility timeout or as others wait before it.
	RetentionMargin = time.Hour

	// LongestBackoff is the longest delay between two receives of a message.
	LongestBackoff = 15 * time.Minute
)

// backoff returns the delay after a message's nth receive: 2 s, 12 s, 72 s, … up to
// 15 minutes, less up to a half of it, so that five receives outlast a disturbance of
// some minutes and the messages do not come back all at once.
func backoff(d *delivery) time.Duration {
	delay := 2 * time.Second
	for n := 1; n < d.receiveCount && delay < LongestBackoff; n++ {
		delay *= 6
	}
	delay = min(delay, LongestBackoff)
	return delay - time.Duration(jitter(d)*float64(delay/2))
}

// jitter returns a number in [0, 1) that differs from message to message and from
// receive to receive, but not from run to run: the simulation replays it.
func jitter(d *delivery) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{byte(d.receiveCount)})
	_, _ = io.WriteString(h, d.Body)
	return float64(h.Sum64()>>11) / (1 << 53)
}
