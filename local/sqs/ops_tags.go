package sqs

import (
	"context"
	"maps"
	"strings"
)

func init() {
	register("TagQueue", onQueue((*Service).tagQueue))
	register("UntagQueue", onQueue((*Service).untagQueue))
	register("ListQueueTags", onQueue((*Service).listQueueTags))
}

// The limits of a queue's tags. The lengths are in characters.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

type tagQueueRequest struct {
	queueRequest
	Tags map[string]string
}

func (s *Service) tagQueue(_ context.Context, q *queue, in *tagQueueRequest) (empty, error) {
	if len(in.Tags) == 0 {
		return empty{}, errMissing("Tags")
	}
	tagged, err := q.tagged(in.Tags)
	if err != nil {
		return empty{}, err
	}
	q.tags = tagged
	return empty{}, nil
}

// tagged returns the queue's tags together with more. A tag in more replaces the old value of its key.
func (q *queue) tagged(more map[string]string) (map[string]string, error) {
	tags := maps.Clone(q.tags)
	for key, value := range more {
		switch {
		case key == "" || len([]rune(key)) > maxTagKey:
			return nil, errInvalidValue("Tag keys must be between 1 and 128 characters in length.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, errInvalidValue("Tag keys that begin with aws: are reserved.")
		case len([]rune(value)) > maxTagValue:
			return nil, errInvalidValue("Tag values must be between 0 and 256 characters in length.")
		}
		tags[key] = value
	}
	if len(tags) > maxTags {
		return nil, errInvalidValue("Too many tags added for queue %s.", q.name)
	}
	return tags, nil
}

type untagQueueRequest struct {
	queueRequest
	TagKeys []string
}

func (s *Service) untagQueue(_ context.Context, q *queue, in *untagQueueRequest) (empty, error) {
	if len(in.TagKeys) == 0 {
		return empty{}, errInvalidValue("Tag keys must be between 1 and 128 characters in length.")
	}
	for _, key := range in.TagKeys {
		delete(q.tags, key)
	}
	return empty{}, nil
}

type tagsResult struct {
	Tags map[string]string `json:",omitempty"`
}

func (s *Service) listQueueTags(_ context.Context, q *queue, _ *queueRequest) (tagsResult, error) {
	return tagsResult{maps.Clone(q.tags)}, nil
}
