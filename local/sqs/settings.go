package sqs

import (
	"maps"
	"strconv"
	"time"
)

// settings holds a queue's attributes as text, and the values that are computed from them.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
type settings struct {
	attributes map[string]string // including the defaults

	delay       time.Duration
	visibility  time.Duration
	retention   time.Duration
	receiveWait time.Duration
	maxSize     int // bytes of one message
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

// otherSettable lists the other attributes that can be set. Each has a function that checks a value and
// returns it as SQS shows it. The access policy and encryption are stored and shown, and have no effect.
var otherSettable = map[string]func(value string) (string, error){
	"RedrivePolicy":        checkRedrivePolicy,
	"RedriveAllowPolicy":   checkAllowPolicy,
	"Policy":               checkPolicy,
	"KmsMasterKeyId":       func(value string) (string, error) { return value, nil },
	"SqsManagedSseEnabled": checkBool,
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

// with returns a copy of the settings with the changes. An empty value removes the attribute.
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
	if err := s.keepOneEncryption(changes); err != nil {
		return s, err
	}
	s.interpret()
	return s, nil
}

// keepOneEncryption makes sure that a queue has at most one kind of encryption: with a KMS key, or
// with SQS's own key. The kind that was set last replaces the other one. When the KMS key is
// removed, the queue shows no attribute of KMS, and SQS's own key does not come back by itself.
func (s *settings) keepOneEncryption(changes map[string]string) error {
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

// checkAttribute checks the value of an attribute and returns it as SQS shows it.
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

func checkBool(value string) (string, error) {
	if value != "true" && value != "false" {
		return "", errAttributeValue("SqsManagedSseEnabled")
	}
	return value, nil
}

// interpret computes the other fields from the attributes, which have been checked.
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
