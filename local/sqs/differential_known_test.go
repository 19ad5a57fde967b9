package sqs_test

// knownDifference is something that another server does otherwise. When local/sqs is
// mended or the other server is, it is no longer seen, and the run says so.
type knownDifference struct {
	is    string // regular expression of the [difference]
	what  string // the other server does
	whose mistake
	page  string // of AWS, that decides it, or comes closest
	apart bool   // the servers hold different things afterwards
}

type mistake string

const (
	theirs mistake = "theirs"
	// open is what AWS's documentation does not decide.
	open mistake = "open"
)

const (
	api      = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"
	guide    = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
	metadata = guide + "sqs-message-metadata.html"

	accepted = `: error: ours "[A-Za-z]+", theirs ""$`
)

// knownDifferences are those from each server, of the versions in
// differential_servers_test.go. The first that fits counts.
var knownDifferences = map[string][]knownDifference{
	"elasticmq": {
		{`^GetQueueAttributes after .*: \w+ (MaximumMessageSize|MessageRetentionPeriod|SqsManagedSseEnabled): ours .*, theirs ""$`,
			"does not have MaximumMessageSize, MessageRetentionPeriod and SqsManagedSseEnabled", theirs, api + "API_GetQueueAttributes.html", false},
		{`^SetQueueAttributes (MaximumMessageSize|MessageRetentionPeriod|Policy) .*` + accepted,
			"takes any value of the attributes that it does not have", theirs, api + "API_SetQueueAttributes.html", false},
		{`^SendMessage(Batch)?: (error|entry m\d+|.*MD5.*|.*SenderFault): ours "(InvalidParameterValue|true|)", theirs "(|[0-9a-f]{32})"$`,
			"takes messages over the queue's MaximumMessageSize", theirs, api + "API_SetQueueAttributes.html", true},
		{`^(Set|Create)Queue\w* .*(VisibilityTimeout|DelaySeconds|ReceiveMessageWaitTimeSeconds) (-1|43201|901|21)` + accepted,
			"takes any whole number for an attribute", theirs, api + "API_SetQueueAttributes.html", true},
		{`^SetQueueAttributes VisibilityTimeout x: error: .* StatusCode: 500`,
			"answers 500 when a number is none", theirs, api + "API_SetQueueAttributes.html", false},
		{`^SetQueueAttributes RedrivePolicy: error: ours "", theirs "InvalidAttributeValue"`,
			"does not remove a redrive policy that is set to an empty one", theirs, api + "API_SetQueueAttributes.html", true},
		{`^SetQueueAttributes RedrivePolicy .*: error: ours "InvalidParameterValue", theirs "(InvalidAttributeValue|QueueDoesNotExist)"`,
			"has another code for a redrive policy that is none", open, api + "API_SetQueueAttributes.html", false},
		{`^CreateQueue of one that there is: `,
			"refuses to create a queue again with only some of its attributes, and takes others", theirs, api + "API_CreateQueue.html", false},
		{`^CreateQueue with a name .*theirs "InvalidAttributeName"`,
			"has another code for a queue name", theirs, api + "API_CreateQueue.html", false},
		{`^(Create|Get)Queue\w* \w+ (an attribute|one) that there is not` + accepted,
			"takes attribute names that there are not", theirs, api + "API_GetQueueAttributes.html", true},
		{`^(Send|Receive)Message(Batch)?[ :].*ours "(InvalidParameterValue|InvalidMessageContents|MissingParameter|BatchRequestTooLong)", theirs "(InvalidAttributeValue|MissingParameter)"`,
			"has the code InvalidAttributeValue, or MissingParameter, for all that a request can hold", theirs, api + "API_SendMessage.html", false},
		{`^SendMessage with an attribute .*` + accepted,
			"takes any name of a message attribute", theirs, metadata, true},
		{`^SendMessage with a system attribute that is none` + accepted,
			"takes any system attribute", theirs, api + "API_SendMessage.html", true},
		{`^SendMessage with a mebibyte .*` + accepted,
			"counts characters, not bytes, and no attributes", theirs, api + "API_SendMessage.html", true},
		{`^SendMessage(Batch)?: .*MD5OfMessageSystemAttributes: .*, theirs ""`,
			"does not tell MD5OfMessageSystemAttributes", theirs, api + "API_SendMessage.html", false},
		{`^(Send|Delete)MessageBatch (of no entry|with an (empty )?id.*)` + accepted,
			"takes a batch without entries, and any entry id", theirs, api + "API_SendMessageBatch.html", true},
		{`^(ReceiveMessage that hides for|ChangeMessageVisibility to (-1|43201) with (the|an old) receipt).*` + accepted,
			"takes any visibility timeout", theirs, api + "API_ReceiveMessage.html", true},
		{`^ChangeMessageVisibilityBatch to (-1|43201) with (the|an old) receipt.*: entry a.*theirs ""$`,
			"takes any visibility timeout in a batch", theirs, api + "API_ChangeMessageVisibilityBatch.html", true},
		{`^ReceiveMessage: m\d+ .*[aA]ttribute.*: ours ".*", theirs ""$`,
			"does not give message attributes by the prefix failure.*", theirs, api + "API_ReceiveMessage.html", false},
		{`^ReceiveMessage: m\d+ (is redriven: ours "false", theirs "true"|system attributes: .*DeadLetterQueueSourceArn SenderId SentTimestamp")$`,
			"keeps the DeadLetterQueueSourceArn of a message that a task has moved back, as a new one", theirs, guide + "sqs-configure-dead-letter-queue-redrive.html", false},
		{`^DeleteMessage(Batch)?( with an? (old )?receipt.*)?: .*ours "", theirs "(ReceiptHandleIsInvalid|true)"`,
			"refuses a receipt handle that is not the newest, or of a message that is deleted", theirs, api + "API_DeleteMessage.html", false},
		{`^ChangeMessageVisibility(Batch)? .* with an? (old )?receipt.*: .*ours "InvalidParameterValue", theirs "ReceiptHandleIsInvalid"`,
			"has another code for a message that is deleted, and looks at the handle before the timeout", open, api + "API_ChangeMessageVisibility.html", false},
		{`^ChangeMessageVisibility(Batch)? .* with an old receipt.*: .*ours "", theirs "(ReceiptHandleIsInvalid|true)"`,
			"refuses a receipt handle that is not the newest", theirs, api + "API_ChangeMessageVisibility.html", true},
		{`^GetQueueAttributes after ChangeMessageVisibility(Batch)? .* visible again,: `,
			"hides a message again that is visible", theirs, api + "API_ChangeMessageVisibility.html", true},
		{`^\w+ with an empty receipt handle: .*theirs "ReceiptHandleIsInvalid"`,
			"has another code for an empty receipt handle", open, api + "API_DeleteMessage.html", false},
		{`^List(Queues|MessageMoveTasks), no more than .*` + accepted,
			"takes any MaxResults", theirs, api + "API_ListQueues.html", false},
		{`^(lists: ListDeadLetterSourceQueues: ours "Orders", theirs ""|ListDeadLetterSourceQueues of no queue` + accepted + `)`,
			"does not list sources whose policy was set later, and does not miss the queue", theirs, api + "API_ListDeadLetterSourceQueues.html", false},
		{`^PurgeQueue` + accepted,
			"purges more than once a minute", theirs, api + "API_PurgeQueue.html", true},
		{`^\w+MessageMoveTasks? .*: ours "(ResourceNotFoundException|InvalidParameterValue)", theirs "(QueueDoesNotExist|ResourceNotFoundException)"`,
			"has other codes for queues and tasks that there are not", theirs, api + "API_StartMessageMoveTask.html", false},
		{`^StartMessageMoveTask( .*` + accepted + `|: [a-z ]+: ours "(InvalidParameterValue)?", theirs )`,
			"moves from queues that are no dead-letter queue, and at any rate", theirs, api + "API_StartMessageMoveTask.html", true},
		{`^StartMessageMoveTask: moved: ours "\d+"`,
			"moves messages in flight and delayed ones, too", open, api + "API_StartMessageMoveTask.html", true},
		{`^StartMessageMoveTask: (handle: ours "false", theirs "true"|to move: ours "\d+", theirs "0")$`,
			"tells the handle of a task that has ended, and as messages to move those that are left", theirs, api + "API_ListMessageMoveTasks.html", false},
	},
	"moto": {
		{`^\w+MessageMoveTasks?\b.*(StatusCode: 500|: [a-z ]+: ours ".*", theirs ""$)`,
			"has no message move tasks, and answers 500", theirs, api + "API_StartMessageMoveTask.html", true},
		{`^SetQueueAttributes (VisibilityTimeout x|Policy that is not JSON|RedrivePolicy that is not JSON): error: .* StatusCode: 500`,
			"answers 500 when JSON or a number is none", theirs, api + "API_SetQueueAttributes.html", true},
		{`^SendMessage with .*` + accepted,
			"takes any body, message attribute and deduplication id", theirs, api + "API_SendMessage.html", true},
		{`^GetQueueAttributes after SendMessage with an attribute`,
			"refuses an attribute name, but keeps the message", theirs, metadata, true},
		{`^SendMessage delayed by -1` + accepted,
			"takes a negative delay", theirs, api + "API_SendMessage.html", true},
		{`^SendMessage(Batch)?: .*MD5OfMessageSystemAttributes: .*, theirs ""`,
			"does not tell MD5OfMessageSystemAttributes", theirs, api + "API_SendMessage.html", false},
		{`^SendMessageBatch: entry (empty|strange)`,
			"takes empty bodies and any characters in a batch", theirs, api + "API_SendMessageBatch.html", true},
		{`^SendMessageBatch: (entry |error: ours "", theirs "InvalidParameterValue")`,
			"refuses a whole batch for one entry that is too long", theirs, api + "API_SendMessageBatch.html", true},
		{`^ReceiveMessage: m\d+ (is redriven: ours "true", theirs "false"|system attributes: .*DeadLetterQueueSourceArn SenderId SentTimestamp", theirs)`,
			"does not tell the DeadLetterQueueSourceArn", theirs, api + "API_ReceiveMessage.html", false},
		{`^ReceiveMessage: m\d+ (AWSTraceHeader: ours "Root.*, theirs ""|system attributes: ours "AWSTraceHeader )`,
			"loses the trace header of an entry of a batch", theirs, api + "API_SendMessageBatch.html", false},
		{`^ReceiveMessage that hides for -1` + accepted,
			"takes a negative visibility timeout", theirs, api + "API_ReceiveMessage.html", true},
		{`^ChangeMessageVisibility(Batch)? to -1 with (the|an old) receipt.*: .*theirs ""`,
			"takes a negative visibility timeout", theirs, api + "API_ChangeMessageVisibility.html", true},
		{`^ChangeMessageVisibility(Batch)? to \S+ with a receipt of none: .*ours "InvalidParameterValue", theirs "ReceiptHandleIsInvalid"`,
			"has another code for a message that is deleted", open, api + "API_ChangeMessageVisibility.html", false},
		{`^GetQueueAttributes after ChangeMessageVisibility(Batch)? .* visible again,: `,
			"hides a message again that is visible", theirs, api + "API_ChangeMessageVisibility.html", true},
		{`^\w+ with an empty receipt handle: .*theirs "ReceiptHandleIsInvalid"`,
			"has another code for an empty receipt handle", open, api + "API_DeleteMessage.html", false},
		{`^DeleteMessage(Batch)?( with an? (old )?receipt.*)?: .*ours "", theirs "(ReceiptHandleIsInvalid|true)"`,
			"refuses the receipt handle of a message that is deleted", theirs, api + "API_DeleteMessage.html", false},
		{`^GetQueueAttributes after DeleteMessage(Batch)?( with an old receipt.*)?: \w+ ApproximateNumberOf`,
			"deletes with any receipt handle that the message had", open, api + "API_DeleteMessage.html", true},
		{`^DeleteMessageBatch with an id that is not one` + accepted,
			"takes any entry id in DeleteMessageBatch", theirs, api + "API_DeleteMessageBatch.html", false},
		{`^(SetQueueAttributes|CreateQueue) .*` + accepted,
			"takes attributes that there are not, and any values", theirs, api + "API_SetQueueAttributes.html", true},
		{`^GetQueueAttributes after SetQueueAttributes RedrivePolicy`,
			"refuses a redrive policy, but keeps it", theirs, api + "API_SetQueueAttributes.html", true},
		{`^SetQueueAttributes RedrivePolicy to no queue: .*"QueueDoesNotExist"`,
			"has another code for a redrive policy to a queue that there is not", open, api + "API_SetQueueAttributes.html", false},
		{`^ListQueues, no more than .*` + accepted,
			"takes any MaxResults", theirs, api + "API_ListQueues.html", false},
	},
}
