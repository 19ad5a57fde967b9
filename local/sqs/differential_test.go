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

// Whatever clients do, the queue does what the reference does. The sequences are those
// that are compared with other servers, too.
func TestWhateverClientsDoTheQueueAnswersAsTheReference(t *testing.T) {
	differential.KeepWorkTree(t)
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			c := &comparison{t: t}
			c.startAnew()
			t.Repeat(c.actions())
		})
	})
}

// otherServers are what the queue is compared with when the environment variable
// SQS_DIFFERENTIAL names them, with commas between.
var otherServers = map[string]func(t *testing.T) (url string){
	"elasticmq": startElasticMQ,
	"moto":      differential.StartMoto,
}

func TestWhateverClientsDoTheQueueAnswersAsOtherServersDoOrIsKnownToDiffer(t *testing.T) {
	differential.Against(t, "SQS_DIFFERENTIAL", otherServers, func(t *testing.T, name string, config aws.Config) {
		theirs, tally := sqs.NewFromConfig(config), differential.NewTally(name, knownDifferences[name])
		rapid.Check(t, func(t *rapid.T) {
			tally.Sequences++
			// ElasticMQ answers a move without a destination with an error, after 21 s, if
			// the redrive policy was set and not created with the queue.
			c := &comparison{t: t, theirs: theirs, tally: tally, needsDestination: name == "elasticmq"}
			c.startAnew()
			t.Repeat(c.actions())
			c.theirServer.deleteQueues()
		})
		tally.Report(t)
	})
}

// server is one SQS in one sequence.
type server struct {
	t        *rapid.T
	client   *sqs.Client
	prefix   string // of the names of the sequence's queues
	queues   [2]*queue
	receipts map[string][]types.Message // by name of the message
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

// handle is the receipt handle that this server gave.
func (s *server) handle(of receipt) types.Message { return s.receipts[of.message][of.nth-1] }

func (s *server) deleteQueues() {
	for _, q := range s.queues {
		if _, err := s.client.DeleteQueue(s.t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// comparison does one sequence.
type comparison struct {
	t           *rapid.T
	theirs      *sqs.Client // nil for the reference alone
	tally       *differential.Tally
	reference   *reference
	ourServer   *server
	theirServer *server

	needsDestination bool
}

// startAnew starts with new queues, without messages.
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

// do does an operation everywhere and compares what came of it, and of the queues.
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

// differentState compares what the queues tell of themselves. The numbers of messages may
// take a second to be right: ElasticMQ moves messages to the dead-letter queue beside the
// calls, and on AWS they are approximate.
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
