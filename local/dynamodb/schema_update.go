package dynamodb

import (
	"simple-sam-demo/local/dynamodb/value"
)

// check finds the table of an update that can be.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
func (s *Server) check(in *updateTableRequest) (*table, error) {
	if in.TableName == nil {
		return s.named(nil)
	}
	var v violations
	in.settings.violations(&v)
	for i, update := range in.GlobalSecondaryIndexUpdates {
		if update.Create != nil {
			update.Create.violations(&v, "globalSecondaryIndexUpdates", i)
		}
		for _, other := range []*indexRequest{update.Update, update.Delete} {
			if other != nil {
				v.name(other.IndexName, member("globalSecondaryIndexUpdates", i, "indexName"), 3)
			}
		}
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	if err := in.checkAlone(); err != nil {
		return nil, err
	}
	t, err := s.named(in.TableName)
	if err != nil {
		return nil, err
	}
	return t, in.checkFor(t)
}

func (in *updateTableRequest) checkAlone() error {
	if err := in.StreamSpecification.on(); err != nil {
		return err
	}
	nothing := in.ProvisionedThroughput == nil && in.BillingMode == "" && len(in.GlobalSecondaryIndexUpdates) == 0 && in.SSESpecification == nil
	if nothing && in.DeletionProtectionEnabled == nil && in.TableClass == "" && in.StreamSpecification == nil {
		return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if in.BillingMode == "PROVISIONED" && in.ProvisionedThroughput == nil {
		return invalidValue("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	}
	if err := in.ProvisionedThroughput.inBounds(); err != nil {
		return err
	}
	names, made := map[string]bool{}, 0
	for _, update := range in.GlobalSecondaryIndexUpdates {
		var name *string
		for _, given := range []*indexRequest{update.Create, update.Update, update.Delete} {
			switch {
			case given != nil && name != nil:
				return invalidValue("Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete can be given for an index. Index: %s", *name)
			case given != nil:
				name = given.IndexName
			}
		}
		if update.Update == nil {
			made++
		}
		if name == nil {
			return invalidValue("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		}
		if names[*name] {
			return invalidValue("Only one global secondary index update per index is allowed simultaneously. Index: %s", *name)
		}
		names[*name] = true
	}
	if made > 1 {
		return refusal("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

// checkFor refuses an update that does not suit the table.
func (in *updateTableRequest) checkFor(t *table) error {
	if p := in.ProvisionedThroughput; p != nil {
		if in.BillingMode == "PAY_PER_REQUEST" || in.BillingMode == "" && t.billing == "PAY_PER_REQUEST" {
			return invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
		if now := t.throughput; now != nil && t.billing == "PROVISIONED" && *now.ReadCapacityUnits == *p.ReadCapacityUnits && *now.WriteCapacityUnits == *p.WriteCapacityUnits {
			return invalid("The provisioned throughput for the table will not change. The requested value equals the current value. "+
				"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
				"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
				"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
				*now.ReadCapacityUnits, *p.ReadCapacityUnits, *now.WriteCapacityUnits, *p.WriteCapacityUnits)
		}
	}
	for _, d := range in.AttributeDefinitions {
		if known := t.kind(d.AttributeName); known != value.None && known.String() != d.AttributeType {
			return invalidValue("Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "+
				"Existing schema: %s:%s New schema: %s:%s", d.AttributeName, known, d.AttributeName, d.AttributeType)
		}
	}
	for _, update := range in.GlobalSecondaryIndexUpdates {
		if update.Create != nil {
			if _, err := t.find(update.Create.IndexName); err == nil {
				return invalid("Attempting to create an index which already exists")
			}
			if err := in.checkIndex(*update.Create); err != nil {
				return err
			}
			if t.billing == "PROVISIONED" && in.BillingMode == "" && update.Create.ProvisionedThroughput == nil {
				return invalidValue("ProvisionedThroughput must be specified for index: %s", *update.Create.IndexName)
			}
		}
		for _, other := range []*indexRequest{update.Update, update.Delete} {
			if other == nil {
				continue
			}
			if x, err := t.find(other.IndexName); err != nil || !x.global {
				return refusal("ResourceNotFoundException", "Requested resource not found")
			}
		}
	}
	return nil
}
