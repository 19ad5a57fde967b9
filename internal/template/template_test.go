package template

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// known returns LOGICALID.ATTRIBUTE for every attribute.
func known(logicalID, attribute string) (string, error) { return logicalID + "." + attribute, nil }

// sam is the first line of a template. The texts after it begin with a line break.
const sam = "Transform: AWS::Serverless-2016-10-31"

func resolve(t *testing.T, text string, parameters map[string]string) *System {
	t.Helper()
	tmpl, err := parse([]byte(sam+text), parameters)
	if err != nil {
		t.Fatal(err)
	}
	system, err := tmpl.Resolve(known)
	if err != nil {
		t.Fatal(err)
	}
	return system
}

// evaluated returns the value of an expression in a property.
func evaluated(t *testing.T, head, expression string) (any, error) {
	t.Helper()
	tmpl, err := parse([]byte(head+"\n  Topic: {Type: AWS::SNS::Topic, Properties: {Value: "+expression+"}}"), nil)
	if err != nil {
		return nil, err
	}
	properties, err := tmpl.Properties("Topic", known)
	if err != nil {
		return nil, err
	}
	value, ok := properties.(map[string]any)["Value"]
	if !ok {
		return noValue{}, nil
	}
	return value, nil
}

const expressions = `
Parameters:
  Size: {Type: Number, Default: 10}
  Stage: {Type: String, Default: test}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
  Sizes: {Type: List<Number>, Default: "1,2"}
Mappings:
  Timeouts: {ByStage: {test: 7, prod: 8}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsNotTest: !Not [!Condition IsTest]
  IsHere: !Equals [!Ref AWS::Region, us-east-1]
  IsBoth: !And [!Condition IsTest, !Condition IsHere]
  IsOne: !Or [!Condition IsNotTest, !Condition IsHere]
  IsNeither: !And [!Condition IsTest, !Not [!Condition IsOne]]
Resources:
  Table: {Type: AWS::SNS::Topic}`

func TestIntrinsicFunctionsAreEvaluated(t *testing.T) {
	for expression, want := range map[string]any{
		`!Ref Size`:            "10",
		`{Ref: Size}`:          "10",
		`!Ref Table`:           "Table.Ref",
		`!GetAtt Table.Arn`:    "Table.Arn",
		`!GetAtt [Table, Arn]`: "Table.Arn",
		`!Sub "a-${Stage}-${Table}-${Table.Arn}-${!literal}"`:        "a-test-Table.Ref-Table.Arn-${literal}",
		`!Sub "${AWS::Region}"`:                                      "AWS::Region.Ref",
		`!Sub ["${a}-${Stage}-${b}", {a: !Ref Size, b: "${Stage}"}]`: "10-test-${Stage}",
		`!Join ["-", [a, !Ref Stage, 1]]`:                            "a-test-1",
		`!Join ["-", !Ref Zones]`:                                    "a-b-c",
		`!Join ["-", !Ref Sizes]`:                                    "1-2",
		`!Select [1, !Ref Zones]`:                                    "b",
		`!FindInMap [Timeouts, ByStage, !Ref Stage]`:                 7,
		`!Join [":", !Split ["-", !Sub "a-${Stage}-"]]`:              "a:test:",
		`!Select [1, !Split ["//", !Sub "s3//${Stage}"]]`:            "test",
		`!If [IsTest, a, b]`:                                         "a",
		`!If [IsNotTest, !GetAZs x, b]`:                              "b",
		`!If [IsBoth, a, b]`:                                         "a",
		`!If [IsOne, a, b]`:                                          "a",
		`!If [IsNeither, a, b]`:                                      "b",
		`1209600`:                                                    1209600,
		`"0"`:                                                        "0",
		`true`:                                                       true,
		`1.0`:                                                        "1.0",
		`2026-11-28`:                                                 "2026-11-28", // YAML would read it as a time
		`{a: !Ref Size, b: [!Ref Stage, !Ref AWS::NoValue]}`:         map[string]any{"a": "10", "b": []any{"test"}},
		`!Ref AWS::NoValue`:                                          noValue{},
	} {
		t.Run(expression, func(t *testing.T) {
			got, err := evaluated(t, expressions, expression)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestTheErrorForAnInvalidExpressionSaysWhy(t *testing.T) {
	for expression, want := range map[string]string{
		`!GetAZs x`:                         "Value: Fn::GetAZs is not supported here",
		`!Equals [a, b]`:                    "Value: Fn::Equals is not supported here",
		`!Contains [[a], b]`:                "Value: Fn::Contains is not supported here",
		`!Select [1, [a]]`:                  "Value: Fn::Select: [a] has no element 1",
		`!Select [0, a]`:                    "Value: Fn::Select: a has no element 0",
		`!FindInMap [Timeouts, ByStage, C]`: "Value: Fn::FindInMap [Timeouts ByStage C]: no C in Mappings",
		`!Join [a]`:                         "line 18: Topic: Properties.Value: Fn::Join of [a]: expected 2 arguments",
		`!Join ["", a]`:                     `Value: Fn::Join: expected a list, not "a"`,
		`!Join ["", [{a: b}]]`:              "Value: Fn::Join: expected one value, not a mapping of a",
		`!Sub "${Zones}"`:                   "Value: Fn::Sub: ${Zones}: expected one value, not the list [a b c]",
		`!GetAtt Table`:                     "line 18: Topic: Properties.Value: Fn::GetAtt of Table: expected a resource and an attribute",
		`!Sub [a]`:                          "line 18: Topic: Properties.Value: Fn::Sub of [a]: expected a text, or a list of it and its variables",
	} {
		if _, err := evaluated(t, expressions, expression); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", expression, err, want)
		}
	}
}

func TestGlobalsAndEventsOfAFunctionAreRead(t *testing.T) {
	system := resolve(t, `
Parameters: {Idle: {Type: String, Default: "false"}}
Globals: {Function: {Timeout: 9, Handler: bootstrap, Runtime: provided.al2}}
Resources:
  Q: {Type: AWS::SQS::Queue}
  Other: {Type: AWS::SQS::Queue}
  Table: {Type: AWS::DynamoDB::Table, Condition: Never, Properties: {Streams: are not looked at}}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: "60"
      Environment: {Variables: {SIZE: 5, TABLE: !GetAtt Q.QueueName}}
      LoggingConfig: {LogGroup: !ImportValue unknown, ApplicationLogLevel: WARN, LogFormat: JSON}
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/a/{id}", Method: get}}
  Usual:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Batch:
          Type: SQS
          Properties: {Queue: !GetAtt Q.Arn, BatchSize: "20", MaximumBatchingWindowInSeconds: 3, FunctionResponseTypes: [ReportBatchItemFailures]}
        Idle:
          Type: SQS
          Properties: {Queue: !GetAtt Other.Arn, Enabled: !Ref Idle}
Conditions: {Never: !Equals [a, b]}
`, nil)
	want := &System{
		Functions: []Function{
			{LogicalID: "Slow", Timeout: time.Minute, Environment: map[string]string{"SIZE": "5", "TABLE": "Q.QueueName"}, LogLevel: "WARN"},
			{LogicalID: "Usual", Timeout: 9 * time.Second, Environment: map[string]string{}},
		},
		Routes: []Route{{Function: "Slow", Method: "GET", Path: "/a/{id}", Stage: "prod"}},
		EventSources: []EventSource{
			{Function: "Usual", QueueARN: "Q.Arn", BatchSize: 20, Window: 3 * time.Second, ReportItemFailures: true},
			{Function: "Usual", QueueARN: "Other.Arn", Disabled: true},
		},
		Queues: []Queue{{LogicalID: "Other", Attributes: map[string]string{}}, {LogicalID: "Q", Attributes: map[string]string{}}},
	}
	if diff := cmp.Diff(want, system); diff != "" {
		t.Errorf("system (-want +got):\n%s", diff)
	}
}

func TestTheDefaultAuthorizerSaysWhetherRoutesAreSigned(t *testing.T) {
	for authorizer, want := range map[string]bool{"NONE": false, "AWS_IAM": true} {
		system := resolve(t, `
Parameters:
  Authorization: {Type: String, Default: NONE}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, Auth: {DefaultAuthorizer: !Ref Authorization}}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Get: {Type: Api, Properties: {Path: /a, Method: GET, RestApiId: !Ref Api}}
`, map[string]string{"Authorization": authorizer})
		if got := system.Routes[0].Signed; got != want {
			t.Errorf("%s: signed is %t, want %t", authorizer, got, want)
		}
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
