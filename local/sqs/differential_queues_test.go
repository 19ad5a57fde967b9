package sqs_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type purge struct{ queue int }

func (o purge) String() string { return "PurgeQueue: " + queueNames[o.queue] }

func (o purge) on(s *server) facts {
	_, err := s.client.PurgeQueue(s.t.Context(), &sqs.PurgeQueueInput{QueueUrl: &s.queues[o.queue].url})
	return facts{"error": errorOf(err)}
}

func (o purge) expect(r *reference) facts {
	q := &r.queues[o.queue]
	if q.purged {
		return facts{"error": "PurgeQueueInProgress"}
	}
	q.purged, q.messages = true, nil
	return facts{"error": ""}
}

// setAttribute sets one attribute of a queue to a valid value.
type setAttribute struct {
	queue       int
	name, value string
}

// attributeValues are valid attributes of a queue. Each time is 0, or so long that it does not end
// within a sequence.
var attributeValues = []setAttribute{
	{name: "VisibilityTimeout", value: "0"}, {name: "VisibilityTimeout", value: "43200"},
	{name: "DelaySeconds", value: "0"}, {name: "DelaySeconds", value: "900"},
	{name: "MaximumMessageSize", value: "1024"}, {name: "MaximumMessageSize", value: "1048576"},
	{name: "MessageRetentionPeriod", value: "1209600"}, {name: "ReceiveMessageWaitTimeSeconds", value: "0"},
}

func (o setAttribute) String() string {
	return fmt.Sprintf("SetQueueAttributes: of %s, %s %s", queueNames[o.queue], o.name, o.value)
}

func (o setAttribute) on(s *server) facts {
	return facts{"error": errorOf(s.queues[o.queue].set(settings{o.name: o.value}))}
}

func (o setAttribute) expect(r *reference) facts {
	r.queues[o.queue].attributes[o.name] = o.value
	return facts{"error": ""}
}

// redriveAfter sets the redrive policy, or removes it.
type redriveAfter struct{ receives int }

func (o redriveAfter) String() string {
	return fmt.Sprintf("SetQueueAttributes RedrivePolicy: after %d receives", o.receives)
}

func (o redriveAfter) policy(s *server) string {
	if o.receives == 0 {
		return ""
	}
	return fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, s.queues[deadLetters].arn, o.receives)
}

func (o redriveAfter) on(s *server) facts {
	return facts{"error": errorOf(s.queues[orders].set(settings{"RedrivePolicy": o.policy(s)}))}
}

func (o redriveAfter) expect(r *reference) facts {
	r.redrive = o.receives
	return facts{"error": ""}
}

// createAgain creates a queue that exists already, with a value for one attribute.
type createAgain struct {
	queue       int
	name, value string // of the attribute; "" means no attribute
}

func (o createAgain) String() string {
	return fmt.Sprintf("CreateQueue of an existing queue: %s, with %q %s", queueNames[o.queue], o.name, o.value)
}

func (o createAgain) on(s *server) facts {
	in := &sqs.CreateQueueInput{QueueName: aws.String(s.prefix + queueNames[o.queue])}
	if o.name != "" {
		in.Attributes = settings{o.name: o.value}
	}
	out, err := s.client.CreateQueue(s.t.Context(), in)
	f := facts{"error": errorOf(err)}
	if err == nil {
		f["is the same"] = fmt.Sprint(*out.QueueUrl == s.queues[o.queue].url)
	}
	return f
}

func (o createAgain) expect(r *reference) facts {
	if o.name != "" && r.queues[o.queue].attributes[o.name] != o.value {
		return facts{"error": "QueueNameExists"}
	}
	return facts{"error": "", "is the same": "true"}
}

// list calls every operation that lists queues or finds one.
type list struct{ prefix string }

func (o list) String() string {
	return fmt.Sprintf("lists: %q", o.prefix)
}

func (o list) on(s *server) facts {
	f := facts{}
	listed, err := s.client.ListQueues(s.t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String(s.prefix + o.prefix)})
	if f["ListQueues error"] = errorOf(err); err == nil {
		f["ListQueues"] = s.namesIn(listed.QueueUrls)
	}
	one, err := s.client.GetQueueUrl(s.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(s.prefix + "Orders")})
	if f["GetQueueUrl error"] = errorOf(err); err == nil {
		f["GetQueueUrl"] = s.namesIn([]string{*one.QueueUrl})
	}
	sources, err := s.client.ListDeadLetterSourceQueues(s.t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &s.queues[deadLetters].url})
	if f["ListDeadLetterSourceQueues error"] = errorOf(err); err == nil {
		f["ListDeadLetterSourceQueues"] = s.namesIn(sources.QueueUrls)
	}
	return f
}

func (o list) expect(r *reference) facts {
	var listed, sources []string
	for _, name := range []string{"DeadLetters", "Orders"} {
		if strings.HasPrefix(name, o.prefix) {
			listed = append(listed, name)
		}
	}
	if r.redrive > 0 {
		sources = append(sources, "Orders")
	}
	return facts{
		"ListQueues": strings.Join(listed, " "), "GetQueueUrl": "Orders", "ListDeadLetterSourceQueues": strings.Join(sources, " "),
	}
}

// move runs a move task on the dead-letter queue. Without a destination, every message there has a
// source queue.
type move struct{ destination bool }

func (o move) String() string {
	return fmt.Sprintf("StartMessageMoveTask: to a destination %v", o.destination)
}

func (o move) on(s *server) facts {
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &s.queues[deadLetters].arn}
	if o.destination {
		in.DestinationArn = &s.queues[orders].arn
	}
	_, err := s.client.StartMessageMoveTask(s.t.Context(), in)
	f := facts{"error": errorOf(err)}
	if err != nil {
		return f
	}
	// The task runs in the background, mostly for some milliseconds.
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		out, err := s.client.ListMessageMoveTasks(s.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &s.queues[deadLetters].arn})
		f["list error"] = errorOf(err)
		if err != nil || len(out.Results) != 1 {
			f["tasks listed"] = fmt.Sprint(out, err)
			break
		}
		if task := out.Results[0]; aws.ToString(task.Status) != "RUNNING" {
			f["status"], f["moved"] = aws.ToString(task.Status), fmt.Sprint(task.ApproximateNumberOfMessagesMoved)
			f["to move"] = fmt.Sprint(aws.ToInt64(task.ApproximateNumberOfMessagesToMove))
			f["handle"] = fmt.Sprint(task.TaskHandle != nil)
			f["destination"] = strings.TrimPrefix(aws.ToString(task.DestinationArn), s.queues[orders].arn)
			break
		}
	}
	return f
}

func (o move) expect(r *reference) facts {
	if r.redrive == 0 {
		return facts{"error": "InvalidParameterValue"}
	}
	return facts{"error": "", "status": "COMPLETED", "moved": fmt.Sprint(r.move(orders))}
}

// namesIn returns the names of the queues with these URLs, without the sequence's prefix.
func (s *server) namesIn(urls []string) string {
	var all []string
	for _, url := range urls {
		all = append(all, strings.TrimPrefix(url[strings.LastIndexByte(url, '/')+1:], s.prefix))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// times are attributes that are different on each server.
var times = []string{"CreatedTimestamp", "LastModifiedTimestamp"}

// state returns the attributes of all queues as facts.
func (s *server) state() facts {
	f := facts{}
	for i, name := range queueNames {
		out, err := s.client.GetQueueAttributes(s.t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: &s.queues[i].url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		f[name+" error"] = errorOf(err)
		if err != nil {
			continue
		}
		for attribute, value := range out.Attributes {
			if attribute == "RedrivePolicy" {
				value = canonical(value)
			}
			if slices.Contains(times, attribute) {
				value = "is there"
			}
			f[name+" "+attribute] = value
		}
	}
	return f
}
