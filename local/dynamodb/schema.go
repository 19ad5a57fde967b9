package dynamodb

import (
	"fmt"
	"slices"
	"strings"
)

// member is the path of what is in a list, as constraints show it.
func member(list string, i int, name string) string {
	return fmt.Sprintf("%s.%d.member.%s", list, i+1, name)
}

func (k keySchema) violations(v *violations, path string) {
	switch {
	case len(k) == 0:
		v.add("[]", path, "Member must have length greater than or equal to 1")
	case len(k) > 2:
		elements := make([]string, len(k))
		for i, e := range k {
			elements[i] = fmt.Sprintf("KeySchemaElement(attributeName=%s, keyType=%s)", e.AttributeName, e.KeyType)
		}
		v.add("["+strings.Join(elements, ", ")+"]", path, "Member must have length less than or equal to 2")
	}
	for i, e := range k {
		v.attribute(e.AttributeName, member(path, i, "attributeName"))
		if v.enum(e.KeyType, member(path, i, "keyType"), "HASH", "RANGE"); e.KeyType == "" {
			v.add(nil, member(path, i, "keyType"), "Member must not be null")
		}
	}
}

// attribute demands the name of an attribute that is part of a key or of a projection.
func (v *violations) attribute(name, path string) {
	switch {
	case name == "":
		v.add(nil, path, "Member must not be null")
	case len(name) > 255:
		v.add(name, path, "Member must have length less than or equal to 255")
	}
}

func (in indexRequest) violations(v *violations, list string, i int) {
	v.name(in.IndexName, member(list, i, "indexName"), 3)
	in.KeySchema.violations(v, member(list, i, "keySchema"))
	if in.Projection == nil {
		v.add(nil, member(list, i, "projection"), "Member must not be null")
	} else {
		v.enum(in.Projection.ProjectionType, member(list, i, "projection.projectionType"), "ALL", "INCLUDE", "KEYS_ONLY")
		for k, name := range in.Projection.NonKeyAttributes {
			v.attribute(name, member(list, i, fmt.Sprintf("projection.nonKeyAttributes.%d", k+1)))
		}
	}
	in.ProvisionedThroughput.violations(v, member(list, i, "provisionedThroughput"))
}

// check refuses a table that cannot be.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func (in *createTableRequest) check() error {
	if in.TableName == nil {
		return invalid("The parameter 'TableName' is required but was not present in the request")
	}
	var v violations
	if v.name(in.TableName, "tableName", 3); len(v) > 0 {
		return v.err()
	}
	if in.AttributeDefinitions == nil {
		v.add(nil, "attributeDefinitions", "Member must not be null")
	}
	in.KeySchema.violations(&v, "keySchema")
	in.settings.violations(&v)
	for i, index := range in.LocalSecondaryIndexes {
		index.violations(&v, "localSecondaryIndexes", i)
	}
	for i, index := range in.GlobalSecondaryIndexes {
		index.violations(&v, "globalSecondaryIndexes", i)
	}
	if err := v.err(); err != nil {
		return err
	}
	if err := in.StreamSpecification.on(); err != nil {
		return err
	}
	if err := in.checkBilling(); err != nil {
		return err
	}
	if err := in.checkIndexes(); err != nil {
		return err
	}
	return in.checkUse()
}

func (in *createTableRequest) checkBilling() error {
	if in.BillingMode == "PAY_PER_REQUEST" {
		if in.ProvisionedThroughput != nil {
			return invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
	} else if in.ProvisionedThroughput == nil {
		return invalidValue("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if err := in.ProvisionedThroughput.inBounds(); err != nil {
		return err
	}
	for i, d := range in.AttributeDefinitions {
		if slices.Contains(in.defined()[:i], d.AttributeName) {
			return invalidValue("Duplicate AttributeName in AttributeDefinitions: %s", d.AttributeName)
		}
	}
	if len(in.KeySchema) > len(in.AttributeDefinitions) {
		return invalid("Invalid KeySchema: Some index key attribute have no definition")
	}
	return in.checkSchema(in.KeySchema)
}

// checkSchema refuses a key that is not a partition key and, perhaps, a sort key.
func (in *settings) checkSchema(schema keySchema) error {
	defined, keys := in.defined(), schema.names()
	if slices.ContainsFunc(keys, func(name string) bool { return !slices.Contains(defined, name) }) {
		return invalidValue("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
			strings.Join(keys, ", "), strings.Join(defined, ", "))
	}
	switch {
	case len(keys) == 2 && keys[0] == keys[1]:
		return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case schema[0].KeyType != "HASH":
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(keys) == 2 && schema[1].KeyType != "RANGE":
		return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

func (in *settings) defined() (names []string) {
	for _, d := range in.AttributeDefinitions {
		names = append(names, d.AttributeName)
	}
	return names
}

func (in *createTableRequest) checkIndexes() error {
	local, global := in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes
	switch {
	case local != nil && len(local) == 0:
		return invalidValue("List of LocalSecondaryIndexes is empty")
	case global != nil && len(global) == 0:
		return invalidValue("List of GlobalSecondaryIndexes is empty")
	case local != nil && len(in.KeySchema) < 2:
		return invalidValue("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	names := map[string]bool{}
	for i, index := range append(slices.Clip(local), global...) {
		if err := in.checkIndex(index); err != nil {
			return err
		}
		switch hash := in.KeySchema[0].AttributeName; {
		case names[*index.IndexName]:
			return invalidValue("Duplicate index name: %s", *index.IndexName)
		case i >= len(local):
		case len(index.KeySchema) < 2:
			return invalidValue("Index KeySchema does not have a range key for index: %s", *index.IndexName)
		case index.KeySchema[0].AttributeName != hash:
			return invalidValue("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s",
				*index.IndexName, index.KeySchema[0].AttributeName, hash)
		}
		if i >= len(local) && in.BillingMode == "PAY_PER_REQUEST" && index.ProvisionedThroughput != nil {
			return invalidValue("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", *index.IndexName)
		}
		names[*index.IndexName] = true
	}
	switch {
	case len(local) > 5:
		return invalidValue("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
	case len(global) > 20:
		return invalidValue("GlobalSecondaryIndex count exceeds the per-table limit of 20")
	}
	return nil
}

func (in *settings) checkIndex(index indexRequest) error {
	if err := in.checkSchema(index.KeySchema); err != nil {
		return err
	}
	switch p := index.Projection; {
	case p.ProjectionType == "":
		return invalidValue("Unknown ProjectionType: null")
	case p.NonKeyAttributes != nil && p.ProjectionType != "INCLUDE":
		return invalidValue("ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	case len(p.NonKeyAttributes) != len(slices.Compact(slices.Sorted(slices.Values(p.NonKeyAttributes)))):
		return invalidValue("Duplicate attribute name found in NonKeyAttributes of index: %s", *index.IndexName)
	case p.ProjectionType == "INCLUDE" && len(p.NonKeyAttributes) == 0:
		return invalidValue("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	return nil
}

// checkUse refuses definitions of attributes that are part of no key.
func (in *createTableRequest) checkUse() error {
	used := in.KeySchema.names()
	for _, index := range append(slices.Clip(in.LocalSecondaryIndexes), in.GlobalSecondaryIndexes...) {
		used = append(used, index.KeySchema.names()...)
	}
	used = slices.Compact(slices.Sorted(slices.Values(used)))
	defined := in.defined()
	if !slices.ContainsFunc(defined, func(name string) bool { return !slices.Contains(used, name) }) {
		return nil
	}
	if in.LocalSecondaryIndexes == nil && in.GlobalSecondaryIndexes == nil {
		return invalidValue("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return invalidValue("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]", strings.Join(defined, ", "), strings.Join(used, ", "))
}
