package sqs

import (
	"context"
	"encoding/base64"
	"fmt"
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
	register("DeleteQueue", onQueue((*Service).deleteQueue))
	register("PurgeQueue", onQueue((*Service).purgeQueue))
	register("GetQueueAttributes", onQueue((*Service).getQueueAttributes))
	register("SetQueueAttributes", onQueue((*Service).setQueueAttributes))
}

// queueRequest is the part of a request that names a queue.
type queueRequest struct{ QueueUrl string }

func (r queueRequest) url() string { return r.QueueUrl }

type queueURL struct{ QueueUrl string }

type createQueueRequest struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

// settling is how long SQS takes to delete or to purge a queue. During this time SQS refuses to
// create a queue with the same name, or to purge the queue again.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
const settling = time.Minute

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// createQueue creates a standard queue. It refuses a FIFO queue as not supported. For a standard
// queue it refuses the attributes that only FIFO queues have, as SQS does.
func (s *Service) createQueue(ctx context.Context, in *createQueueRequest) (queueURL, error) {
	switch {
	case in.QueueName == "":
		return queueURL{}, errMissing("QueueName")
	case in.Attributes["FifoQueue"] == "true":
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
		for name := range in.Attributes {
			if q.settings.attributes[name] != wanted.attributes[name] {
				return queueURL{}, errQueueExists(name)
			}
		}
		return queueURL{s.url(ctx, q)}, nil
	}
	if err := s.checkDeadLetterQueue(s.arnOf(in.QueueName), in.Attributes, wanted); err != nil {
		return queueURL{}, err
	}
	now := time.Now()
	if deleted, ok := s.deleted[in.QueueName]; ok && now.Before(deleted.Add(settling)) {
		return queueURL{}, errDeletedRecently()
	}
	q := newQueue(in.QueueName, wanted, now)
	if q.tags, err = q.tagged(in.Tags); err != nil {
		return queueURL{}, err
	}
	delete(s.deleted, in.QueueName)
	s.queues[in.QueueName] = q
	return queueURL{s.url(ctx, q)}, nil
}

// getQueueURL finds a queue by its name. There are no queues of other accounts here.
func (s *Service) getQueueURL(ctx context.Context, in *struct{ QueueName, QueueOwnerAWSAccountId string }) (queueURL, error) {
	switch {
	case in.QueueName == "":
		return queueURL{}, errMissing("QueueName")
	case in.QueueOwnerAWSAccountId != "" && in.QueueOwnerAWSAccountId != s.account:
		return queueURL{}, errNoAccess()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byName(in.QueueName)
	if err != nil {
		return queueURL{}, err
	}
	return queueURL{s.url(ctx, q)}, nil
}

type listQueuesRequest struct {
	QueueNamePrefix string
	MaxResults      *int
	NextToken       string
}

type listQueuesResult struct {
	QueueUrls []string `json:",omitempty"`
	NextToken string   `json:",omitempty"`
}

// listQueues lists queues by name, in pages.
// Without MaxResults, AWS returns up to 1,000 queues and no token.
func (s *Service) listQueues(ctx context.Context, in *listQueuesRequest) (listQueuesResult, error) {
	if err := checkMaxResults(in.MaxResults, maxListed); err != nil {
		return listQueuesResult{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if strings.HasPrefix(name, in.QueueNamePrefix) {
			names = append(names, name)
		}
	}
	urls, next, err := s.page(ctx, names, in.NextToken, in.MaxResults)
	return listQueuesResult{urls, next}, err
}

const maxListed = 1000

func checkMaxResults(n *int, most int) error {
	if n != nil && (*n < 1 || *n > most) {
		return errRange("MaxResults", *n, fmt.Sprintf("Must be an integer from 1 to %d", most))
	}
	return nil
}

// page returns the URLs of the queues whose names come after the token, up to one page. The token is the last name of
// the previous page, in base64. next is the token of the next page. It is "" if there is no next page, or if the request
// did not set MaxResults.
func (s *Service) page(ctx context.Context, names []string, token string, maxResults *int) (urls []string, next string, err error) {
	after, err := base64.URLEncoding.DecodeString(token)
	if err != nil || token != "" && !queueName.Match(after) {
		return nil, "", errInvalidValue("Invalid or expired next token.")
	}
	length := maxListed
	if maxResults != nil {
		length = *maxResults
	}
	last := ""
	for _, name := range names {
		if name <= string(after) {
			continue
		}
		if len(urls) == length {
			if maxResults != nil {
				next = base64.URLEncoding.EncodeToString([]byte(last))
			}
			break
		}
		urls, last = append(urls, s.url(ctx, s.queues[name])), name
	}
	return urls, next, nil
}

func (s *Service) deleteQueue(_ context.Context, q *queue, _ *queueRequest) (empty, error) {
	delete(s.queues, q.name)
	s.deleted[q.name] = time.Now()
	q.clear() // a move task may have more to move
	q.wake()  // ends the long polls
	return empty{}, nil
}

func (s *Service) purgeQueue(_ context.Context, q *queue, _ *queueRequest) (empty, error) {
	now := time.Now()
	if now.Before(q.purged.Add(settling)) {
		return empty{}, errPurging(q.name)
	}
	q.purged = now
	q.clear()
	return empty{}, nil
}

type setAttributesRequest struct {
	queueRequest
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(_ context.Context, q *queue, in *setAttributesRequest) (empty, error) {
	if len(in.Attributes) == 0 {
		return empty{}, errMissing("Attribute.Name")
	}
	changed, err := q.settings.with(in.Attributes)
	if err != nil {
		return empty{}, err
	}
	if err := s.checkDeadLetterQueue(s.arn(q), in.Attributes, changed); err != nil {
		return empty{}, err
	}
	q.settings = changed
	q.modified = time.Now()
	return empty{}, nil
}

type getAttributesRequest struct {
	queueRequest
	AttributeNames []string
}

type attributesResult struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ context.Context, q *queue, in *getAttributesRequest) (attributesResult, error) {
	all := s.attributesOf(q)
	if slices.Contains(in.AttributeNames, "All") {
		return attributesResult{all}, nil
	}
	asked := map[string]string{}
	for _, name := range in.AttributeNames {
		_, isNumeric := numeric[name]
		_, isOther := otherSettable[name]
		if value, ok := all[name]; ok {
			asked[name] = value
		} else if !isNumeric && !isOther {
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
