package dynamodb

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb/value"
)

type tag struct {
	Key   string
	Value *string
}

type tagsRequest struct {
	ResourceArn *string
	Tags        []tag
	TagKeys     []string
	NextToken   awsjson.Unsupported // ListTagsOfResource answers all tags at once, and never with a token
}

func (s *Server) resource(arn *string) *table {
	forbid(arn == nil || *arn == "", "Invalid TableArn")
	parts := strings.Split(*arn, ":")
	forbid(len(parts) != 6 || parts[2] != "dynamodb" || strings.Count(parts[5], "/") != 1 || !strings.HasPrefix(parts[5], "table/"),
		"Invalid TableArn: Invalid ResourceArn provided as input %s", *arn)
	if parts[4] != s.account {
		panic(refusal("AccessDeniedException",
			"User: arn:aws:iam::%s:root is not authorized to perform this operation on resource: %s", s.account, *arn))
	}
	t, ok := s.tables[s.nameIn(*arn)]
	if !ok {
		panic(refusal("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", *arn))
	}
	return t
}

func (s *Server) tagResource(in *tagsRequest) any {
	forbid(len(in.Tags) == 0, "Atleast one Tag needs to be provided as Input.")
	s.resource(in.ResourceArn).tag(in.Tags)
	return nil
}

// tag adds tags. A tag replaces the old value of its key.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
func (t *table) tag(more []tag) {
	tags := maps.Clone(t.tags)
	for _, tag := range more {
		forbid(tag.Value == nil, "Tag %s has no value", tag.Key)
		key := utf8.RuneCountInString(tag.Key)
		forbid(key == 0 || key > 128 || utf8.RuneCountInString(*tag.Value) > 256 || strings.HasPrefix(strings.ToLower(tag.Key), "aws:"),
			"A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256. Key: %s", tag.Key)
		forbid(strings.ContainsFunc(tag.Key+*tag.Value, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsSpace(r) && !unicode.IsNumber(r) && !strings.ContainsRune("+-=._:/@", r)
		}), "A tag has letters, digits, spaces and + - = . _ : / @ only. Key: %s", tag.Key)
		tags[tag.Key] = *tag.Value
	}
	forbid(len(tags) > 50, "Too many tags: a table can have at most 50, and would have %d", len(tags))
	t.tags = tags
}

func (s *Server) untagResource(in *tagsRequest) any {
	forbid(len(in.TagKeys) == 0, "Atleast one Tag Key needs to be provided as Input.")
	t := s.resource(in.ResourceArn)
	for _, key := range in.TagKeys {
		delete(t.tags, key)
	}
	return nil
}

func (s *Server) listTagsOfResource(in *tagsRequest) any {
	tags := []tag{}
	for key, value := range s.resource(in.ResourceArn).tags {
		tags = append(tags, tag{key, &value})
	}
	slices.SortFunc(tags, func(a, b tag) int { return strings.Compare(a.Key, b.Key) })
	return object{"Tags": tags}
}

type timeToLiveRequest struct {
	TableName               *string
	TimeToLiveSpecification *struct {
		Enabled       *bool
		AttributeName *string
	}
}

// updateTimeToLive sets or removes the attribute that holds the time at which an item expires, in
// seconds since 1970. A second change within an hour is refused, as the page says. AWS was seen to allow
// it after 31 minutes: https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks, DDB-TABLE-143.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
func (s *Server) updateTimeToLive(in *timeToLiveRequest) any {
	const path = "timeToLiveSpecification"
	var v violations
	spec := in.TimeToLiveSpecification
	v.need(spec != nil, path)
	v.end()
	v.need(spec.AttributeName != nil, path+".attributeName")
	v.end()
	name := *spec.AttributeName
	if name == "" || len(name) > 255 {
		v.add(name, path+".attributeName", "have length between 1 and 255")
	}
	v.need(spec.Enabled != nil, path+".enabled")
	v.end()
	t := s.named(in.TableName)
	forbid(*spec.Enabled && t.expiry != nil, "TimeToLive is already enabled")
	forbid(!*spec.Enabled && t.expiry == nil, "TimeToLive is already disabled")
	if !*spec.Enabled {
		active := t.expiry.keys[0]
		forbid(active != name, "TimeToLive is active on a different AttributeName: current AttributeName is %s", active)
	}
	forbid(time.Since(t.expiryChanged) < time.Hour, "Time to live has been modified multiple times within a fixed interval")
	t.expiryChanged = time.Now()
	if !*spec.Enabled {
		t.expiry = nil
	} else {
		t.expiry = &index{table: &t.index, keys: []string{name}, kinds: []value.Kind{value.N}}
		t.fill(t.expiry)
		t.expire(time.Now())
	}
	return object{"TimeToLiveSpecification": spec}
}

func (s *Server) describeTimeToLive(in *tableRequest) any {
	description := object{"TimeToLiveStatus": "DISABLED"}
	if t := s.named(in.TableName); t.expiry != nil {
		description = object{"TimeToLiveStatus": "ENABLED", "AttributeName": t.expiry.keys[0]}
	}
	return object{"TimeToLiveDescription": description}
}
