package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"simple-sam-demo/local/awsjson"
)

// This file has the parameters of CreateTable and UpdateTable, and the rules that both operations apply.

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

type indexRequest struct {
	IndexName             *string
	KeySchema             keySchema
	Projection            *projection
	ProvisionedThroughput *throughput
	WarmThroughput        *warmThroughput
	OnDemandThroughput    awsjson.Unsupported
}

// settings holds the parameters that both CreateTable and UpdateTable have.
type settings struct {
	TableName                 *string
	AttributeDefinitions      []definition
	BillingMode               string
	ProvisionedThroughput     *throughput
	WarmThroughput            *warmThroughput
	StreamSpecification       *streamSpecification
	DeletionProtectionEnabled *bool
	TableClass                string
	SSESpecification          *sseSpecification
}

type streamSpecification struct {
	StreamEnabled  bool
	StreamViewType string
}

type sseSpecification struct {
	Enabled        bool
	KMSMasterKeyId *string
	SSEType        string
}

func (in *settings) violations(v *violations) {
	v.enum(in.BillingMode, "billingMode", "PROVISIONED", "PAY_PER_REQUEST")
	v.enum(in.TableClass, "tableClass", "STANDARD", "STANDARD_INFREQUENT_ACCESS")
	if in.SSESpecification != nil {
		v.enum(in.SSESpecification.SSEType, "sSESpecification.sSEType", "AES256", "KMS")
	}
	for i, d := range in.AttributeDefinitions {
		v.attribute(d.AttributeName, member("attributeDefinitions", i, "attributeName"))
		v.enum(d.AttributeType, member("attributeDefinitions", i, "attributeType"), "B", "N", "S")
	}
	in.ProvisionedThroughput.violations(v, "provisionedThroughput")
}

// member returns the path of a member of a list's element, as AWS writes it in messages.
func member(list string, i int, name string) string {
	return fmt.Sprintf("%s.%d.member.%s", list, i+1, name)
}

// attribute requires a valid name of an attribute of a key or a projection.
func (v *violations) attribute(name, path string) {
	v.need(name != "", path)
	v.length(name, len(name), path, 0, 255)
}

func (k keySchema) violations(v *violations, path string) {
	elements := make([]string, len(k))
	for i, e := range k {
		elements[i] = fmt.Sprintf("KeySchemaElement(attributeName=%s, keyType=%s)", e.AttributeName, e.KeyType)
	}
	v.length("["+strings.Join(elements, ", ")+"]", len(k), path, 1, 2)
	for i, e := range k {
		v.attribute(e.AttributeName, member(path, i, "attributeName"))
		v.enum(e.KeyType, member(path, i, "keyType"), "HASH", "RANGE")
		v.need(e.KeyType != "", member(path, i, "keyType"))
	}
}

// The path is that of the index, with a dot at its end.
func (in indexRequest) violations(v *violations, path string) {
	v.name(in.IndexName, path+"indexName", 3)
	in.KeySchema.violations(v, path+"keySchema")
	v.need(in.Projection != nil, path+"projection")
	if p := in.Projection; p != nil {
		v.enum(p.ProjectionType, path+"projection.projectionType", "ALL", "INCLUDE", "KEYS_ONLY")
		if names := p.NonKeyAttributes; names != nil {
			v.length("["+strings.Join(names, ", ")+"]", len(names), path+"projection.nonKeyAttributes", 1, 20)
		}
		for k, name := range p.NonKeyAttributes {
			v.attribute(name, fmt.Sprintf("%sprojection.nonKeyAttributes.%d", path, k+1))
		}
	}
	in.ProvisionedThroughput.violations(v, path+"provisionedThroughput")
}

// check refuses settings that no table can have.
func (in *settings) check() {
	stream := in.StreamSpecification
	forbid(stream != nil && (stream.StreamEnabled || stream.StreamViewType != ""), "StreamSpecification is not supported here: leave it out, or set StreamEnabled to false")
	in.SSESpecification.check()
	if p := in.ProvisionedThroughput; p != nil {
		forbid(in.BillingMode == "PAY_PER_REQUEST",
			wrongValue+"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		forbid(max(*p.ReadCapacityUnits, *p.WriteCapacityUnits) > 1e12,
			"Given value %d for ReadCapacityUnits is out of bounds", *p.ReadCapacityUnits)
	}
}

// check refuses an encryption that no table can have. AWS's messages are recorded in
// https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks, DDB-TABLE-442.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSESpecification.html
func (s *sseSpecification) check() {
	if s == nil {
		return
	}
	forbid(!s.Enabled && s.SSEType != "", wrongValue+"SSEType can not be specified if Enabled is false")
	forbid(!s.Enabled && s.KMSMasterKeyId != nil, wrongValue+"KMSMasterKeyId can not be specified if Enabled is false")
	forbid(s.SSEType == "AES256", wrongValue+"SSEType AES256 is not supported")
	forbid(s.KMSMasterKeyId != nil && s.SSEType == "", wrongValue+"SSEType KMS is required if KMSMasterKeyId is specified")
}

// checkFor refuses the encryption that the table has already. AWS refuses the same key by its ARN, and takes it by its
// id: DDB-TABLE-082 in the same place.
func (s *sseSpecification) checkFor(t *table) {
	if s == nil {
		return
	}
	now, encrypted := t.more["SSEDescription"].(object)
	forbid(!s.Enabled && !encrypted, wrongValue+"Table is already encrypted by default")
	forbid(encrypted && s.KMSMasterKeyId != nil && now["KMSMasterKeyArn"] == *s.KMSMasterKeyId, wrongValue+
		"Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key")
}

// checkSchema refuses a key that is not a partition key, or a partition key and a sort key.
func (in *settings) checkSchema(schema keySchema) {
	defined, keys := in.defined(), schema.names()
	for _, name := range keys {
		forbid(!slices.Contains(defined, name), wrongValue+"Some index key attributes are not defined in AttributeDefinitions. "+
			"Keys: [%s], AttributeDefinitions: [%s]", strings.Join(keys, ", "), strings.Join(defined, ", "))
	}
	forbid(len(keys) == 2 && keys[0] == keys[1], "Both the Hash Key and the Range Key element in the KeySchema have the same name")
	forbid(schema[0].KeyType != "HASH", "Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	forbid(len(keys) == 2 && schema[1].KeyType != "RANGE", "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
}

func (in *settings) defined() (names []string) {
	for _, d := range in.AttributeDefinitions {
		names = append(names, d.AttributeName)
	}
	return names
}

func (in *settings) checkIndex(index indexRequest) {
	in.checkSchema(index.KeySchema)
	p := index.Projection
	include, names := p.ProjectionType == "INCLUDE", p.NonKeyAttributes
	forbid(p.ProjectionType == "", wrongValue+"Unknown ProjectionType: null")
	forbid(names != nil && !include, wrongValue+"ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	for i, name := range names {
		forbid(slices.Contains(names[:i], name), wrongValue+"Duplicate element in NonKeyAttributes: %s", name)
	}
	forbid(include && len(names) == 0, wrongValue+"ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
}

type createTableRequest struct {
	settings
	KeySchema                                     keySchema
	LocalSecondaryIndexes, GlobalSecondaryIndexes []indexRequest
	Tags                                          []tag

	GlobalTableSettingsReplicationMode, GlobalTableSourceArn, OnDemandThroughput, ResourcePolicy, VectorIndexes awsjson.Unsupported
}

// check refuses an invalid table.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func (in *createTableRequest) check() {
	forbid(in.TableName == nil, "The parameter 'TableName' is required but was not present in the request")
	var v violations
	v.name(in.TableName, "tableName", 3)
	v.end()
	v.need(in.AttributeDefinitions != nil, "attributeDefinitions")
	in.KeySchema.violations(&v, "keySchema")
	in.settings.violations(&v)
	for i, index := range in.LocalSecondaryIndexes {
		index.violations(&v, member("localSecondaryIndexes", i, ""))
	}
	for i, index := range in.GlobalSecondaryIndexes {
		index.violations(&v, member("globalSecondaryIndexes", i, ""))
	}
	v.end()
	in.settings.check()
	forbid(in.BillingMode != "PAY_PER_REQUEST" && in.ProvisionedThroughput == nil,
		wrongValue+"ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	in.WarmThroughput.checkNew(in.ProvisionedThroughput, in.BillingMode, "table")
	for i, name := range in.defined() {
		forbid(slices.Contains(in.defined()[:i], name), "Attribute Name is duplicated: %s", name)
	}
	forbid(len(in.KeySchema) > len(in.AttributeDefinitions), "Invalid KeySchema: Some index key attribute have no definition")
	in.checkSchema(in.KeySchema)
	in.checkIndexes()
	in.checkUse()
}

func (in *createTableRequest) checkIndexes() {
	local, global := in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes
	forbid(local != nil && len(local) == 0, wrongValue+"List of LocalSecondaryIndexes is empty")
	forbid(global != nil && len(global) == 0, wrongValue+"List of GlobalSecondaryIndexes is empty")
	forbid(local != nil && len(in.KeySchema) < 2,
		wrongValue+"Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	names, projected := map[string]bool{}, 0
	for i, index := range slices.Concat(local, global) {
		name := *index.IndexName
		in.checkIndex(index)
		forbid(names[name], wrongValue+"Duplicate index name: %s", name)
		names[name] = true
		projected += len(index.Projection.NonKeyAttributes)
		if i >= len(local) {
			onDemand, given := in.BillingMode == "PAY_PER_REQUEST", index.ProvisionedThroughput != nil
			forbid(onDemand && given,
				wrongValue+"ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", name)
			forbid(!onDemand && !given, wrongValue+"ProvisionedThroughput is not specified for index: %s", name)
			index.WarmThroughput.checkNew(index.ProvisionedThroughput, in.BillingMode, "index "+name)
			continue
		}
		hash, leading := in.KeySchema[0].AttributeName, index.KeySchema[0].AttributeName
		forbid(len(index.KeySchema) < 2, wrongValue+"Index KeySchema does not have a range key for index: %s", name)
		forbid(leading != hash, wrongValue+"Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. "+
			"index hash key: %s, table hash key: %s", name, leading, hash)
	}
	checkProjected(projected)
	forbid(len(local) > 5, wrongValue+"Number of LocalSecondaryIndexes exceeds per-table limit of 5")
	forbid(len(global) > 20, wrongValue+"GlobalSecondaryIndex count exceeds the per-table limit of 20")
}

// checkProjected refuses a table whose indexes together have too many NonKeyAttributes. AWS's words are not
// known.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-secondary-indexes
func checkProjected(n int) {
	forbid(n > 100, wrongValue+"The indexes of a table can have at most 100 NonKeyAttributes together, and these have %d", n)
}

func (in *createTableRequest) checkUse() {
	used := map[string]bool{}
	for _, schema := range append(in.indexSchemas(), in.KeySchema) {
		for _, name := range schema.names() {
			used[name] = true
		}
	}
	for _, name := range in.defined() {
		forbid(!used[name] && in.LocalSecondaryIndexes == nil && in.GlobalSecondaryIndexes == nil, wrongValue+
			"Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
		forbid(!used[name], wrongValue+"Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
			strings.Join(in.defined(), ", "), strings.Join(slices.Sorted(maps.Keys(used)), ", "))
	}
}

func (in *createTableRequest) indexSchemas() (all []keySchema) {
	for _, index := range slices.Concat(in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes) {
		all = append(all, index.KeySchema)
	}
	return all
}
