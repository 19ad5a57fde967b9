package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
)

const (
	templateFile = "../../template.yaml"
	pictureFile  = "../../docs/architecture.svg"
)

func TestThePictureInTheDocsIsTheTemplates(t *testing.T) {
	want, err := draw(t.Context(), templateFile)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(pictureFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/architecture.svg shows another template: run make generate")
	}
}

// small connects each kind of resource once. Tests draw it with changes.
const small = `
Transform: AWS::Serverless-2016-10-31
Parameters:
  Email: {Type: String, Default: ""}
Conditions:
  HasEmail: !Not [!Equals [!Ref Email, ""]]
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}
  Taker:
    Type: AWS::Serverless::Function
    Properties:
      Description: Takes <what> comes & keeps it.
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Role: !GetAtt TakerRole.Arn
      Environment: {Variables: {TABLE: !Ref Things, OTHER_TABLE: !Ref Others}}
      Events:
        Post: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /things, Method: post}}
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/things/{id}", Method: get}}
        Retry: {Type: SQS, Properties: {Queue: !GetAtt Waiting.Arn, BatchSize: 5, MaximumBatchingWindowInSeconds: 2}}
  TakerRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - {Effect: Allow, Action: ["dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:Query"], Resource: !Sub "${Things.Arn}"}
              - {Effect: Allow, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:SendMessage"], Resource: [!GetAtt Waiting.Arn]}
              - {Effect: Deny, Action: "sqs:*", Resource: !GetAtt GivenUp.Arn}
              - {Effect: Allow, Action: "sqs:PurgeQueue", Resource: !GetAtt GivenUp.Arn}
              - {Effect: Allow, Action: "logs:PutLogEvents", Resource: "*"}
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
  Others:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
  Waiting:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt GivenUp.Arn, maxReceiveCount: 4}}
  GivenUp: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Mail: {Type: AWS::SNS::Subscription, Condition: HasEmail, Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: !Ref Email}}
  Page: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: sms}}
  Old: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: AWS/SQS, AlarmActions: [!Ref Topic]}}
  Slow: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: Things, AlarmActions: [!Ref Topic], OKActions: [!Ref Topic]}}
  Quiet: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: AWS/SQS}}
`

// edited writes a template with some of its text changed, and returns its path.
func edited(t *testing.T, text string, changes ...string) string {
	t.Helper()
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the template has no %q", changes[i])
		}
	}
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(changes...).Replace(text)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// arrows returns what the arrows of a template say, sorted, as "Queue -> Function: 5 messages".
func arrows(t *testing.T, path string) []string {
	t.Helper()
	tmpl, err := template.Read(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := read(tmpl)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range g.arrows {
		all = append(all, strings.TrimSuffix(a.from+" -> "+a.to+": "+strings.ReplaceAll(a.label, "\n", " | "), ": "))
	}
	slices.Sort(all)
	return all
}

func TestArrowsSayWhatTheTemplateConnects(t *testing.T) {
	want := []string{
		"-alarms-Topic -> Topic",
		"-client -> Api",
		"Api -> Taker: GET /things/{id} | POST /things",
		"Taker -> GivenUp: sqs:PurgeQueue",
		"Taker -> Others: OTHER_TABLE",
		"Taker -> Things: reads items | updates items",
		"Taker -> Waiting: sends messages",
		"Topic -> Mail: if HasEmail",
		"Topic -> Page",
		"Waiting -> GivenUp: after 4 | receives",
		"Waiting -> Taker: up to 5 | messages | within 2 s",
	}
	if diff := cmp.Diff(want, arrows(t, edited(t, small))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var text = regexp.MustCompile(`<text[^>]*>([^<]*)</text>`)

// shown returns the lines of text in a template's picture.
func shown(t *testing.T, path string) []string {
	t.Helper()
	svg, err := draw(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, match := range text.FindAllSubmatch(svg, -1) {
		all = append(all, strings.TrimSpace(strings.ReplaceAll(string(match[1]), "&#160;", " ")))
	}
	return all
}

func TestThePictureChangesWithTheTemplate(t *testing.T) {
	original := shown(t, edited(t, small))
	for name, test := range map[string]struct {
		change, to string
		gone, come []string
	}{
		"a function is renamed": {"Taker", "Keeper", []string{"Taker"}, []string{"Keeper"}},
		"a queue is added":      {"  Topic:", "  Another: {Type: AWS::SQS::Queue}\n  Topic:", nil, []string{"Another"}},
		"a route is moved":      {"/things", "/goods", []string{"POST /things"}, []string{"POST /goods"}},
		"an alarm is added": {
			"  Old:", "  Young: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: AWS/SQS, AlarmActions: [!Ref Topic]}}\n  Old:",
			[]string{"2 alarms"}, []string{"3 alarms", "2 on SQS"},
		},
		"a permission is taken away": {`"dynamodb:UpdateItem", `, "", []string{"updates items"}, nil},
		"a key is demanded":          {"{StageName: prod}", "{StageName: prod, Auth: {ApiKeyRequired: true}}", nil, []string{"needs an API key"}},
		"a signature is demanded":    {"{StageName: prod}", "{StageName: prod, Auth: {DefaultAuthorizer: AWS_IAM}}", nil, []string{"needs a signature"}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := shown(t, edited(t, small, test.change, test.to))
			for _, text := range test.gone {
				if !slices.Contains(original, text) || slices.Contains(changed, text) {
					t.Errorf("before %q, then %q: want %q only before", original, changed, text)
				}
			}
			for _, text := range test.come {
				if slices.Contains(original, text) || !slices.Contains(changed, text) {
					t.Errorf("before %q, then %q: want %q only then", original, changed, text)
				}
			}
		})
	}
}

func TestATextOfTheTemplateIsShownAsItIs(t *testing.T) {
	if got := strings.Join(shown(t, edited(t, small)), " "); !strings.Contains(got, "Takes &lt;what&gt; comes &amp; keeps it.") {
		t.Errorf("the picture has %q", got)
	}
}

func TestALongNameHasTwoLines(t *testing.T) {
	for title, want := range map[string][]string{
		"Short":                 {"Short"},
		"EnrichDeadLetterQueue": {"EnrichDead", "LetterQueue"},
		"WriterFunction":        {"Writer", "Function"},
		"lowercaseallthrough":   {"lowercaseallthrough"},
		"Onlythefirstiscapital": {"Onlythefirstiscapital"},
	} {
		if diff := cmp.Diff(want, node{title: title}.titleLines()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", title, diff)
		}
	}
}

func TestDashWritesThePictureToStdout(t *testing.T) {
	path := edited(t, small) // is absolute
	t.Chdir(t.TempDir())
	want, err := draw(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"-template", path, "-o", "-"}, &stdout, &stderr); status != 0 || !bytes.Equal(stdout.Bytes(), want) {
		t.Errorf("status %d, %q, and %d bytes, want %d", status, &stderr, stdout.Len(), len(want))
	}
	if _, err := os.Stat("-"); err == nil {
		t.Error("it wrote a file whose name is -")
	}
}

func TestAWrongCommandLineIsRefusedInOneLine(t *testing.T) {
	notThere := filepath.Join(t.TempDir(), "not", "there")
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"an unknown flag":         {[]string{"-x"}, 2, "flag provided but not defined: -x"},
		"an argument":             {[]string{"template.yaml"}, 2, `unexpected argument "template.yaml"`},
		"no template":             {[]string{"-template", notThere}, 1, "no such file or directory"},
		"not a template":          {[]string{"-template", "main.go"}, 1, "main.go"},
		"a mistake in it":         {[]string{"-template", edited(t, small, "!Ref Topic", "!Ref Tropic")}, 1, "Topic"},
		"no folder for a drawing": {[]string{"-template", templateFile, "-o", notThere}, 1, "no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			if status != test.status || !strings.Contains(stderr.String(), test.want) || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("status %d, %q; want %d and one line with %q", status, stderr.String(), test.status, test.want)
			}
		})
	}
}
