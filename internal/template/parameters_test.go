package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParametersAreChecked(t *testing.T) {
	const text = `
Parameters:
  Size: {Type: Number, Default: 10, MinValue: 1, MaxValue: 100}
  Level: {Type: String, Default: INFO, AllowedValues: [INFO, DEBUG]}
  Name: {Type: String, Default: a, AllowedPattern: "a|b"}
  Word: {Type: String, Default: "äöü", MinLength: 2, MaxLength: "3"}
  Zones: {Type: CommaDelimitedList, Default: "a,b", AllowedValues: [a, b, c], AllowedPattern: "[a-y]"}
  Sizes: {Type: List<Number>, Default: "1"}
Resources:
  Function: {Type: AWS::Serverless::Function, Properties: {Handler: bootstrap, Runtime: provided.al2023, Environment: {Variables: {SIZE: !Ref Size, LEVEL: !Ref Level}}}}
`
	got := resolve(t, text, map[string]string{"Size": "20", "Level": "DEBUG", "Zones": " c , a"}).Functions[0].Environment
	if diff := cmp.Diff(map[string]string{"SIZE": "20", "LEVEL": "DEBUG"}, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	for override, want := range map[string]string{
		"Size=many":   "parameter Size: many is not a number",
		"Size=0":      "parameter Size: 0 is below the minimum 1",
		"Size=101":    "parameter Size: 101 is above the maximum 100",
		"Size=NaN":    "parameter Size: NaN is not a number",
		"Size=0x10":   "parameter Size: 0x10 is not a number",
		"Size=":       "parameter Size:  is not a number",
		"Level=LOUD":  "parameter Level: LOUD is not one of INFO, DEBUG",
		"Unknown=5":   "it has no parameter Unknown; it has Level, Name, Size, Sizes, Word, Zones",
		"Name=ab":     "parameter Name: ab does not match a|b",
		"Name=a\n":    "parameter Name: a\n does not match a|b",
		"Size=10e309": "parameter Size: 10e309 is not a number",
		"Word=a":      `parameter Word: "a" has 1 characters, under the minimum 2`,
		"Word=abcd":   `parameter Word: "abcd" has 4 characters, over the maximum 3`,
		"Zones=a,d":   "parameter Zones: d is not one of a, b, c",
		"Zones=a,,b":  "parameter Zones:  is not one of a, b, c",
		"Sizes=1,x":   "parameter Sizes: x is not a number",

		"Name=" + strings.Repeat("a", 4097): "parameter Name: it has 4097 bytes; the maximum is 4096",
	} {
		name, value, _ := strings.Cut(override, "=")
		if _, err := parse([]byte(sam+text), map[string]string{name: value}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", override, err, want)
		}
	}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html
func TestRulesRefuseParameters(t *testing.T) {
	for name, test := range map[string]struct{ rule, want string }{
		"holds":                {`{Assertions: [{Assert: !Contains [["1", 2], !Ref Size]}]}`, ""},
		"does not hold":        {`{Assertions: [{Assert: !Contains [[1, 3], !Ref Size], AssertDescription: Odd sizes only.}]}`, "line 6: Rules.R: Odd sizes only. (Size is 2)"},
		"says nothing":         {`{Assertions: [{Assert: !Equals [!Ref Size, 3]}]}`, "line 6: Rules.R: the assertion does not hold. (Size is 2)"},
		"second of two":        {`{Assertions: [{Assert: !Equals [a, a]}, {Assert: !Equals [a, b], AssertDescription: No.}]}`, "line 6: Rules.R: No."},
		"applies":              {`{RuleCondition: !Equals [!Ref Stage, test], Assertions: [{Assert: !Not [!Equals [!Ref Size, 2]], AssertDescription: No.}]}`, "line 6: Rules.R: No. (Size is 2, Stage is test)"},
		"does not apply":       {`{RuleCondition: !Not [!Equals [!Ref Stage, test]], Assertions: [{Assert: !Equals [a, b]}]}`, ""},
		"each in":              {`{Assertions: [{Assert: !EachMemberIn [!Ref Zones, [a, b, c]]}]}`, ""},
		"not each in":          {`{Assertions: [{Assert: !EachMemberIn [!Ref Zones, [a, c]]}]}`, "line 6: Rules.R: the assertion does not hold. (Zones is [a b])"},
		"each equals":          {`{Assertions: [{Assert: !EachMemberEquals [[a, a], a]}]}`, ""},
		"not each equals":      {`{Assertions: [{Assert: !EachMemberEquals [!Ref Zones, a]}]}`, "line 6: Rules.R: the assertion does not hold. (Zones is [a b])"},
		"and, or":              {`{Assertions: [{Assert: !And [!Equals [a, a], !Or [!Equals [a, b], !Equals [a, a]]]}]}`, ""},
		"and does not hold":    {`{Assertions: [{Assert: !And [!Equals [a, a], !Equals [a, b]]}]}`, "line 6: Rules.R: the assertion does not hold."},
		"the region":           {`{Assertions: [{Assert: !Equals [!Ref AWS::Region, us-east-1]}]}`, ""},
		"and of one":           {`{Assertions: [{Assert: !And [!Equals [a, a]]}]}`, "line 6: Rules.R.Assertions[0].Assert: Fn::And of [map[Fn::Equals:[a a]]]: expected 2 to 10 arguments"},
		"unknown parameter":    {`{Assertions: [{Assert: !Equals [!Ref Sizee, 3]}]}`, "line 6: Rules.R.Assertions[0].Assert.Fn::Equals[0]: there is no parameter Sizee; did you mean Size?"},
		"a resource":           {`{Assertions: [{Assert: !Equals [!Ref Q, 3]}]}`, "line 6: Rules.R.Assertions[0].Assert.Fn::Equals[0]: there is no parameter Q"},
		"RefAll":               {`{Assertions: [{Assert: !EachMemberIn [!RefAll "AWS::EC2::VPC::Id", [a]]}]}`, "line 6: Rules.R.Assertions[0].Assert: Fn::RefAll is not supported here"},
		"ValueOf":              {`{Assertions: [{Assert: !Equals [!ValueOf [Size, x], 3]}]}`, "line 6: Rules.R.Assertions[0].Assert: Fn::ValueOf is not supported here"},
		"another function":     {`{Assertions: [{Assert: !Equals [!Sub "${Size}", 3]}]}`, "line 6: Rules.R.Assertions[0].Assert: Fn::Sub is not supported here"},
		"no truth":             {`{Assertions: [{Assert: !Ref Size}]}`, `line 6: Rules.R.Assertions[0].Assert: "2" is neither true nor false`},
		"a list in the middle": {`{Assertions: [{Assert: !Contains [[a], !Ref Zones]}]}`, "line 6: Rules.R.Assertions[0].Assert: Fn::Contains: expected one value, not the list [a b]"},
		"misspelt":             {`{RuleConditio: a, Assertions: []}`, "line 6: Rules.R.RuleConditio: there is no such key here; did you mean RuleCondition?"},
		"no assertions":        {`{RuleCondition: !Equals [a, b]}`, "line 6: Rules.R: Assertions is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse([]byte("Parameters:\n  Size: {Type: Number, Default: 2}\n  Stage: {Type: String, Default: test}\n"+
				"  Zones: {Type: CommaDelimitedList, Default: \"a,b\"}\nRules:\n  R: "+test.rule+"\nResources: {Q: {Type: AWS::SQS::Queue}}"), nil)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
