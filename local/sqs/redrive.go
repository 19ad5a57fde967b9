package sqs

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"

	kjson "sigs.k8s.io/json"
)

// redrivePolicy names the dead-letter queue, and says after how many receives a message moves there.
type redrivePolicy struct {
	TargetARN       string `json:"deadLetterTargetArn"`
	MaxReceiveCount int    `json:"maxReceiveCount"`
}

func parseRedrivePolicy(text string) (*redrivePolicy, error) {
	var p struct {
		TargetARN       string      `json:"deadLetterTargetArn"`
		MaxReceiveCount json.Number `json:"maxReceiveCount"` // JSON may have a number or a string
	}
	const lacks = "Redrive policy does not contain mandatory attribute: "
	err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &p)
	switch {
	case err != nil:
		return nil, errRange("RedrivePolicy", text, "Redrive policy is not a valid JSON map")
	case p.TargetARN == "":
		return nil, errRange("RedrivePolicy", text, lacks+"deadLetterTargetArn")
	case p.MaxReceiveCount == "":
		return nil, errRange("RedrivePolicy", text, lacks+"maxReceiveCount")
	}
	count, err := strconv.Atoi(string(p.MaxReceiveCount))
	if err != nil || count < 1 || count > 1000 {
		return nil, errRange("RedrivePolicy", text, "Invalid value for maxReceiveCount: "+string(p.MaxReceiveCount)+", valid values are from 1 to 1000 both inclusive")
	}
	return &redrivePolicy{p.TargetARN, count}, nil
}

// checkRedrivePolicy checks a redrive policy and returns it as SQS shows it: with a number as
// the maxReceiveCount, even if the client sent a string.
func checkRedrivePolicy(text string) (string, error) {
	p, err := parseRedrivePolicy(text)
	if err != nil {
		return "", err
	}
	shown, err := json.Marshal(p)
	return string(shown), err
}

// redriveAllowPolicy says which queues may use this queue as their dead-letter queue.
type redriveAllowPolicy struct {
	Permission string   `json:"redrivePermission"`
	SourceARNs []string `json:"sourceQueueArns"`
}

// maxSources is the largest number of queues that a redrive allow policy can name.
const maxSources = 10

// parseAllowPolicy reads a redrive allow policy. It refuses a policy that is not valid in AWS's own words.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func parseAllowPolicy(text string) (p redriveAllowPolicy, err error) {
	const failed = "Amazon SQS can't create the redrive allow policy"
	err = kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &p)
	byQueue, n := p.Permission == "byQueue", len(p.SourceARNs)
	switch {
	case err != nil || !byQueue && p.Permission != "allowAll" && p.Permission != "denyAll", slices.ContainsFunc(p.SourceARNs, isNoARN):
		e := errAttributeValue("RedriveAllowPolicy")
		e.Message += " Reason: " + failed + ", as it’s in an unsupported format."
		return p, e
	case byQueue && n == 0:
		return p, errRange("RedriveAllowPolicy", text, failed+". When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values")
	case n > maxSources:
		return p, errRange("RedriveAllowPolicy", text, failed+". The maximum number of source queue ARNs you can specify is 10")
	case !byQueue && n > 0:
		return p, errRange("RedriveAllowPolicy", text, failed+". To specify one or more source queue ARNs, you must set redrivePermission to byQueue")
	}
	return p, nil
}

var queueARN = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}$`)

func isNoARN(text string) bool { return !queueARN.MatchString(text) }

func checkAllowPolicy(text string) (string, error) {
	_, err := parseAllowPolicy(text)
	return text, err
}

// allowsSource reports whether the queue with the ARN may use q as its dead-letter queue.
func (q *queue) allowsSource(arn string) bool {
	text := q.settings.attributes["RedriveAllowPolicy"]
	if text == "" {
		return true
	}
	p, err := parseAllowPolicy(text)
	return err == nil && (p.Permission == "allowAll" || slices.Contains(p.SourceARNs, arn))
}

// checkDeadLetterQueue refuses a new redrive policy when its dead-letter queue does not exist or
// does not allow the source. So a mistyped ARN is found at once and not when messages fail.
// A later change of the dead-letter queue's redrive allow policy has no effect on this.
func (s *Service) checkDeadLetterQueue(source string, changes map[string]string, changed settings) error {
	text := changes["RedrivePolicy"]
	if text == "" {
		return nil
	}
	deadLetters, err := s.byARN(changed.redrive.TargetARN)
	switch {
	case err != nil:
		return errRange("RedrivePolicy", text, "Dead letter target does not exist")
	case !deadLetters.allowsSource(source):
		return errRange("RedrivePolicy", text, "The RedriveAllowPolicy of the dead letter target does not allow this queue")
	}
	return nil
}

// sourcesOf returns the queues that use deadLetters as their dead-letter queue.
func (s *Service) sourcesOf(deadLetters *queue) []*queue {
	var sources []*queue
	for _, q := range s.queues {
		if q.settings.redrive != nil && q.settings.redrive.TargetARN == s.arn(deadLetters) {
			sources = append(sources, q)
		}
	}
	return sources
}
