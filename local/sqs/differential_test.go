package sqs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"pgregory.net/rapid"

	"simple-sam-demo/local/differential"
)

// The test makes random sequences of calls on the queue and on the reference, and compares the
// answers. The next test makes the same kind of sequences on other servers.
func TestRandomSequencesOfCallsAreAnsweredAsTheReferenceAnswers(t *testing.T) {
	differential.KeepWorkTree(t)
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			c := &comparison{t: t}
			c.startAnew()
			t.Repeat(c.actions())
		})
	})
}

// otherServers are the emulators that the test can compare the queue with. The environment variable
// SQS_DIFFERENTIAL names those that it uses, with commas between.
var otherServers = map[string]func(t *testing.T) (url string){
	"elasticmq": startElasticMQ,
	"moto":      differential.StartMoto,
}

func TestRandomSequencesOfCallsAreAnsweredAsOtherServersAnswerButForKnownDifferences(t *testing.T) {
	differential.Against(t, "SQS_DIFFERENTIAL", otherServers, func(t *testing.T, name string, config aws.Config) {
		theirs, tally := sqs.NewFromConfig(config), differential.NewTally(name, knownDifferences[name])
		rapid.Check(t, func(t *rapid.T) {
			tally.Sequences++
			// ElasticMQ has a fault: if the redrive policy was set after CreateQueue, it
			// answers a move task without a destination with an error, after 21 s.
			c := &comparison{t: t, theirs: theirs, tally: tally, needsDestination: name == "elasticmq"}
			c.startAnew()
			t.Repeat(c.actions())
			c.theirServer.deleteQueues()
		})
		tally.Report(t)
	})
}

// server is one SQS server as one sequence uses it.
type server struct {
	t        *rapid.T
	client   *sqs.Client
	prefix   string // the start of the names of the sequence's queues
	queues   [2]*queue
	receipts map[string][]types.Message // every receive of a message, by the message's name
}

func newSequence(t *rapid.T, client *sqs.Client, prefix string) *server {
	s := &server{t: t, client: client, prefix: prefix, receipts: map[string][]types.Message{}}
	for i, name := range queueNames {
		s.queues[i] = newQueue(t, client, prefix+name, settings{"VisibilityTimeout": fmt.Sprint(long)})
	}
	return s
}

func (s *server) received(m types.Message) {
	s.receipts[nameOf(m)] = append(s.receipts[nameOf(m)], m)
}

// handle returns the message that this server returned at the receive that the receipt names.
func (s *server) handle(of receipt) types.Message { return s.receipts[of.message][of.nth-1] }

func (s *server) deleteQueues() {
	for _, q := range s.queues {
		if _, err := s.client.DeleteQueue(s.t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// comparison runs one sequence on our server, on the reference and perhaps on another server.
type comparison struct {
	t           *rapid.T
	theirs      *sqs.Client // nil to compare with the reference only
	tally       *differential.Tally
	reference   *reference
	ourServer   *server
	theirServer *server

	needsDestination bool
}

// startAnew begins with new queues that have no messages.
func (c *comparison) startAnew() {
	if c.theirServer != nil {
		c.theirServer.deleteQueues()
	}
	prefix := "s-"
	if c.tally != nil {
		prefix = c.tally.Prefix()
	}
	c.reference = newReference()
	for i := range queueNames {
		c.reference.queues[i].attributes = settings{"VisibilityTimeout": fmt.Sprint(long)}
	}
	c.ourServer = newSequence(c.t, newClient(), prefix)
	if c.theirs != nil {
		c.theirServer = newSequence(c.t, c.theirs, prefix)
	}
}

// do makes an operation on all servers. It compares the answers, and then the state of the queues.
func (c *comparison) do(o operation) {
	c.t.Log(o)
	want := o.expect(c.reference)
	got := o.on(c.ourServer)
	c.wantReference(o, want, got)
	state := c.ourServer.state()
	c.wantReference(o, c.reference.counts(), state)
	if c.theirs == nil {
		return
	}
	c.tally.Operations++
	name, _, _ := strings.Cut(o.String(), ":")
	apart := c.tally.Tolerate(c.t, differential.DifferencesOf(name, got, o.on(c.theirServer))) ||
		c.tally.Tolerate(c.t, c.differentState("GetQueueAttributes after "+name, state))
	if apart {
		c.t.Log("with new queues:")
		c.tally.Anew++
		c.startAnew()
	}
}

// differentState compares the attributes of the queues. It waits up to a second for equal numbers of
// messages: ElasticMQ moves messages to the dead-letter queue in the background, and on AWS the
// numbers are approximate.
func (c *comparison) differentState(operation string, ours facts) (all []differential.Difference) {
	for until := time.Now().Add(time.Second); time.Now().Before(until); {
		all = differential.DifferencesOf(operation, ours, c.theirServer.state())
		if !slices.ContainsFunc(all, func(d differential.Difference) bool { return strings.Contains(d.Fact, "ApproximateNumberOf") }) {
			break
		}
	}
	return all
}

func (c *comparison) wantReference(o operation, want, got facts) {
	c.t.Helper()
	for _, fact := range slices.Sorted(maps.Keys(want)) {
		if got[fact] != want[fact] {
			c.t.Errorf("%v: %s: got %q, want %q", o, fact, got[fact], want[fact])
		}
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}
