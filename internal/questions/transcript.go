package questions

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// transcript collects the lines of an answer.
type transcript []Line

func (t *transcript) add(asked, answer string) { *t = append(*t, Line{asked, answer}) }

// outcome adds what a call answered: the code and the message of its error, or what success means.
// It returns an error if there was no answer, or one that says nothing about the question.
func (t *transcript) outcome(asked, success string, err error, masks ...mask) error {
	if err == nil {
		t.add(asked, success)
		return nil
	}
	answer, ok := refusal(err)
	if !ok {
		return err
	}
	for _, m := range masks {
		answer = strings.ReplaceAll(answer, m.text, m.name)
	}
	t.add(asked, answer)
	return nil
}

// mask is a text that differs from run to run, and a name that stands for it in answers.
type mask struct{ text, name string }

// besidesTheQuestion are codes of errors that say that the caller may not ask, or not so fast. SQS and DynamoDB
// have them in common with all services.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
var besidesTheQuestion = []string{
	"AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InternalFailure", "InternalServerError",
	"OptInRequired", "RequestExpired", "RequestThrottled", "ServiceUnavailable", "ThrottlingException", "UnrecognizedClientException",
}

// refusal returns the code and the message of a service's error. ok is false for any other error.
func refusal(err error) (text string, ok bool) {
	var refused smithy.APIError
	if !errors.As(err, &refused) || slices.Contains(besidesTheQuestion, refused.ErrorCode()) {
		return "", false
	}
	return refused.ErrorCode() + ": " + refused.ErrorMessage(), true
}
