package dynamodb_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

const (
	games = `{"TableName":"Games","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
	"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"title","AttributeType":"S"}],%s,
	"GlobalSecondaryIndexes":[{"IndexName":"Titles",` + byTitle + `%s}]}`
	byTitle  = `"KeySchema":[{"AttributeName":"title","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}`
	onDemand = `"BillingMode":"PAY_PER_REQUEST"`
)

func provision(read, write int) string {
	return fmt.Sprintf(`"ProvisionedThroughput":{"ReadCapacityUnits":%d,"WriteCapacityUnits":%d}`, read, write)
}

func warmUnits(read, write int) string {
	return fmt.Sprintf(`"WarmThroughput":{"ReadUnitsPerSecond":%d,"WriteUnitsPerSecond":%d}`, read, write)
}

// newGames returns a server with a table on demand, or one with 5 and 6 units, and with 7 and 8 for its index.
func newGames(t *testing.T, provisioned bool) http.Handler {
	t.Helper()
	server, body := dynamodbserver.New("us-east-1", "000000000000"), fmt.Sprintf(games, onDemand, "")
	if provisioned {
		body = fmt.Sprintf(games, provision(5, 6), ","+provision(7, 8))
	}
	answerOf(t, server, "CreateTable", body, "TableDescription")
	return server
}

func updateTitles(change string) string {
	return `"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"Titles"` + change + `}}]`
}

func createIndex(more string) string {
	return `"AttributeDefinitions":[{"AttributeName":"title","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"More",` + byTitle + more + `}}]`
}

// shownUnits returns the throughput and the warm throughput of the table and then of its index.
func shownUnits(t *testing.T, server http.Handler) (units []float64) {
	t.Helper()
	shown := answerOf(t, server, "DescribeTable", `{"TableName":"Games"}`, "Table")
	for _, of := range []typed{shown, shown["GlobalSecondaryIndexes"].([]any)[0].(typed)} {
		p, w := of["ProvisionedThroughput"].(typed), of["WarmThroughput"].(typed)
		units = append(units, p["ReadCapacityUnits"].(float64), p["WriteCapacityUnits"].(float64), w["ReadUnitsPerSecond"].(float64), w["WriteUnitsPerSecond"].(float64))
	}
	return units
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/update-warm-throughput.html
// Others recorded on AWS that warm throughput never falls (DDB-TABLE-134), and that an index keeps the number that a
// request does not have (DDB-TABLE-155): https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks
func TestAnUpdateOfThroughputKeepsTheOtherThroughput(t *testing.T) {
	for name, test := range map[string]struct {
		provisioned bool
		updates     []string
		want        []float64
	}{
		"provisioned":             {true, nil, []float64{5, 6, 5, 6, 7, 8, 7, 8}},
		"on demand":               {false, nil, []float64{0, 0, 12000, 4000, 0, 0, 12000, 4000}},
		"the page's example":      {true, []string{warmUnits(12345, 4567) + "," + updateTitles(","+warmUnits(88, 77))}, []float64{5, 6, 12345, 4567, 7, 8, 88, 77}},
		"warm table":              {false, []string{warmUnits(13000, 5000)}, []float64{0, 0, 13000, 5000, 0, 0, 12000, 4000}},
		"warm index":              {true, []string{updateTitles("," + warmUnits(13000, 5000))}, []float64{5, 6, 5, 6, 7, 8, 13000, 5000}},
		"only reads of the index": {false, []string{updateTitles(`,"WarmThroughput":{"ReadUnitsPerSecond":12002}`)}, []float64{0, 0, 12000, 4000, 0, 0, 12002, 4000}},
		"the same again":          {false, []string{warmUnits(13000, 5000), warmUnits(13000, 5000)}, []float64{0, 0, 13000, 5000, 0, 0, 12000, 4000}},
		"up and down": {true, []string{provision(9, 9), provision(2, 2), updateTitles("," + provision(20, 20)), updateTitles("," + provision(1, 1))},
			[]float64{2, 2, 9, 9, 1, 1, 20, 20}},
		"to on demand": {true, []string{onDemand}, []float64{0, 0, 12000, 4000, 0, 0, 12000, 4000}},
		"to provisioned": {false, []string{`"BillingMode":"PROVISIONED",` + provision(1, 2) + "," + updateTitles(","+provision(3, 4))},
			[]float64{1, 2, 12000, 4000, 3, 4, 12000, 4000}},
	} {
		t.Run(name, func(t *testing.T) {
			server := newGames(t, test.provisioned)
			for _, update := range test.updates {
				answerOf(t, server, "UpdateTable", `{"TableName":"Games",`+update+`}`, "TableDescription")
			}
			if diff := cmp.Diff(test.want, shownUnits(t, server)); diff != "" {
				t.Errorf("throughput (-want +got):\n%s", diff)
			}
		})
	}
}

const invalidValue = "One or more parameter values were invalid: "

// These messages were recorded on AWS: DDB-TABLE-015, -152, -155, -160, -162, -164, -174, -359, -433 and -442 in
// https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks
func TestAnUpdateThatTheTableDoesNotAllowIsRefused(t *testing.T) {
	const only, stream, protect = " must be the only operation in the request", `"StreamSpecification":{"StreamEnabled":false}`, `"DeletionProtectionEnabled":true`
	const encrypt, class = `"SSESpecification":{"Enabled":true}`, `"TableClass":"STANDARD"`
	for _, test := range []struct {
		provisioned     bool
		update, message string
	}{
		{false, `"GlobalSecondaryIndexUpdates":[]`, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"},
		{false, protect + `,"GlobalSecondaryIndexUpdates":[]`, invalidValue + "List of GlobalSecondaryIndexUpdates is empty"},
		{false, stream, "Table has no stream to disable: TableName: Games"},
		{true, encrypt + "," + class, invalidValue + "Server-Side Encryption modification" + only},
		{true, class + "," + protect, invalidValue + "TableClass modification" + only},
		{true, protect + "," + provision(1, 1), invalidValue + "DeletionProtection modification" + only},
		{true, warmUnits(9, 9) + "," + provision(1, 1), invalidValue + "WarmThroughput" + only},
		{true, warmUnits(9, 9) + "," + createIndex(","+provision(1, 1)), invalidValue + "Create global secondary index cannot be specified when updating WarmThroughput"},
		{true, provision(9, 9) + "," + createIndex(","+provision(1, 1)), invalidValue + "You cannot create or delete index while updating table IOPS"},

		{true, warmUnits(4, 6), invalidValue + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, decreasing WarmThroughput is not supported"},
		{true, updateTitles("," + warmUnits(9, 7)), invalidValue + "Requested WriteUnitsPerSecond for WarmThroughput for index Titles is lower than current WarmThroughput, decreasing WarmThroughput is not supported"},
		{true, updateTitles(`,"WarmThroughput":{}`), invalidValue + "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: Titles"},
		{true, updateTitles(""), invalidValue + "ProvisionedThroughput must be specified for index: Titles"},
		{true, updateTitles("," + provision(0, 1)), "1 validation error detected: Value '0' at 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{true, updateTitles("," + provision(7, 8)), "The provisioned throughput for the index Titles will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for index Titles: 7. Requested ReadCapacityUnits: 7. Current WriteCapacityUnits provisioned for index Titles: 8. Requested WriteCapacityUnits: 8. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."},
		{true, provision(5, 6), "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."},
		{false, updateTitles("," + provision(1, 1)), invalidValue + "The only Updates for index: Titles when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput"},
		{false, updateTitles(""), invalidValue + "The only Updates for index: Titles when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput"},
		{false, `"BillingMode":"PROVISIONED",` + provision(1, 1), invalidValue + "ProvisionedThroughput must be specified for index: Titles"},

		{true, createIndex(""), invalidValue + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: More"},
		{false, createIndex("," + provision(1, 1)), invalidValue + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: More when BillingMode is PAY_PER_REQUEST"},
		{false, createIndex("," + warmUnits(13000, 5)), invalidValue + "Requested WriteUnitsPerSecond for WarmThroughput for index More is lower than initial throughput for OnDemand"},
		{false, strings.Replace(createIndex(""), "AttributeDefinitions", "Other", 1), invalidValue + "AttributeDefinitions is not specified for index: More"},
		{false, strings.Replace(createIndex(""), "More", "Titles", 1), "Attempting to create an index which already exists"},
		{false, strings.Replace(createIndex(""), `"S"`, `"N"`, 1), invalidValue + "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Existing schema: title:S New schema: title:N"},
		{false, provision(1, 1), invalidValue + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{false, `"BillingMode":"PROVISIONED"`, invalidValue + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
		{false, `"GlobalSecondaryIndexUpdates":[{}]`, invalidValue + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"},
		{false, `"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"Titles"}},{"Delete":{"IndexName":"Titles"}}]`, invalidValue + "Only one global secondary index update per index is allowed simultaneously. Index: Titles"},
		{false, `"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"Titles"},"Delete":{"IndexName":"Titles"}}]`, invalidValue + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"},
	} {
		server := newGames(t, test.provisioned)
		before := post(t, server, "DescribeTable", `{"TableName":"Games"}`).Body.String()
		wantRefusal(t, server, "UpdateTable", `{"TableName":"Games",`+test.update+`}`, "ValidationException", test.message)
		if after := post(t, server, "DescribeTable", `{"TableName":"Games"}`).Body.String(); after != before {
			t.Errorf("%s changed the table: %s", test.update, after)
		}
	}
}

// https://github.com/paritysuite/dynamodb-conformance recorded this on AWS (issues 78 and 79).
func TestTheDefinitionOfAnAttributeThatTheNewIndexDoesNotHaveHasNoEffect(t *testing.T) {
	server := newGames(t, false)
	update := strings.Replace(createIndex(""), `"AttributeDefinitions":[`, `"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"},{"AttributeName":"unused","AttributeType":"S"},`, 1)
	answerOf(t, server, "UpdateTable", `{"TableName":"Games",`+update+`}`, "TableDescription")
	want := []any{typed{"AttributeName": "id", "AttributeType": "S"}, typed{"AttributeName": "title", "AttributeType": "S"}}
	if diff := cmp.Diff(want, answerOf(t, server, "DescribeTable", `{"TableName":"Games"}`, "Table")["AttributeDefinitions"]); diff != "" {
		t.Errorf("definitions (-want +got):\n%s", diff)
	}
}

// AWS's answers are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks:
// DDB-TABLE-058, -157, -184 and -326.
func TestThroughputFallsFourTimesADayAndThenOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock begins on 2000-01-01 at 0:00 in UTC
		server := newGames(t, true)
		table := func(read int) string { return provision(read, 50) }
		index := func(read int) string { return updateTitles("," + provision(read, 50)) }
		const refused = "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. "
		for _, step := range []struct {
			wait      time.Duration
			update    string
			refusal   string
			decreases float64 // of the table, afterwards
		}{
			{time.Minute, table(50), "", 0},
			{0, table(49), "", 1}, {0, provision(60, 49), "", 2}, {0, table(60), "", 2}, {0, table(47), "", 3}, {0, table(46), "", 4},
			{0, index(60), "", 4},
			{0, table(45) + "," + index(50), refused + "Number of decreases today: 4. Last decrease at Saturday, January 1, 2000 at 12:01:00 AM Coordinated Universal Time. Next decrease can be made at Saturday, January 1, 2000 at 1:01:00 AM Coordinated Universal Time", 4},
			{0, index(59), "", 4},
			{0, table(70), "", 4},
			{time.Hour, table(45), "", 5},
			{22*time.Hour + 29*time.Minute, table(44), "", 6},
			{time.Minute, table(43), refused + "Number of decreases today: 6. Last decrease at Saturday, January 1, 2000 at 11:30:00 PM Coordinated Universal Time. Next decrease can be made at Sunday, January 2, 2000 at 12:00:00 AM Coordinated Universal Time", 6},
			{29 * time.Minute, table(43), "", 1},
		} {
			<-time.After(step.wait)
			body := `{"TableName":"Games",` + step.update + `}`
			if step.refusal != "" {
				wantRefusal(t, server, "UpdateTable", body, "LimitExceededException", step.refusal)
			} else {
				answerOf(t, server, "UpdateTable", body, "TableDescription")
			}
			shown := answerOf(t, server, "DescribeTable", `{"TableName":"Games"}`, "Table")["ProvisionedThroughput"].(typed)
			if shown["NumberOfDecreasesToday"] != step.decreases {
				t.Errorf("after %s: %v, want %v decreases", step.update, shown, step.decreases)
			}
		}
		got := answerOf(t, server, "DescribeTable", `{"TableName":"Games"}`, "Table")["ProvisionedThroughput"].(typed)
		day := float64(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
		want := typed{"ReadCapacityUnits": 43.0, "WriteCapacityUnits": 50.0, "NumberOfDecreasesToday": 1.0, "LastIncreaseDateTime": day + 60, "LastDecreaseDateTime": day + 24*3600}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("throughput (-want +got):\n%s", diff)
		}
	})
}

// including returns the projection of an index with n attributes.
func including(n int) string {
	return `"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["` + strings.Join(attributeNames(n), `","`) + `"]}`
}

func attributeNames(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("a", i))
	}
	return all
}

// The messages were recorded on AWS, but for that of the 100 attributes: DDB-TABLE-126, -127, -128, -169 and -442 in
// https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks
func TestIndexesThatTheTableCannotHaveAreRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	indexes := func(n, included int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"IndexName":"Index%d","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],%s}`, i, including(included)))
		}
		return table[:len(table)-1] + `,"GlobalSecondaryIndexes":[` + strings.Join(all, ",") + `]}`
	}
	for _, test := range []struct{ body, message string }{
		{fmt.Sprintf(games, provision(5, 6), ""), invalidValue + "ProvisionedThroughput is not specified for index: Titles"},
		{fmt.Sprintf(games, onDemand, ","+provision(7, 8)), invalidValue + "ProvisionedThroughput should not be specified for index: Titles when BillingMode is PAY_PER_REQUEST"},
		{fmt.Sprintf(games, onDemand+","+warmUnits(11999, 4000), ""), invalidValue + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand"},
		{fmt.Sprintf(games, onDemand, ","+warmUnits(12000, 3999)), invalidValue + "Requested WriteUnitsPerSecond for WarmThroughput for index Titles is lower than initial throughput for OnDemand"},
		{fmt.Sprintf(games, provision(5, 6)+","+warmUnits(4, 6), ","+provision(7, 8)), invalidValue + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput"},
		{strings.Replace(indexes(1, 3), `"a2"`, `"a1"`, 1), invalidValue + "Duplicate element in NonKeyAttributes: a1"},
		{strings.Replace(indexes(1, 3), `[{"AttributeName":"id","AttributeType":"S"}`, `[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"id","AttributeType":"N"}`, 1), "Attribute Name is duplicated: id"},
		{indexes(1, 21), "1 validation error detected: Value '[" + strings.Join(attributeNames(21), ", ") + "]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to satisfy constraint: Member must have length less than or equal to 20"},
		{indexes(6, 17), invalidValue + "The indexes of a table can have at most 100 NonKeyAttributes together, and these have 102"},
	} {
		wantRefusal(t, server, "CreateTable", test.body, "ValidationException", test.message)
	}
	more := func(n int) string {
		return `{"TableName":"Records","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"More","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],` + including(n) + `}}]}`
	}
	answerOf(t, server, "CreateTable", indexes(20, 5), "TableDescription")
	wantRefusal(t, server, "UpdateTable", more(1), "ValidationException", invalidValue+"The indexes of a table can have at most 100 NonKeyAttributes together, and these have 101")
	answerOf(t, server, "DeleteTable", `{"TableName":"Records"}`, "TableDescription")
	answerOf(t, server, "CreateTable", indexes(20, 1), "TableDescription")
	wantRefusal(t, server, "UpdateTable", more(1), "LimitExceededException", "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20")
}

// Others recorded that on AWS: https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks, DDB-TABLE-125
func TestAnIndexShowsItsAttributesInOrder(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	body := strings.Replace(fmt.Sprintf(games, onDemand, ""), `{"ProjectionType":"ALL"}`, `{"ProjectionType":"INCLUDE","NonKeyAttributes":["z","a","m"]}`, 1)
	answerOf(t, server, "CreateTable", body, "TableDescription")
	index := answerOf(t, server, "DescribeTable", `{"TableName":"Games"}`, "Table")["GlobalSecondaryIndexes"].([]any)[0].(typed)
	if diff := cmp.Diff(typed{"ProjectionType": "INCLUDE", "NonKeyAttributes": []any{"a", "m", "z"}}, index["Projection"]); diff != "" {
		t.Errorf("projection (-want +got):\n%s", diff)
	}
}
