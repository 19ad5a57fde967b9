package template

import (
	"maps"
	"slices"
	"strconv"
)

// resourceProperties has the types of resources that the local stack runs, and the properties of
// each. A property is honoured, or ignored for a reason, or refused for a reason.
var resourceProperties = map[string]schema{
	"AWS::Serverless::Function": object(functionProperties),
	"AWS::Serverless::Api":      object(apiProperties),
	"AWS::SQS::Queue":           object(queueProperties),
	"AWS::DynamoDB::Table":      object(tableProperties),
}

// with adds properties that AWS has and the local stack refuses. why is the reason.
func with(fields map[string]schema, why string, names ...string) map[string]schema {
	for _, name := range names {
		fields[name] = refused(why)
	}
	return fields
}

// refOnly is for a value that SAM must know when it translates. It may be a Ref of a parameter, but no
// other function.
func refOnly(s schema) schema {
	s.refOnly = true
	return s
}

const (
	changesCalls = "it changes what the function is called with, or when"
	changesAPI   = "it changes what the API accepts or answers"
	noFIFO       = "only standard queues are supported"
	changesTable = "it changes what the table does, or who is told about its changes"
	thisProcess  = "the functions run in this process, from the code of this module"
	oneVersion   = "there is one version: the code of this module"
	localNames   = "the local stack uses the logical id as the name"
	onlyConsoles = "people and tools read it; the stack does not need it"
)

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
var functionProperties = with(map[string]schema{
	"Handler":     required(oneOf("bootstrap")),
	"Runtime":     required(oneOf("provided.al2023", "provided.al2")),
	"PackageType": oneOf("Zip"),
	"Timeout":     whole(1, 900),
	"Environment": object(map[string]schema{"Variables": variables}),
	"LoggingConfig": object(map[string]schema{
		"ApplicationLogLevel": oneOf("DEBUG", "INFO", "WARN", "ERROR"),
		"SystemLogLevel":      oneOf("DEBUG", "INFO", "WARN"), // the local stack writes no system log
		"LogFormat":           oneOf("JSON", "Text"),          // the terminal has a format of its own
		"LogGroup":            ignored("logs go to the terminal", text()),
	}),
	"Events":                       named(alphanumeric, schema{kind: mapping, variants: map[string]schema{"Api": object(apiEvent), "SQS": object(sqsEvent)}}),
	"ReservedConcurrentExecutions": ignoredLimit,

	"Description":                   ignored(onlyConsoles, text()),
	"Tags":                          ignored(onlyConsoles, mapOf(text())),
	"PropagateTags":                 ignored(onlyConsoles, boolean()),
	"FunctionName":                  ignored(localNames, text()),
	"CodeUri":                       ignored(thisProcess, schema{}),
	"Architectures":                 ignored(thisProcess, upTo(1, oneOf("arm64", "x86_64"))),
	"MemorySize":                    ignored(thisProcess, whole(128, 10240)),
	"EphemeralStorage":              ignored(thisProcess, object(map[string]schema{"Size": required(whole(512, 10240))})),
	"CodeSigningConfigArn":          ignored(thisProcess, text()),
	"RuntimeManagementConfig":       ignored(thisProcess, schema{}),
	"ProvisionedConcurrencyConfig":  ignored(thisProcess, object(map[string]schema{"ProvisionedConcurrentExecutions": whole(1, 1_000_000)})),
	"KmsKeyArn":                     ignored(noEncryption, text()),
	"SourceKMSKeyArn":               ignored(noEncryption, text()),
	"Tracing":                       ignored(noTraces, oneOf("Active", "PassThrough", "Disabled")),
	"Role":                          ignored(noPermissions, text()),
	"Policies":                      ignored(noPermissions, schema{}),
	"PermissionsBoundary":           ignored(noPermissions, text()),
	"AssumeRolePolicyDocument":      ignored(noPermissions, schema{}),
	"RolePath":                      ignored(noPermissions, text()),
	"AutoPublishAlias":              ignored(oneVersion, matching("[0-9]*[A-Za-z_-][A-Za-z0-9_-]*", "a name of letters, digits, _ and -, and not a number")),
	"AutoPublishAliasAllProperties": ignored(oneVersion, boolean()),
	"AutoPublishCodeSha256":         ignored(oneVersion, text()),
	"VersionDescription":            ignored(oneVersion, text()),
	"VersionDeletionPolicy":         ignored(oneVersion, oneOf("Delete", "Retain")),
	"DeploymentPreference": ignored(oneVersion, object(map[string]schema{
		"Enabled": boolean(), "Type": text(), "Alarms": listOf(text()), "Role": text(), "PassthroughCondition": boolean(),
		"TriggerConfigurations": listOf(schema{}),
		"Hooks":                 object(map[string]schema{"PreTraffic": text(), "PostTraffic": text()}),
	})),
}, changesCalls, "ImageUri", "ImageConfig", "InlineCode", "DeadLetterQueue", "VpcConfig", "Layers", "EventInvokeConfig",
	"FileSystemConfigs", "SnapStart", "FunctionUrlConfig", "RecursiveLoop", "CapacityProviderConfig", "FunctionScalingConfig",
	"PublishToLatestPublished", "TenancyConfig", "DurableConfig")

// variables has the environment variables of a function. Lambda must accept their names.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
var variables = schema{kind: mapping, element: new(text()), scalar: func(name string) (any, string) {
	if slices.Contains(reservedVariables, name) {
		return nil, "allowed: Lambda sets this variable itself"
	}
	return variableName.scalar(name)
}}

var variableName = matching("[a-zA-Z][a-zA-Z0-9_]+", "a letter and then letters, digits or _")

var reservedVariables = []string{
	"AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
	"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// ignoredLimit is the limit of a function's concurrency. The local stack ignores it, but refuses 0,
// which would turn the function off.
var ignoredLimit = schema{kind: scalar, scalar: func(text string) (any, string) {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n, ""
	}
	return nil, "a number over 0: the local stack cannot turn a function off"
}}

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
var apiEvent = with(map[string]schema{
	"Path":      required(text()),
	"Method":    required(text()),
	"RestApiId": required(refTo("AWS::Serverless::Api")),
}, changesAPI, "Auth", "RequestModel", "RequestParameters", "TimeoutInMillis", "ResponseTransferMode", "Stage")

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-sqs.html
var sqsEvent = with(map[string]schema{
	"Queue":                          required(text()),
	"Enabled":                        boolean(),
	"BatchSize":                      whole(1, 10_000),
	"MaximumBatchingWindowInSeconds": whole(0, 300),
	"FunctionResponseTypes":          upTo(1, oneOf("ReportBatchItemFailures")),
	"ScalingConfig":                  object(map[string]schema{"MaximumConcurrency": required(whole(2, 1000))}),
	"MetricsConfig":                  ignored(noAlarms, object(map[string]schema{"Metrics": upTo(3, oneOf("EventCount", "ErrorCount", "KafkaMetrics"))})),
}, changesCalls, "FilterCriteria", "KmsKeyArn", "DestinationConfig", "ProvisionedPollerConfig", "LoggingConfig", "MaximumRetryAttempts",
	"BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "ParallelizationFactor", "SourceAccessConfigurations",
	"TumblingWindowInSeconds", "StartingPosition", "StartingPositionTimestamp", "Queues", "Topics")

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html
var apiProperties = with(map[string]schema{
	"StageName":        required(stageName),
	"ApiKeySourceType": oneOf("HEADER"),

	"Name":             ignored(localNames, text()),
	"Description":      ignored(onlyConsoles, text()),
	"Tags":             ignored(onlyConsoles, mapOf(text())),
	"PropagateTags":    ignored(onlyConsoles, boolean()),
	"TracingEnabled":   ignored(noTraces, boolean()),
	"OpenApiVersion":   ignored("it is the version of what SAM writes", text()),
	"FailOnWarnings":   ignored("it is about what SAM writes", boolean()),
	"AlwaysDeploy":     ignored(oneVersion, boolean()),
	"AccessLogSetting": ignored("logs go to the terminal", object(map[string]schema{"DestinationArn": text(), "Format": text()})),
	"SecurityPolicy":   ignored("there is no TLS here", text()),
	"EndpointConfiguration": ignored("the flag -api says where it listens", object(map[string]schema{
		"Type": oneOf("REGIONAL", "EDGE"), "IpAddressType": text(),
	})),
	"Auth": object(with(map[string]schema{
		// No authorizer has the name NONE. SAM does not look for one, because there are no Authorizers.
		"DefaultAuthorizer": refOnly(oneOf("NONE", "AWS_IAM")),
		"InvokeRole":        ignored(noPermissions, text()),
		"ApiKeyRequired":    ignored("the flag -api-key says which key is demanded", boolean()),
		"UsagePlan": ignored(noLimits, object(map[string]schema{
			"CreateUsagePlan": required(oneOf("PER_API", "SHARED", "NONE")), "Description": text(), "UsagePlanName": text(), "Tags": listOf(schema{}),
			"Throttle": object(map[string]schema{"RateLimit": number(), "BurstLimit": whole(0, 1<<31)}),
			"Quota":    object(map[string]schema{"Limit": whole(0, 1<<62), "Period": oneOf("DAY", "WEEK", "MONTH"), "Offset": whole(0, 31)}),
		})),
	}, changesAPI, "Authorizers", "ResourcePolicy", "AddDefaultAuthorizerToCorsPreflight",
		"AddApiKeyRequiredToCorsPreflight")),
}, changesAPI, "DefinitionBody", "DefinitionUri", "MergeDefinitions", "CacheClusterEnabled", "CacheClusterSize", "Variables",
	"MethodSettings", "BinaryMediaTypes", "MinimumCompressionSize", "Cors", "GatewayResponses", "CanarySetting", "Models", "Domain",
	"Mode", "DisableExecuteApiEndpoint", "Policy", "EndpointAccessMode")

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
var stageName = matching("[a-zA-Z0-9_-]{1,128}", "of up to 128 letters, digits, _ and -")

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html
// The ranges are those of SetQueueAttributes.
var queueProperties = with(map[string]schema{
	"QueueName":                     text(),
	"DelaySeconds":                  whole(0, 900),
	"MaximumMessageSize":            whole(1024, 1<<20),
	"MessageRetentionPeriod":        whole(60, 1_209_600),
	"ReceiveMessageWaitTimeSeconds": whole(0, 20),
	"VisibilityTimeout":             whole(0, 43_200),
	"SqsManagedSseEnabled":          boolean(),
	"RedrivePolicy": object(map[string]schema{
		"deadLetterTargetArn": required(text()), "maxReceiveCount": required(whole(1, 1000)),
	}),
	"RedriveAllowPolicy": object(map[string]schema{
		"redrivePermission": oneOf("allowAll", "denyAll", "byQueue"), "sourceQueueArns": listOf(text()),
	}),
	"KmsMasterKeyId":               ignored(noEncryption, text()),
	"KmsDataKeyReusePeriodSeconds": ignored(noEncryption, whole(60, 86_400)),
	"Tags":                         ignored(onlyConsoles, listOf(tag)),
}, noFIFO, "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")

var tag = object(map[string]schema{"Key": required(text()), "Value": required(text())})

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
// The honoured properties have the same names as the members of CreateTable.
var tableProperties = with(map[string]schema{
	"KeySchema": required(keySchema),
	"AttributeDefinitions": required(listOf(object(map[string]schema{
		"AttributeName": required(text()), "AttributeType": required(oneOf("S", "N", "B")),
	}))),
	"BillingMode":            oneOf("PAY_PER_REQUEST", "PROVISIONED"),
	"ProvisionedThroughput":  throughput,
	"GlobalSecondaryIndexes": listOf(object(globalIndex)),
	"LocalSecondaryIndexes":  listOf(object(localIndex)),

	"TableName":                 ignored(localNames, text()),
	"TableClass":                ignored("nothing costs anything here", oneOf("STANDARD", "STANDARD_INFREQUENT_ACCESS")),
	"Tags":                      ignored(onlyConsoles, listOf(tag)),
	"ResourcePolicy":            ignored(noPermissions, object(map[string]schema{"PolicyDocument": {}})),
	"OnDemandThroughput":        ignored(noLimits, object(map[string]schema{"MaxReadRequestUnits": number(), "MaxWriteRequestUnits": number()})),
	"WarmThroughput":            ignored(noLimits, object(map[string]schema{"ReadUnitsPerSecond": number(), "WriteUnitsPerSecond": number()})),
	"SSESpecification":          ignored(noEncryption, object(map[string]schema{"SSEEnabled": required(boolean()), "SSEType": oneOf("KMS"), "KMSMasterKeyId": text()})),
	"DeletionProtectionEnabled": ignored("everything is forgotten at the end", boolean()),
	"PointInTimeRecoverySpecification": ignored("everything is forgotten at the end", object(map[string]schema{
		"PointInTimeRecoveryEnabled": boolean(), "RecoveryPeriodInDays": whole(1, 35),
	})),
	"ContributorInsightsSpecification": ignored(noAlarms, object(map[string]schema{"Enabled": required(boolean()), "Mode": text()})),
}, changesTable, "StreamSpecification", "KinesisStreamSpecification", "TimeToLiveSpecification", "ImportSourceSpecification",
	"VectorIndexes")

var (
	keySchema = listOf(object(map[string]schema{
		"AttributeName": required(text()), "KeyType": required(oneOf("HASH", "RANGE")),
	}))
	throughput = object(map[string]schema{
		"ReadCapacityUnits": required(whole(1, 1<<53)), "WriteCapacityUnits": required(whole(1, 1<<53)),
	})
	localIndex = map[string]schema{
		"IndexName": required(text()),
		"KeySchema": required(keySchema),
		"Projection": required(object(map[string]schema{
			"ProjectionType": oneOf("ALL", "KEYS_ONLY", "INCLUDE"), "NonKeyAttributes": listOf(text()),
		})),
	}
	globalIndex = extended(localIndex, map[string]schema{
		"ProvisionedThroughput":            throughput,
		"OnDemandThroughput":               ignored(noLimits, schema{}),
		"WarmThroughput":                   ignored(noLimits, schema{}),
		"ContributorInsightsSpecification": ignored(noAlarms, schema{}),
	})
)

func extended(fields, more map[string]schema) map[string]schema {
	all := maps.Clone(fields)
	maps.Copy(all, more)
	return all
}

// globals has the sections of Globals, and the properties that SAM accepts in each.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
var globals = map[string]schema{
	"Function": object(without(functionProperties, "Role", "Policies", "FunctionName", "Events", "PackageType", "ImageUri", "ImageConfig",
		"InlineCode", "AutoPublishCodeSha256", "VersionDescription")),
	"Api": object(without(apiProperties, "StageName", "Tags", "DefinitionBody", "Models", "FailOnWarnings", "Description", "Mode",
		"DisableExecuteApiEndpoint", "ApiKeySourceType", "Policy")),
}

// without returns all properties but those with the names. It drops their schemas: the values are
// checked later, in the resources into which they are merged.
func without(fields map[string]schema, names ...string) map[string]schema {
	kept := map[string]schema{}
	for name := range fields {
		if !slices.Contains(names, name) {
			kept[name] = schema{}
		}
	}
	return kept
}
