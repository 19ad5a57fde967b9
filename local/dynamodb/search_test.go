package dynamodb_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// newTable returns a client of a table Records that holds the items.
func newTable(t *testing.T, items ...item) *dynamodb.Client {
	t.Helper()
	client := newClient()
	createTable(t, client, "Records", "id")
	for _, i := range items {
		put(t, client, "Records", i)
	}
	return client
}

// pages makes a scan with all its pages. It returns the ids on each page.
func pages(t *testing.T, client *dynamodb.Client, in dynamodb.ScanInput) (ids [][]string) {
	t.Helper()
	in.TableName = aws.String("Records")
	for paginator := dynamodb.NewScanPaginator(client, &in); paginator.HasMorePages(); {
		out, err := paginator.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		page := []string{}
		for _, i := range out.Items {
			page = append(page, i["id"].(*types.AttributeValueMemberS).Value)
		}
		ids = append(ids, page)
	}
	return ids
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
func TestTheSegmentsOfAParallelScanShareTheItems(t *testing.T) {
	client := newTable(t)
	for i := range 100 {
		put(t, client, "Records", item{"id": text(strconv.Itoa(i)), "n": number(strconv.Itoa(i))})
	}
	seen := map[string]int{}
	for segment := range int32(4) {
		ids := slices.Concat(pages(t, client, dynamodb.ScanInput{
			Segment: &segment, TotalSegments: aws.Int32(4), Limit: aws.Int32(7),
			FilterExpression: aws.String("n < :n"), ExpressionAttributeValues: item{":n": number("80")},
		})...)
		if len(ids) < 10 {
			t.Errorf("segment %d has %d of 80 items", segment, len(ids))
		}
		for _, id := range ids {
			seen[id]++
		}
	}
	for id, times := range seen {
		if times > 1 {
			t.Errorf("item %s is in %d segments", id, times)
		}
	}
	if len(seen) != 80 {
		t.Errorf("%d items are in the segments, want 80", len(seen))
	}
}

func TestAScanGoesOnAfterADeletedItem(t *testing.T) {
	client := newTable(t, numbered(9)...)
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Records"), Limit: aws.Int32(4)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("Records"), Key: out.LastEvaluatedKey}); err != nil {
		t.Fatal(err)
	}
	got := pages(t, client, dynamodb.ScanInput{ExclusiveStartKey: out.LastEvaluatedKey})
	if diff := cmp.Diff([][]string{{"4", "5", "6", "7", "8"}}, got); diff != "" {
		t.Errorf("the rest (-want +got):\n%s", diff)
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.Pagination
func TestAPageEndsAfterAMegabyteEvenIfTheFilterDropsItems(t *testing.T) {
	client := newTable(t)
	for i := range 8 {
		put(t, client, "Records", item{"id": text(strconv.Itoa(i)), "n": number(strconv.Itoa(i)), "text": text(strings.Repeat("x", 300_000))})
	}
	got := pages(t, client, dynamodb.ScanInput{
		FilterExpression: aws.String("n > :n"), ExpressionAttributeValues: item{":n": number("6")}, ProjectionExpression: aws.String("id"),
	})
	if diff := cmp.Diff([][]string{{}, {"7"}, {}}, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.Count
func TestAScanCountsWhatItEvaluates(t *testing.T) {
	for filter, want := range map[string]int32{"id < :id": 3, "id > :id": 0} {
		id := map[string]string{"id < :id": "3", "id > :id": "9"}[filter]
		out, err := newTable(t, numbered(9)...).Scan(t.Context(), &dynamodb.ScanInput{
			TableName: aws.String("Records"), Limit: aws.Int32(5), FilterExpression: &filter, ExpressionAttributeValues: item{":id": text(id)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if out.Count != want || out.ScannedCount != 5 {
			t.Errorf("%s: count %d of %d, want %d of 5", filter, out.Count, out.ScannedCount, want)
		}
	}
}

// values are attribute values and their sizes in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
var values = map[string]struct {
	value types.AttributeValue
	bytes int
}{
	"a string in UTF-8":          {text("aé"), 3},
	"two digits":                 {number("12"), 2},
	"three digits":               {number("1.23"), 3},
	"two digits and a sign":      {number("-12"), 3}, // recorded, see value.numberSize
	"zeros around the digits":    {number("0.0012300"), 3},
	"an exponent":                {number("15E100"), 2},
	"zero":                       {number("0"), 1},
	"bytes, not their base64":    {&types.AttributeValueMemberB{Value: make([]byte, 30)}, 30},
	"a Boolean":                  {&types.AttributeValueMemberBOOL{Value: false}, 1},
	"null":                       {&types.AttributeValueMemberNULL{Value: true}, 1},
	"a list and a byte for each": {&types.AttributeValueMemberL{Value: []types.AttributeValue{text("ab"), number("1")}}, 3 + 1 + 2 + 1 + 2},
	"an empty list":              {&types.AttributeValueMemberL{Value: []types.AttributeValue{}}, 3},
	"a map with its names":       {&types.AttributeValueMemberM{Value: item{"name": text("ab")}}, 3 + 1 + 4 + 2},
	"a set of strings":           {&types.AttributeValueMemberSS{Value: []string{"a", "bc"}}, 3},
	"a set of numbers":           {&types.AttributeValueMemberNS{Value: []string{"1", "234"}}, 2 + 3},
	"a set of bytes":             {&types.AttributeValueMemberBS{Value: [][]byte{{1}, {2, 3}}}, 3},
}

func TestTheSizeOfEachKindOfValue(t *testing.T) {
	for name, test := range values {
		t.Run(name, func(t *testing.T) {
			rest := 4096 - len("id") - len("1") - len("value") - len("rest") - test.bytes
			for more, want := range []float64{1, 2} {
				client := newTable(t, item{"id": text("1"), "value": test.value, "rest": text(strings.Repeat("x", rest+more))})
				if got := units(t, client, dynamodb.ScanInput{ConsistentRead: aws.Bool(true)}); got != want {
					t.Errorf("with it the item takes %v units, want %v", got, want)
				}
			}
		})
	}
}

// units returns the read capacity units that a scan takes.
func units(t *testing.T, client *dynamodb.Client, in dynamodb.ScanInput) float64 {
	t.Helper()
	in.TableName, in.ReturnConsumedCapacity = aws.String("Records"), types.ReturnConsumedCapacityTotal
	out, err := client.Scan(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	if out.ConsumedCapacity == nil || aws.ToString(out.ConsumedCapacity.TableName) != "Records" {
		t.Fatalf("consumed capacity %v", out.ConsumedCapacity)
	}
	return *out.ConsumedCapacity.CapacityUnits
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
func TestAScanTakesCapacityForAllThatItEvaluates(t *testing.T) {
	var tenKB []item
	for _, i := range numbered(10) {
		i["text"] = text(strings.Repeat("x", 1024))
		tenKB = append(tenKB, i)
	}
	for name, test := range map[string]struct {
		items []item
		in    dynamodb.ScanInput
		want  float64
	}{
		"half a unit each 4 KB of the sum": {tenKB, dynamodb.ScanInput{}, 1.5},
		"a unit if it is consistent":       {tenKB, dynamodb.ScanInput{ConsistentRead: aws.Bool(true)}, 3},
		"also for what is filtered":        {tenKB, dynamodb.ScanInput{FilterExpression: aws.String("attribute_exists(absent)")}, 1.5},
		"also for what is not returned":    {tenKB, dynamodb.ScanInput{ProjectionExpression: aws.String("id")}, 1.5},
		"for its page only":                {tenKB, dynamodb.ScanInput{Limit: aws.Int32(2)}, 0.5},
		"half a unit for nothing":          {nil, dynamodb.ScanInput{}, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := units(t, newTable(t, test.items...), test.in); got != test.want {
				t.Errorf("it takes %v units, want %v", got, test.want)
			}
		})
	}
	out, err := newTable(t).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Records")})
	if err != nil || out.ConsumedCapacity != nil {
		t.Errorf("not asked for, the capacity is %v; %v", out.ConsumedCapacity, err)
	}
}

func TestAScanRefusesInvalidSegments(t *testing.T) {
	client := newTable(t, numbered(20)...)
	start := pages(t, client, dynamodb.ScanInput{Segment: aws.Int32(0), TotalSegments: aws.Int32(2)})[0][0]
	for want, in := range map[string]dynamodb.ScanInput{
		"TotalSegments parameter is required":          {Segment: aws.Int32(0)},
		"Segment parameter is required":                {TotalSegments: aws.Int32(2)},
		"Segment: 2 is not less than TotalSegments: 2": {Segment: aws.Int32(2), TotalSegments: aws.Int32(2)},
		"use ExclusiveStartKey with correct Segment":   {Segment: aws.Int32(1), TotalSegments: aws.Int32(2), ExclusiveStartKey: item{"id": text(start)}},
		"The provided starting key is invalid":         {ExclusiveStartKey: item{"other": text("1")}},
	} {
		in.TableName = aws.String("Records")
		_, err := client.Scan(t.Context(), &in)
		if refusal, ok := fmt.Sprint(err), is[smithy.APIError](err); !ok || !strings.Contains(refusal, "ValidationException") || !strings.Contains(refusal, want) {
			t.Errorf("got %v, want a ValidationException that says %q", err, want)
		}
	}
}

const tableWithBinaryKeys = `{"TableName":"Rrc","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"B"},{"AttributeName":"is","AttributeType":"B"}],
	"LocalSecondaryIndexes":[{"IndexName":"Local","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"is","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}],
	"GlobalSecondaryIndexes":[{"IndexName":"Global","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"is","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]}`

// A key may have zero bytes, and "range and prefix conditions treat it as an ordinary byte":
// https://github.com/ExtendDB/extenddb (tests/test_nul_strings.py, measured on AWS 2026-09-18).
// begins_with: "true if the value of sortKeyName begins with the operand",
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
func TestBeginsWithOnAnIndexTreatsAZeroByteAsAnyOther(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableWithBinaryKeys)
	for _, key := range []string{"AQ==", "AQA=", "AQAC", "AQI="} { // 01, 01 00, 01 00 02, 01 02
		post(t, server, "PutItem", `{"TableName":"Rrc","Item":{"pk":{"S":"a"},"sk":{"B":"`+key+`"},"is":{"B":"`+key+`"}}}`)
	}
	for _, c := range []struct{ prefix, want string }{
		{"AQA=", `[{"sk":{"B":"AQA="}},{"sk":{"B":"AQAC"}}]`},
		{"AQAC", `[{"sk":{"B":"AQAC"}}]`},
	} {
		for _, place := range []struct{ key, index string }{{"sk", ""}, {"is", `,"IndexName":"Local"`}, {"is", `,"IndexName":"Global"`}} {
			got := post(t, server, "Query", `{"TableName":"Rrc","KeyConditionExpression":"pk = :p AND begins_with(#k, :b)","ExpressionAttributeNames":{"#k":"`+place.key+`"},`+
				`"ExpressionAttributeValues":{":p":{"S":"a"},":b":{"B":"`+c.prefix+`"}},"ProjectionExpression":"sk"`+place.index+`}`).Body.String()
			if !strings.Contains(got, c.want) {
				t.Errorf("prefix %s, key %s%s: answered %s, want %s", c.prefix, place.key, place.index, got, c.want)
			}
		}
	}
}
