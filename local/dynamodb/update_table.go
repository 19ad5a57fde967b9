package dynamodb

import (
	"slices"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb/value"
)

type updateTableRequest struct {
	settings
	GlobalSecondaryIndexUpdates []indexUpdate

	DisassociationProtectionEnabled, GlobalTableSettingsReplicationMode, GlobalTableWitnessUpdates awsjson.Unsupported
	MultiRegionConsistency, OnDemandThroughput, ReplicaUpdates, VectorIndexUpdates                 awsjson.Unsupported
}

type indexUpdate struct{ Create, Update, Delete *indexRequest }

// given returns the members that the update has. An update must have exactly one.
func (u indexUpdate) given() (all []*indexRequest) {
	for _, given := range []*indexRequest{u.Create, u.Update, u.Delete} {
		if given != nil {
			all = append(all, given)
		}
	}
	return all
}

// updateTable changes a table. The change takes effect at once.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
func (s *Server) updateTable(in *updateTableRequest) any {
	if in.TableName == nil {
		s.named(nil)
	}
	var v violations
	in.settings.violations(&v)
	for i, update := range in.GlobalSecondaryIndexUpdates {
		if update.Create != nil {
			update.Create.violations(&v, "globalSecondaryIndexUpdates", i)
		}
		for _, other := range (indexUpdate{Update: update.Update, Delete: update.Delete}).given() {
			v.name(other.IndexName, member("globalSecondaryIndexUpdates", i, "indexName"), 3)
		}
	}
	v.end()
	in.checkAlone()
	t := s.named(in.TableName)
	in.checkFor(t)
	s.apply(&in.settings, t)
	for _, update := range in.GlobalSecondaryIndexUpdates {
		switch {
		case update.Create != nil:
			t.addIndex(*update.Create, true)
		case update.Delete != nil:
			t.secondary = slices.DeleteFunc(t.secondary, func(x *index) bool { return x.name == *update.Delete.IndexName })
		default:
			t.find(update.Update.IndexName).throughput = update.Update.ProvisionedThroughput
		}
	}
	used := slices.Clone(t.keys)
	for _, x := range t.secondary {
		used = append(used, x.keys...)
	}
	t.definitions = slices.DeleteFunc(t.definitions, func(d definition) bool { return !slices.Contains(used, d.AttributeName) })
	return object{"TableDescription": s.describe(t)}
}

// checkAlone refuses an update that is invalid for every table.
func (in *updateTableRequest) checkAlone() {
	updates := in.GlobalSecondaryIndexUpdates
	nothing := in.ProvisionedThroughput == nil && in.BillingMode == "" && len(updates) == 0 && in.SSESpecification == nil
	forbid(nothing && in.DeletionProtectionEnabled == nil && in.TableClass == "" && in.StreamSpecification == nil,
		"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "+
			"SSESpecification or ReplicaUpdates is required")
	forbid(in.BillingMode == "PROVISIONED" && in.ProvisionedThroughput == nil,
		wrongValue+"ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	in.settings.check()
	names, made := map[string]bool{}, 0
	for _, update := range updates {
		const members = "GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete"
		given := update.given()
		forbid(len(given) == 0, wrongValue+"One of "+members+" must not be null")
		name := *given[0].IndexName
		forbid(len(given) > 1, wrongValue+"Only one of "+members+" can be given for an index. Index: %s", name)
		forbid(names[name], wrongValue+"Only one global secondary index update per index is allowed simultaneously. Index: %s", name)
		names[name] = true
		if update.Update == nil {
			made++
		}
	}
	if made > 1 {
		panic(refusal("LimitExceededException",
			"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"))
	}
}

// checkFor refuses an update that this table does not allow.
func (in *updateTableRequest) checkFor(t *table) {
	if p, now := in.ProvisionedThroughput, t.throughput; p != nil {
		forbid(in.BillingMode == "" && t.billing == "PAY_PER_REQUEST",
			wrongValue+"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		read, write := *p.ReadCapacityUnits, *p.WriteCapacityUnits
		forbid(now != nil && t.billing == "PROVISIONED" && *now.ReadCapacityUnits == read && *now.WriteCapacityUnits == write,
			"The provisioned throughput for the table will not change. The requested value equals the current value. "+
				"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
				"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
				"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			read, read, write, write)
	}
	for _, d := range in.AttributeDefinitions {
		known := t.kind(d.AttributeName)
		forbid(known != value.None && known.String() != d.AttributeType, wrongValue+
			"Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "+
			"Existing schema: %s:%s New schema: %s:%s", d.AttributeName, known, d.AttributeName, d.AttributeType)
	}
	for _, update := range in.GlobalSecondaryIndexUpdates {
		name := *update.given()[0].IndexName
		x := t.secondaryIndex(name)
		if update.Create != nil {
			forbid(x != nil, "Attempting to create an index which already exists")
			in.checkIndex(*update.Create)
			forbid(t.billing == "PROVISIONED" && in.BillingMode == "" && update.Create.ProvisionedThroughput == nil,
				wrongValue+"ProvisionedThroughput must be specified for index: %s", name)
		} else if x == nil || !x.global {
			panic(errNoTable)
		}
	}
}
