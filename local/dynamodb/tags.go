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

type tag struct{ Key, Value *string }

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

// tag adds tags. A tag replaces the old value of its key. AWS's messages are recorded in
// https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks: DDB-TABLE-110, -372 and -442.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
func (t *table) tag(more []tag) {
	tags, seen := maps.Clone(t.tags), map[string]bool{}
	for _, tag := range more {
		checkTag(tag.Key, "Key", 1, 128)
		checkTag(tag.Value, "Value", 0, 256)
		key := *tag.Key
		forbid(strings.HasPrefix(strings.ToLower(key), "aws:"), "Tag Key cannot be prefixed with aws:, Key: %s", key)
		forbid(seen[key], "Duplicate Tag Keys provided as input: Duplicate Tag Key found %s", key)
		seen[key], tags[key] = true, *tag.Value
	}
	forbid(len(tags) > maxTags, tooManyTags)
	t.tags = tags
}

const (
	maxTags     = 50
	tooManyTags = "Number of Tags exceed the current limit for the provided ResourceArn"
)

// checkTag refuses the key or the value of a tag if it is missing, too short or too long, or has a character that
// is not allowed.
func checkTag(text *string, part string, least, most int) {
	forbid(text == nil, "The Tag %[1]s provided is invalid, %[1]s: null", part)
	n := utf8.RuneCountInString(*text)
	forbid(n < least || n > most || strings.ContainsFunc(*text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("+-=._:/@", r)
	}), "The Tag %[1]s provided is invalid, %[1]s: %[2]s", part, *text)
}

func (s *Server) untagResource(in *tagsRequest) any {
	forbid(len(in.TagKeys) == 0, "Atleast one Tag Key needs to be provided as Input.")
	t := s.resource(in.ResourceArn)
	forbid(len(in.TagKeys) > maxTags, tooManyTags)
	for _, key := range in.TagKeys {
		checkTag(&key, "Key", 1, 128)
	}
	for _, key := range in.TagKeys {
		delete(t.tags, key)
	}
	return nil
}

func (s *Server) listTagsOfResource(in *tagsRequest) any {
	tags := []tag{}
	for key, value := range s.resource(in.ResourceArn).tags {
		tags = append(tags, tag{&key, &value})
	}
	slices.SortFunc(tags, func(a, b tag) int { return strings.Compare(*a.Key, *b.Key) })
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
