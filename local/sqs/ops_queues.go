package sqs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	register("CreateQueue", (*Service).createQueue)
	register("GetQueueUrl", (*Service).getQueueURL)
	register("ListQueues", (*Service).listQueues)
	register("DeleteQueue", (*Service).deleteQueue)
	register("PurgeQueue", (*Service).purgeQueue)
	register("GetQueueAttributes", (*Service).getQueueAttributes)
	register("SetQueueAttributes", (*Service).setQueueAttributes)
}

type queueRequest struct{ QueueUrl string }

type queueURL struct{ QueueUrl string }

type createQueueRequest struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (s *Service) createQueue(_ context.Context, in *createQueueRequest) (queueURL, error) {
	switch {
	case in.QueueName == "":
		return queueURL{}, errMissing("QueueName")
	case strings.HasSuffix(in.QueueName, ".fifo"):
		return queueURL{}, errUnsupported("FIFO queues are not supported here")
	case !queueName.MatchString(in.QueueName):
		return queueURL{}, errInvalidValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	wanted, err := defaultSettings().with(in.Attributes)
	if err != nil {
		return queueURL{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q, ok := s.queues[in.QueueName]; ok {
		for name, value := range in.Attributes {
			if q.settings.attributes[name] != value {
				return queueURL{}, errQueueExists(in.QueueName, name)
			}
		}
		return queueURL{s.url(q)}, nil
	}
	if err := s.checkDeadLetterQueue(in.QueueName, in.Attributes); err != nil {
		return queueURL{}, err
	}
	q := newQueue(in.QueueName, wanted, time.Now())
	maps.Copy(q.tags, in.Tags)
	s.queues[in.QueueName] = q
	return queueURL{s.url(q)}, nil
}

func (s *Service) getQueueURL(_ context.Context, in *struct{ QueueName string }) (queueURL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byName(in.QueueName)
	if err != nil {
		return queueURL{}, err
	}
	return queueURL{s.url(q)}, nil
}

type listQueuesRequest struct {
	QueueNamePrefix string
	MaxResults      int
	NextToken       string
}

type listQueuesResult struct {
	QueueUrls []string `json:",omitempty"`
	NextToken string   `json:",omitempty"`
}

// listQueues pages by name: the token is the last name of the page before.
func (s *Service) listQueues(_ context.Context, in *listQueuesRequest) (listQueuesResult, error) {
	if in.MaxResults < 0 || in.MaxResults > 1000 {
		return listQueuesResult{}, errRange("MaxResults", in.MaxResults, "Must be between 1 and 1000")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var result listQueuesResult
	last := ""
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if !strings.HasPrefix(name, in.QueueNamePrefix) || name <= in.NextToken {
			continue
		}
		if len(result.QueueUrls) == 1000 || in.MaxResults > 0 && len(result.QueueUrls) == in.MaxResults {
			if in.MaxResults > 0 { // without MaxResults, AWS returns 1,000 and no token
				result.NextToken = last
			}
			break
		}
		result.QueueUrls = append(result.QueueUrls, s.url(s.queues[name]))
		last = name
	}
	return result, nil
}

func (s *Service) deleteQueue(_ context.Context, in *queueRequest) (empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	delete(s.queues, q.name)
	q.wake() // to end the long polls
	return empty{}, nil
}

func (s *Service) purgeQueue(_ context.Context, in *queueRequest) (empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	q.clear()
	return empty{}, nil
}

type setAttributesRequest struct {
	QueueUrl   string
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(_ context.Context, in *setAttributesRequest) (empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	changed, err := q.settings.with(in.Attributes)
	if err != nil {
		return empty{}, err
	}
	if err := s.checkDeadLetterQueue(q.name, in.Attributes); err != nil {
		return empty{}, err
	}
	q.settings = changed
	q.modified = time.Now()
	return empty{}, nil
}

// checkDeadLetterQueue refuses a new redrive policy by which no message would ever
// move: a mistyped ARN should not show only when messages fail.
func (s *Service) checkDeadLetterQueue(queue string, changes map[string]string) error {
	text := changes["RedrivePolicy"]
	if text == "" {
		return nil
	}
	policy, err := parseRedrivePolicy(text)
	if err != nil {
		return err
	}
	deadLetters, err := s.byARN(policy.TargetARN)
	switch {
	case err != nil:
		return errRange("RedrivePolicy", text, "Dead letter target does not exist")
	case deadLetters.name == queue:
		return errRange("RedrivePolicy", text, "Dead letter target is the queue itself")
	}
	return nil
}

type getAttributesRequest struct {
	QueueUrl       string
	AttributeNames []string
}

type attributesResult struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ context.Context, in *getAttributesRequest) (attributesResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return attributesResult{}, err
	}
	all := s.attributesOf(q)
	if slices.Contains(in.AttributeNames, "All") {
		return attributesResult{all}, nil
	}
	asked := map[string]string{}
	for _, name := range in.AttributeNames {
		value, ok := all[name]
		if ok {
			asked[name] = value
		} else if _, isNumeric := numeric[name]; !isNumeric && !slices.Contains(otherSettable, name) {
			return attributesResult{}, errAttributeName(name)
		}
	}
	return attributesResult{asked}, nil
}

func (s *Service) attributesOf(q *queue) map[string]string {
	q.advance(time.Now())
	all := maps.Clone(q.settings.attributes)
	all["QueueArn"] = s.arn(q)
	all["CreatedTimestamp"] = strconv.FormatInt(q.created.Unix(), 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.modified.Unix(), 10)
	all["ApproximateNumberOfMessages"] = strconv.Itoa(q.ready.length)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(q.inFlight)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(len(q.hidden.messages) - q.inFlight)
	return all
}
