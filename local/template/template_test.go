package template

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// known answers every reference with its name.
func known(logicalID, attribute string) (string, error) { return logicalID + "." + attribute, nil }

func resolve(t *testing.T, text string, parameters map[string]string) *System {
	t.Helper()
	tmpl, err := parse([]byte(text), parameters)
	if err != nil {
		t.Fatal(err)
	}
	system, err := tmpl.Resolve(known)
	if err != nil {
		t.Fatal(err)
	}
	return system
}

func TestIntrinsicFunctionsAreEvaluated(t *testing.T) {
	const head = `
Parameters:
  Size: {Type: Number, Default: 10}
  Stage: {Type: String, Default: test}
Mappings:
  Timeouts: {ByStage: {test: 7, prod: 8}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsNotTest: !Not [!Condition IsTest]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      Value: `
	for expression, want := range map[string]string{
		`!Ref Size`:            "10",
		`{Ref: Size}`:          "10",
		`!Ref Table`:           "Table.Ref",
		`!GetAtt Table.Arn`:    "Table.Arn",
		`!GetAtt [Table, Arn]`: "Table.Arn",
		`!Sub "a-${Stage}-${Table}-${Table.Arn}-${!literal}"`: "a-test-Table.Ref-Table.Arn-${literal}",
		`!Sub "${AWS::Region}"`:                               "AWS::Region.Ref",
		`!Join ["-", [a, !Ref Stage, 1]]`:                     "a-test-1",
		`!FindInMap [Timeouts, ByStage, !Ref Stage]`:          "7",
		`!Join [":", !Split ["-", !Sub "a-${Stage}-"]]`:       "a:test:",
		`!Select [1, !Split ["//", !Sub "s3//${Stage}"]]`:     "test",
		`!If [IsTest, yes it is, no]`:                         "yes it is",
		`!If [IsNotTest, !Ref Unknown, other]`:                "other",
		`1209600`:                                             "1209600",
		`"0"`:                                                 "0",
		`true`:                                                "true",
		`{a: !Ref Size, b: [!Ref Stage, !Ref AWS::NoValue]}`:  `{"a":10,"b":["test"]}`,
	} {
		t.Run(expression, func(t *testing.T) {
			queue := resolve(t, head+expression, nil).Queues[0]
			if got := queue.Attributes["Value"]; got != want {
				t.Errorf("%s is %q, want %q", expression, got, want)
			}
		})
	}
	left := resolve(t, head+"!Ref AWS::NoValue", nil).Queues[0]
	if got, ok := left.Attributes["Value"]; ok {
		t.Errorf("AWS::NoValue is %q, want the property left out", got)
	}
}

func TestParametersAreChecked(t *testing.T) {
	const text = `
Parameters:
  Size: {Type: Number, Default: 10, MinValue: 1, MaxValue: 100}
  Level: {Type: String, Default: INFO, AllowedValues: [INFO, DEBUG]}
  Name: {Type: String, Default: a, AllowedPattern: "a|b"}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {Size: !Ref Size, Level: !Ref Level}}
`
	queue := resolve(t, text, map[string]string{"Size": "20", "Level": "DEBUG"}).Queues[0]
	if diff := cmp.Diff(map[string]string{"Size": "20", "Level": "DEBUG"}, queue.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	for override, want := range map[string]string{
		"Size=many":   "parameter Size: many is not a number",
		"Size=0":      "parameter Size: 0 is below the minimum 1",
		"Size=101":    "parameter Size: 101 is above the maximum 100",
		"Level=LOUD":  "parameter Level: LOUD is not one of INFO, DEBUG",
		"Unknown=5":   "it has no parameter Unknown; it has Level, Name, Size",
		"Name=ab":     "parameter Name: ab does not match a|b",
		"Size=10e309": "parameter Size: 10e309 is not a number",
	} {
		name, value, _ := strings.Cut(override, "=")
		if _, err := parse([]byte(text), map[string]string{name: value}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", override, err, want)
		}
	}
}

func TestATemplateThatCannotBeReadSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "expected a mapping with Resources",
		"- a":               "expected a mapping with Resources",
		"Resources: {":      "line",
		"Description: x":    "it has no Resources",
		"Resources: []":     "cannot unmarshal",
		"Resources: {Q: 5}": "cannot unmarshal",
		"Resources: {a-b: {Type: AWS::SQS::Queue}}":                                `logical id "a-b": expected letters and digits`,
		"Parameters: {P: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue}}": "parameter P needs a value",
	} {
		if _, err := parse([]byte(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s…", text, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "absent.yaml"), nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("absent file: %v", err)
	}
}

func TestWhatCannotBeEvaluatedNamesTheResource(t *testing.T) {
	for properties, want := range map[string]string{
		`Value: !GetAZs here`:          "resource Queue: Value: Fn::GetAZs is not supported here",
		`Value: !Select [1, [a]]`:      "resource Queue: Value: Fn::Select: [a] has no element 1",
		`Value: !Select [0, a]`:        "resource Queue: Value: Fn::Select: a has no element 0",
		`Value: !FindInMap [A, B, C]`:  "resource Queue: Value: Fn::FindInMap [A B C]: no A in Mappings",
		`Value: !If [Absent, a, b]`:    "resource Queue: Value: no condition Absent in Conditions",
		`Value: !Join [a]`:             "expected 2 arguments",
		`Value: !GetAtt Queue`:         "expected a resource and an attribute",
		`Value: !Sub ["${a}", {a: b}]`: "not supported here",
	} {
		tmpl, err := parse([]byte("Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {"+properties+"}}}"), nil)
		if err != nil {
			t.Fatal(properties, err)
		}
		if _, err := tmpl.Resolve(known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", properties, err, want)
		}
	}
}

func TestAConditionThatIsNoneSaysWhy(t *testing.T) {
	for conditions, want := range map[string]string{
		`{A: !Condition A}`: "condition A refers to itself",
		`{A: !Not [!Condition B], B: !Equals [1, !Condition A]}`: "condition A refers to itself",
		`{A: !Join ["", [a, b]]}`:                                "condition A is neither true nor false",
	} {
		tmpl, err := parse([]byte("Conditions: "+conditions+"\nResources: {Queue: {Type: AWS::SQS::Queue, Properties: {Value: !If [A, 1, 2]}}}"), nil)
		if err != nil {
			t.Fatal(conditions, err)
		}
		if _, err := tmpl.Resolve(known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", conditions, err, want)
		}
	}
}

func TestGlobalsAndEventsOfAFunctionAreRead(t *testing.T) {
	system := resolve(t, `
Globals: {Function: {Timeout: 9}}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: "60"
      Environment: {Variables: {SIZE: 5, TABLE: !Ref Table}}
      LoggingConfig: {LogGroup: !ImportValue unknown, ApplicationLogLevel: WARN}
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/a/{id}", Method: get}}
  Usual:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Batch:
          Type: SQS
          Properties: {Queue: !GetAtt Q.Arn, BatchSize: "20", MaximumBatchingWindowInSeconds: 3, FunctionResponseTypes: [ReportBatchItemFailures]}
`, nil)
	want := &System{
		Functions: []Function{
			{LogicalID: "Slow", Timeout: time.Minute, Environment: map[string]string{"SIZE": "5", "TABLE": "Table.Ref"}, LogLevel: "WARN"},
			{LogicalID: "Usual", Timeout: 9 * time.Second, Environment: map[string]string{}},
		},
		Routes:       []Route{{Function: "Slow", Method: "GET", Path: "/a/{id}", Stage: "prod"}},
		EventSources: []EventSource{{Function: "Usual", QueueARN: "Q.Arn", BatchSize: 20, Window: 3 * time.Second, ReportItemFailures: true}},
	}
	if diff := cmp.Diff(want, system); diff != "" {
		t.Errorf("system (-want +got):\n%s", diff)
	}
}

func TestQueuesAreCalledByTheirLogicalIDs(t *testing.T) {
	system := resolve(t, `
Resources:
  Dead: {Type: AWS::SQS::Queue, Properties: {RedriveAllowPolicy: {sourceQueueArns: [!Sub "arn:${AWS::StackName}-source"]}}}
  Source: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${AWS::StackName}-source"}}
`, nil)
	want := []Queue{
		{"Dead", map[string]string{"RedriveAllowPolicy": `{"sourceQueueArns":["arn:Source"]}`}},
		{"Source", map[string]string{}},
	}
	if diff := cmp.Diff(want, system.Queues); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
}
