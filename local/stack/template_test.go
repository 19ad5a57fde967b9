package stack_test

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/writer"
)

// deployed evaluates the repository's template.
func deployed(t *testing.T, parameters map[string]string) *template.System {
	t.Helper()
	system, err := read(t, parameters).Resolve(nameOf)
	if err != nil {
		t.Fatal(err)
	}
	return system
}

func function(t *testing.T, s *template.System, id string) template.Function {
	t.Helper()
	for _, f := range s.Functions {
		if f.LogicalID == id {
			return f
		}
	}
	t.Fatalf("no function %s", id)
	panic("unreachable")
}

func seconds(t *testing.T, text string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * time.Second
}

func queue(t *testing.T, s *template.System, id string) map[string]string {
	t.Helper()
	for _, q := range s.Queues {
		if q.LogicalID == id {
			return q.Attributes
		}
	}
	t.Fatalf("no queue %s", id)
	panic("unreachable")
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func TestTheVisibilityTimeoutIsSixTimeoutsAndTheWindow(t *testing.T) {
	for _, window := range []string{"0", "1", "2", "5", "10", "20", "30"} {
		s := deployed(t, map[string]string{"BatchWindow": window})
		got := seconds(t, queue(t, s, "EnrichQueue")["VisibilityTimeout"])
		want := 6*function(t, s, "EnricherFunction").Timeout + s.EventSources[0].Window
		if s.EventSources[0].Window != seconds(t, window) || got != want {
			t.Errorf("with a BatchWindow of %s s the visibility timeout is %s, want %s", window, got, want)
		}
	}
	if _, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"BatchWindow": "3"}); err == nil {
		t.Error("a BatchWindow that this test does not know is allowed")
	}
}

func TestTheReceiveCountIsTheSameEverywhere(t *testing.T) {
	s := deployed(t, map[string]string{"MaxReceiveCount": "7"})
	var policy struct {
		DeadLetterTargetArn string
		MaxReceiveCount     json.Number
	}
	if err := json.Unmarshal([]byte(queue(t, s, "EnrichQueue")["RedrivePolicy"]), &policy); err != nil {
		t.Fatal(err)
	}
	env := function(t, s, "EnricherFunction").Environment["MAX_RECEIVE_COUNT"]
	if policy.MaxReceiveCount != "7" || env != "7" || policy.DeadLetterTargetArn != "EnrichDeadLetterQueue.Arn" {
		t.Errorf("the queue has %+v, the enricher %s", policy, env)
	}
}

func TestTimeoutsFitIntoEachOther(t *testing.T) {
	s := deployed(t, nil)
	write, reader, enrich := function(t, s, "WriterFunction"), function(t, s, "ReaderFunction"), function(t, s, "EnricherFunction")
	if got := seconds(t, enrich.Environment["WRITER_TIMEOUT_SECONDS"]); got != write.Timeout {
		t.Errorf("the enricher takes the writer's timeout for %s; it is %s", got, write.Timeout)
	}
	for name, test := range map[string]struct{ longer, shorter time.Duration }{
		"API Gateway waits for the writer":              {29 * time.Second, write.Timeout},
		"API Gateway waits for the reader":              {29 * time.Second, reader.Timeout},
		"the writer can make its two calls":             {write.Timeout - writer.AnswerMargin, 2 * awsclient.CallTimeout},
		"the reader can make its call":                  {reader.Timeout, awsclient.CallTimeout},
		"the enricher has time to read and to classify": {enrich.Timeout - enricher.GiveUpTime, 2 * awsclient.CallTimeout},
	} {
		if test.longer <= test.shorter {
			t.Errorf("%s: not with %s and %s", name, test.longer, test.shorter)
		}
	}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
func TestTheDeadLetterQueueKeepsMessagesLongest(t *testing.T) {
	s := deployed(t, map[string]string{"MessageRetentionSeconds": "1036800"})
	source := seconds(t, queue(t, s, "EnrichQueue")["MessageRetentionPeriod"])
	dead := seconds(t, queue(t, s, "EnrichDeadLetterQueue")["MessageRetentionPeriod"])
	if dead < source+24*time.Hour {
		t.Errorf("a message that waited %s has %s left in the dead-letter queue", source, dead-source)
	}
}

// Whether a message is retried or its receives crash, at the extremes that the template allows
// the last one comes while SQS still keeps the message, with half of the time to spare.
func TestTheLastReceiveComesWellBeforeTheRetentionEnds(t *testing.T) {
	const most, shortest, longestWindow = 25, 24 * time.Hour, "30"
	s := deployed(t, map[string]string{
		"MaxReceiveCount": strconv.Itoa(most), "MessageRetentionSeconds": strconv.Itoa(int(shortest / time.Second)), "BatchWindow": longestWindow,
	})
	visibility := seconds(t, queue(t, s, "EnrichQueue")["VisibilityTimeout"])
	receives := (most - 1) * max(enricher.LongestBackoff, visibility+function(t, s, "EnricherFunction").Timeout)
	if retention := seconds(t, queue(t, s, "EnrichQueue")["MessageRetentionPeriod"]); receives+enricher.RetentionMargin > retention/2 {
		t.Errorf("%d receives take up to %s, of a retention of %s", most, receives, retention)
	}
	env := function(t, s, "EnricherFunction").Environment["MESSAGE_RETENTION_SECONDS"]
	if got := queue(t, s, "EnrichQueue")["MessageRetentionPeriod"]; got != env {
		t.Errorf("the queue keeps messages for %s s; the enricher takes it for %s", got, env)
	}
	for name, beyond := range map[string]string{"MaxReceiveCount": "26", "MessageRetentionSeconds": "86399", "BatchWindow": "60"} {
		if _, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{name: beyond}); err == nil {
			t.Errorf("%s=%s is allowed, which this test does not know", name, beyond)
		}
	}
}

func TestTheEnrichersReservedConcurrencyIsThatOfItsQueue(t *testing.T) {
	properties := func(reserve string) map[string]any {
		p, err := read(t, map[string]string{"ReserveEnricherConcurrency": reserve, "MaximumConcurrency": "77"}).Properties("EnricherFunction", nameOf)
		if err != nil {
			t.Fatal(err)
		}
		return p.(map[string]any)
	}
	if got := properties("true")["ReservedConcurrentExecutions"]; got != "77" {
		t.Errorf("reserved are %v, want 77", got)
	}
	if got, ok := properties("false")["ReservedConcurrentExecutions"]; ok {
		t.Errorf("reserved are %v, want none", got)
	}
	for _, parameter := range []string{"WriterConcurrency", "ReaderConcurrency"} {
		if _, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{parameter: "0"}); err == nil {
			t.Errorf("%s=0 is allowed, with which the function never runs", parameter)
		}
	}
}

func TestTheEventSourceReportsItemFailures(t *testing.T) {
	source := deployed(t, nil).EventSources[0]
	if !source.ReportItemFailures || source.Function != "EnricherFunction" || source.QueueARN != "EnrichQueue.Arn" || source.MaximumConcurrency < 2 {
		t.Errorf("event source %+v", source)
	}
}
