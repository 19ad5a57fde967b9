package verify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/shared/item"
)

const (
	letterPatience = time.Minute

	// outdated is older than any model: an item with it is classified anew, and is not counted as
	// one that has waited since its POST.
	outdated = "2000-01-01.01"
)

// deadLetter is what the check dead-letter leaves for later ones.
type deadLetter struct {
	probe   *probe // whose stored item was spoiled
	message letter
	roots   []string // of the trace that its POST was part of, as sent and as answered
	alone   bool     // nobody else had a dead letter
}

// checkDeadLetter sends two messages that the enricher has to give up: the key of an item that is
// spoiled, by a POST, and a message without a key.
func checkDeadLetter(ctx context.Context, s *session) (string, error) {
	before, err := s.count(ctx, s.target.DeadLetterQueue)
	if err != nil {
		return "", err
	}
	if n := before.all(); n > mostLetters {
		return "", leftOut(fmt.Sprintf("the dead-letter queue has about %d messages; one's own are found among up to %d", n, mostLetters))
	}
	d := &s.letter
	d.probe = s.probes[1] // its key was sent once, so that no other message of it is on its way
	d.alone = before == backlogCount{}
	if err := s.spoil(ctx, d.probe); err != nil {
		return "", err
	}
	if err := s.postSpoiled(ctx, d); err != nil {
		return "", err
	}
	malformed, err := s.sendMalformed(ctx)
	if err != nil {
		return "", err
	}
	shown, err := s.waitFor(ctx, d.probe.id, item.Failed, letterPatience)
	if err != nil {
		return "", err
	}
	var found faults
	if shown.FailureCode != item.InvalidItem || shown.Reason == "" {
		found.add("item %s is shown with the failure %q and the reason %q, not with InvalidItem and a reason", d.probe.id, shown.FailureCode, shown.Reason)
	}
	letters, err := s.awaitLetters(ctx, messageBody(d.probe.id), malformed.body)
	if err != nil {
		return "", err
	}
	d.message = letters[messageBody(d.probe.id)]
	found = append(found, inspect(d.message, item.InvalidItem, "")...)
	found = append(found, inspect(letters[malformed.body], item.MalformedMessage, malformed.id)...)
	return "InvalidItem on the item and its letter, MalformedMessage on the other", found.err()
}

// spoil makes the stored item of a classified item unusable: a number becomes a text.
func (s *session) spoil(ctx context.Context, f *probe) error {
	return s.update(ctx, f, "SET #last = :number, model_version = :version", map[string]types.AttributeValue{
		":number":  &types.AttributeValueMemberS{Value: "spoiled by tools/verify"},
		":version": &types.AttributeValueMemberS{Value: outdated},
	})
}

// mend undoes spoil.
func (s *session) mend(ctx context.Context, f *probe) error {
	return s.update(ctx, f, "SET #last = :number", map[string]types.AttributeValue{
		":number": &types.AttributeValueMemberN{Value: item.FormatNumber(f.measurements[len(f.measurements)-1])},
	})
}

func (s *session) update(ctx context.Context, f *probe, expression string, values map[string]types.AttributeValue) error {
	_, err := s.table.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.target.Table, Key: key(f.id), UpdateExpression: &expression,
		ConditionExpression: aws.String("attribute_exists(id)"), ExpressionAttributeValues: values,
		ExpressionAttributeNames: map[string]string{"#last": item.Features[len(item.Features)-1].Name},
	})
	if err != nil {
		return fmt.Errorf("change item %s in table %s: %w", f.id, s.target.Table, err)
	}
	return nil
}

// postSpoiled posts an item again, as part of a trace, so that the writer sends its key.
func (s *session) postSpoiled(ctx context.Context, d *deadLetter) error {
	root := newTraceRoot()
	if err := s.made.letter(ctx, messageBody(d.probe.id)); err != nil {
		return err
	}
	got, err := s.api.do(ctx, call{method: http.MethodPost, path: names.Items(), body: d.probe.body(), trace: root + ";Sampled=1"})
	if err != nil {
		return err
	}
	if got.status/100 != 2 { // which of them it is to be, the check known says
		return faults{fmt.Sprintf("POST of the known item %s is answered %s", d.probe.id, got)}
	}
	s.counted["ItemsExisting"]++
	d.roots = []string{root, rootOf(got.header.Get(traceHeader))}
	return nil
}

// newTraceRoot returns the root of a new trace.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
func newTraceRoot() string {
	random := make([]byte, 12)
	_, _ = rand.Read(random) // never fails
	return fmt.Sprintf("Root=1-%08x-%024x", time.Now().Unix(), random)
}

// rootOf returns the member Root of a trace header, or "".
func rootOf(header string) string {
	for part := range strings.SplitSeq(header, ";") {
		if strings.HasPrefix(strings.TrimSpace(part), "Root=") {
			return strings.TrimSpace(part)
		}
	}
	return ""
}

type sent struct{ body, id string }

// sendMalformed sends a message without a key, which is unlike any other.
func (s *session) sendMalformed(ctx context.Context) (sent, error) {
	body := fmt.Sprintf(`{"sent_by":"tools/verify","to_tell_it_from_others":"%s"}`, rand.Text())
	if err := s.made.letter(ctx, body); err != nil {
		return sent{}, err
	}
	out, err := s.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.target.Queue.URL, MessageBody: &body})
	if err != nil {
		return sent{}, fmt.Errorf("send a message to EnrichQueue: %w", err)
	}
	return sent{body, aws.ToString(out.MessageId)}, nil
}

// awaitLetters looks into the dead-letter queue until there are the letters of an item and of the malformed message. It
// deletes the latter. Between two looks it leaves others' letters visible.
func (s *session) awaitLetters(ctx context.Context, ofItem, malformed string) (map[string]letter, error) {
	bodies := []string{ofItem, malformed}
	letters := map[string]letter{}
	missing := func() (missing []string) {
		for _, body := range bodies {
			if _, ok := letters[body]; !ok {
				missing = append(missing, body)
			}
		}
		return missing
	}
	_, err := poll(ctx, letterPatience, 2*time.Second, func() (bool, error) {
		found, err := s.sweep(ctx, func(own []letter) bool { return len(letters)+len(own) >= len(bodies) }, func(found *sweepResult) (err error) {
			for _, l := range found.own {
				body := aws.ToString(l.Body)
				if letters[body] = l; body == malformed {
					err = errors.Join(err, s.deleteLetter(ctx, found, l))
				}
			}
			return err
		})
		s.letter.alone = s.letter.alone && found.others == 0
		return len(missing()) == 0, err
	})
	if err == nil && len(missing()) > 0 {
		err = faults{fmt.Sprintf("after %s no dead letter has the body %s (%s): may the enricher send to %s? Its log says",
			letterPatience, strings.Join(missing(), ", nor "), s.backlog(ctx), s.target.DeadLetterQueue.URL)}
	}
	return letters, err
}

// inspect says what a dead letter lacks. messageID is that of the message that was given up, or "" if
// the writer sent it and nobody knows.
func inspect(l letter, code, messageID string) (found faults) {
	name := "the dead letter " + aws.ToString(l.Body)
	if l.Attributes[string(sqstypes.MessageSystemAttributeNameDeadLetterQueueSourceArn)] != "" {
		return faults{name + " has no reason: SQS itself has moved it, after too many receives. The enricher crashed at the last receive, was too slow for the visibility timeout, or could not send its dead letter"}
	}
	if got := attribute(l, "failure_code"); got != code {
		found.add("%s has the failure_code %q, not %s", name, got, code)
	}
	for _, wanted := range []string{"failure_reason", "request_id", "original_message_id"} {
		if attribute(l, wanted) == "" {
			found.add("%s has no %s", name, wanted)
		}
	}
	if got := attribute(l, "original_message_id"); messageID != "" && got != "" && got != messageID {
		found.add("%s has the original_message_id %q, not %s", name, got, messageID)
	}
	if n, err := strconv.Atoi(attribute(l, "receive_count")); err != nil || n < 1 {
		found.add("%s has the receive_count %q", name, attribute(l, "receive_count"))
	}
	if _, err := time.Parse(item.TimeFormat, attribute(l, "failed_at")); err != nil {
		found.add("%s has the failed_at %q", name, attribute(l, "failed_at"))
	}
	return found
}

// checkTrace looks for the trace of the POST on the dead letter: the writer has passed it to the
// queue, and the enricher from there to the dead-letter queue.
func checkTrace(_ context.Context, s *session) (string, error) {
	got := rootOf(s.letter.message.Attributes[string(sqstypes.MessageSystemAttributeNameAWSTraceHeader)])
	for _, root := range s.letter.roots {
		if root != "" && got == root {
			return got + " is on the POST and on its dead letter", nil
		}
	}
	return "", faults{fmt.Sprintf("the dead letter has the trace %q; its POST was sent with %q and answered with %q", got, s.letter.roots[0], s.letter.roots[1])}
}
