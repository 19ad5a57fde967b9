package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/target"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/tools/soak/probe"
)

// quick is a plan with all that there is: in fake time it takes a moment.
func quick() plan {
	return plan{
		duration: 14 * time.Minute, rate: 1, every: 2 * time.Second, keep: time.Minute, residents: 20,
		redriveEvery: 3 * time.Minute, upgradeEvery: 7 * time.Minute,
	}
}

// inMemory is a soak of a stack in memory. change may be nil, and changes the stack behind the soak's back when the
// load has lasted for half of its time.
func inMemory(t *testing.T, p plan, change func(*soak)) (s *soak, err error) {
	t.Helper()
	m, err := newModels(stacktest.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	local := stacktest.Start(t, map[string]string{"ModelUri": m.path}, nil)
	queue := func(name string) target.Queue {
		return target.Queue{URL: local.Ref(name), ARN: "arn:aws:sqs:us-east-1:000000000000:" + name}
	}
	s = newSoak(p, &target.Target{
		AWS: local.Config.AWS.Config(), API: "http://api", Table: local.Ref(local.Names.Table),
		Queue: queue("EnrichQueue"), DeadLetterQueue: queue("EnrichDeadLetterQueue"),
	}, local.Client, m)
	s.vitals = func() (vitals, error) { return vitalsOf(os.Getpid(), probe.Read()) }
	s.backfill = func(ctx context.Context, version string) error { return enqueueOlder(ctx, s, version) }
	if change != nil {
		timer := time.AfterFunc(p.duration/2, func() { change(s) })
		defer timer.Stop()
	}
	return s, s.run(t.Context())
}

// enqueueOlder does what tools/backfill does.
func enqueueOlder(ctx context.Context, s *soak, version string) error {
	found, err := s.scan(ctx)
	if err != nil {
		return err
	}
	for id, item := range found {
		if p, ok := item.prediction(); ok && p.Version < version {
			if err := s.sendMessage(ctx, keyBody(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// printed is what a run prints, and its error.
func printed(t *testing.T, s *soak) (text string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = s.report(&out, filepath.Join(t.TempDir(), "soak.svg"))
	return out.String(), err
}

func TestALoadWithRedrivesAndAnUpgradeLosesNothingAndTheStackKeepsItsSize(t *testing.T) {
	t.Parallel()
	p := quick()
	synctest.Test(t, func(t *testing.T) {
		s, err := inMemory(t, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := printed(t, s) // the processor's time does not fit to fake time
		if s.faults > 0 {
			t.Fatal(text)
		}
		if sent, want := s.load.sent(), int(p.rate*p.duration.Seconds()); sent != want {
			t.Errorf("%d requests were sent, want %d", sent, want)
		}
		acknowledged, deleted := s.ledger.counts()
		if deleted == 0 || s.checked != acknowledged-deleted || s.checked > 1000 {
			t.Errorf("%d items acknowledged, %d deleted, %d looked at in the end", acknowledged, deleted, s.checked)
		}
		if s.poison.mended == 0 || s.poison.thrown == 0 || s.dead == 0 {
			t.Errorf("%d mended, %d deleted, %d dead letters left", s.poison.mended, s.poison.thrown, s.dead)
		}
		if s.models.published() != 2 || s.models.least() != "2000-01-01.02" {
			t.Errorf("%d versions were published, and the items have %s", s.models.published(), s.models.least())
		}
		for _, want := range []string{"| items |", "| dead letters |", "| messages |", "redrive of ", "backfill for model 2000-01-01.02"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		for _, name := range []string{"items", "dead letters", "messages"} {
			row, _, _ := strings.Cut(text[max(0, strings.Index(text, "| "+name+" |")):], "\n")
			if !strings.Contains(row, "| no trend |") {
				t.Errorf("%s grow: %s\n%s", name, row, text)
			}
		}
	})
}

func TestItIsSaidThat(t *testing.T) {
	someItem := func(s *soak) (string, map[string]types.AttributeValue) {
		e := s.ledger.residents[3]
		return e.id(), map[string]types.AttributeValue{"id": stringValue(e.id())}
	}
	for want, change := range map[string]func(t *testing.T, s *soak) error{
		"was acknowledged and is not stored": func(t *testing.T, s *soak) error {
			_, key := someItem(s)
			_, err := s.table.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.target.Table, Key: key})
			return err
		},
		"the model says": func(t *testing.T, s *soak) error {
			_, key := someItem(s)
			_, err := s.table.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: &s.target.Table, Key: key, UpdateExpression: aws.String("SET pred_target = :x"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":x": stringValue("tulip")},
			})
			return err
		},
		"is not classified": func(t *testing.T, s *soak) error {
			_, key := someItem(s)
			_, err := s.table.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: &s.target.Table, Key: key, UpdateExpression: aws.String("REMOVE pred_probability"),
			})
			return err
		},
		"is stored, and nobody has posted it": func(t *testing.T, s *soak) error {
			_, err := s.table.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.target.Table, Item: map[string]types.AttributeValue{"id": stringValue("x")}})
			return err
		},
		"was to become a dead letter, and is none": func(t *testing.T, s *soak) error {
			s.poison.add("never sent", poisoned{code: "MalformedMessage"})
			return nil
		},
		"nothing was wrong with it": func(t *testing.T, s *soak) error { return s.sendMessage(t.Context(), "not of soak") },
		`has the code "MalformedMessage", want "InvalidItem"`: func(t *testing.T, s *soak) error {
			s.poison.add("x", poisoned{code: "InvalidItem", n: 1})
			return s.sendMessage(t.Context(), "x")
		},
		"and was enqueued for 2000-01-01.02": func(_ *testing.T, s *soak) error {
			s.models.backfilled("2000-01-01.02")
			return nil
		},
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := quick()
				p.duration, p.rate = 30*time.Second, 4
				s, err := inMemory(t, p, func(s *soak) {
					if err := change(t, s); err != nil {
						t.Error(err)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				text, err := printed(t, s)
				if err == nil || !strings.Contains(text, want) {
					t.Errorf("%d faults, error %v:\n%s", s.faults, err, text)
				}
			})
		})
	}
}

func TestAQueueThatDoesNotComeToRestIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := quick()
		p.duration = time.Minute
		_, err := inMemory(t, p, func(s *soak) {
			_, err := s.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.target.Queue.URL, MessageBody: aws.String("late"), DelaySeconds: 900})
			if err != nil {
				t.Error(err)
			}
		})
		if err == nil || err.Error() != "5m0s after the load, EnrichQueue still has 1 messages" {
			t.Errorf("error %v", err)
		}
	})
}

func TestNothingIsAFaultOfARunThatWasInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var s soak
	s.fault(ctx, "a new item", io.ErrUnexpectedEOF)
	if s.faults > 0 {
		t.Error(s.first)
	}
}
