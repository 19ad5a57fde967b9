package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const arnPrefix = "arn:aws:sqs:us-east-1:000000000000:"

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func TestARedriveAllowPolicyIsChecked(t *testing.T) {
	const unsupported = "can't create the redrive allow policy, as it’s in an unsupported format."
	const arn = `"` + arnPrefix + `Orders"`
	ten := strings.TrimSuffix(strings.Repeat(arn+",", 10), ",")
	for name, test := range map[string]struct{ policy, code, says string }{
		"not JSON":                     {`x`, "InvalidAttributeValue", unsupported},
		"not an object":                {`[]`, "InvalidAttributeValue", unsupported},
		"no permission":                {`{}`, "InvalidAttributeValue", unsupported},
		"another permission":           {`{"redrivePermission":"some"}`, "InvalidAttributeValue", unsupported},
		"sources that are not a list":  {`{"redrivePermission":"byQueue","sourceQueueArns":` + arn + `}`, "InvalidAttributeValue", unsupported},
		"a source that is no ARN":      {`{"redrivePermission":"byQueue","sourceQueueArns":[` + arn + `,"foo"]}`, "InvalidAttributeValue", unsupported},
		"a source that is a topic":     {`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sns:us-east-1:000000000000:Orders"]}`, "InvalidAttributeValue", unsupported},
		"byQueue without sources":      {`{"redrivePermission":"byQueue"}`, "InvalidParameterValue", "one or more sourceQueueArns values"},
		"byQueue with no source":       {`{"redrivePermission":"byQueue","sourceQueueArns":[]}`, "InvalidParameterValue", "one or more sourceQueueArns values"},
		"byQueue with eleven":          {`{"redrivePermission":"byQueue","sourceQueueArns":[` + arn + `,` + ten + `]}`, "InvalidParameterValue", "is 10"},
		"denyAll with a source":        {`{"redrivePermission":"denyAll","sourceQueueArns":[` + arn + `]}`, "InvalidParameterValue", "you must set redrivePermission to byQueue"},
		"allowAll with a source":       {`{"redrivePermission":"allowAll","sourceQueueArns":[` + arn + `]}`, "InvalidParameterValue", "you must set redrivePermission to byQueue"},
		"byQueue with ten is accepted": {`{"redrivePermission":"byQueue","sourceQueueArns":[` + ten + `]}`, "", ""},
		"denyAll is accepted":          {`{"redrivePermission":"denyAll"}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, newClient(), "DeadLetters", nil)
			err := q.set(settings{"RedriveAllowPolicy": test.policy})
			if test.code != "" {
				wantError(t, err, test.code, test.says)
				test.policy = ""
			} else if err != nil {
				t.Error(err)
			}
			if got := q.attributes()["RedriveAllowPolicy"]; got != test.policy {
				t.Errorf("shown is %q, want %q", got, test.policy)
			}
		})
	}
}

func TestARedriveAllowPolicyDecidesWhichQueuesMayBeSources(t *testing.T) {
	for name, test := range map[string]struct {
		policy string
		allows bool
	}{
		"any, without one":       {"", true},
		"any":                    {`{"redrivePermission":"allowAll"}`, true},
		"none":                   {`{"redrivePermission":"denyAll"}`, false},
		"the queue among others": {`{"redrivePermission":"byQueue","sourceQueueArns":["` + arnPrefix + `Other","` + arnPrefix + `Orders"]}`, true},
		"only others":            {`{"redrivePermission":"byQueue","sourceQueueArns":["` + arnPrefix + `Other"]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient()
			newQueue(t, client, "DeadLetters", settings{"RedriveAllowPolicy": test.policy})
			redrive := settings{"RedrivePolicy": `{"deadLetterTargetArn":"` + arnPrefix + `DeadLetters","maxReceiveCount":5}`}
			_, created := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("Orders"), Attributes: redrive})
			changed := newQueue(t, client, "Orders", nil).set(redrive)
			for _, err := range []error{created, changed} {
				if test.allows && err != nil {
					t.Error(err)
				} else if !test.allows {
					wantError(t, err, "InvalidParameterValue", "The RedriveAllowPolicy of the dead letter target does not allow this queue")
				}
			}
		})
	}
}
