package sqs_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"pgregory.net/rapid"

	"simple-sam-demo/shared/awsclient"
)

// Whatever clients do, the queue does what the reference does. The sequences are those
// that are compared with other servers, too.
func TestWhateverClientsDoTheQueueAnswersAsTheReference(t *testing.T) {
	keepWorkTree(t)
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
	"moto":      startMoto,
}

func TestWhateverClientsDoTheQueueAnswersAsOtherServersDoOrIsKnownToDiffer(t *testing.T) {
	keepWorkTree(t)
	for _, name := range slices.Sorted(maps.Keys(otherServers)) {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(strings.Split(os.Getenv("SQS_DIFFERENTIAL"), ","), name) {
				t.Skipf("runs only with SQS_DIFFERENTIAL=%s in the environment", name)
			}
			theirs, tally := clientOf(otherServers[name](t)), newTally(name)
			rapid.Check(t, func(t *rapid.T) {
				tally.sequences++
				// ElasticMQ answers a move without a destination with an error, after 21 s, if
				// the redrive policy was set and not created with the queue.
				c := &comparison{t: t, theirs: theirs, tally: tally, needsDestination: name == "elasticmq"}
				c.startAnew()
				t.Repeat(c.actions())
				c.theirServer.deleteQueues()
			})
			tally.report(t)
		})
	}
}

// clientOf returns a client that does not repeat what failed, nor uses a connection twice:
// other servers end them when they like.
func clientOf(url string) *sqs.Client {
	config := awsclient.AtEndpoint(url)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return sqs.NewFromConfig(config)
}

// keepWorkTree keeps rapid from writing a file of what failed below testdata. The log has
// the seed.
func keepWorkTree(t *testing.T) {
	t.Helper()
	const name = "rapid.nofailfile"
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, "true"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
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
	tally       *tally
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
		prefix = c.tally.prefix()
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
	c.tally.operations++
	name, _, _ := strings.Cut(o.String(), ":")
	apart := c.tally.tolerate(c.t, differencesOf(name, got, o.on(c.theirServer))) ||
		c.tally.tolerate(c.t, c.differentState("GetQueueAttributes after "+name, state))
	if apart {
		c.t.Log("with new queues:")
		c.tally.anew++
		c.startAnew()
	}
}

// differentState compares what the queues tell of themselves. The numbers of messages may
// take a second to be right: ElasticMQ moves messages to the dead-letter queue beside the
// calls, and on AWS they are approximate.
func (c *comparison) differentState(operation string, ours facts) (all []difference) {
	for until := time.Now().Add(time.Second); time.Now().Before(until); {
		all = differencesOf(operation, ours, c.theirServer.state())
		if !slices.ContainsFunc(all, func(d difference) bool { return strings.Contains(d.fact, "ApproximateNumberOf") }) {
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
