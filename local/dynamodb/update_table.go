package dynamodb

import (
	"cmp"
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
		update.violations(&v, member("globalSecondaryIndexUpdates", i, ""))
	}
	v.end()
	in.checkAlone()
	t := s.named(in.TableName)
	in.checkFor(t)
	t.keepWarm()
	s.apply(&in.settings, t)
	for _, update := range in.GlobalSecondaryIndexUpdates {
		t.updateIndex(update)
	}
	used := slices.Clone(t.keys)
	for _, x := range t.secondary {
		used = append(used, x.keys...)
	}
	t.definitions = slices.DeleteFunc(t.definitions, func(d definition) bool { return !slices.Contains(used, d.AttributeName) })
	return object{"TableDescription": s.describe(t)}
}

func (u indexUpdate) violations(v *violations, path string) {
	if u.Create != nil {
		u.Create.violations(v, path+"create.")
	}
	if u.Update != nil {
		v.name(u.Update.IndexName, path+"update.indexName", 3)
		u.Update.ProvisionedThroughput.violations(v, path+"update.provisionedThroughput")
	}
	if u.Delete != nil {
		v.name(u.Delete.IndexName, path+"delete.indexName", 3)
	}
}

func (t *table) updateIndex(update indexUpdate) {
	switch {
	case update.Create != nil:
		t.addIndex(*update.Create, true)
	case update.Delete != nil:
		t.secondary = slices.DeleteFunc(t.secondary, func(x *index) bool { return x.name == *update.Delete.IndexName })
	default:
		x := t.secondaryIndex(*update.Update.IndexName)
		x.provision(update.Update.ProvisionedThroughput)
		x.warm.raise(update.Update.WarmThroughput)
	}
}

// checkAlone refuses an update that is invalid for every table.
func (in *updateTableRequest) checkAlone() {
	in.checkTogether()
	in.WarmThroughput.check("for the table")
	forbid(in.BillingMode == "PROVISIONED" && in.ProvisionedThroughput == nil,
		wrongValue+"ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	in.settings.check()
	names, made := map[string]bool{}, 0
	for _, update := range in.GlobalSecondaryIndexUpdates {
		given := update.given()
		forbid(len(given) == 0, wrongValue+"One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "+
			"GlobalSecondaryIndexUpdate.Delete must not be null")
		forbid(len(given) > 1, wrongValue+"Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
		name := *given[0].IndexName
		forbid(names[name], wrongValue+"Only one global secondary index update per index is allowed simultaneously. Index: %s", name)
		names[name] = true
		if update.Update == nil {
			made++
		} else {
			update.Update.WarmThroughput.check("for index: " + name)
		}
	}
	forbid(made > 0 && in.ProvisionedThroughput != nil, wrongValue+"You cannot create or delete index while updating table IOPS")
	if made > 1 {
		panic(refusal("LimitExceededException",
			"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"))
	}
}

// checkTogether refuses an update that changes nothing, and changes that one update cannot make together. AWS's
// answers are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks: DDB-TABLE-015,
// -174, -359 and -433.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/update-warm-throughput.html
func (in *updateTableRequest) checkTogether() {
	updates := in.GlobalSecondaryIndexUpdates
	encryption, class, protection := in.SSESpecification != nil, in.TableClass != "", in.DeletionProtectionEnabled != nil
	warm, indexes := in.WarmThroughput != nil, len(updates) > 0
	changes := 0
	for _, given := range []bool{
		encryption, class, protection, warm, indexes, in.ProvisionedThroughput != nil || in.BillingMode != "", in.StreamSpecification != nil,
	} {
		if given {
			changes++
		}
	}
	forbid(changes == 0, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "+
		"SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "+
		"DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
	forbid(updates != nil && !indexes, wrongValue+"List of GlobalSecondaryIndexUpdates is empty")
	const only = " must be the only operation in the request"
	forbid(encryption && changes > 1, wrongValue+"Server-Side Encryption modification"+only)
	forbid(class && changes > 1, wrongValue+"TableClass modification"+only)
	forbid(protection && changes > 1, wrongValue+"DeletionProtection modification"+only)
	created := slices.ContainsFunc(updates, func(u indexUpdate) bool { return u.Create != nil })
	forbid(warm && created, wrongValue+"Create global secondary index cannot be specified when updating WarmThroughput")
	forbid(warm && changes > 1 && !(indexes && changes == 2), wrongValue+"WarmThroughput"+only)
}

// checkFor refuses an update that this table does not allow.
func (in *updateTableRequest) checkFor(t *table) {
	forbid(in.StreamSpecification != nil, "Table has no stream to disable: TableName: %s", t.name)
	in.SSESpecification.checkFor(t)
	billing := cmp.Or(in.BillingMode, t.billing)
	if p := in.ProvisionedThroughput; p != nil {
		forbid(billing == "PAY_PER_REQUEST",
			wrongValue+"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		t.checkChange(p, "the table", "the table")
	}
	in.WarmThroughput.atLeast(t.warmNow(t.billing), "table", lowerThanCurrent)
	for _, d := range in.AttributeDefinitions {
		known := t.kind(d.AttributeName)
		forbid(known != value.None && known.String() != d.AttributeType && in.createsIndexOn(d.AttributeName), wrongValue+
			"Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "+
			"Existing schema: %s:%s New schema: %s:%s", d.AttributeName, known, d.AttributeName, d.AttributeType)
	}
	given := map[string]bool{}
	for _, update := range in.GlobalSecondaryIndexUpdates {
		in.checkIndexUpdate(update, t, billing)
		given[*update.given()[0].IndexName] = update.Update == nil || update.Update.ProvisionedThroughput != nil
	}
	for _, x := range t.secondary {
		forbid(x.global && billing != t.billing && billing == "PROVISIONED" && !given[x.name],
			wrongValue+"ProvisionedThroughput must be specified for index: %s", x.name)
	}
}

// createsIndexOn tells whether the attribute is in the key of a new index. The definition of another attribute has no
// effect if it has another type in the table, as https://github.com/paritysuite/dynamodb-conformance recorded (issue 78).
func (in *updateTableRequest) createsIndexOn(attribute string) bool {
	return slices.ContainsFunc(in.GlobalSecondaryIndexUpdates, func(u indexUpdate) bool {
		return u.Create != nil && slices.Contains(u.Create.KeySchema.names(), attribute)
	})
}

// checkIndexUpdate refuses a change of an index that this table does not allow. billing is the billing mode
// after the update. AWS's answers are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller,
// docs/api-quirks: DDB-TABLE-152, -155, -162, -164 and -169.
func (in *updateTableRequest) checkIndexUpdate(update indexUpdate, t *table, billing string) {
	given := update.given()[0]
	name, units, warm := *given.IndexName, given.ProvisionedThroughput, given.WarmThroughput
	x := t.secondaryIndex(name)
	if update.Create != nil {
		forbid(x != nil, "Attempting to create an index which already exists")
		forbid(in.AttributeDefinitions == nil, wrongValue+"AttributeDefinitions is not specified for index: %s", name)
		in.checkIndex(*given)
		forbid(billing == "PROVISIONED" && units == nil,
			wrongValue+"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: %s", name)
		forbid(billing == "PAY_PER_REQUEST" && units != nil,
			wrongValue+"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %s when BillingMode is PAY_PER_REQUEST", name)
		warm.checkNew(units, billing, "index "+name)
		t.checkRoom(given)
		return
	}
	if x == nil || !x.global {
		panic(errNoTable)
	}
	if update.Delete != nil {
		return
	}
	forbid(billing == "PAY_PER_REQUEST" && (units != nil || warm == nil), wrongValue+
		"The only Updates for index: %s when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput", name)
	forbid(units == nil && warm == nil, wrongValue+"ProvisionedThroughput must be specified for index: %s", name)
	x.checkChange(units, "the index "+name, "index "+name)
	warm.atLeast(x.warmNow(t.billing), "index "+name, lowerThanCurrent)
}

// checkRoom refuses an index that the table has no room for.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-secondary-indexes
func (t *table) checkRoom(more *indexRequest) {
	global, projected := 1, len(more.Projection.NonKeyAttributes)
	for _, x := range t.secondary {
		projected += len(x.projection.NonKeyAttributes)
		if x.global {
			global++
		}
	}
	checkProjected(projected)
	if global > 20 {
		panic(refusal("LimitExceededException", "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20"))
	}
}
