package template

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withGlobals has resources that take, change and ignore what is in Globals.
const withGlobals = `
Parameters: {P: {Type: String, Default: p}}
Globals:
  Api: {TracingEnabled: true, Auth: {ApiKeyRequired: true, UsagePlan: {Quota: {Limit: 1, Period: DAY}}}}
  Function:
    Timeout: 9
    Architectures: [arm64]
    Tags: {a: global, b: global}
    Layers: [one, two]
    Tracing: !Ref P
    Environment: {Variables: {A: global, B: global, C: !Ref P, D: {Ref: P}}}
    LoggingConfig: !Ref P
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: s, Auth: {UsagePlan: {Quota: {Limit: 2}}}}}
  Bare: {Type: AWS::Serverless::Function}
  Own:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 5
      Architectures: [x86_64]
      Tags: !Ref P
      Layers: [two, three]
      Tracing: Active
      Environment: {Variables: {B: own, C: {x: y}, D: own, E: own}}
      LoggingConfig: {LogFormat: JSON}
  Some: {Type: AWS::Serverless::Function, IgnoreGlobals: [Layers, Tags, Environment, LoggingConfig, Architectures]}
  None: {Type: AWS::Serverless::Function, IgnoreGlobals: "*", Properties: {Timeout: 4}}
  Topic: {Type: AWS::SNS::Topic}
`

// SAM's translator (aws-sam-translator 1.115.0) gave the wanted results for the same templates.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
func TestGlobalsAreMergedIntoFunctionsAndAPIs(t *testing.T) {
	tmpl, err := parse([]byte(sam+withGlobals), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for id, r := range tmpl.resources {
		got[id] = r.Properties
	}
	p := map[string]any{"Ref": "P"}
	want := map[string]any{
		"Api": map[string]any{"StageName": "s", "TracingEnabled": true, "Auth": map[string]any{
			"ApiKeyRequired": true, "UsagePlan": map[string]any{"Quota": map[string]any{"Limit": 2, "Period": "DAY"}},
		}},
		"Bare": map[string]any{
			"Timeout": 9, "Architectures": []any{"arm64"}, "Tags": map[string]any{"a": "global", "b": "global"}, "Layers": []any{"one", "two"},
			"Tracing": p, "Environment": map[string]any{"Variables": map[string]any{"A": "global", "B": "global", "C": p, "D": p}}, "LoggingConfig": p,
		},
		"Own": map[string]any{
			"Timeout": 5, "Architectures": []any{"x86_64"}, "Tags": p, "Layers": []any{"one", "two", "two", "three"}, "Tracing": "Active",
			"Environment":   map[string]any{"Variables": map[string]any{"A": "global", "B": "own", "C": map[string]any{"x": "y"}, "D": "own", "E": "own"}},
			"LoggingConfig": map[string]any{"LogFormat": "JSON"},
		},
		"Some":  map[string]any{"Timeout": 9, "Tracing": p},
		"None":  map[string]any{"Timeout": 4},
		"Topic": map[string]any(nil),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

// In https://github.com/aws/aws-sam-cli/issues/8167, only Globals has the variable.
func TestAVariableInGlobalsReachesEveryFunction(t *testing.T) {
	system := resolve(t, `
Globals: {Function: {Handler: bootstrap, Runtime: provided.al2023, Environment: {Variables: {QUEUE: !GetAtt Q.QueueName, SIZE: 1}}}}
Resources:
  Q: {Type: AWS::SQS::Queue}
  F: {Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {SIZE: 2, OWN: 3}}}}
  G: {Type: AWS::Serverless::Function}
`, nil)
	want := []map[string]string{{"QUEUE": "Q.QueueName", "SIZE": "2", "OWN": "3"}, {"QUEUE": "Q.QueueName", "SIZE": "1"}}
	got := []map[string]string{system.Functions[0].Environment, system.Functions[1].Environment}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environments (-want +got):\n%s", diff)
	}
}

func TestAResourceWhoseConditionIsFalseIsLeftOut(t *testing.T) {
	const text = `
Parameters: {With: {Type: String, Default: "yes"}}
Globals: {Function: {Handler: bootstrap, Runtime: provided.al2023}}
Conditions: {HasMore: !Equals [!Ref With, "yes"]}
Resources:
  Q: {Type: AWS::SQS::Queue}
  More: {Type: AWS::SQS::Queue, Condition: HasMore}
  MoreF: {Type: AWS::Serverless::Function, Condition: HasMore, Properties: {Environment: {Variables: {QUEUE: !GetAtt More.QueueName}}}}
  F: {Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {QUEUE: !If [HasMore, !GetAtt More.QueueName, !Ref AWS::NoValue]}}}}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q, !If [HasMore, !Ref More, !Ref AWS::NoValue]]}}
Outputs:
  Both: {Condition: HasMore, Value: !GetAtt More.Arn}
`
	for with, want := range map[string]*System{
		"yes": {
			Queues: []Queue{{"More", map[string]string{}}, {"Q", map[string]string{}}},
			Functions: []Function{
				{LogicalID: "F", Timeout: 3e9, Environment: map[string]string{"QUEUE": "More.QueueName"}},
				{LogicalID: "MoreF", Timeout: 3e9, Environment: map[string]string{"QUEUE": "More.QueueName"}},
			},
		},
		"no": {
			Queues:    []Queue{{"Q", map[string]string{}}},
			Functions: []Function{{LogicalID: "F", Timeout: 3e9, Environment: map[string]string{}}},
		},
	} {
		if diff := cmp.Diff(want, resolve(t, text, map[string]string{"With": with})); diff != "" {
			t.Errorf("with %s (-want +got):\n%s", with, diff)
		}
	}
}
