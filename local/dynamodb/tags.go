package dynamodb

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"simple-sam-demo/local/dynamodb/value"
)

type tagsRequest struct {
	ResourceArn *string
	Tags        []tag
	TagKeys     []string
}

// resource finds the table with an ARN.
func (s *Server) resource(arn *string) (*table, error) {
	if arn == nil || *arn == "" {
		return nil, invalid("Invalid TableArn")
	}
	parts := strings.Split(*arn, ":")
	if len(parts) != 6 || parts[2] != "dynamodb" || strings.Count(parts[5], "/") != 1 || !strings.HasPrefix(parts[5], "table/") {
		return nil, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", *arn)
	}
	if parts[4] != s.account {
		return nil, refusal("AccessDeniedException", "User: arn:aws:iam::%s:root is not authorized to perform this operation on resource: %s", s.account, *arn)
	}
	t, ok := s.tables[s.nameIn(*arn)]
	if !ok {
		return nil, refusal("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", *arn)
	}
	return t, nil
}

func (s *Server) tagResource(in *tagsRequest) (any, error) {
	if len(in.Tags) == 0 {
		return nil, invalid("Atleast one Tag needs to be provided as Input.")
	}
	t, err := s.resource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, t.tag(in.Tags)
}

// tag adds tags, or changes their values.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
func (t *table) tag(more []tag) error {
	tags := maps.Clone(t.tags)
	for _, tag := range more {
		switch {
		case tag.Value == nil:
			return invalid("Tag %s has no value", tag.Key)
		case tag.Key == "" || len([]rune(tag.Key)) > 128 || len([]rune(*tag.Value)) > 256 || strings.HasPrefix(strings.ToLower(tag.Key), "aws:"):
			return invalid("A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256. Key: %s", tag.Key)
		case strings.ContainsFunc(tag.Key+*tag.Value, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsSpace(r) && !unicode.IsNumber(r) && !strings.ContainsRune("+-=._:/@", r)
		}):
			return invalid("A tag has letters, digits, spaces and + - = . _ : / @ only. Key: %s", tag.Key)
		}
		tags[tag.Key] = *tag.Value
	}
	if len(tags) > 50 {
		return invalid("Too many tags: a table can have at most 50, and would have %d", len(tags))
	}
	t.tags = tags
	return nil
}

func (s *Server) untagResource(in *tagsRequest) (any, error) {
	if len(in.TagKeys) == 0 {
		return nil, invalid("Atleast one Tag Key needs to be provided as Input.")
	}
	t, err := s.resource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(t.tags, key)
	}
	return nil, nil
}

func (s *Server) listTagsOfResource(in *tagsRequest) (object, error) {
	t, err := s.resource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := []tag{}
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		value := t.tags[key]
		tags = append(tags, tag{key, &value})
	}
	return object{"Tags": tags}, nil
}

type timeToLiveRequest struct {
	TableName               *string
	TimeToLiveSpecification *struct {
		Enabled       *bool
		AttributeName *string
	}
}

// updateTimeToLive makes items expire at the time in an attribute, in seconds since 1970.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
func (s *Server) updateTimeToLive(in *timeToLiveRequest) (object, error) {
	var v violations
	spec := in.TimeToLiveSpecification
	switch {
	case spec == nil:
		v.add(nil, "timeToLiveSpecification", "Member must not be null")
	case spec.AttributeName == nil:
		v.add(nil, "timeToLiveSpecification.attributeName", "Member must not be null")
	case *spec.AttributeName == "" || len(*spec.AttributeName) > 255:
		v.add(*spec.AttributeName, "timeToLiveSpecification.attributeName", "Member must have length between 1 and 255")
	case spec.Enabled == nil:
		v.add(nil, "timeToLiveSpecification.enabled", "Member must not be null")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	t, err := s.named(in.TableName)
	if err != nil {
		return nil, err
	}
	switch {
	case *spec.Enabled && t.expiry != nil:
		return nil, invalid("TimeToLive is already enabled")
	case !*spec.Enabled && t.expiry == nil:
		return nil, invalid("TimeToLive is already disabled")
	case *spec.Enabled:
		x := &index{table: &t.index, keys: []string{*spec.AttributeName}, kinds: []value.Kind{value.N}}
		t.fill(x)
		t.expiry = x
		t.expire(time.Now())
	case t.expiry.keys[0] != *spec.AttributeName:
		return nil, invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.expiry.keys[0])
	default:
		t.expiry = nil
	}
	return object{"TimeToLiveSpecification": spec}, nil
}

func (s *Server) describeTimeToLive(in *tableRequest) (object, error) {
	t, err := s.named(in.TableName)
	if err != nil {
		return nil, err
	}
	if t.expiry == nil {
		return object{"TimeToLiveDescription": object{"TimeToLiveStatus": "DISABLED"}}, nil
	}
	return object{"TimeToLiveDescription": object{"TimeToLiveStatus": "ENABLED", "AttributeName": t.expiry.keys[0]}}, nil
}
