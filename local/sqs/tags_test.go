package sqs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
)

func (q *queue) tag(tags map[string]string) error {
	_, err := q.client.TagQueue(q.t.Context(), &sqs.TagQueueInput{QueueUrl: &q.url, Tags: tags})
	return err
}

func (q *queue) untag(keys ...string) error {
	_, err := q.client.UntagQueue(q.t.Context(), &sqs.UntagQueueInput{QueueUrl: &q.url, TagKeys: keys})
	return err
}

func (q *queue) wantTags(want map[string]string) {
	q.t.Helper()
	out, err := q.client.ListQueueTags(q.t.Context(), &sqs.ListQueueTagsInput{QueueUrl: &q.url})
	if err != nil {
		q.t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.Tags); diff != "" {
		q.t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestAQueueKeepsItsTags(t *testing.T) {
	client := newClient()
	in := &sqs.CreateQueueInput{QueueName: aws.String("Orders"), Tags: map[string]string{"team": "orders", "stage": "test"}}
	if _, err := client.CreateQueue(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	q := newQueue(t, client, "Orders", nil) // finds the same queue
	q.wantTags(map[string]string{"team": "orders", "stage": "test"})
	if err := q.tag(map[string]string{"stage": "production", "empty": ""}); err != nil {
		t.Fatal(err)
	}
	q.wantTags(map[string]string{"team": "orders", "stage": "production", "empty": ""})
	if err := q.untag("team", "empty", "none"); err != nil {
		t.Fatal(err)
	}
	q.wantTags(map[string]string{"stage": "production"})
	if err := q.untag("stage"); err != nil {
		t.Fatal(err)
	}
	q.wantTags(nil)
}

func TestTagsHaveLimits(t *testing.T) {
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = "x"
	}
	for name, test := range map[string]struct {
		tags map[string]string
		code string // "" means accepted
	}{
		"50 tags":                          {many, ""},
		"a key of 128 characters":          {map[string]string{strings.Repeat("ä", 128): "x"}, ""},
		"a key of 129 characters":          {map[string]string{strings.Repeat("a", 129): "x"}, "InvalidParameterValue"},
		"a key that begins with aws: ":     {map[string]string{"AWS:x": "x"}, "InvalidParameterValue"},
		"but not one that begins with aws": {map[string]string{"aws": "x"}, ""},
		"an empty key":                     {map[string]string{"": "x"}, "InvalidParameterValue"},
		"a value of 257 characters":        {map[string]string{"x": strings.Repeat("a", 257)}, "InvalidParameterValue"},
		"none":                             {map[string]string{}, "MissingParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, newClient(), "Orders", nil)
			err := q.tag(test.tags)
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, test.code, "")
			q.wantTags(nil)
		})
	}
	t.Run("a 51st", func(t *testing.T) {
		q := newQueue(t, newClient(), "Orders", nil)
		if err := q.tag(many); err != nil {
			t.Fatal(err)
		}
		wantError(t, q.tag(map[string]string{"another": "x"}), "InvalidParameterValue", "Too many tags")
		q.wantTags(many)
	})
}
