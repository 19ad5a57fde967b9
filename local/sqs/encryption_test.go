package sqs_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Most of these answers were seen on AWS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
func TestAQueueShowsOneKindOfEncryption(t *testing.T) {
	const key, reuse, own = "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"
	q := newQueue(t, newClient(), "Orders", nil)
	for _, step := range []struct{ set, want settings }{
		{settings{reuse: "6000"}, settings{own: "true"}},
		{settings{key: "k"}, settings{own: "false", key: "k", reuse: "300"}},
		{settings{reuse: "6000"}, settings{own: "false", key: "k", reuse: "6000"}},
		{settings{key: "", reuse: "300"}, settings{own: "false"}},
		{settings{own: "true"}, settings{own: "true"}},
		{settings{key: "k", own: "false"}, settings{own: "false", key: "k", reuse: "300"}},
		{settings{key: "", own: "true"}, settings{own: "true"}},
		{settings{key: "k"}, settings{own: "false", key: "k", reuse: "300"}},
		{settings{own: "true"}, settings{own: "true"}},
	} {
		if err := q.set(step.set); err != nil {
			t.Fatal(err)
		}
		got := q.attributes()
		maps.DeleteFunc(got, func(name, _ string) bool { return !slices.Contains([]string{key, reuse, own}, name) })
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", step.set, diff)
		}
	}
}

func TestTwoKindsOfEncryptionAtOnceAreRefused(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	const says = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
	before := q.attributes()
	wantError(t, q.set(settings{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"}), "InvalidAttributeName", says)
	if diff := cmp.Diff(before, q.attributes()); diff != "" {
		t.Errorf("what is refused changes attributes (-before +after):\n%s", diff)
	}
}
