package dynamodb_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// newVisits returns a client of a table Visits. Its partition key is garden, and its sort key is the
// number clock. It has two indexes with the keys bee and weight. The garden b has six visits, five of
// them with a bee. Every other garden has one visit.
func newVisits(t *testing.T) *dynamodb.Client {
	t.Helper()
	client := newClient()
	schema := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	in := &dynamodb.CreateTableInput{
		TableName: aws.String("Visits"), BillingMode: types.BillingModePayPerRequest, KeySchema: schema("garden", "clock"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			{IndexName: aws.String("Bees"), KeySchema: schema("bee", "weight"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}},
			{IndexName: aws.String("BeeKeys"), KeySchema: schema("bee", "weight"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}},
		},
	}
	for name, kind := range map[string]types.ScalarAttributeType{"garden": "S", "clock": "N", "bee": "S", "weight": "N"} {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name, AttributeType: kind})
	}
	if _, err := client.CreateTable(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	visit := func(garden string, minute, weight int) item {
		return item{
			"garden": text(garden), "clock": number(strconv.Itoa(minute)), "bee": text("maja"),
			"weight": number(strconv.Itoa(weight)), "seen": number(strconv.Itoa(minute)),
		}
	}
	for _, minute := range []int{10, 2, 1, 30, -3} {
		put(t, client, "Visits", visit("b", minute, 100-minute))
	}
	put(t, client, "Visits", item{"garden": text("b"), "clock": number("4")})
	put(t, client, "Visits", visit("a", 7, 5))
	put(t, client, "Visits", visit("c", 7, 1000))
	return client
}

// minutes makes a query with all its pages. It returns the minutes on each page.
func minutes(t *testing.T, client *dynamodb.Client, in dynamodb.QueryInput) (pages [][]string) {
	t.Helper()
	in.TableName = aws.String("Visits")
	for paginator := dynamodb.NewQueryPaginator(client, &in); paginator.HasMorePages(); {
		out, err := paginator.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		page := []string{}
		for _, i := range out.Items {
			page = append(page, i["clock"].(*types.AttributeValueMemberN).Value)
		}
		pages = append(pages, page)
	}
	return pages
}

// queries are queries of the table of newVisits.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html
var queries = map[string]struct {
	in   dynamodb.QueryInput
	want [][]string
}{
	"by the partition key, in the order of numbers": {
		dynamodb.QueryInput{KeyConditionExpression: aws.String("garden = :g"), ExpressionAttributeValues: item{":g": text("b")}},
		[][]string{{"-3", "1", "2", "4", "10", "30"}},
	},
	"backwards": {
		dynamodb.QueryInput{KeyConditionExpression: aws.String("garden = :g"), ExpressionAttributeValues: item{":g": text("b")}, ScanIndexForward: aws.Bool(false)},
		[][]string{{"30", "10", "4", "2", "1", "-3"}},
	},
	"by both keys": {
		dynamodb.QueryInput{KeyConditionExpression: aws.String("#g=:g AND clock BETWEEN :a AND :b"), ExpressionAttributeNames: map[string]string{"#g": "garden"}, ExpressionAttributeValues: item{":g": text("b"), ":a": number("2"), ":b": number("10")}},
		[][]string{{"2", "4", "10"}},
	},
	"in pages": {
		dynamodb.QueryInput{KeyConditionExpression: aws.String("garden = :g"), ExpressionAttributeValues: item{":g": text("b")}, Limit: aws.Int32(4)},
		[][]string{{"-3", "1", "2", "4"}, {"10", "30"}},
	},
	"in pages backwards": {
		dynamodb.QueryInput{KeyConditionExpression: aws.String("garden = :g"), ExpressionAttributeValues: item{":g": text("b")}, Limit: aws.Int32(4), ScanIndexForward: aws.Bool(false)},
		[][]string{{"30", "10", "4", "2"}, {"1", "-3"}},
	},
	"in pages before the filter": {
		dynamodb.QueryInput{
			KeyConditionExpression: aws.String("garden = :g"), FilterExpression: aws.String("attribute_exists(seen) AND NOT seen = :n"),
			ExpressionAttributeValues: item{":g": text("b"), ":n": number("2")}, Limit: aws.Int32(4),
		},
		[][]string{{"-3", "1"}, {"10", "30"}},
	},
	"by an index, which lacks items without its key": {
		dynamodb.QueryInput{IndexName: aws.String("Bees"), KeyConditionExpression: aws.String("bee = :b"), ExpressionAttributeValues: item{":b": text("maja")}},
		[][]string{{"7", "30", "10", "2", "1", "-3", "7"}},
	},
	"by an index in pages": {
		dynamodb.QueryInput{IndexName: aws.String("Bees"), KeyConditionExpression: aws.String("bee = :b"), ExpressionAttributeValues: item{":b": text("maja")}, Limit: aws.Int32(3)},
		[][]string{{"7", "30", "10"}, {"2", "1", "-3"}, {"7"}},
	},
	"of a missing key": {
		dynamodb.QueryInput{KeyConditionExpression: aws.String("garden = :g"), ExpressionAttributeValues: item{":g": text("z")}},
		[][]string{{}},
	},
}

func TestAQueryShowsItemsInTheOrderOfTheSortKey(t *testing.T) {
	for name, test := range queries {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, minutes(t, newVisits(t), test.in)); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAQueryGoesOnAfterADeletedItem(t *testing.T) {
	client := newVisits(t)
	in := dynamodb.QueryInput{
		TableName: aws.String("Visits"), KeyConditionExpression: aws.String("garden = :g"),
		ExpressionAttributeValues: item{":g": text("b")}, Limit: aws.Int32(2),
	}
	out, err := client.Query(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("Visits"), Key: out.LastEvaluatedKey}); err != nil {
		t.Fatal(err)
	}
	in.ExclusiveStartKey = out.LastEvaluatedKey
	if diff := cmp.Diff([][]string{{"2", "4"}, {"10", "30"}, {}}, minutes(t, client, in)); diff != "" {
		t.Errorf("the rest (-want +got):\n%s", diff)
	}
}

func TestAnIndexShowsItsProjectedAttributes(t *testing.T) {
	client := newVisits(t)
	scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Visits"), IndexName: aws.String("BeeKeys")})
	if err != nil {
		t.Fatal(err)
	}
	query, err := client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: aws.String("Visits"), IndexName: aws.String("BeeKeys"),
		KeyConditionExpression: aws.String("bee = :b AND weight < :w"), ExpressionAttributeValues: item{":b": text("maja"), ":w": number("10")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(scan.Items) != 7 {
		t.Errorf("%d items are in the index, want 7", len(scan.Items))
	}
	want := []item{{"bee": text("maja"), "weight": number("5"), "garden": text("a"), "clock": number("7")}}
	if diff := cmp.Diff(want, query.Items, equalItems); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

// AWS's DynamoDB Local answers so. The question dynamodb-filter-of-index asks AWS.
func TestAFilterOfAQueryNamesOnlyAttributesOfTheIndex(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", `{"TableName":"Records","BillingMode":"PAY_PER_REQUEST",
		"KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
		"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"n","AttributeType":"S"},{"AttributeName":"m","AttributeType":"S"}],
		"LocalSecondaryIndexes":[{"IndexName":"byM","KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"m","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
		"GlobalSecondaryIndexes":[{"IndexName":"ofM","KeySchema":[{"AttributeName":"m","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["width"]}}]}`)
	post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"x"},"n":{"S":"x"},"m":{"S":"x"},"width":{"S":"x"},"keeper":{"S":"x"}}}`)
	refusal := func(index, names string) string {
		return `{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"One or more parameter values were invalid: ` +
			`Secondary index ` + index + ` does not project one or more filter attributes: [` + names + `]"}`
	}
	const one = `{"Count":1,"ScannedCount":1}`
	for name, test := range map[string]struct{ operation, body, want string }{
		"a global index":             {"Query", `"IndexName":"ofM","KeyConditionExpression":"m = :x","FilterExpression":"keeper = :x"`, refusal("ofM", "keeper")},
		"a local index":              {"Query", `"IndexName":"byM","KeyConditionExpression":"id = :x","FilterExpression":"keeper = :x"`, refusal("byM", "keeper")},
		"several, by name":           {"Query", `"IndexName":"byM","KeyConditionExpression":"id = :x","FilterExpression":"width > keeper.a OR width = :x"`, refusal("byM", "keeper, width")},
		"a function":                 {"Query", `"IndexName":"ofM","KeyConditionExpression":"m = :x","FilterExpression":"attribute_not_exists(keeper) AND width = :x"`, refusal("ofM", "keeper")},
		"one that the index has":     {"Query", `"IndexName":"ofM","KeyConditionExpression":"m = :x","FilterExpression":"width = :x"`, one},
		"a key of the table":         {"Query", `"IndexName":"ofM","KeyConditionExpression":"m = :x","FilterExpression":"n = :x"`, one},
		"any attribute of the table": {"Query", `"KeyConditionExpression":"id = :x","FilterExpression":"keeper = :x"`, one},
		"a Scan, which finds none":   {"Scan", `"IndexName":"ofM","FilterExpression":"keeper = :x"`, `{"Count":0,"ScannedCount":1}`},
	} {
		body := `{"TableName":"Records","Select":"COUNT",` + test.body + `,"ExpressionAttributeValues":{":x":{"S":"x"}}}`
		if got := post(t, server, test.operation, body).Body.String(); got != test.want {
			t.Errorf("%s: answered %s, want %s", name, got, test.want)
		}
	}
	old := `{"TableName":"Records","IndexName":"ofM","KeyConditions":{"m":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}},"QueryFilter":{"keeper":{"ComparisonOperator":"NULL"}}}`
	if got := post(t, server, "Query", old).Body.String(); got != refusal("ofM", "keeper") {
		t.Errorf("QueryFilter: answered %s", got)
	}
}

// AWS refused the partition key of a Query like this (github.com/facebook/ThreatExchange, issue 1324). For a sort key
// AWS's DynamoDB Local does.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys
func TestAQueryRefusesAKeyThatIsTooLong(t *testing.T) {
	const partition = "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
	const sort = "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", `{"TableName":"Records","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
		"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"n","AttributeType":"S"}],
		"GlobalSecondaryIndexes":[{"IndexName":"swapped","KeySchema":[{"AttributeName":"n","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]}`)
	for _, test := range []struct {
		index, condition string
		longest          int
		message          string
	}{
		{"", "id = :long AND n > :v", 2048, partition},
		{"", "id = :v AND n = :long", 1024, sort},
		{"", "id = :v AND begins_with(n, :long)", 1024, sort},
		{"", "id = :v AND n BETWEEN :v AND :long", 1024, sort},
		{`"IndexName":"swapped",`, "n = :long AND id > :v", 2048, partition},
		{`"IndexName":"swapped",`, "n = :v AND id < :long", 1024, sort},
	} {
		body := func(length int) string {
			return fmt.Sprintf(`{"TableName":"Records",%s"KeyConditionExpression":%q,"ExpressionAttributeValues":{":v":{"S":"a"},":long":{"S":%q}}}`,
				test.index, test.condition, strings.Repeat("x", length))
		}
		if w := post(t, server, "Query", body(test.longest)); w.Code != http.StatusOK {
			t.Errorf("%s with %d bytes: answered %d %s", test.condition, test.longest, w.Code, w.Body)
		}
		wantRefusal(t, server, "Query", body(test.longest+1), "ValidationException", test.message)
	}
}

// Some clients need these members in every answer. The SDK for Go does not.
func TestASearchThatFindsNothingAnswersWithZeros(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	for operation, body := range map[string]string{
		"Query": `{"TableName":"Records","KeyConditionExpression":"id = :i","ExpressionAttributeValues":{":i":{"S":"1"}}}`,
		"Scan":  `{"TableName":"Records"}`,
	} {
		want := `{"Items":[],"Count":0,"ScannedCount":0}`
		if got := post(t, server, operation, body).Body.String(); got != want {
			t.Errorf("%s: answered %s, want %s", operation, got, want)
		}
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select
func TestASearchWithSelectCountShowsNoItems(t *testing.T) {
	client := newVisits(t)
	query, err := client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: aws.String("Visits"), Select: types.SelectCount, KeyConditionExpression: aws.String("garden = :g"),
		FilterExpression: aws.String("attribute_exists(seen)"), ExpressionAttributeValues: item{":g": text("b")},
	})
	if err != nil {
		t.Fatal(err)
	}
	scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{
		TableName: aws.String("Visits"), Select: types.SelectCount, FilterExpression: aws.String("attribute_exists(seen)"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := [][]int{{len(query.Items), int(query.Count), int(query.ScannedCount)}, {len(scan.Items), int(scan.Count), int(scan.ScannedCount)}}
	if diff := cmp.Diff([][]int{{0, 5, 6}, {0, 7, 8}}, got); diff != "" {
		t.Errorf("items, count and scanned count of a query and a scan (-want +got):\n%s", diff)
	}
}

func TestAnInvalidSearchIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"},"kind":{"S":"rock"}}}`)
	values := `"ExpressionAttributeValues":{":v":{"S":"1"}}`
	for want, request := range map[string][2]string{
		"The table does not have the specified index: Kinds":                                             {"Scan", `{"TableName":"Records","IndexName":"Kinds"}`},
		"The table does not have the specified index: None":                                              {"Query", `{"TableName":"Records","IndexName":"None","KeyConditionExpression":"id = :v",` + values + `}`},
		"Query condition missed key schema element: id":                                                  {"Query", `{"TableName":"Records","KeyConditionExpression":"kind = :v",` + values + `}`},
		"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.": {"Query", `{"TableName":"Records"}`},
		"1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1": {
			"Scan", `{"TableName":"Records","Limit":0}`,
		},
	} {
		wantRefusal(t, server, request[0], request[1], "ValidationException", want)
	}
}

// On AWS (us-east-1) a Query and a Scan have the words "only the Count".
// https://github.com/getmoto/moto (tests/test_dynamodb/test_dynamodb_select.py, with the mark aws_verified),
// https://github.com/ExtendDB/extenddb (tests/test_wording_parity_validation.py), https://github.com/nubo-db/dynoxide
// (src/actions/query.rs, scan.rs)
func TestACountWithAProjectionIsRefusedInDynamoDBsWords(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	const words = "Cannot specify the ProjectionExpression when choosing to get only the Count"
	wantRefusal(t, server, "Scan", `{"TableName":"Ttt","Select":"COUNT","ProjectionExpression":"pk"}`, "ValidationException", words)
	wantRefusal(t, server, "Query", `{"TableName":"Ttt","Select":"COUNT","ProjectionExpression":"pk","KeyConditionExpression":"pk = :p",`+
		`"ExpressionAttributeValues":{":p":{"S":"a"}}}`, "ValidationException", "1 validation error detected: "+words)
}
