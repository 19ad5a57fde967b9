package sqs_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

func TestANewQueueHasTheDefaultsOfSQS(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		created := fmt.Sprint(time.Now().Unix())
		want := map[string]string{
			"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:Orders",
			"DelaySeconds":                          "0",
			"MaximumMessageSize":                    "1048576",
			"MessageRetentionPeriod":                "345600",
			"ReceiveMessageWaitTimeSeconds":         "0",
			"VisibilityTimeout":                     "30",
			"SqsManagedSseEnabled":                  "true",
			"CreatedTimestamp":                      created,
			"LastModifiedTimestamp":                 created,
			"ApproximateNumberOfMessages":           "0",
			"ApproximateNumberOfMessagesNotVisible": "0",
			"ApproximateNumberOfMessagesDelayed":    "0",
		}
		if diff := cmp.Diff(want, q.attributes()); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}
		if want := "http://embedded/000000000000/Orders"; q.url != want {
			t.Errorf("URL %s, want %s", q.url, want)
		}
	})
}

// If a queue with this name and these attributes exists already, CreateQueue returns its URL.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
func TestCreatingAQueueAgain(t *testing.T) {
	for name, test := range map[string]struct {
		again settings
		ok    bool
	}{
		"with the same attributes": {settings{"VisibilityTimeout": "60", "DelaySeconds": "5"}, true},
		"with some of them":        {settings{"VisibilityTimeout": "60"}, true},
		"with none":                {nil, true},
		"with a default":           {settings{"MaximumMessageSize": "1048576"}, true},
		"with another value":       {settings{"VisibilityTimeout": "61"}, false},
		"with one more":            {settings{"MaximumMessageSize": "1024"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, settings{"VisibilityTimeout": "60", "DelaySeconds": "5"}, func(t *testing.T, q *queue) {
				q.send("kept")
				again, err := q.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("Orders"), Attributes: test.again})
				switch {
				case test.ok && err != nil:
					t.Error(err)
				case test.ok && *again.QueueUrl != q.url:
					t.Errorf("the queue is now %s, was %s", *again.QueueUrl, q.url)
				case !test.ok && !is[*types.QueueNameExists](err):
					t.Errorf("got %v, want QueueNameExists", err)
				case !test.ok && !strings.HasSuffix(err.Error(), " for attribute "+names(test.again)[0]):
					t.Errorf("%v does not end with the attribute's name", err)
				}
				q.wantCounts("0", "0", "1")
			})
		})
	}
}

func TestCreateQueueRefusesAnInvalidName(t *testing.T) {
	client := newClient()
	for _, name := range []string{"a b", "a.b", "ä", strings.Repeat("a", 81)} {
		_, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		wantError(t, err, "InvalidParameterValue", "alphanumeric")
	}
	_, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("")})
	wantError(t, err, "MissingParameter", "QueueName")
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func TestAttributesOfAQueueHaveARange(t *testing.T) {
	for name, test := range map[string]struct{ fine, not []string }{
		"DelaySeconds":                  {[]string{"0", "900"}, []string{"-1", "901", "", "x", "1.5"}},
		"MaximumMessageSize":            {[]string{"1024", "1048576"}, []string{"1023", "1048577"}},
		"MessageRetentionPeriod":        {[]string{"60", "1209600"}, []string{"59", "1209601"}},
		"ReceiveMessageWaitTimeSeconds": {[]string{"0", "20"}, []string{"-1", "21"}},
		"VisibilityTimeout":             {[]string{"0", "43200"}, []string{"-1", "43201"}},
		"Policy":                        {append(validPolicies, ""), invalidPolicies},
		"SqsManagedSseEnabled":          {[]string{"false", "true"}, []string{"maybe", ""}},
		"RedriveAllowPolicy":            {[]string{`{"redrivePermission":"allowAll"}`}, []string{"allowAll"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, newClient(), "Orders", nil)
			for _, value := range test.fine {
				if err := q.set(settings{name: value}); err != nil {
					t.Errorf("%q: %v", value, err)
				} else if got := q.attributes()[name]; got != value {
					t.Errorf("%q is kept as %q", value, got)
				}
			}
			before := q.attributes()
			for _, value := range test.not {
				if err := q.set(settings{name: value}); !is[*types.InvalidAttributeValue](err) {
					t.Errorf("%q: got %v, want InvalidAttributeValue", value, err)
				}
			}
			if diff := cmp.Diff(before, q.attributes()); diff != "" {
				t.Errorf("what is refused changes attributes (-before +after):\n%s", diff)
			}
		})
	}
}

func TestARedrivePolicyIsChecked(t *testing.T) {
	const arn = "arn:aws:sqs:us-east-1:000000000000:"
	for name, test := range map[string]struct{ policy, says string }{
		"not JSON":                     {"x", "not a valid JSON map"},
		"nothing":                      {`{}`, "Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn."},
		"no target":                    {`{"maxReceiveCount":5}`, "Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn."},
		"no maxReceiveCount":           {`{"deadLetterTargetArn":"` + arn + `DeadLetters"}`, "Reason: Redrive policy does not contain mandatory attribute: maxReceiveCount."},
		"a maxReceiveCount of 0":       {`{"deadLetterTargetArn":"` + arn + `DeadLetters","maxReceiveCount":0}`, "from 1 to 1000"},
		"a maxReceiveCount of 1001":    {`{"deadLetterTargetArn":"` + arn + `DeadLetters","maxReceiveCount":"1001"}`, "from 1 to 1000"},
		"a target that does not exist": {`{"deadLetterTargetArn":"` + arn + `None","maxReceiveCount":5}`, "Dead letter target does not exist"},
		"a target in another region":   {`{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:DeadLetters","maxReceiveCount":5}`, "Dead letter target does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, newClient(), "Orders", nil)
			newQueue(t, q.client, "DeadLetters", nil)
			wantError(t, q.set(settings{"RedrivePolicy": test.policy}), "InvalidParameterValue", test.says)
			_, err := q.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("New"), Attributes: settings{"RedrivePolicy": test.policy}})
			wantError(t, err, "InvalidParameterValue", test.says)
		})
	}
}

// AWS was seen to show a number where the client had sent a string.
func TestAttributesAreShownInOneSpelling(t *testing.T) {
	client := newClient()
	policy := func(maxReceiveCount string) string {
		return `{"deadLetterTargetArn":"` + newQueue(t, client, "DeadLetters", nil).arn + `","maxReceiveCount":` + maxReceiveCount + `}`
	}
	q := newQueue(t, client, "Orders", settings{"RedrivePolicy": policy(`"42"`), "DelaySeconds": "+06"})
	got := q.attributes()
	if got["RedrivePolicy"] != policy("42") || got["DelaySeconds"] != "6" {
		t.Errorf("shown are %s and %s", got["RedrivePolicy"], got["DelaySeconds"])
	}
	for _, again := range []settings{{"RedrivePolicy": policy("42")}, {"RedrivePolicy": policy(`"42"`), "DelaySeconds": "006"}} {
		newQueue(t, client, "Orders", again) // finds the same queue
	}
}

func TestAnEmptyRedrivePolicyRemovesIt(t *testing.T) {
	withDeadLetters(t, "1", func(t *testing.T, q, _ *queue) {
		if err := q.set(settings{"RedrivePolicy": ""}); err != nil {
			t.Fatal(err)
		}
		if policy, ok := q.attributes()["RedrivePolicy"]; ok {
			t.Errorf("the queue still shows the policy %q", policy)
		}
		q.send("hello")
		q.receiveTimes(5)
	})
}

func TestUnknownAttributesAreRefused(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	if err := q.set(settings{"Colour": "red"}); !is[*types.InvalidAttributeName](err) {
		t.Errorf("set: got %v, want InvalidAttributeName", err)
	}
	_, err := q.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{"Colour"}})
	if !is[*types.InvalidAttributeName](err) {
		t.Errorf("get: got %v, want InvalidAttributeName", err)
	}
}

func TestGetQueueAttributesReturnsWhatIsAskedFor(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	for _, test := range []struct {
		ask  []types.QueueAttributeName
		want map[string]string
	}{
		{nil, nil},
		{[]types.QueueAttributeName{"VisibilityTimeout", "QueueArn"}, map[string]string{"VisibilityTimeout": "30", "QueueArn": q.arn}},
		{[]types.QueueAttributeName{"RedrivePolicy"}, nil}, // which the queue does not have
	} {
		out, err := q.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: test.ask})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, out.Attributes); diff != "" {
			t.Errorf("asked for %v (-want +got):\n%s", test.ask, diff)
		}
	}
}

func TestEveryOperationAnswersATypedErrorForAQueueThatDoesNotExist(t *testing.T) {
	client, url := newClient(), aws.String("http://embedded/000000000000/None")
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"SendMessage": func() error {
			_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: url})
			return err
		},
		"ReceiveMessage": func() error {
			_, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
			return err
		},
		"DeleteMessage": func() error {
			_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: url})
			return err
		},
		"SendMessageBatch": func() error {
			_, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []sendEntry{entry("a", "b")}})
			return err
		},
		"PurgeQueue":  func() error { _, err := client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url}); return err },
		"DeleteQueue": func() error { _, err := client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url}); return err },
		"GetQueueUrl": func() error {
			_, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("None")})
			return err
		},
		"SetQueueAttributes": func() error { return (&queue{t: t, client: client, url: *url}).set(settings{"DelaySeconds": "1"}) },
	} {
		t.Run(name, func(t *testing.T) {
			err := call()
			if !is[*types.QueueDoesNotExist](err) {
				t.Errorf("got %v, want QueueDoesNotExist", err)
			}
			wantError(t, err, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist")
		})
	}
}

func TestAQueueIsFoundByItsNameAndByAURLOfAnyHost(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		out, err := q.client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("Orders")})
		if err != nil || *out.QueueUrl != q.url {
			t.Errorf("got %v (error %v), want %s", out, err, q.url)
		}
		elsewhere := &queue{t: t, client: q.client, url: "http://localhost:4566/000000000000/Orders"}
		elsewhere.send("hello")
		q.receiveOne()
	})
}

func TestADeletedQueueIsNotCreatedAgainForAMinute(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		if _, err := q.client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url}); err != nil {
			t.Fatal(err)
		}
		wait(59 * time.Second)
		_, err := q.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("Orders")})
		if !is[*types.QueueDeletedRecently](err) {
			t.Errorf("got %v, want QueueDeletedRecently", err)
		}
		wait(time.Second)
		newQueue(t, q.client, "Orders", nil)
	})
}

func TestMaxResultsOfAListIsBetween1And1000(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		for _, n := range []int32{-1, 0, 1001} {
			_, err := q.client.ListQueues(t.Context(), &sqs.ListQueuesInput{MaxResults: &n})
			wantError(t, err, "InvalidParameterValue", "MaxResults")
			_, err = q.client.ListDeadLetterSourceQueues(t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &q.url, MaxResults: &n})
			wantError(t, err, "InvalidParameterValue", "MaxResults")
		}
	})
}

func TestListQueuesPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient()
		for _, name := range []string{"b1", "a2", "b3", "b2", "c"} {
			newQueue(t, client, name, nil)
		}
		var got []string
		pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("b"), MaxResults: aws.Int32(2)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.Join(page.QueueUrls, " "))
		}
		const url = "http://embedded/000000000000/"
		if diff := cmp.Diff([]string{url + "b1 " + url + "b2", url + "b3"}, got); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}
