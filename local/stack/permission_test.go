package stack_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/template"
)

// allowed are the resources of the statements in EnricherRole with just this action.
func allowed(t *testing.T, modelURI, action string) []string {
	t.Helper()
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"ModelUri": modelURI})
	if err != nil {
		t.Fatal(err)
	}
	properties, err := tmpl.Properties("EnricherRole", func(id, attribute string) (string, error) { return id + "." + attribute, nil })
	if err != nil {
		t.Fatal(err)
	}
	var role struct {
		Policies []struct {
			PolicyDocument struct {
				Statement []struct{ Action, Resource any }
			}
		}
	}
	text, err := json.Marshal(properties)
	if err == nil {
		err = json.Unmarshal(text, &role)
	}
	if err != nil {
		t.Fatal(err)
	}
	var resources []string
	for _, policy := range role.Policies {
		for _, statement := range policy.PolicyDocument.Statement {
			if statement.Action == action {
				resources = append(resources, statement.Resource.(string))
			}
		}
	}
	return resources
}

func TestTheEnricherMayReadItsModelAndNothingElseInS3(t *testing.T) {
	for uri, want := range map[string][]string{
		"":                         nil,
		"/opt/model.json":          nil,
		"model.json":               nil,
		"s3://bucket/model.json":   {"bucket/model.json"},
		"s3://my.bucket/a/b c/d:1": {"my.bucket/a/b c/d:1"},
		"s3://bucket/a://b":        {"bucket/a://b"},
	} {
		for i := range want {
			want[i] = "arn:AWS::Partition.Ref:s3:::" + want[i]
		}
		if got := allowed(t, uri, "s3:GetObject"); !slices.Equal(got, want) {
			t.Errorf("with the model at %q it may read %q, want %q", uri, got, want)
		}
	}
	for _, wildcard := range []string{"s3://bucket/*", "s3://bucket/a?", "s3://bucket/${aws:username}"} {
		_, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"ModelUri": wildcard})
		if err == nil || !strings.Contains(err.Error(), "does not match") {
			t.Errorf("%s is accepted: %v", wildcard, err)
		}
	}
}
