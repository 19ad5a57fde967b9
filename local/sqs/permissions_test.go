package sqs_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
)

func (q *queue) permit(label string, accounts, actions []string) error {
	_, err := q.client.AddPermission(q.t.Context(), &sqs.AddPermissionInput{QueueUrl: &q.url, Label: &label, AWSAccountIds: accounts, Actions: actions})
	return err
}

func (q *queue) forbid(label string) error {
	_, err := q.client.RemovePermission(q.t.Context(), &sqs.RemovePermissionInput{QueueUrl: &q.url, Label: &label})
	return err
}

// wantPolicy compares the queue's policy; "" means no policy.
func (q *queue) wantPolicy(want string) {
	q.t.Helper()
	plain := func(text string) (tree any) {
		if text != "" {
			if err := json.Unmarshal([]byte(text), &tree); err != nil {
				q.t.Fatal(err)
			}
		}
		return tree
	}
	if diff := cmp.Diff(plain(want), plain(q.attributes()["Policy"])); diff != "" {
		q.t.Errorf("policy (-want +got):\n%s", diff)
	}
}

const statement = `"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage"`

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
var validPolicies = []string{
	`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a",` + statement + `,"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
	`{"Statement":{` + statement + `}}`,
	`{"Version":"2008-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":["111111111111"],"Service":"sns.amazonaws.com"},"NotAction":["SQS:*","sqs:Send*"],"NotResource":["*"]}]}`,
}

var invalidPolicies = []string{
	`{`, `[1]`, `1`, `"x"`, `null`, `{}`, `{"foo":1}`, `{"Version":"2012-10-17"}`, `{"Statement":[]}`, `{"Statement":null}`, `{"Statement":[1]}`, `{"Statement":[{}]}`,
	`{"statement":[{` + statement + `}]}`, `{"Statement":[{` + statement + `}],"Colour":"red"}`, `{"Version":"2012","Statement":[{` + statement + `}]}`,
	`{"Statement":[{"Effect":"Allow","Principal":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"sqs:*"}]}`, `{"Statement":[{"Principal":"*","Action":"sqs:*"}]}`,
	`{"Statement":[{` + statement + `,"Colour":"red"}]}`, `{"Statement":[{` + statement + `,"NotAction":"x"}]}`, `{"Statement":[{` + statement + `,"Resource":[1]}]}`,
	`{"Statement":[{` + statement + `,"Condition":"x"}]}`, `{"Statement":[{` + statement + `,"Sid":1}]}`,
	`{"Statement":[{"Effect":"Maybe","Principal":"*","Action":"sqs:*"}]}`, `{"Statement":[{"Effect":"Allow","Principal":"x","Action":"sqs:*"}]}`,
	`{"Statement":[{"Effect":"Allow","Principal":{"Who":"x"},"Action":"sqs:*"}]}`, `{"Statement":[{"Effect":"Allow","Principal":{},"Action":"sqs:*"}]}`,
	`{"Statement":[{"Effect":"Allow","Principal":"*","Action":[]}]}`,
}

// A policy with one statement may have it without a list.
func TestAPermissionIsAddedToThePolicyThatIsThere(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	if err := q.set(settings{"Policy": `{"Version":"2012-10-17","Id":"mine","Statement":{` + statement + `,"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":12345678901234567}}}}`}); err != nil {
		t.Fatal(err)
	}
	if err := q.permit("one", []string{"111111111111"}, []string{"ReceiveMessage"}); err != nil {
		t.Fatal(err)
	}
	q.wantPolicy(`{"Version":"2012-10-17","Id":"mine","Statement":[{` + statement + `,"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":12345678901234567}}},` +
		`{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:Orders"}]}`)
}

// AWS wrote these policies for the same calls.
func TestAddPermissionWritesAStatementIntoThePolicy(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	const (
		begin = `{"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:Orders/SQSDefaultPolicy","Statement":[`
		end   = `]}`
		one   = `{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},` +
			`"Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:Orders"}`
		two = `{"Sid":"two-2_b","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]},` +
			`"Action":["SQS:SendMessage","SQS:*"],"Resource":"arn:aws:sqs:us-east-1:000000000000:Orders"}`
	)
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return q.permit("one", []string{"111111111111"}, []string{"ReceiveMessage"}) }, begin + one + end},
		{func() error {
			return q.permit("two-2_b", []string{"111111111111", "222222222222"}, []string{"SendMessage", "*"})
		}, begin + one + "," + two + end},
		{func() error { return q.forbid("one") }, begin + two + end},
		{func() error { return q.forbid("two-2_b") }, ""},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		q.wantPolicy(step.want)
	}
}

func TestAnInvalidPermissionIsRefused(t *testing.T) {
	account, receive := []string{"111111111111"}, []string{"ReceiveMessage"}
	q := newQueue(t, newClient(), "Orders", nil)
	if err := q.permit("one", account, receive); err != nil {
		t.Fatal(err)
	}
	before := q.attributes()["Policy"]
	wantError(t, q.permit("one", account, receive), "InvalidParameterValue", "Already exists")
	wantError(t, q.permit("two", account, []string{"CreateQueue"}), "InvalidParameterValue", "SQS:CreateQueue")
	wantError(t, q.permit("two", account, slices.Repeat(receive, 8)), "OverLimit", "8 actions were found in a statement from the submitted policy, max allowed is 7")
	for _, label := range []string{"a b!", "a.b", "é", strings.Repeat("a", 81)} {
		wantError(t, q.permit(label, account, receive), "InvalidParameterValue", "Value "+label+" for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
	}
	for _, other := range []string{"abc", "*", "1111111111111", "arn:aws:iam::111111111111:root"} { // aws-sdk-core-ruby's issue 138 tells of *
		wantError(t, q.permit("two", []string{other}, receive), "InvalidParameterValue", "Value ["+other+"] for parameter PrincipalId is invalid. Reason: Unable to verify.")
	}
	wantError(t, q.permit("two", []string{}, receive), "MissingParameter", "AWSAccountIds")
	wantError(t, q.permit("two", account, []string{}), "MissingParameter", "Actions")
	wantError(t, q.forbid("two"), "InvalidParameterValue", "can't find label")
	q.wantPolicy(before)
}

// The other refusals have the status 400.
func TestTooManyActionsAreForbidden(t *testing.T) {
	server := newServer()
	call(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
	response, _ := post(t, server, target("AddPermission"), `{"QueueUrl":"Orders","Label":"one","AWSAccountIds":["111111111111"],"Actions":["*","*","*","*","*","*","*","*"]}`)
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("answered %s, want 403", response.Status)
	}
}
