package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// A member with another name is unknown, and so is one whose name is in another case. No SDK sends one.
func TestNamesOfMembersHaveACase(t *testing.T) {
	server := newServer()
	call(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
	for name, test := range map[string]struct{ operation, body, shape, say string }{
		"a queue URL":        {"SendMessage", `{"queueurl":"Orders","MessageBody":"x"}`, "MissingRequiredParameterException", "QueueUrl"},
		"a body":             {"SendMessage", `{"QueueUrl":"Orders","messagebody":"x"}`, "MissingRequiredParameterException", "MessageBody"},
		"the entries":        {"SendMessageBatch", `{"QueueUrl":"Orders","entries":[{"Id":"1","MessageBody":"x"}]}`, "EmptyBatchRequest", ""},
		"the id of an entry": {"SendMessageBatch", `{"QueueUrl":"Orders","Entries":[{"id":"1","MessageBody":"x"}]}`, "InvalidBatchEntryId", ""},
		"a type of an attribute": {"SendMessage", `{"QueueUrl":"Orders","MessageBody":"x","MessageAttributes":{"a":{"datatype":"String","StringValue":"x"}}}`,
			"InvalidParameterValueException", "The type of message (user) attribute 'a' is invalid"},
	} {
		_, answer := post(t, server, target(test.operation), test.body)
		shape, _ := answer["__type"].(string)
		if message, _ := answer["message"].(string); !strings.HasSuffix(shape, "#"+test.shape) || !strings.Contains(message, test.say) {
			t.Errorf("%s in another case: answered %v, want %s %s", name, answer, test.shape, test.say)
		}
	}
	if got := call(t, server, target("ReceiveMessage"), `{"QueueUrl":"Orders"}`); got["Messages"] != nil {
		t.Errorf("messages %v, want none", got["Messages"])
	}
}

// SendMessage has no Id: that is a member of a batch's entries.
func TestTheAnswerToSendMessageHasNoID(t *testing.T) {
	server := newServer()
	call(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
	if got := call(t, server, target("SendMessage"), `{"QueueUrl":"Orders","MessageBody":"x","Id":"1"}`); got["Id"] != nil {
		t.Errorf("answered %v", got)
	}
}

// AWS answered {"MaxReceiveCount":…,"DeadLetterTargetArn":…} so: https://github.com/rubyonjets/jets/pull/101
func TestNamesInARedrivePolicyHaveACase(t *testing.T) {
	client := newClient()
	q, deadLetters := newQueue(t, client, "Orders", nil), newQueue(t, client, "DeadLetters", nil)
	arn := deadLetters.attributes()["QueueArn"]
	const lacks = "Redrive policy does not contain mandatory attribute: "
	for policy, say := range map[string]string{
		`{"MaxReceiveCount":"4","deadLetterTargetArn":"` + arn + `"}`: lacks + "maxReceiveCount",
		`{"maxReceiveCount":"4","DeadLetterTargetArn":"` + arn + `"}`: lacks + "deadLetterTargetArn",
	} {
		wantError(t, q.set(settings{"RedrivePolicy": policy}), "InvalidParameterValue", say)
	}
	wantError(t, q.set(settings{"RedriveAllowPolicy": `{"RedrivePermission":"allowAll"}`}), "InvalidAttributeValue", "unsupported format")
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
func TestAQueueOfAnotherAccountDoesNotExist(t *testing.T) {
	client := newClient()
	q := newQueue(t, client, "Orders", nil)
	found, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("Orders"), QueueOwnerAWSAccountId: aws.String("000000000000")})
	if err != nil || *found.QueueUrl != q.url {
		t.Errorf("own account: got %v, %v", found, err)
	}
	for _, account := range []string{"999999999999", "abc"} {
		_, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("Orders"), QueueOwnerAWSAccountId: &account})
		wantError(t, err, "AWS.SimpleQueueService.NonExistentQueue", "does not exist or you do not have access to it.")
	}
}

func TestATokenThatNoListGaveIsRefused(t *testing.T) {
	client := newClient()
	q := newQueue(t, client, "Orders", nil)
	for _, token := range []string{"foo", "Orders", "a b", "e30=", "bm8uIQ=="} {
		_, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{NextToken: &token, MaxResults: aws.Int32(1)})
		wantError(t, err, "InvalidParameterValue", "Invalid or expired next token.")
		_, err = client.ListDeadLetterSourceQueues(t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &q.url, NextToken: &token})
		wantError(t, err, "InvalidParameterValue", "Invalid or expired next token.")
	}
}

// The users of Spring Cloud AWS sent it to such queues, and AWS did not complain: github.com/awspring/spring-cloud-aws, issue 529.
func TestAReceiveRequestAttemptIDHasNoEffect(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		attempt := func(in *sqs.ReceiveMessageInput) { in.ReceiveRequestAttemptId = aws.String("one") }
		q.send("hello")
		q.receiveOne(attempt)
		if again := q.receive(attempt); len(again) > 0 {
			t.Errorf("the same attempt received %q again", bodies(again))
		}
	})
}
