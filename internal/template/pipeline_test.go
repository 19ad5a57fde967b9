package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	pipeline = `
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}
  Others:
    Type: AWS::DynamoDB::Table
    Properties: {BillingMode: PAY_PER_REQUEST, KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: [{AttributeName: id, AttributeType: S}]}
  Specimens:
    Type: AWS::DynamoDB::Table
    Properties: {BillingMode: PAY_PER_REQUEST, KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: [{AttributeName: id, AttributeType: S}]}
  ReaderFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Runtime: provided.al2023
      CodeUri: .
      Environment: {Variables: {TABLE_NAME: !Ref Specimens}}
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: "/v1/specimens/{id}"}}
        Ask: {Type: Api, Properties: {RestApiId: !Ref Api, Method: post, Path: /v1/questions}}
  WriterFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Runtime: provided.al2023
      CodeUri: .
      Environment: {Variables: {TABLE_NAME: !Ref Specimens}}
      Events:
        One: {Type: Api, Properties: {RestApiId: !Ref Api, Method: post, Path: /v1/specimens}}
`
	// Each is one more event of the writer, or one in the place of another.
	one     = `        One: {Type: Api, Properties: {RestApiId: !Ref Api, Method: post, Path: /v1/specimens}}` + "\n"
	many    = `        Many: {Type: Api, Properties: {RestApiId: !Ref Api, Method: post, Path: /bulk/specimens/batch}}` + "\n"
	listing = `        List: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /v1/specimens}}` + "\n"
)

// namesOf returns the names of the template above with a text in it replaced.
func namesOf(t *testing.T, old, replacement string) (Names, error) {
	t.Helper()
	if strings.Count(pipeline, old) == 0 {
		t.Fatalf("no %q in the template", old)
	}
	last := strings.LastIndex(pipeline, old)
	text := pipeline[:last] + replacement + pipeline[last+len(old):]
	tmpl, err := parse([]byte(sam+text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl.Names()
}

func TestTheNamesAreThoseOfTheWritersTableAndRoutes(t *testing.T) {
	for name, test := range map[string]struct {
		old, replacement string
		want             Names
	}{
		"with another table and other routes": {one, one, Names{Table: "Specimens", Items: "/v1/specimens"}},
		"with a batch route":                  {one, one + many, Names{Table: "Specimens", Items: "/v1/specimens", Batch: "/bulk/specimens/batch"}},
		"with the batch route first":          {one, strings.Replace(many, "Many", "First", 1) + one, Names{Table: "Specimens", Items: "/v1/specimens", Batch: "/bulk/specimens/batch"}},
		"with another method":                 {one, one + listing, Names{Table: "Specimens", Items: "/v1/specimens"}},
		"of the other table":                  {"!Ref Specimens", "!Ref Others", Names{Table: "Others", Items: "/v1/specimens"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := namesOf(t, test.old, test.replacement)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesThatAreNotClearAreRefusedInOneLine(t *testing.T) {
	for name, test := range map[string]struct{ old, replacement, want string }{
		"no writer":          {"  WriterFunction:", "  Writer:", "the template has no function WriterFunction"},
		"no table":           {"!Ref Specimens", "Specimens2", `WriterFunction: Environment.Variables.TABLE_NAME is "Specimens2": expected a !Ref of a table of the template`},
		"no variable":        {"      Environment: {Variables: {TABLE_NAME: !Ref Specimens}}\n      Events:\n        One", "      Events:\n        One", `TABLE_NAME is ""`},
		"no route":           {one, listing, "WriterFunction has no route POST PATH to store an item"},
		"only a batch route": {one, many, "WriterFunction has no route POST PATH to store an item"},
		"the top path":       {one, strings.Replace(one, "/v1/specimens", "/", 1), "WriterFunction has the route POST /: expected a path of names, like /v0/items"},
		"a parameter":        {one, strings.Replace(one, "/v1/specimens", "'/v1/{kind}'", 1), "WriterFunction has the route POST /v1/{kind}: expected a path of names"},
		"two routes":         {one, one + strings.NewReplacer("One", "Two", "/v1", "/v2").Replace(one), "WriterFunction has the routes POST /v1/specimens and POST /v2/specimens: expected one for an item, and one that ends with /batch for many"},
		"two batch routes":   {one, one + many + strings.NewReplacer("Many", "Two", "/bulk", "/v2").Replace(many), "WriterFunction has the routes POST /bulk/specimens/batch and POST /v2/specimens/batch"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := namesOf(t, test.old, test.replacement)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%+v, error %v, want %q", got, err, test.want)
			}
		})
	}
}
