package sqs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// queues creates the queues. Every seed begins with it.
const queues = `CreateQueue {"QueueName":"Dead"}
CreateQueue {"QueueName":"Orders","Attributes":{"VisibilityTimeout":"30","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:Dead\",\"maxReceiveCount\":\"1\"}"}}
`

// seeds holds scripts, with an empty line between two scripts.
const seeds = `SendMessage {"QueueUrl":"Orders","MessageBody":"hello"}
ReceiveMessage {"QueueUrl":"Orders","MaxNumberOfMessages":10}
DeleteMessage {"QueueUrl":"Orders","ReceiptHandle":"$handle"}

SendMessage {"QueueUrl":"Orders","MessageBody":"hello"}
ReceiveMessage {"QueueUrl":"Orders"}
ChangeMessageVisibility {"QueueUrl":"Orders","ReceiptHandle":"$handle","VisibilityTimeout":0}
ReceiveMessage {"QueueUrl":"Orders"}

SendMessage {"QueueUrl":"Orders","MessageBody":"hello"}
ReceiveMessage {"QueueUrl":"Orders"}
PurgeQueue {"QueueUrl":"Orders"}
DeleteMessage {"QueueUrl":"Orders","ReceiptHandle":"$handle"}

SendMessage {"QueueUrl":"Orders","MessageBody":"hello"}
ReceiveMessage {"QueueUrl":"Orders"}
Wait 30
ReceiveMessage {"QueueUrl":"Orders"}
StartMessageMoveTask {"SourceArn":"arn:aws:sqs:us-east-1:000000000000:Dead"}
ReceiveMessage {"QueueUrl":"Orders"}

SendMessage {"QueueUrl":"Orders","MessageBody":"1"}
SendMessage {"QueueUrl":"Orders","MessageBody":"2"}
SendMessage {"QueueUrl":"Orders","MessageBody":"3"}
ReceiveMessage {"QueueUrl":"Orders","MaxNumberOfMessages":10}
Wait 30
ReceiveMessage {"QueueUrl":"Orders"}
StartMessageMoveTask {"SourceArn":"arn:aws:sqs:us-east-1:000000000000:Dead","DestinationArn":"arn:aws:sqs:us-east-1:000000000000:Orders","MaxNumberOfMessagesPerSecond":1}
Wait 1
CancelMessageMoveTask {"TaskHandle":"$task"}
ListMessageMoveTasks {"SourceArn":"arn:aws:sqs:us-east-1:000000000000:Dead"}

&ReceiveMessage {"QueueUrl":"Orders","WaitTimeSeconds":20}
&ReceiveMessage {"QueueUrl":"Orders","WaitTimeSeconds":20}
SendMessage {"QueueUrl":"Orders","MessageBody":"hello"}
SendMessage {"QueueUrl":"Orders","MessageBody":"hello","DelaySeconds":5}

&ReceiveMessage {"QueueUrl":"Orders","WaitTimeSeconds":20}
SendMessage {"QueueUrl":"Orders","MessageBody":"hello","DelaySeconds":60}
DeleteQueue {"QueueUrl":"Orders"}
CreateQueue {"QueueName":"Orders"}

SetQueueAttributes {"QueueUrl":"Dead","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:Orders\",\"maxReceiveCount\":1}","MessageRetentionPeriod":"60","DelaySeconds":"900"}}
SendMessage {"QueueUrl":"Dead","MessageBody":"hello"}
Wait 60
ReceiveMessage {"QueueUrl":"Dead"}

SendMessageBatch {"QueueUrl":"Orders","Entries":[{"Id":"a","MessageBody":"x"},{"Id":"b","MessageBody":"\u0000"},{"Id":"c","MessageBody":"y","DelaySeconds":900}]}
ReceiveMessage {"QueueUrl":"Orders"}
DeleteMessageBatch {"QueueUrl":"Orders","Entries":[{"Id":"a","ReceiptHandle":"$handle"},{"Id":"b","ReceiptHandle":"$handle"},{"Id":"c"}]}
ChangeMessageVisibilityBatch {"QueueUrl":"Orders","Entries":[{"Id":"a","ReceiptHandle":"$handle","VisibilityTimeout":1},{"Id":"b","VisibilityTimeout":43201}]}

SendMessage {"QueueUrl":"Orders","MessageBody":"x","MessageAttributes":{"a.b":{"DataType":"Binary","BinaryValue":"AA=="},"c":{"DataType":"Number","StringValue":"1"}},"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"t"}}}
ReceiveMessage {"QueueUrl":"Orders","MessageAttributeNames":["a.*"],"AttributeNames":["All"],"VisibilityTimeout":0}

GetQueueAttributes {"QueueUrl":"Orders","AttributeNames":["RedrivePolicy"]}
ListQueues {"QueueNamePrefix":"D","MaxResults":1}
ListDeadLetterSourceQueues {"QueueUrl":"Dead"}
GetQueueUrl {"QueueName":"Dead"}

Nothing
SendMessage
SendMessage null
ListQueues []
CreateQueue {"QueueName":"a b"}
CreateQueue {"QueueName":"a.fifo"}
CreateQueue {"QueueName":"Orders","Attributes":{"DelaySeconds":"1"}}
SetQueueAttributes {"QueueUrl":"Orders","Attributes":{"VisibilityTimeout":"43201"}}
GetQueueAttributes {"QueueUrl":"Orders","AttributeNames":["x"]}
SendMessage {"QueueUrl":"None","MessageBody":"x"}
SendMessage {"QueueUrl":"Orders","MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","StringValue":"y"}}}
SendMessageBatch {"QueueUrl":"Orders","Entries":[{"Id":"a"},{"Id":"a"}]}
ReceiveMessage {"QueueUrl":"Orders","MaxNumberOfMessages":11}
DeleteMessage {"QueueUrl":"Orders","ReceiptHandle":"T3JkZXJzIDEgMQ=="}
StartMessageMoveTask {}
CancelMessageMoveTask {"TaskHandle":"x"}
ListMessageMoveTasks {"SourceArn":":"}`

// FuzzOperations plays a random script on a new service. Every answer must be one of the protocol,
// and each queue's counts must match the messages that it holds.
func FuzzOperations(f *testing.F) {
	for script := range strings.SplitSeq(seeds, "\n\n") {
		f.Add(queues + script)
	}
	f.Fuzz(func(t *testing.T, script string) {
		lines := strings.Split(script, "\n")
		if len(lines) > 100 {
			t.Skip("long scripts find no more")
		}
		synctest.Test(t, func(t *testing.T) {
			p := &player{t: t, server: newServer()}
			for _, line := range lines {
				p.play(line)
				p.checkQueues()
			}
			p.running.Wait()
			p.drain()
		})
	})
}

// player plays scripts. A line has an operation, a space and a request. In a request, $handle
// stands for the newest receipt handle and $task for the newest task handle. After a line that
// begins with &, the player does not wait for the answer. "Wait 5" lets five seconds pass.
type player struct {
	t       *testing.T
	server  http.Handler
	running sync.WaitGroup

	mu           sync.Mutex
	handle, task string
	sent         int // number of messages
}

func (p *player) play(line string) {
	line, inBackground := strings.CutPrefix(line, "&")
	operation, request, _ := strings.Cut(line, " ")
	p.mu.Lock()
	request = strings.NewReplacer("$handle", p.handle, "$task", p.task).Replace(request)
	p.mu.Unlock()
	switch {
	case operation == "Wait":
		seconds, _ := strconv.ParseUint(request, 10, 20) // up to 12 days
		wait(time.Duration(seconds) * time.Second)
	case inBackground:
		p.running.Go(func() { p.call(operation, request) })
	default:
		p.call(operation, request)
	}
	synctest.Wait() // for goroutines that the operation started
}

// answer has the members that the player needs from the answers of all operations.
type answer struct {
	Type                  string `json:"__type"`
	MessageId, TaskHandle string
	Messages              []struct{ MessageId, ReceiptHandle string }
	Successful            []struct{ MessageId string }
	QueueUrls             []string
	Attributes            map[string]string
}

// call makes a request and checks that the answer is one of the protocol.
func (p *player) call(operation, request string) (a answer) {
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodPost, "/", strings.NewReader(request))
	r.Header = target(operation)
	w := httptest.NewRecorder()
	p.server.ServeHTTP(w, r)
	isError, code := w.Code/100 == 4, w.Header().Get("X-Amzn-Query-Error")
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || !isError && w.Code != http.StatusOK || isError != (a.Type != "") || isError != (code != "") {
		p.t.Errorf("%s %s is answered %d %s, code %q (%v)", operation, request, w.Code, w.Body, code, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasPrefix(operation, "SendMessage") {
		if a.MessageId != "" {
			p.sent++
		}
		p.sent += len(a.Successful)
	}
	for _, m := range a.Messages {
		p.handle = m.ReceiptHandle
	}
	if a.TaskHandle != "" {
		p.task = a.TaskHandle
	}
	return a
}

// most has the largest valid value of each numeric attribute.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
var most = map[string]uint64{
	"DelaySeconds": 900, "MaximumMessageSize": 1 << 20, "MessageRetentionPeriod": 1209600, "ReceiveMessageWaitTimeSeconds": 20, "VisibilityTimeout": 43200,
	"ApproximateNumberOfMessages": 1e6, "ApproximateNumberOfMessagesNotVisible": 120_000, "ApproximateNumberOfMessagesDelayed": 1e6,
}

// checkQueues fails the test if an attribute has an impossible value, or if the queues hold more
// messages than were sent.
func (p *player) checkQueues() {
	held := 0
	for url, attributes := range p.queues() {
		for name, most := range most {
			if n, err := strconv.ParseUint(attributes[name], 10, 64); err != nil || n > most {
				p.t.Errorf("%s of %s is %q", name, url, attributes[name])
			}
		}
		if policy, ok := attributes["RedrivePolicy"]; ok && !json.Valid([]byte(policy)) {
			p.t.Errorf("RedrivePolicy of %s is %s", url, policy)
		}
		held += p.number(attributes, "") + p.number(attributes, "NotVisible") + p.number(attributes, "Delayed")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if held > p.sent {
		p.t.Errorf("the queues hold %d messages, but only %d were sent", held, p.sent)
	}
}

// queues returns the attributes of every queue, by URL.
func (p *player) queues() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, url := range p.call("ListQueues", "").QueueUrls {
		all[url] = p.call("GetQueueAttributes", `{"QueueUrl":"`+url+`","AttributeNames":["All"]}`).Attributes
	}
	return all
}

func (p *player) number(attributes map[string]string, kind string) int {
	n, err := strconv.Atoi(attributes["ApproximateNumberOfMessages"+kind])
	if err != nil {
		p.t.Error(err)
	}
	return n
}

// drain waits until all messages are visible and receives them. Each queue must return as many
// messages as it counts, and no message twice.
func (p *player) drain() {
	wait(13 * time.Hour)
	seen := map[string]bool{}
	for url, attributes := range p.queues() {
		if hidden := p.number(attributes, "NotVisible") + p.number(attributes, "Delayed"); hidden > 0 {
			p.t.Errorf("%s still hides %d messages", url, hidden)
		}
		p.call("SetQueueAttributes", `{"QueueUrl":"`+url+`","Attributes":{"RedrivePolicy":""}}`)
		received := 0
		for {
			messages := p.call("ReceiveMessage", `{"QueueUrl":"`+url+`","MaxNumberOfMessages":10,"WaitTimeSeconds":0,"VisibilityTimeout":43200}`).Messages
			if len(messages) == 0 {
				break
			}
			for _, m := range messages {
				if seen[m.MessageId] {
					p.t.Errorf("message %s is there twice", m.MessageId)
				}
				seen[m.MessageId] = true
			}
			received += len(messages)
		}
		if want := p.number(attributes, ""); received != want {
			p.t.Errorf("%s gives %d messages and counts %d", url, received, want)
		}
	}
}
