package dynamodb

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"simple-sam-demo/local/dynamodb/value"
)

func (s *Server) createTable(in *createTableRequest) any {
	in.check()
	name := *in.TableName
	if s.tables[name] != nil {
		panic(refusal("ResourceInUseException", "Table already exists: %s", name))
	}
	t := &table{
		name: name, id: uuid.NewString(), created: time.Now(), billing: "PROVISIONED",
		tags: map[string]string{}, more: object{"DeletionProtectionEnabled": false},
	}
	s.apply(&in.settings, t)
	t.past = s.Past
	t.keys = in.KeySchema.names()
	t.kinds = t.kindsOf(t.keys)
	for i, index := range slices.Concat(in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes) {
		t.addIndex(index, i >= len(in.LocalSecondaryIndexes))
	}
	t.tag(in.Tags)
	s.tables[name] = t
	return object{"TableDescription": s.created(t)}
}

func (s *Server) apply(in *settings, t *table) {
	for _, d := range in.AttributeDefinitions {
		if t.kind(d.AttributeName) == value.None {
			t.definitions = append(t.definitions, d)
		}
	}
	if in.BillingMode == "PAY_PER_REQUEST" && t.billing != in.BillingMode {
		t.onDemand, t.throughput = time.Now(), nil
		for _, x := range t.secondary {
			x.throughput = nil
		}
	}
	t.billing = cmp.Or(in.BillingMode, t.billing)
	t.provision(in.ProvisionedThroughput)
	if t.warm == nil { // the table is new
		t.warm = in.WarmThroughput
	}
	t.warm.raise(in.WarmThroughput)
	if in.DeletionProtectionEnabled != nil {
		t.more["DeletionProtectionEnabled"] = *in.DeletionProtectionEnabled
	}
	if in.TableClass != "" {
		t.more["TableClassSummary"] = object{"TableClass": in.TableClass}
	}
	switch sse := in.SSESpecification; {
	case sse == nil:
	case sse.Enabled:
		t.more["SSEDescription"] = object{"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": s.keyARN(sse.KMSMasterKeyId)}
	default:
		delete(t.more, "SSEDescription")
	}
}

// keyARN returns the ARN of the key that encrypts a table, given the key's id or ARN. Without one it is AWS's
// own key for the account.
func (s *Server) keyARN(given *string) string {
	key := uuid.NewSHA1(uuid.NameSpaceURL, []byte("alias/aws/dynamodb")).String()
	if given != nil {
		key = *given
	}
	if strings.HasPrefix(key, "arn:") {
		return key
	}
	return "arn:aws:kms:" + s.region + ":" + s.account + ":key/" + key
}

func (t *table) addIndex(in indexRequest, global bool) {
	x := &index{
		name: *in.IndexName, global: global, table: &t.index, projection: *in.Projection, throughput: in.ProvisionedThroughput, warm: in.WarmThroughput,
		keys: in.KeySchema.names(), kinds: t.kindsOf(in.KeySchema.names()), past: t.past,
	}
	slices.Sort(x.projection.NonKeyAttributes)
	t.fill(x)
	t.secondary = append(t.secondary, x)
	slices.SortFunc(t.secondary, func(a, b *index) int { return strings.Compare(a.name, b.name) })
}

type tableRequest struct{ TableName *string }

// named finds a table by its name or ARN, for an operation on tables.
func (s *Server) named(name *string) *table {
	forbid(name == nil, "The parameter 'TableName' is required but was not present in the request")
	var v violations
	if short := s.nameIn(*name); short != *name || short == "" {
		v.name(&short, "tableName", 1)
	} else {
		v.name(name, "tableName", 3)
	}
	v.end()
	t, ok := s.tables[s.nameIn(*name)]
	if !ok { // unlike the error of operations on items, this error shows the name
		panic(refusal("ResourceNotFoundException", "%s: Table: %s not found", errNoTable.Message, *name))
	}
	t.expire(time.Now())
	return t
}

func (s *Server) deleteTable(in *tableRequest) any {
	t := s.named(in.TableName)
	forbid(t.more["DeletionProtectionEnabled"] == true,
		"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	last := s.describe(t)
	last["TableStatus"] = "DELETING"
	for _, name := range []string{"CreationDateTime", "KeySchema", "AttributeDefinitions", "WarmThroughput", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
		delete(last, name) // DynamoDB does not show it any more
	}
	delete(s.tables, t.name)
	return object{"TableDescription": last}
}

func (s *Server) describeTable(in *tableRequest) any {
	return object{"Table": s.describe(s.named(in.TableName))}
}

// listTables lists tables by name, in pages.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
func (s *Server) listTables(in *struct {
	ExclusiveStartTableName *string
	Limit                   *int
}) any {
	var v violations
	limit, start := 100, ""
	if in.ExclusiveStartTableName != nil {
		start = *in.ExclusiveStartTableName
		v.name(in.ExclusiveStartTableName, "exclusiveStartTableName", 3)
	}
	if in.Limit != nil {
		limit = *in.Limit
		number(&v, in.Limit, "limit", 1, 100)
	}
	v.end()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(s.tables)), func(name string) bool { return name <= start })
	if len(names) > limit {
		return object{"TableNames": names[:limit], "LastEvaluatedTableName": names[limit-1]}
	}
	return object{"TableNames": append([]string{}, names...)}
}

func (s *Server) arn(table string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + s.account + ":table/" + table
}

// nameIn returns the name of a table, given its name or its ARN.
func (s *Server) nameIn(name string) string { return strings.TrimPrefix(name, s.arn("")) }

func byName(a, b *table) int { return strings.Compare(a.name, b.name) }

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (s *Server) describe(t *table) object {
	definitions := slices.SortedFunc(slices.Values(t.definitions), func(a, b definition) int {
		return strings.Compare(a.AttributeName, b.AttributeName)
	})
	out := t.index.describe("TableSizeBytes", t.billing)
	maps.Copy(out, object{
		"TableName": t.name, "TableStatus": "ACTIVE", "TableArn": s.arn(t.name), "TableId": t.id,
		"CreationDateTime": float64(t.created.UnixMilli()) / 1000, "AttributeDefinitions": definitions,
	})
	maps.Copy(out, t.more)
	if !t.onDemand.IsZero() { // it is or was on demand
		since := float64(t.onDemand.UnixMilli()) / 1000
		out["BillingModeSummary"] = object{"BillingMode": t.billing, "LastUpdateToPayPerRequestDateTime": since}
	}
	for _, x := range t.secondary {
		shown, list := x.describe("IndexSizeBytes", t.billing), "LocalSecondaryIndexes"
		shown["IndexName"], shown["IndexArn"], shown["Projection"] = x.name, s.arn(t.name)+"/index/"+x.name, x.projection
		if x.global {
			list, shown["IndexStatus"] = "GlobalSecondaryIndexes", "ACTIVE"
		} else {
			delete(shown, "ProvisionedThroughput")
			delete(shown, "WarmThroughput")
		}
		others, _ := out[list].([]object)
		out[list] = append(others, shown)
	}
	return out
}

// created returns the description of a table for the answer of CreateTable. That answer lacks the
// members that DynamoDB sets later, unless the client asked for them. LocalStack's test_table_crud,
// test_table_warm_throughput and test_gsi_with_billing_mode recorded this on AWS.
func (s *Server) created(t *table) object {
	out := s.describe(t)
	if t.warm == nil {
		delete(out, "WarmThroughput")
	}
	if mode, ok := out["BillingModeSummary"].(object); ok {
		delete(mode, "LastUpdateToPayPerRequestDateTime")
	}
	indexes, _ := out["GlobalSecondaryIndexes"].([]object)
	for _, shown := range indexes {
		if t.secondaryIndex(shown["IndexName"].(string)).warm == nil {
			delete(shown, "WarmThroughput")
		}
	}
	return out
}

// describe returns the members that the description of a table and of an index both have.
func (x *index) describe(size, billing string) object {
	schema := []object{}
	for i, name := range x.keys {
		schema = append(schema, object{"AttributeName": name, "KeyType": []string{"HASH", "RANGE"}[i]})
	}
	warm := x.warmNow(billing)
	return object{
		"KeySchema": schema, "ItemCount": x.items.Len(), size: x.bytes,
		"ProvisionedThroughput": x.shownThroughput(),
		"WarmThroughput": object{
			"ReadUnitsPerSecond": warm.ReadUnitsPerSecond, "WriteUnitsPerSecond": warm.WriteUnitsPerSecond, "Status": "ACTIVE",
		},
	}
}
