package dynamodb_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

const enableTTL = `{"TableName":"Ttt","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"until"}}`

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
func TestAnItemExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", tableT)
		put := func(name, kind string, until time.Time) {
			post(t, server, "PutItem", `{"TableName":"Ttt","Item":{"pk":{"S":"`+name+`"},"st":{"S":"x"},"until":{"`+kind+`":"`+strconv.FormatInt(until.Unix(), 10)+`"}}}`)
		}
		put("before it was enabled", "N", time.Now().Add(time.Minute))
		if got := post(t, server, "UpdateTimeToLive", enableTTL).Body.String(); got != `{"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"until"}}` {
			t.Fatal(got)
		}
		put("soon", "N", time.Now().Add(time.Minute))
		put("later", "N", time.Now().Add(time.Hour))
		put("as a text", "S", time.Now())
		put("six years ago", "N", time.Now().AddDate(-6, 0, 0))
		if got := post(t, server, "Scan", `{"TableName":"Ttt","Select":"COUNT"}`).Body.String(); !strings.Contains(got, `"Count":5`) {
			t.Errorf("at once: %s, want 5", got)
		}
		<-time.After(time.Minute + time.Second)
		for _, index := range []string{"", `,"IndexName":"ByStatus"`} {
			if got := post(t, server, "Scan", `{"TableName":"Ttt","Select":"COUNT"`+index+`}`).Body.String(); !strings.Contains(got, `"Count":3`) {
				t.Errorf("a minute later: %s, want 3", got)
			}
		}
	})
}

// AWS's answers are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks, DDB-TABLE-143.
func TestATableSaysWhetherItemsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", tableT)
		disableTTL := strings.Replace(enableTTL, "true", "false", 1)
		for _, step := range []struct {
			wait                  time.Duration
			operation, body, want string
		}{
			{0, "DescribeTimeToLive", `{"TableName":"Ttt"}`, `"TimeToLiveStatus":"DISABLED"`},
			{0, "UpdateTimeToLive", disableTTL, "TimeToLive is already disabled"},
			{0, "UpdateTimeToLive", enableTTL, `"Enabled":true`},
			{0, "UpdateTimeToLive", enableTTL, "TimeToLive is already enabled"},
			{0, "UpdateTimeToLive", strings.Replace(disableTTL, "until", "since", 1), "TimeToLive is active on a different AttributeName: current AttributeName is until"},
			{time.Hour - 1, "UpdateTimeToLive", disableTTL, "Time to live has been modified multiple times within a fixed interval"},
			{0, "DescribeTimeToLive", `{"TableName":"Ttt"}`, `{"TimeToLiveDescription":{"AttributeName":"until","TimeToLiveStatus":"ENABLED"}}`},
			{1, "UpdateTimeToLive", disableTTL, `"Enabled":false`},
			{0, "UpdateTimeToLive", enableTTL, "Time to live has been modified multiple times within a fixed interval"},
			{0, "UpdateTimeToLive", strings.Replace(enableTTL, "Ttt", "None", 1), "Requested resource not found: Table: None not found"},
		} {
			<-time.After(step.wait)
			if got := post(t, server, step.operation, step.body).Body.String(); !strings.Contains(got, step.want) {
				t.Errorf("%s %s: answered %s, want %s", step.operation, step.body, got, step.want)
			}
		}
	})
}

func TestTagsAreAddedAndTakenAway(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	const arn = `"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Ttt"`
	for _, step := range []struct{ operation, body, want string }{
		{"TagResource", `{` + arn + `,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":""}]}`, ""},
		{"UntagResource", `{` + arn + `,"TagKeys":["a","c"]}`, ""},
		{"ListTagsOfResource", `{` + arn + `}`, `{"Tags":[{"Key":"b","Value":""}]}`},
		{"TagResource", `{"ResourceArn":"nonsense","Tags":[{"Key":"a","Value":"1"}]}`, "#ValidationException"},
		{"TagResource", `{` + arn + `,"Tags":[]}`, "Atleast one Tag needs to be provided as Input."},
	} {
		if got := post(t, server, step.operation, step.body).Body.String(); got != step.want && (step.want == "" || !strings.Contains(got, step.want)) {
			t.Errorf("%s %s: answered %s, want %s", step.operation, step.body, got, step.want)
		}
	}
}

// The messages are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks: DDB-TABLE-110,
// -372 and -442.
func TestTagsThatAreNotAllowedAreRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	const arn = `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Ttt",`
	long := strings.Repeat("é", 129)
	many := `{"Key":"` + strings.Join(attributeNames(51), `","Value":""},{"Key":"`) + `","Value":""}`
	for _, test := range []struct{ tags, message string }{
		{`{"Value":"1"}`, "The Tag Key provided is invalid, Key: null"},
		{`{"Key":"","Value":"1"}`, "The Tag Key provided is invalid, Key: "},
		{`{"Key":"` + long + `","Value":"1"}`, "The Tag Key provided is invalid, Key: " + long},
		{`{"Key":"a#","Value":"1"}`, "The Tag Key provided is invalid, Key: a#"},
		{`{"Key":"good","Value":"1"},{"Key":"a"}`, "The Tag Value provided is invalid, Value: null"},
		{`{"Key":"a","Value":"1,2"}`, "The Tag Value provided is invalid, Value: 1,2"},
		{`{"Key":"a","Value":"1\t2"}`, "The Tag Value provided is invalid, Value: 1\t2"},
		{`{"Key":"aws:a","Value":"1"}`, "Tag Key cannot be prefixed with aws:, Key: aws:a"},
		{`{"Key":"a","Value":"1"},{"Key":"a","Value":"1"}`, "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"},
		{many, "Number of Tags exceed the current limit for the provided ResourceArn"},
	} {
		wantRefusal(t, server, "TagResource", arn+`"Tags":[`+test.tags+`]}`, "ValidationException", test.message)
		wantRefusal(t, server, "CreateTable", table[:len(table)-1]+`,"Tags":[`+test.tags+`]}`, "ValidationException", test.message)
	}
	wantRefusal(t, server, "UntagResource", arn+`"TagKeys":["`+long+`"]}`, "ValidationException", "The Tag Key provided is invalid, Key: "+long)
	wantRefusal(t, server, "UntagResource", arn+`"TagKeys":["`+strings.Join(attributeNames(51), `","`)+`"]}`, "ValidationException", "Number of Tags exceed the current limit for the provided ResourceArn")
	if got := post(t, server, "ListTagsOfResource", arn[:len(arn)-1]+"}").Body.String(); got != `{"Tags":[]}` {
		t.Errorf("a refused request left tags: %s", got)
	}
	post(t, server, "TagResource", arn+`"Tags":[{"Key":"ключ 表","Value":"a+b-c=d.e_f:g/h@i"}]}`)
	if got := post(t, server, "ListTagsOfResource", arn[:len(arn)-1]+"}").Body.String(); got != `{"Tags":[{"Key":"ключ 表","Value":"a+b-c=d.e_f:g/h@i"}]}` {
		t.Errorf("tags %s", got)
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html#DDB-GetItem-request-TableName
func TestATableIsFoundByItsARNToo(t *testing.T) {
	server := newStatements(t)
	const arn = `"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/Ttt"`
	for operation, body := range map[string]string{"GetItem": arn + `,"Key":{"pk":{"S":"a"}}`, "Scan": arn, "DescribeTable": arn} {
		if w := post(t, server, operation, `{`+body+`}`); w.Code != 200 {
			t.Errorf("%s: %s", operation, w.Body)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
func TestConsumedCapacityNamesTheTableAsTheRequestDoes(t *testing.T) {
	server := newStatements(t)
	for _, name := range []string{"arn:aws:dynamodb:us-east-1:000000000000:table/Ttt", "Ttt"} {
		table := `"TableName":"` + name + `"`
		for operation, body := range map[string]string{
			"GetItem":            table + `,"Key":{"pk":{"S":"a"}}`,
			"PutItem":            table + `,"Item":{"pk":{"S":"a"}}`,
			"Query":              table + `,"KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"a"}}`,
			"Scan":               table,
			"BatchGetItem":       `"RequestItems":{"` + name + `":{"Keys":[{"pk":{"S":"a"}}]}}`,
			"BatchWriteItem":     `"RequestItems":{"` + name + `":[{"DeleteRequest":{"Key":{"pk":{"S":"b"}}}}]}`,
			"TransactGetItems":   `"TransactItems":[{"Get":{` + table + `,"Key":{"pk":{"S":"a"}}}}]`,
			"TransactWriteItems": `"TransactItems":[{"Delete":{` + table + `,"Key":{"pk":{"S":"b"}}}}]`,
			"ExecuteStatement":   `"Statement":"SELECT * FROM \"` + name + `\" WHERE pk = 'a'"`,
		} {
			if got := post(t, server, operation, `{"ReturnConsumedCapacity":"TOTAL",`+body+`}`).Body.String(); !strings.Contains(got, table) {
				t.Errorf("%s of %s: %s", operation, name, got)
			}
		}
	}
}
