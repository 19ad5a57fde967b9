package sqs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// settings are a queue's attributes as set, and what they mean.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
type settings struct {
	attributes map[string]string // with the defaults

	delay       time.Duration
	visibility  time.Duration
	retention   time.Duration
	receiveWait time.Duration
	maxSize     int // bytes a message
	redrive     *redrivePolicy
}

// redrivePolicy says when a message moves to which dead-letter queue.
type redrivePolicy struct {
	TargetARN       string      `json:"deadLetterTargetArn"`
	MaxReceiveCount json.Number `json:"maxReceiveCount"` // a number, or a string with one

	maxReceiveCount int
}

// numeric lists the attributes that hold a whole number.
var numeric = map[string]struct{ least, most, standard int }{
	"DelaySeconds":                  {0, 900, 0},
	"MaximumMessageSize":            {1024, 1 << 20, 1 << 20},
	"MessageRetentionPeriod":        {60, 14 * 24 * 3600, 4 * 24 * 3600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 12 * 3600, 30},
	"KmsDataKeyReusePeriodSeconds":  {60, 86400, 300},
}

// otherSettable lists the other attributes that can be set here. All but
// RedrivePolicy are kept and shown, and change nothing.
var otherSettable = []string{"RedrivePolicy", "RedriveAllowPolicy", "Policy", "KmsMasterKeyId", "SqsManagedSseEnabled"}

func defaultSettings() settings {
	s := settings{attributes: map[string]string{"SqsManagedSseEnabled": "true"}}
	for name, n := range numeric {
		if name != "KmsDataKeyReusePeriodSeconds" {
			s.attributes[name] = strconv.Itoa(n.standard)
		}
	}
	s.interpret()
	return s
}

// with returns the settings with some attributes changed. An empty value removes
// the attribute.
func (s settings) with(changes map[string]string) (settings, error) {
	s.attributes = maps.Clone(s.attributes)
	for name, value := range changes {
		if err := checkAttribute(name, value); err != nil {
			return s, err
		}
		if value == "" {
			delete(s.attributes, name)
		} else {
			s.attributes[name] = value
		}
	}
	s.interpret()
	return s, nil
}

func checkAttribute(name, value string) error {
	if n, ok := numeric[name]; ok {
		number, err := strconv.Atoi(value)
		if err != nil || number < n.least || number > n.most {
			return errAttributeValue(name)
		}
		return nil
	}
	switch {
	case !slices.Contains(otherSettable, name):
		return errAttributeName(name)
	case value == "":
		return nil
	case name == "RedrivePolicy":
		_, err := parseRedrivePolicy(value)
		return err
	case (name == "RedriveAllowPolicy" || name == "Policy") && !json.Valid([]byte(value)):
		return errAttributeValue(name)
	default:
		return nil
	}
}

func parseRedrivePolicy(text string) (*redrivePolicy, error) {
	var p redrivePolicy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, errRange("RedrivePolicy", text, "Redrive policy is not a valid JSON map")
	}
	if p.TargetARN == "" || p.MaxReceiveCount == "" {
		return nil, errRange("RedrivePolicy", text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn and maxReceiveCount")
	}
	count, err := strconv.Atoi(string(p.MaxReceiveCount))
	if err != nil || count < 1 || count > 1000 {
		return nil, errRange("RedrivePolicy", text, "Invalid value for maxReceiveCount: "+string(p.MaxReceiveCount)+", valid values are from 1 to 1000 both inclusive")
	}
	p.maxReceiveCount = count
	return &p, nil
}

// interpret derives the meaning of checked attributes.
func (s *settings) interpret() {
	seconds := func(name string) time.Duration {
		n, _ := strconv.Atoi(s.attributes[name])
		return time.Duration(n) * time.Second
	}
	s.delay = seconds("DelaySeconds")
	s.visibility = seconds("VisibilityTimeout")
	s.retention = seconds("MessageRetentionPeriod")
	s.receiveWait = seconds("ReceiveMessageWaitTimeSeconds")
	s.maxSize, _ = strconv.Atoi(s.attributes["MaximumMessageSize"])
	s.redrive = nil
	if text := s.attributes["RedrivePolicy"]; text != "" {
		s.redrive, _ = parseRedrivePolicy(text)
	}
}
