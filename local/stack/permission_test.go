package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
)

// statement is one of a policy.
type statement struct {
	Effect           string
	Action, Resource oneOrMore
	Principal        any
}

// oneOrMore is a list, or its only element.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	if text[0] != '[' {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	return json.Unmarshal(text, (*[]string)(o))
}

// statements returns the statements of all policies in a resource.
func statements(t *testing.T, tmpl *template.Template, id string) []statement {
	t.Helper()
	var found []statement
	var look func(node any)
	look = func(node any) {
		switch node := node.(type) {
		case []any:
			for _, child := range node {
				look(child)
			}
		case map[string]any:
			if list, ok := node["Statement"]; ok {
				found = append(found, decoded[[]statement](t, list)...)
			}
			for _, child := range node {
				look(child)
			}
		}
	}
	look(properties(t, tmpl, id))
	return found
}

func decoded[T any](t *testing.T, tree any) T {
	t.Helper()
	var target T
	text, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(text, &target)
	}
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// grants returns what a function's role allows, as "sqs:SendMessage EnrichQueue.Arn".
func grants(t *testing.T, tmpl *template.Template, function string) []string {
	t.Helper()
	role, _ := properties(t, tmpl, function)["Role"].(string)
	var granted []string
	for _, s := range statements(t, tmpl, strings.TrimSuffix(role, ".Arn")) {
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				granted = append(granted, action+" "+resource)
			}
		}
	}
	return granted
}

// notCalls are permissions that no call of a function shows.
func notCalls(function string) []string {
	log := strings.TrimSuffix(function, "Function") + "LogGroup.Arn"
	used := []string{ // by Lambda
		"logs:CreateLogStream " + log, "logs:PutLogEvents " + log,
		"xray:PutTelemetryRecords *", "xray:PutTraceSegments *",
	}
	if function == "EnricherFunction" {
		// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
		used = append(used, "sqs:GetQueueAttributes EnrichQueue.Arn")
	}
	return used
}

func TestEachFunctionMayDoWhatItDoesAndNoMore(t *testing.T) {
	tmpl, did := read(t, nil), exercise(t)
	for _, function := range tmpl.LogicalIDs("AWS::Serverless::Function") {
		want := notCalls(function)
		for call := range maps.Keys(did.calls) {
			caller, needed, _ := strings.Cut(call, " ")
			if strings.HasPrefix(caller, function) { // also its event source mapping, which has its role
				want = append(want, needed)
			}
		}
		slices.Sort(want)
		got := grants(t, tmpl, function)
		slices.Sort(got)
		if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
			t.Errorf("%s (- is needed and not allowed, + is allowed and not needed):\n%s", function, diff)
		}
	}
}

// The worker has the function's role. It uses what the function and its event source use, but Lambda does not
// write logs and traces for it: its log is written with the execution role, which .ci/check_worker.py looks at.
func TestAWorkerNeedsWhatTheFunctionMayDo(t *testing.T) {
	want := notCalls("EnricherFunction") // also GetQueueAttributes, which enricher/worker calls at its start
	for call := range maps.Keys(exerciseWith(t, true).calls) {
		if caller, needed, _ := strings.Cut(call, " "); strings.HasPrefix(caller, stack.WorkerName) {
			want = append(want, needed)
		}
	}
	slices.Sort(want)
	got := grants(t, read(t, nil), "EnricherFunction")
	slices.Sort(got)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("(- is needed and not allowed, + is allowed and not needed):\n%s", diff)
	}
}

// ECS gives the role to tasks of this account only.
func TestOnlyLambdaAndThisAccountsTasksGetTheEnrichersRole(t *testing.T) {
	type statement struct {
		Effect    string
		Principal struct{ Service string }
		Condition map[string]map[string]string
	}
	role := properties(t, read(t, nil), "EnricherRole")
	trust := decoded[struct{ Statement []statement }](t, role["AssumeRolePolicyDocument"])
	want := []statement{
		{Effect: "Allow", Principal: struct{ Service string }{"lambda.amazonaws.com"}},
		{Effect: "Allow", Principal: struct{ Service string }{"ecs-tasks.amazonaws.com"}, Condition: map[string]map[string]string{
			"StringEquals": {"aws:SourceAccount": "AWS::AccountId.Ref"},
			"ArnLike":      {"aws:SourceArn": "arn:AWS::Partition.Ref:ecs:AWS::Region.Ref:AWS::AccountId.Ref:*"},
		}},
	}
	if diff := cmp.Diff(want, trust.Statement); diff != "" {
		t.Errorf("who gets the role (-want +got):\n%s", diff)
	}
}

// wildcards are those that policies may have, and why.
var wildcards = map[string]string{
	"WriterRole Allow xray:PutTraceSegments on *":                         "X-Ray has no resources for this",
	"WriterRole Allow xray:PutTelemetryRecords on *":                      "nor for this",
	"ReaderRole Allow xray:PutTraceSegments on *":                         "as for the writer",
	"ReaderRole Allow xray:PutTelemetryRecords on *":                      "as for the writer",
	"EnricherRole Allow xray:PutTraceSegments on *":                       "as for the writer",
	"EnricherRole Allow xray:PutTelemetryRecords on *":                    "as for the writer",
	"EnrichQueuePolicy Deny sqs:* on EnrichQueue.Arn":                     "denies everybody everything without TLS",
	"EnrichDeadLetterQueuePolicy Deny sqs:* on EnrichDeadLetterQueue.Arn": "the same",
}

func TestAWildcardInAPolicyHasAReason(t *testing.T) {
	parameters := map[string]string{}
	if stacktest.HasParameter(t, "ModelUri") {
		parameters["ModelUri"] = "s3://bucket/model.json"
	}
	tmpl := read(t, parameters)
	var found []string
	for _, kind := range []string{
		"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy",
	} {
		for _, id := range tmpl.LogicalIDs(kind) {
			found = append(found, wildcardsIn(t, tmpl, id)...)
		}
	}
	slices.Sort(found)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(wildcards)), found); diff != "" {
		t.Errorf("wildcards (- has a reason and is not there, + is there without a reason):\n%s", diff)
	}
}

func wildcardsIn(t *testing.T, tmpl *template.Template, id string) []string {
	t.Helper()
	var found []string
	for _, s := range statements(t, tmpl, id) {
		if s.Effect == "Allow" && strings.Contains(fmt.Sprint(s.Principal), "*") {
			t.Errorf("%s allows everybody something", id)
		}
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				if strings.ContainsAny(action+resource, "*?") {
					found = append(found, id+" "+s.Effect+" "+action+" on "+resource)
				}
			}
		}
	}
	return found
}

// Policies that SAM or AWS writes reach every queue, table or log group of the account.
func TestRolesAreWrittenOut(t *testing.T) {
	tmpl := read(t, nil)
	for _, kind := range []string{"AWS::Serverless::Function", "AWS::IAM::Role"} {
		for _, id := range tmpl.LogicalIDs(kind) {
			p := properties(t, tmpl, id)
			if kind == "AWS::Serverless::Function" && (p["Role"] == nil || p["Policies"] != nil) || p["ManagedPolicyArns"] != nil {
				t.Errorf("%s has no role of its own, or policies that are not in the template", id)
			}
		}
	}
}

func TestTheEnricherMayReadItsModelAndNothingElseInS3(t *testing.T) {
	stacktest.NeedsParameter(t, "ModelUri")
	for uri, want := range map[string][]string{
		"":                         nil,
		"/opt/model.json":          nil,
		"model.json":               nil,
		"s3://bucket/model.json":   {"bucket/model.json"},
		"s3://my.bucket/a/b c/d:1": {"my.bucket/a/b c/d:1"},
		"s3://bucket/a://b":        {"bucket/a://b"},
	} {
		var got []string
		for _, granted := range grants(t, read(t, map[string]string{"ModelUri": uri}), "EnricherFunction") {
			if object, ok := strings.CutPrefix(granted, "s3:GetObject arn:AWS::Partition.Ref:s3:::"); ok {
				got = append(got, object)
			} else if strings.HasPrefix(granted, "s3:") {
				t.Errorf("with the model at %q it may %s", uri, granted)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("with the model at %q it may read %q, want %q", uri, got, want)
		}
	}
	wantRefusedModels(t, "s3://bucket/*", "s3://bucket/a?", "s3://bucket/${aws:username}")
}

// With one of these a deployment would succeed, and no enricher could start.
func TestAModelThatCanNotBeThereIsRefusedBeforeItIsDeployed(t *testing.T) {
	stacktest.NeedsParameter(t, "ModelUri")
	wantRefusedModels(t, "https://bucket.s3.us-east-1.amazonaws.com/model.json", "arn:aws:s3:::bucket/model.json",
		"s3://arn:aws:s3:us-east-1:123456789012:accesspoint/models/model.json", "s3://arn:aws:s3:us-east-1:123456789012:accesspoint:models/model.json",
		"S3://bucket/model.json", "s3:/bucket/model.json", "s3://bucket", "s3://bucket/", "s3:///model.json")
}

func wantRefusedModels(t *testing.T, uris ...string) {
	t.Helper()
	for _, uri := range uris {
		_, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"ModelUri": uri})
		if err == nil || !strings.Contains(err.Error(), "does not match") {
			t.Errorf("%s is accepted: %v", uri, err)
		}
	}
}
