package dynamodb

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"simple-sam-demo/local/dynamodb/value"
)

type keySchema []struct{ AttributeName, KeyType string }

func (k keySchema) names() (names []string) {
	for _, e := range k {
		names = append(names, e.AttributeName)
	}
	return names
}

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits *int64 }

type warmThroughput struct{ ReadUnitsPerSecond, WriteUnitsPerSecond *int64 }

type indexRequest struct {
	IndexName             *string
	KeySchema             keySchema
	Projection            *projection
	ProvisionedThroughput *throughput
	WarmThroughput        *warmThroughput
}

type streamSpecification struct{ StreamEnabled *bool }

// on refuses a stream that would never have records.
func (s *streamSpecification) on() error {
	if s != nil && s.StreamEnabled != nil && *s.StreamEnabled {
		return invalid("StreamSpecification is not supported here")
	}
	return nil
}

type tag struct {
	Key   string
	Value *string
}

// settings are what both CreateTable and UpdateTable can set.
type settings struct {
	TableName                 *string
	AttributeDefinitions      []definition
	BillingMode               string
	ProvisionedThroughput     *throughput
	WarmThroughput            *warmThroughput
	StreamSpecification       *streamSpecification
	DeletionProtectionEnabled *bool
	TableClass                string
	SSESpecification          object
}

func (in *settings) violations(v *violations) {
	v.enum(in.BillingMode, "billingMode", "PROVISIONED", "PAY_PER_REQUEST")
	v.enum(in.TableClass, "tableClass", "STANDARD", "STANDARD_INFREQUENT_ACCESS")
	for i, d := range in.AttributeDefinitions {
		v.attribute(d.AttributeName, member("attributeDefinitions", i, "attributeName"))
		v.enum(d.AttributeType, member("attributeDefinitions", i, "attributeType"), "B", "N", "S")
	}
	in.ProvisionedThroughput.violations(v, "provisionedThroughput")
}

func (p *throughput) violations(v *violations, path string) {
	if p == nil {
		return
	}
	for name, n := range map[string]*int64{"readCapacityUnits": p.ReadCapacityUnits, "writeCapacityUnits": p.WriteCapacityUnits} {
		if n == nil {
			v.add(nil, path+"."+name, "Member must not be null")
		} else if *n < 1 {
			v.add(*n, path+"."+name, "Member must have value greater than or equal to 1")
		}
	}
}

func (p *throughput) inBounds() error {
	if p != nil && max(*p.ReadCapacityUnits, *p.WriteCapacityUnits) > 1e12 {
		return invalid("Given value %d for ReadCapacityUnits is out of bounds", *p.ReadCapacityUnits)
	}
	return nil
}

func (s *Server) apply(in *settings, t *table) {
	for _, d := range in.AttributeDefinitions {
		if t.kind(d.AttributeName) == value.None {
			t.definitions = append(t.definitions, d)
		}
	}
	if in.BillingMode != "" {
		t.billing, t.onDemand = in.BillingMode, time.Now()
	}
	if in.ProvisionedThroughput != nil {
		t.throughput = in.ProvisionedThroughput
	}
	if in.WarmThroughput != nil {
		t.warm = in.WarmThroughput
	}
	if in.DeletionProtectionEnabled != nil {
		t.more["DeletionProtectionEnabled"] = *in.DeletionProtectionEnabled
	}
	if in.TableClass != "" {
		t.more["TableClassSummary"] = object{"TableClass": in.TableClass}
	}
	if in.SSESpecification["Enabled"] == true {
		t.more["SSEDescription"] = object{"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": s.keyARN(in.SSESpecification)}
	} else if in.SSESpecification != nil {
		delete(t.more, "SSEDescription")
	}
}

// keyARN is the ARN of the key that encrypts a table: the one that is given by its id or
// ARN, or AWS's own for the account.
func (s *Server) keyARN(specification object) string {
	key, given := specification["KMSMasterKeyId"].(string)
	if !given {
		key = uuid.NewSHA1(uuid.NameSpaceURL, []byte("alias/aws/dynamodb")).String()
	}
	if strings.HasPrefix(key, "arn:") {
		return key
	}
	return "arn:aws:kms:" + s.region + ":" + s.account + ":key/" + key
}

type createTableRequest struct {
	settings
	KeySchema                                     keySchema
	LocalSecondaryIndexes, GlobalSecondaryIndexes []indexRequest
	Tags                                          []tag
}

func (s *Server) createTable(in *createTableRequest) (object, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	name := *in.TableName
	if s.tables[name] != nil {
		return nil, refusal("ResourceInUseException", "Table already exists: %s", name)
	}
	t := &table{id: uuid.NewString(), created: time.Now(), billing: "PROVISIONED", tags: map[string]string{}, more: object{"DeletionProtectionEnabled": false}}
	s.apply(&in.settings, t)
	t.name, t.keys = name, in.KeySchema.names()
	t.kinds = t.kindsOf(t.keys)
	for _, index := range in.LocalSecondaryIndexes {
		t.addIndex(index, false)
	}
	for _, index := range in.GlobalSecondaryIndexes {
		t.addIndex(index, true)
	}
	if err := t.tag(in.Tags); err != nil {
		return nil, err
	}
	s.tables[name] = t
	return object{"TableDescription": s.created(t)}, nil
}

func (t *table) addIndex(in indexRequest, global bool) {
	x := &index{
		name: *in.IndexName, global: global, table: &t.index, projection: *in.Projection, throughput: in.ProvisionedThroughput, warm: in.WarmThroughput,
		keys: in.KeySchema.names(), kinds: t.kindsOf(in.KeySchema.names()),
	}
	t.fill(x)
	t.secondary = append(t.secondary, x)
	slices.SortFunc(t.secondary, func(a, b *index) int { return strings.Compare(a.name, b.name) })
}

type updateTableRequest struct {
	settings
	GlobalSecondaryIndexUpdates []struct{ Create, Update, Delete *indexRequest }
}

func (s *Server) updateTable(in *updateTableRequest) (object, error) {
	t, err := s.check(in)
	if err != nil {
		return nil, err
	}
	s.apply(&in.settings, t)
	for _, update := range in.GlobalSecondaryIndexUpdates {
		switch {
		case update.Create != nil:
			t.addIndex(*update.Create, true)
		case update.Delete != nil:
			t.secondary = slices.DeleteFunc(t.secondary, func(x *index) bool { return x.name == *update.Delete.IndexName })
		case update.Update != nil:
			x, _ := t.find(update.Update.IndexName)
			x.throughput = update.Update.ProvisionedThroughput
		}
	}
	t.forgetDefinitions()
	return object{"TableDescription": s.describe(t)}, nil
}

// forgetDefinitions drops the types of attributes that are part of no key any more.
func (t *table) forgetDefinitions() {
	used := slices.Clone(t.keys)
	for _, x := range t.secondary {
		used = append(used, x.keys...)
	}
	t.definitions = slices.DeleteFunc(t.definitions, func(d definition) bool { return !slices.Contains(used, d.AttributeName) })
}

type tableRequest struct{ TableName *string }

// named finds a table for an operation on tables, by its name or its ARN.
func (s *Server) named(name *string) (*table, error) {
	if name == nil {
		return nil, invalid("The parameter 'TableName' is required but was not present in the request")
	}
	var v violations
	if short := s.nameIn(*name); short != *name || short == "" {
		v.name(&short, "tableName", 1)
	} else if v.name(name, "tableName", 3); len(short) < 3 {
		return nil, v.err()
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	t, ok := s.tables[s.nameIn(*name)]
	if !ok {
		return nil, noTable(*name)
	}
	t.expire(time.Now())
	return t, nil
}

func (s *Server) deleteTable(in *tableRequest) (object, error) {
	t, err := s.named(in.TableName)
	if err != nil {
		return nil, err
	}
	if t.more["DeletionProtectionEnabled"] == true {
		return nil, invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	last := s.describe(t)
	last["TableStatus"] = "DELETING"
	for _, name := range []string{"CreationDateTime", "KeySchema", "AttributeDefinitions", "WarmThroughput", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
		delete(last, name) // which DynamoDB does not show any more
	}
	delete(s.tables, t.name)
	return object{"TableDescription": last}, nil
}
