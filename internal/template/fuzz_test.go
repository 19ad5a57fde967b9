package template

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse reads a random text as a template and evaluates it. That must end within a minute, and
// must have the same result when it is done again.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	for _, text := range []string{
		"", "Resources:", "\xff", "\ufeffResources: {Q: {}}", "--- {}\n--- {}", "a: &a [*a]", "a: &a b\n<<: *a", "Resources: {<<: {Q: {Type: AWS::SQS::Queue}}}",
		"Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: !Sub '${a.b}'}}}",
		"Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: .nan, B: .inf, C: 0x_1, D: 1e999, E: 2026-11-24, F: !!binary x, G: {1: 2, true: 3}}}}",
		"Parameters: {P: {Type: Number, Default: 1e3, MinValue: 1}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {A: !Join [!Ref P, [!Ref AWS::NoValue, 1]]}}}",
		"Mappings: {M: {a: {b: [1]}}}\nResources: {T: {Type: AWS::DynamoDB::Table, Properties: !FindInMap [M, a, b]}}",
		"Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {A: !If [C, !Ref AWS::NoValue, !GetAtt a.b]}}}\nConditions: {C: !Not [!Equals [1, '1']]}",
		"Globals: {Function: {Timeout: 9, Handler: bootstrap, Runtime: provided.al2}}\nResources: {F: {Type: AWS::Serverless::Function, Properties: {Timeout: -1, Events: {E: {Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref A}}, S: {Type: SQS}}}}}",
		"Globals: {Function: {Timeout: 9, Handler: bootstrap, Runtime: provided.al2}}\nResources: {F: {Type: AWS::Serverless::Function}, G: {Type: AWS::Serverless::Function, Properties: {Timeout: 1}}}",
		"Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: !GetAtt [a]}}}",
		"Conditions: {A: {Condition: A}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {P: !If [A, 1, 2]}}}",
		"Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + "}}}",
		doublingConditions("!Equals"), doublingConditions("!Join"), small,
		strings.Replace(small, "Timeout: 9", "Timeout: 9, Environment: {Variables: {AA: !Ref Size}}, Tags: {a: b}", 1),
		strings.Replace(small, "StageName: prod", "StageName: prod\n    IgnoreGlobals: '*'", 1),
		strings.Replace(small, "Type: Api", "Type: {'Fn::If': [Never, Api, SQS]}", 1),
		"Rules: {R: {RuleCondition: !Or [!Equals [a, b], !Not [!Equals [a, b]]], Assertions: [{Assert: !EachMemberIn [[a], [b]]}]}}\nResources: {Q: {Type: AWS::SQS::Queue}}",
		"Globals: {Function: {Tags: [a], Layers: {b: c}, Handler: bootstrap, Runtime: provided.al2}}\nResources: {F: {Type: AWS::Serverless::Function, Properties: {Tags: {a: b}, Layers: [d], Events: {'(': {}, '[': 1}}}}",
		"Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub ['${a}', {a: !Ref AWS::NoValue}], Tags: !If [a, b, c]}}}\nConditions: {a: !And [!Equals [1, 1], {Condition: b}], b: !Or [{Condition: a}, 1]}",
	} {
		f.Add(text)
		f.Add(sam + "\n" + text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		alarm := time.AfterFunc(time.Minute, func() { panic("this takes too long") })
		defer alarm.Stop()
		tmpl, err := parse([]byte(text), nil)
		if err != nil {
			return
		}
		system, err := tmpl.Resolve(known)
		if err != nil && strings.Contains(err.Error(), "line 0") {
			t.Errorf("no line: %v", err)
		}
		again, errAgain := tmpl.Resolve(known)
		if diff := cmp.Diff(system, again); diff != "" || (err == nil) != (errAgain == nil) {
			t.Errorf("evaluated again, with %v after %v (-first +again):\n%s", errAgain, err, diff)
		}
	})
}

// doublingConditions returns a template whose conditions each use the next one twice.
func doublingConditions(function string) string {
	const n = 40
	var text strings.Builder
	text.WriteString("Conditions:\n")
	for i := range n {
		fmt.Fprintf(&text, "  C%d: %s [!Condition C%d, [!Condition C%d]]\n", i, function, i+1, i+1)
	}
	fmt.Fprintf(&text, "  C%d: !Equals [1, 1]\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {A: !If [C0, a, b]}}}\n", n)
	return text.String()
}
