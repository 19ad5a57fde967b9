package sqs

import (
	"encoding/json"
	"strconv"
)

// redrivePolicy says when a message moves to which dead-letter queue.
type redrivePolicy struct {
	TargetARN       string `json:"deadLetterTargetArn"`
	MaxReceiveCount int    `json:"maxReceiveCount"`
}

func parseRedrivePolicy(text string) (*redrivePolicy, error) {
	var p struct {
		TargetARN       string      `json:"deadLetterTargetArn"`
		MaxReceiveCount json.Number `json:"maxReceiveCount"` // a number, or a string with one
	}
	const lacks = "Redrive policy does not contain mandatory attribute: "
	err := json.Unmarshal([]byte(text), &p)
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

// checkRedrivePolicy returns a redrive policy as SQS shows it: the maxReceiveCount is a
// number, however it was set.
func checkRedrivePolicy(text string) (string, error) {
	p, err := parseRedrivePolicy(text)
	if err != nil {
		return "", err
	}
	shown, err := json.Marshal(p)
	return string(shown), err
}

// checkDeadLetterQueue refuses a new redrive policy by which no message would ever
// move: a mistyped ARN should not show only when messages fail.
func (s *Service) checkDeadLetterQueue(changes map[string]string) error {
	text := changes["RedrivePolicy"]
	if text == "" {
		return nil
	}
	policy, err := parseRedrivePolicy(text)
	if err != nil {
		return err
	}
	if _, err := s.byARN(policy.TargetARN); err != nil {
		return errRange("RedrivePolicy", text, "Dead letter target does not exist")
	}
	return nil
}

// sourcesOf returns the queues whose dead-letter queue this is.
func (s *Service) sourcesOf(deadLetters *queue) []*queue {
	var sources []*queue
	for _, q := range s.queues {
		if q.settings.redrive != nil && q.settings.redrive.TargetARN == s.arn(deadLetters) {
			sources = append(sources, q)
		}
	}
	return sources
}
