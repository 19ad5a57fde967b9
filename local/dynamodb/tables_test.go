package dynamodb_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

var unexported = cmpopts.IgnoreUnexported(
	types.TableDescription{}, types.AttributeDefinition{}, types.KeySchemaElement{}, types.BillingModeSummary{}, types.Projection{},
	types.ProvisionedThroughputDescription{}, types.GlobalSecondaryIndexDescription{}, types.GlobalSecondaryIndexWarmThroughputDescription{}, types.TableWarmThroughputDescription{}, types.Tag{}, types.TimeToLiveDescription{},
)

func described(t *testing.T, client *dynamodb.Client, table string) types.TableDescription {
	t.Helper()
	out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Table
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func TestATableIsActiveAtOnceAndDescribed(t *testing.T) {
	client := newVisits(t)
	got := described(t, client, "Visits")
	if age := time.Since(*got.CreationDateTime); age < 0 || age > time.Minute {
		t.Errorf("it was created %v ago", age)
	}
	if len(*got.TableId) != 36 {
		t.Errorf("its id is %s", *got.TableId)
	}
	definition := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	schema := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	none := &types.ProvisionedThroughputDescription{ReadCapacityUnits: aws.Int64(0), WriteCapacityUnits: aws.Int64(0), NumberOfDecreasesToday: aws.Int64(0)}
	index := func(i int, name string, projection types.ProjectionType) types.GlobalSecondaryIndexDescription {
		return types.GlobalSecondaryIndexDescription{
			IndexName: &name, IndexArn: aws.String("arn:aws:dynamodb:us-east-1:000000000000:table/Visits/index/" + name), IndexStatus: "ACTIVE",
			KeySchema: schema("bee", "weight"), Projection: &types.Projection{ProjectionType: projection}, ItemCount: aws.Int64(7), ProvisionedThroughput: none, IndexSizeBytes: got.GlobalSecondaryIndexes[i].IndexSizeBytes,
			WarmThroughput: &types.GlobalSecondaryIndexWarmThroughputDescription{ReadUnitsPerSecond: aws.Int64(12000), WriteUnitsPerSecond: aws.Int64(4000), Status: "ACTIVE"},
		}
	}
	want := types.TableDescription{
		TableName: aws.String("Visits"), TableStatus: "ACTIVE", TableArn: aws.String("arn:aws:dynamodb:us-east-1:000000000000:table/Visits"),
		TableId: got.TableId, CreationDateTime: got.CreationDateTime,
		AttributeDefinitions:  []types.AttributeDefinition{definition("bee", "S"), definition("clock", "N"), definition("garden", "S"), definition("weight", "N")},
		KeySchema:             schema("garden", "clock"),
		BillingModeSummary:    &types.BillingModeSummary{BillingMode: "PAY_PER_REQUEST", LastUpdateToPayPerRequestDateTime: got.BillingModeSummary.LastUpdateToPayPerRequestDateTime},
		ProvisionedThroughput: none,
		ItemCount:             aws.Int64(8),
		// LocalStack's test_gsi_with_billing_mode recorded this on AWS, and the zeros and the warm
		// throughput of the indexes.
		WarmThroughput:            &types.TableWarmThroughputDescription{ReadUnitsPerSecond: aws.Int64(12000), WriteUnitsPerSecond: aws.Int64(4000), Status: "ACTIVE"},
		DeletionProtectionEnabled: aws.Bool(false),
		TableSizeBytes:            got.TableSizeBytes,
		GlobalSecondaryIndexes:    []types.GlobalSecondaryIndexDescription{index(0, "BeeKeys", "KEYS_ONLY"), index(1, "Bees", "ALL")},
	}
	if diff := cmp.Diff(want, got, unexported); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	withoutBee := int64(len("garden") + len("b") + len("clock") + 2)
	if table, index := *got.TableSizeBytes, *got.GlobalSecondaryIndexes[1].IndexSizeBytes; table-index != withoutBee {
		t.Errorf("the table has %d bytes, an index without one item of %d bytes has %d", table, withoutBee, index)
	}
}

func TestATableWithProvisionedThroughputShowsIt(t *testing.T) {
	client := newTable(t)
	before := described(t, client, "Records")
	if _, err := client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{
		TableName: aws.String("Records"), BillingMode: types.BillingModeProvisioned,
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(3)},
	}); err != nil {
		t.Fatal(err)
	}
	got := described(t, client, "Records")
	if p := got.ProvisionedThroughput; *p.ReadCapacityUnits != 5 || *p.WriteCapacityUnits != 3 {
		t.Errorf("throughput %v", p)
	}
	// A table that was on demand goes on showing since when: https://github.com/aws-controllers-k8s/dynamodb-controller,
	// docs/api-quirks, DDB-TABLE-058, recorded that on AWS.
	if b := got.BillingModeSummary; b == nil || b.BillingMode != types.BillingModeProvisioned || !b.LastUpdateToPayPerRequestDateTime.Equal(*before.BillingModeSummary.LastUpdateToPayPerRequestDateTime) {
		t.Errorf("billing mode %v", b)
	}
}

func TestADeletedTableIsGone(t *testing.T) {
	client := newTable(t)
	out, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("Records")})
	if err != nil {
		t.Fatal(err)
	}
	if out.TableDescription.TableStatus != types.TableStatusDeleting {
		t.Errorf("its status is %s", out.TableDescription.TableStatus)
	}
	waiter := dynamodb.NewTableNotExistsWaiter(client)
	if err := waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("Records")}, time.Second); err != nil {
		t.Error(err)
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
func TestTablesAreListedByNameInPages(t *testing.T) {
	client := newClient()
	for _, name := range []string{"Rooms", "Bees", "Lists", "Visits"} {
		createTable(t, client, name, "id")
	}
	for name, test := range map[string]struct {
		in   dynamodb.ListTablesInput
		want []string
		last string
	}{
		"all":               {dynamodb.ListTablesInput{}, []string{"Bees", "Lists", "Rooms", "Visits"}, ""},
		"a page":            {dynamodb.ListTablesInput{Limit: aws.Int32(3)}, []string{"Bees", "Lists", "Rooms"}, "Rooms"},
		"the page after it": {dynamodb.ListTablesInput{Limit: aws.Int32(3), ExclusiveStartTableName: aws.String("Rooms")}, []string{"Visits"}, ""},
		"after a deleted":   {dynamodb.ListTablesInput{ExclusiveStartTableName: aws.String("Mice")}, []string{"Rooms", "Visits"}, ""},
		"a page that fits":  {dynamodb.ListTablesInput{Limit: aws.Int32(4)}, []string{"Bees", "Lists", "Rooms", "Visits"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := client.ListTables(t.Context(), &test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.TableNames); diff != "" || aws.ToString(out.LastEvaluatedTableName) != test.last {
				t.Errorf("last %q, tables (-want +got):\n%s", aws.ToString(out.LastEvaluatedTableName), diff)
			}
		})
	}
	server := dynamodbserver.New("us-east-1", "000000000000")
	if got := post(t, server, "ListTables", "{}").Body.String(); got != `{"TableNames":[]}` {
		t.Errorf("without tables: %s", got)
	}
}

func TestATableHasItsTagsAndNoTimeToLive(t *testing.T) {
	client := newClient()
	tag := types.Tag{Key: aws.String("team"), Value: aws.String("garden")}
	created, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("Records"), BillingMode: types.BillingModePayPerRequest, Tags: []types.Tag{tag},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tags, err := client.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: created.TableDescription.TableArn})
	if err != nil {
		t.Fatal(err)
	}
	life, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("Records")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]types.Tag{tag}, tags.Tags, unexported); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&types.TimeToLiveDescription{TimeToLiveStatus: "DISABLED"}, life.TimeToLiveDescription, unexported); diff != "" {
		t.Errorf("time to live (-want +got):\n%s", diff)
	}
}

func TestTheErrorForAMissingTableHasDynamoDBsWords(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	const none, named = "Requested resource not found", "Requested resource not found: Table: None not found"
	for operation, request := range map[string]struct{ body, want string }{
		"DescribeTable":      {`{"TableName":"None"}`, named},
		"DeleteTable":        {`{"TableName":"None"}`, named},
		"UpdateTable":        {`{"TableName":"None","BillingMode":"PAY_PER_REQUEST"}`, named},
		"DescribeTimeToLive": {`{"TableName":"None"}`, named},
		"ListTagsOfResource": {`{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/None"}`, "Requested resource not found: ResourcArn: arn:aws:dynamodb:us-east-1:000000000000:table/None not found"},
		"GetItem":            {`{"TableName":"None","Key":{"id":{"S":"1"}}}`, none},
		"PutItem":            {`{"TableName":"None","Item":{"id":{"S":"1"}}}`, none},
		"UpdateItem":         {`{"TableName":"None","Key":{"id":{"S":"1"}},"UpdateExpression":"REMOVE a"}`, none},
		"DeleteItem":         {`{"TableName":"None","Key":{"id":{"S":"1"}}}`, none},
		"Query":              {`{"TableName":"None","KeyConditionExpression":"id = :i","ExpressionAttributeValues":{":i":{"S":"1"}}}`, none},
		"Scan":               {`{"TableName":"None"}`, none},
		"BatchGetItem":       {`{"RequestItems":{"None":{"Keys":[{"id":{"S":"1"}}]}}}`, none},
		"BatchWriteItem":     {`{"RequestItems":{"None":[{"PutRequest":{"Item":{"id":{"S":"1"}}}}]}}`, none},
		"TransactGetItems":   {`{"TransactItems":[{"Get":{"TableName":"None","Key":{"id":{"S":"1"}}}}]}`, none},
		"TransactWriteItems": {`{"TransactItems":[{"Put":{"TableName":"None","Item":{"id":{"S":"1"}}}}]}`, none},
	} {
		wantRefusal(t, server, operation, request.body, "ResourceNotFoundException", request.want)
	}
	post(t, server, "CreateTable", table)
	wantRefusal(t, server, "CreateTable", table, "ResourceInUseException", "Table already exists: Records")
}

func TestAStreamIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	stream := `,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}}`
	wantRefusal(t, server, "CreateTable", table[:len(table)-1]+stream, "ValidationException", "StreamSpecification is not supported here: leave it out, or set StreamEnabled to false")
	post(t, server, "CreateTable", table)
	wantRefusal(t, server, "UpdateTable", `{"TableName":"Records"`+stream, "ValidationException", "StreamSpecification is not supported here: leave it out, or set StreamEnabled to false")
}

func TestAMemberThatIsNotSupportedIsRefusedByName(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	const index = `{"IndexName":"Ids","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"OnDemandThroughput":{"MaxReadRequestUnits":1}}`
	for _, test := range []struct{ operation, body, member string }{
		{"CreateTable", table[:len(table)-1] + `,"VectorIndexes":[{"IndexName":"Vectors"}]}`, "VectorIndexes"},
		{"CreateTable", table[:len(table)-1] + `,"OnDemandThroughput":{"MaxReadRequestUnits":1}}`, "OnDemandThroughput"},
		{"CreateTable", table[:len(table)-1] + `,"ResourcePolicy":"{}"}`, "ResourcePolicy"},
		{"CreateTable", table[:len(table)-1] + `,"GlobalSecondaryIndexes":[` + index + `]}`, "GlobalSecondaryIndexes.OnDemandThroughput"},
		{"UpdateTable", `{"TableName":"Records","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}`, "ReplicaUpdates"},
		{"UpdateTable", `{"TableName":"Records","GlobalSecondaryIndexUpdates":[{"Create":` + index + `}]}`, "GlobalSecondaryIndexUpdates.Create.OnDemandThroughput"},
		{"ListTagsOfResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Records","NextToken":"x"}`, "NextToken"},
	} {
		wantRefusal(t, server, test.operation, test.body, "ValidationException", test.member+" is not supported here: leave it out")
	}
	if got := post(t, server, "CreateTable", table[:len(table)-1]+`,"VectorIndexes":null}`); got.Code != 200 {
		t.Errorf("null counts as a member: %s", got.Body)
	}
}

// An index has "the size in bytes of the base table primary key", of its own key and of the projected attributes:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.StorageConsiderations
func TestTheSizeOfAnIndexIsThatOfWhatItProjects(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", strings.Replace(tableT, `"ProjectionType":"ALL"`, `"ProjectionType":"KEYS_ONLY"`, 1))
	post(t, server, "PutItem", `{"TableName":"Ttt","Item":{"pk":{"S":"a"},"st":{"S":"new"},"text":{"S":"`+strings.Repeat("x", 10_000)+`"}}}`)
	var out struct {
		Table struct {
			GlobalSecondaryIndexes []struct{ IndexSizeBytes int }
		}
	}
	if err := json.Unmarshal(post(t, server, "DescribeTable", `{"TableName":"Ttt"}`).Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.Table.GlobalSecondaryIndexes[0].IndexSizeBytes; got > 200 {
		t.Errorf("an index with the keys of one item has %d bytes, want those of the keys", got)
	}
}
