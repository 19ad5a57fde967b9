package sqs

import (
	"encoding/json"
	"maps"
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

// numeric lists the attributes that hold a whole number.
var numeric = map[string]struct{ least, most, standard int }{
	"DelaySeconds":                  {0, 900, 0},
	"MaximumMessageSize":            {1024, 1 << 20, 1 << 20},
	"MessageRetentionPeriod":        {60, 14 * 24 * 3600, 4 * 24 * 3600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 12 * 3600, 30},
	"KmsDataKeyReusePeriodSeconds":  {60, 86400, 300},
}

// otherSettable lists the other attributes that can be set here, each with what checks a
// value and returns it as SQS shows it. Policies (of access) and encryption change nothing.
var otherSettable = map[string]func(value string) (string, error){
	"RedrivePolicy":        checkRedrivePolicy,
	"RedriveAllowPolicy":   checkAllowPolicy,
	"Policy":               checkPolicy,
	"KmsMasterKeyId":       func(value string) (string, error) { return value, nil },
	"SqsManagedSseEnabled": checkTruth,
}

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
		shown, err := checkAttribute(name, value)
		if err != nil {
			return s, err
		}
		if shown == "" {
			delete(s.attributes, name)
		} else {
			s.attributes[name] = shown
		}
	}
	if err := s.encryptOneWay(changes); err != nil {
		return s, err
	}
	s.interpret()
	return s, nil
}

// encryptOneWay keeps the attributes of encryption in step: the way that is set last takes
// the place of the other. Without a key of KMS nothing is shown of it, and SQS's own way
// does not come back by itself.
func (s *settings) encryptOneWay(changes map[string]string) error {
	const key, reuse, own = "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"
	switch asksForOwn := changes[own] == "true"; {
	case asksForOwn && changes[key] != "":
		return errTwoEncryptions()
	case asksForOwn || s.attributes[key] == "":
		delete(s.attributes, key)
		delete(s.attributes, reuse)
		return nil
	}
	s.attributes[own] = "false"
	if s.attributes[reuse] == "" {
		s.attributes[reuse] = strconv.Itoa(numeric[reuse].standard)
	}
	return nil
}

// checkAttribute returns an attribute as SQS shows it.
func checkAttribute(name, value string) (string, error) {
	if n, ok := numeric[name]; ok {
		number, err := strconv.Atoi(value)
		if err != nil || number < n.least || number > n.most {
			return "", errAttributeValue(name)
		}
		return strconv.Itoa(number), nil
	}
	check, ok := otherSettable[name]
	switch {
	case !ok:
		return "", errAttributeName(name)
	case value == "" && name != "SqsManagedSseEnabled":
		return "", nil
	default:
		return check(value)
	}
}

func checkPolicy(value string) (string, error) {
	if !json.Valid([]byte(value)) {
		return "", errAttributeValue("Policy")
	}
	return value, nil
}

func checkTruth(value string) (string, error) {
	if value != "true" && value != "false" {
		return "", errAttributeValue("SqsManagedSseEnabled")
	}
	return value, nil
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
