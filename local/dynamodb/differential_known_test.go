package dynamodb_test

import (
	"testing"

	"simple-sam-demo/local/differential"
)

const (
	reference = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"
	guide     = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
	operators = guide + "Expressions.OperatorsAndFunctions.html"
	updates   = guide + "Expressions.UpdateExpressions.html"

	// The authors of these ScyllaDB tests and issues describe what they saw on AWS.
	removesOfNoItem   = "https://github.com/scylladb/scylladb/issues/5862"
	nestedRemoves     = "https://github.com/scylladb/scylladb/blob/master/test/alternator/test_update_expression.py" // test_nested_attribute_remove_from_missing_item
	refusedFirst      = "https://github.com/architect/dynalite/tree/master/test"                                     // recorded on AWS
	conditionOperands = "https://github.com/scylladb/scylladb/blob/master/test/alternator/test_condition_expression.py"

	accepted = `error: ours "ValidationException", theirs ""$`
	late     = `error: ours "ValidationException", theirs "(ConditionalCheckFailedException)?"$`
	// missing matches a write with a condition on attributes that the item may lack. For one server
	// the condition is true and for the other it is false.
	missing = `Item .*ConditionExpression: .*(=|<|>| IN | BETWEEN |contains|begins_with).*error: ours "(ConditionalCheckFailedException)?", theirs "(ConditionalCheckFailedException)?"$`
	// onlyRemoves matches an update without SET and ADD.
	onlyRemoves = `UpdateItem .*UpdateExpression: (REMOVE|DELETE)[^A]*\}: `
)

// knownDifferences lists, for each other server, how it differs from ours. The versions are
// [dynaliteVersion] and [differential.MotoVersion]. The first entry that matches is counted.
var knownDifferences = map[string][]differential.Known{
	"dynalite": {
		{Is: `^(Scan after )?Transact`,
			What: "has no transactions", Page: reference + "API_TransactWriteItems.html", Apart: true},
		{Is: `theirs "no answer"$`,
			What: "crashes at begins_with and IN of two attributes", Page: operators, Apart: true},
		{Is: onlyRemoves + `error: ours "", theirs "ValidationException"$`,
			What: "refuses REMOVE and DELETE of a part of an attribute where there is no item", Page: nestedRemoves, Apart: true},
		{Is: onlyRemoves + `(Attributes|Items|Count|ScannedCount): `,
			What: "makes an item by an update that only removes", Page: removesOfNoItem, Apart: true},
		{Is: `^(Query|Scan) .*Select: \w+\}: ` + accepted,
			What: "accepts any Select, with or without a ProjectionExpression", Page: reference + "API_Query.html"},
		{Is: `^Scan .*ConsistentRead: true.*IndexName: byA.*: ` + accepted,
			What: "takes a consistent Scan of a global index", Page: reference + "API_Scan.html"},
		{Is: `NOT NOT .*theirs "ValidationException"$`,
			What: "does not take NOT NOT", Page: operators, Apart: true},
		{Is: ` (IN|BETWEEN) .*: ` + late,
			What: "takes IN and BETWEEN of an attribute and itself, and any types", Question: "dynamodb-same-operand", Page: conditionOperands, Apart: true},
		{Is: `(Condition|Filter)Expression: .*: ` + late,
			What: "takes conditions that compare values without an order", Page: conditionOperands, Apart: true},
		{Is: `^UpdateItem .*: error: ours "ConditionalCheckFailedException", theirs "ValidationException"$`,
			What: "refuses an update that cannot be before it evaluates the condition", Question: "dynamodb-condition-or-update", Page: reference + "API_UpdateItem.html"},
		{Is: missing,
			What: "compares attributes that are not there as if they had a value", Page: conditionOperands, Apart: true},
		{Is: `: Item: ours ".+", theirs ""$`,
			What: "does not return the item when its condition is false", Page: reference + "API_PutItem.html"},
		{Is: `^DeleteItem .*ReturnValues: (UPDATED_NEW|ALL_NEW).*: ` + accepted,
			What: "takes any ReturnValues of DeleteItem", Page: reference + "API_DeleteItem.html", Apart: true},
		{Is: `^UpdateItem .*UpdateExpression: .*DELETE .*: error: ours "", theirs "ValidationException"$`,
			What: "refuses DELETE from an index's key when the item does not have it", Question: "dynamodb-delete-from-index-key", Page: guide + "SecondaryIndexes.html", Apart: true},
		{Is: `error: ours "ValidationException", theirs "ResourceNotFoundException"$`,
			What: "looks for the table before it has checked the whole request", Question: "dynamodb-table-or-request-first", Page: refusedFirst},
		{Is: `^(PutItem|UpdateItem) .*: ` + accepted,
			What: "takes an empty value for an index's key", Page: guide + "HowItWorks.NamingRulesDataTypes.html", Apart: true},
		{Is: `^CreateTable, an attribute (defined twice|not used),.*: ` + accepted,
			What: "accepts attribute definitions that no key uses, and two definitions of one attribute", Page: reference + "API_CreateTable.html"},
		{Is: `^CreateTable, an index that includes nothing,.*: ` + accepted,
			What: "takes a projection INCLUDE without NonKeyAttributes", Page: reference + "API_Projection.html"},
	},
	"moto": {
		{Is: `theirs "500|StatusCode: 500`,
			What: "answers 500 to an invalid expression", Page: operators, Apart: true},
		{Is: onlyRemoves + `error: ours "", theirs "ValidationException"$`,
			What: "refuses REMOVE and DELETE of a part of an attribute where there is no item", Page: nestedRemoves, Apart: true},
		{Is: onlyRemoves + `(Attributes|Items|Count|ScannedCount): `,
			What: "makes an item by an update that only removes", Page: removesOfNoItem, Apart: true},
		{Is: `^Batch(Write|Get)Item .*: ` + accepted,
			What: "accepts empty batches, and batches that have a key twice", Page: reference + "API_BatchWriteItem.html", Apart: true},
		{Is: `TableName: no.*theirs "ResourceNotFoundException"$|^Batch.*(no|N!ne): .*theirs "ResourceNotFoundException"$`,
			What: "looks for the table even if its name is not valid", Page: reference + "API_GetItem.html"},
		{Is: `^(Query|Scan|GetItem) .*: ` + accepted,
			What: "accepts any Select, any Limit and overlapping projections", Page: reference + "API_Query.html"},
		{Is: ` (IN|BETWEEN) .*: ` + late,
			What: "takes IN and BETWEEN of an attribute and itself, and any types", Question: "dynamodb-same-operand", Page: conditionOperands, Apart: true},
		{Is: `(Condition|Filter)Expression: .*: ` + late,
			What: "takes conditions that compare values without an order", Page: conditionOperands, Apart: true},
		{Is: missing,
			What: "compares attributes that are not there as if they had a value", Page: conditionOperands, Apart: true},
		{Is: `^(Scan|Query) .*FilterExpression: .*(=|<|>| IN | BETWEEN |contains).*(Items|Count): `,
			What: "compares attributes that are not there as if they had a value, in filters too", Page: conditionOperands},
		{Is: `theirs ".*\b1\.0\b`,
			What: "keeps a number as it was written", Page: guide + "HowItWorks.NamingRulesDataTypes.html"},
		{Is: `^Scan after (UpdateItem|BatchWriteItem|TransactWriteItems) .*: (Items|Count|ScannedCount): `,
			What: "stores a part of a write that it refuses", Page: reference + "API_UpdateItem.html", Apart: true},
		{Is: `^CreateTable, .*: ` + accepted,
			What: "accepts definitions of tables that are not valid", Page: reference + "API_CreateTable.html"},
		{Is: `^(PutItem|UpdateItem) .*: ` + accepted,
			What: "accepts a value whose type is not that of the index's key", Page: guide + "SecondaryIndexes.html", Apart: true},
		{Is: `error: ours "ValidationException", theirs "ResourceNotFoundException"$`,
			What: "looks for the table before it checks the request", Page: refusedFirst},
		{Is: `^UpdateItem .*: error: ours "ConditionalCheckFailedException", theirs "ValidationException"$`,
			What: "refuses an update that cannot be before it evaluates the condition", Question: "dynamodb-condition-or-update", Page: reference + "API_UpdateItem.html"},
		{Is: `^UpdateItem .*ReturnValues: UPDATED_\w+.*: Attributes: `,
			What: "shows the key beside the attributes that an update changed", Page: reference + "API_UpdateItem.html"},
		{Is: `^Transact(Get|Write)Items .*: (error|reason \d): `,
			What: "accepts a key twice and unused names, and confuses cancelled and refused transactions", Page: reference + "API_TransactWriteItems.html", Apart: true},
		{Is: `^DeleteItem .*: ` + accepted,
			What: "takes a key with other attributes or of another type in DeleteItem", Page: reference + "API_DeleteItem.html", Apart: true},
		{Is: `^TransactGetItems .*ProjectionExpression: .*: Responses: `,
			What: "ignores the ProjectionExpression of TransactGetItems", Page: reference + "API_Get.html"},
		{Is: `^Query .*KeyConditionExpression: begins_with \( \w , :v1 \) and .*: error: ours "", theirs "ValidationException"$`,
			What: "does not take begins_with before the partition key's condition", Page: reference + "API_Query.html"},
		{Is: `^UpdateItem .*UpdateExpression: SET .*: error: ours "", theirs "ValidationException"$`,
			What: "does not find the key on the right side of SET when the item does not exist", Question: "dynamodb-key-in-update", Page: updates, Apart: true},
		{Is: `(Condition|Filter)Expression: .*: error: ours "(ConditionalCheckFailedException)?", theirs "ValidationException"$`,
			What: "refuses a condition because of the values in an item, such as the bounds of BETWEEN", Page: operators, Apart: true},
	},
}

func TestEachKnownDifferenceHasAPageAndIfItIsOpenAQuestion(t *testing.T) {
	differential.CheckKnown(t, knownDifferences)
}
