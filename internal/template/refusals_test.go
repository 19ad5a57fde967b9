package template

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a template with one resource of each type that the local stack runs. Each test puts a
// mistake into it.
const small = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Size: {Type: Number, Default: 10}
Mappings: {M: {a: {b: 1}}}
Conditions:
  Never: !Equals [a, b]
Globals:
  Function: {Timeout: 9, Handler: "bootstrap", Runtime: "provided.al2023"}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
  Writer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Events:
        Create:
          Type: Api
          Properties: {Path: /x, Method: POST, RestApiId: !Ref Api}
        Keys:
          Type: SQS
          Properties: {Queue: !GetAtt Queue.Arn}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: 1
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${AWS::StackName}-x"
Outputs:
  Url: {Value: !Ref Queue}
`

// refusal returns the error of Read for a template, without the name of the file.
func refusal(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path, nil)
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "template "+path+": ")
}

// mistakes are texts of small, the text that replaces each, and the error.
var mistakes = []struct{ old, new, want string }{
	// typing mistakes
	{"Handler: bootstrap", "Handler: botstrap", `line 17: Writer: Properties.Handler: "botstrap" is not bootstrap`},
	{"Handler: bootstrap", "Timeoutt: 5", "line 17: Writer: Properties.Timeoutt: there is no such key here; did you mean Timeout?"},
	{"Handler: bootstrap", "Timeout: 901", `line 17: Writer: Properties.Timeout: "901" is not a whole number from 1 to 900`},
	{"Handler: bootstrap", "Timeout: 1.5", `line 17: Writer: Properties.Timeout: "1.5" is not a whole number from 1 to 900`},
	{"Handler: bootstrap", "Timeout: [5]", "line 17: Writer: Properties.Timeout: expected one value, not the list [5]"},
	{"Handler: bootstrap", "Timeout: !Ref Sise", "line 17: Writer: Properties.Timeout: there is no parameter or resource Sise; did you mean Size?"},
	{"Handler: bootstrap", "Timeout: !Reff Size", "line 17: Writer: Properties.Timeout: there is no tag !Reff; did you mean Ref?"},
	{"Handler: bootstrap", "Timeout: {Reff: Size}", "line 17: Writer: Properties.Timeout: expected one value, not a mapping of Reff"},
	{"Handler: bootstrap", "Runtime: python3.13", `line 17: Writer: Properties.Runtime: "python3.13" is not one of provided.al2023, provided.al2`},
	{"Handler: bootstrap", "PackageType: Image", `line 17: Writer: Properties.PackageType: "Image" is not Zip`},
	{"Handler: bootstrap", "LoggingConfig: {ApplicationLogLevel: LOUD}", `line 17: Writer: Properties.LoggingConfig.ApplicationLogLevel: "LOUD" is not one of DEBUG, INFO, WARN, ERROR`},
	{"Handler: bootstrap", "Tracing: Activ", `line 17: Writer: Properties.Tracing: "Activ" is not one of Active, PassThrough, Disabled`},
	{"Handler: bootstrap", "Layers: [x]", "line 17: Writer: Properties.Layers: not supported here: it changes what the function is called with, or when"},
	{"Handler: bootstrap", "VpcConfig: {}", "line 17: Writer: Properties.VpcConfig: not supported here: it changes what the function is called with, or when"},
	{"Handler: bootstrap", "ReservedConcurrentExecutions: 0", `line 17: Writer: Properties.ReservedConcurrentExecutions: "0" is not a number over 0: the local stack cannot turn a function off`},
	{"Handler: bootstrap", "Environment: {Variables: {AA: {b: c}}}", "line 17: Writer: Properties.Environment.Variables.AA: expected one value, not a mapping of b"},
	{"Handler: bootstrap", "Environment: {Variables: {AA: off}}", "line 17: Writer: Properties.Environment.Variables.AA: off has different meanings in YAML 1.1 and 1.2: quote it, or write true, false or a decimal number"},
	{"Handler: bootstrap", "Environment: {Variables: {AA: 010}}", "line 17: Writer: Properties.Environment.Variables.AA: 010 has different meanings in YAML 1.1 and 1.2: quote it, or write true, false or a decimal number"},
	{"Handler: bootstrap", "Environment: {Variables: {AA: !GetAtt Queue.Arm}}", "line 17: Writer: Properties.Environment.Variables.AA: Queue has no attribute \"Arm\", but Arn, QueueName, QueueUrl"},
	{"Handler: bootstrap", "Environment: {Variables: {AA: !GetAtt Role.Id}}", "line 17: Writer: Properties.Environment.Variables.AA: Role has no attribute \"Id\", but Arn, RoleId"},
	{"Handler: bootstrap", "Environment: {Variables: {AA: !Ref AWS::StackId}}", "line 17: Writer: Properties.Environment.Variables.AA: the local stack does not know Ref of AWS::StackId"},
	{"Handler: bootstrap", "Handler:", "line 17: Writer: Properties.Handler: it has no value, and CloudFormation does not accept null"},
	{"Handler: bootstrap", "Timeout: 5\n      Timeout: 6", "line 18: Writer: Properties.Timeout: it stands here twice"},
	{"Handler: bootstrap", `"Fn::Transform": x`, "line 17: Writer: Properties.Fn::Transform: there is no such key here"},
	{"Handler: bootstrap", "Handler: !Ref AWS::NoValue", "line 17: Writer: Properties.Handler: it is required, but AWS::NoValue leaves it out"},
	{"    Properties:\n      Handler: bootstrap", "    IgnoreGlobals: [Handler]\n    Properties:\n      Timeout: 5", "line 17: Writer: Properties: Handler is missing"},
	{`, Runtime: "provided.al2023"`, "", "line 16: Writer: Properties: Runtime is missing"},
	{"Handler: bootstrap", "Environment: {Variables: {A: b}}", `line 17: Writer: Properties.Environment.Variables.A: "A" is not a letter and then letters, digits or _`},
	{"Handler: bootstrap", "Environment: {Variables: {A-B: b}}", `line 17: Writer: Properties.Environment.Variables.A-B: "A-B" is not a letter and then letters, digits or _`},
	{"Handler: bootstrap", "Environment: {Variables: {_HANDLER: b}}", `line 17: Writer: Properties.Environment.Variables._HANDLER: "_HANDLER" is not a letter and then letters, digits or _`},
	{"Handler: bootstrap", "Environment: {Variables: {AWS_REGION: b}}", `line 17: Writer: Properties.Environment.Variables.AWS_REGION: "AWS_REGION" is not allowed: Lambda sets this variable itself`},
	{"Timeout: 9", "Environment: {Variables: {AWS_REGION: b}}", `line 8: Globals.Function.Environment.Variables.AWS_REGION: "AWS_REGION" is not allowed: Lambda sets this variable itself`},
	{"Handler: bootstrap", "LoggingConfig: {ApplicationLogLevel: INFO}", "line 17: Writer: Properties.LoggingConfig: Lambda accepts a log level only with LogFormat: JSON"},
	{"Handler: bootstrap", "LoggingConfig: {SystemLogLevel: INFO, LogFormat: Text}", "line 17: Writer: Properties.LoggingConfig: Lambda accepts a log level only with LogFormat: JSON"},
	{"    Type: AWS::Serverless::Function", "    Type: AWS::Serverless::Function\n    Metadata: {BuildMethod: go1.x}", `line 16: Writer: Metadata.BuildMethod: expected makefile, not "go1.x"`},
	{"Handler: bootstrap", "Environment: {Variables: {AA: 'x{{resolve:ssm:/name:1}}'}}", `line 17: Writer: Properties.Environment.Variables.AA: "x{{resolve:ssm:/name:1}}": the local stack can't look up a value at AWS: write one`},
	{"Handler: bootstrap", "Environment: {Variables: {AA: !Sub '{{resolve:ssm:/${Size}}}'}}", `line 17: Writer: Properties.Environment.Variables.AA: "{{resolve:ssm:/10}}": the local stack can't look up a value at AWS: write one`},
	{"Handler: bootstrap", "Environment: {Variables: {AA: " + strings.Repeat("<", 4088) + "}}", "line 17: Writer: Properties.Environment.Variables: as JSON they have 4097 bytes, and Lambda accepts 4096"},
	{"Handler: bootstrap", "FunctionName: a.b", `line 17: Writer: Properties.FunctionName: "a.b" is not a name of 1 to 64 letters, digits, _ and -`},
	{"Handler: bootstrap", "Architectures: [arm64, x86_64]", "line 17: Writer: Properties.Architectures: it has 2 elements; there may be 1"},
	{"Handler: bootstrap", "EphemeralStorage: {}", "line 17: Writer: Properties.EphemeralStorage: Size is missing"},
	{"Handler: bootstrap", "AutoPublishAlias: 1", `line 17: Writer: Properties.AutoPublishAlias: "1" is not a name of letters, digits, _ and -, and not a number`},
	{"Handler: bootstrap", "DeploymentPreference: {Type: AllAtOnce}", "line 17: Writer: Properties.DeploymentPreference: SAM accepts it only with AutoPublishAlias"},
	{"Handler: bootstrap", "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}", "line 17: Writer: Properties.ProvisionedConcurrencyConfig: SAM accepts it only with AutoPublishAlias"},
	// events
	{"        Keys:", "        Some_Keys:", `line 22: Writer: Properties.Events.Some_Keys: "Some_Keys" is not a name of letters and digits`},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, MetricsConfig: {Metrics: [Foo]}", `line 24: Writer: Properties.Events.Keys.Properties.MetricsConfig.Metrics[0]: "Foo" is not one of EventCount, ErrorCount, KafkaMetrics`},
	{"Type: SQS", "Type: SQSS", "line 23: Writer: Properties.Events.Keys.Type: \"SQSS\" is not supported here, only Api, SQS; did you mean SQS?"},
	{"Type: SQS", "Type: Schedule", "line 23: Writer: Properties.Events.Keys.Type: \"Schedule\" is not supported here, only Api, SQS"},
	{"Type: SQS", "Typ: SQS", "line 23: Writer: Properties.Events.Keys.Typ: there is no such key here; did you mean Type?"},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, FunctionResponseType: [ReportBatchItemFailures]", "line 24: Writer: Properties.Events.Keys.Properties.FunctionResponseType: there is no such key here; did you mean FunctionResponseTypes?"},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailure]", `line 24: Writer: Properties.Events.Keys.Properties.FunctionResponseTypes[0]: "ReportBatchItemFailure" is not ReportBatchItemFailures`},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, FunctionResponseTypes: ReportBatchItemFailures", `line 24: Writer: Properties.Events.Keys.Properties.FunctionResponseTypes: expected a list, not "ReportBatchItemFailures"`},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, FilterCriteria: {Filters: []}", "line 24: Writer: Properties.Events.Keys.Properties.FilterCriteria: not supported here: it changes what the function is called with, or when"},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, DestinationConfig: {}", "line 24: Writer: Properties.Events.Keys.Properties.DestinationConfig: not supported here: it changes what the function is called with, or when"},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, Enabled: maybe", `line 24: Writer: Properties.Events.Keys.Properties.Enabled: "maybe" is not true or false`},
	{"Queue: !GetAtt Queue.Arn", "Queue: !GetAtt Queue.Arn, ScalingConfig: {MaximumConcurrency: 1}", `line 24: Writer: Properties.Events.Keys.Properties.ScalingConfig.MaximumConcurrency: "1" is not a whole number from 2 to 1000`},
	{"Queue: !GetAtt Queue.Arn", "Queue: !Ref AWS::NoValue", "line 24: Writer: Properties.Events.Keys.Properties.Queue: it is required, but AWS::NoValue leaves it out"},
	{"Queue: !GetAtt Queue.Arn", "BatchSize: 1", "line 24: Writer: Properties.Events.Keys.Properties: Queue is missing"},
	{"        Keys:", "        More: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, Enabled: false}}\n        Keys:", "line 22: Writer: Properties.Events.More: another SQS event of the function has the same queue, and Lambda accepts only one"},
	{"Path: /x", "Path: x", `line 21: Writer: Properties.Events.Create.Properties.Path: "x" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/{a+}/x'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/{a+}/x" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Method: POST", "Method: POTS", `line 21: Writer: Properties.Events.Create.Properties.Method: "POTS" is not one of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT`},
	{"RestApiId: !Ref Api", "RestApiId: !Ref Queue", "line 21: Writer: Properties.Events.Create.Properties.RestApiId: expected a Ref of an AWS::Serverless::Api of this template, not Ref Queue"},
	{"RestApiId: !Ref Api", "RestApiId: Api", `line 21: Writer: Properties.Events.Create.Properties.RestApiId: expected a Ref of an AWS::Serverless::Api of this template, not "Api"`},
	{"RestApiId: !Ref Api", "RestApiId: !Ref Api, Auth: {Authorizer: X}", "line 21: Writer: Properties.Events.Create.Properties.Auth: not supported here: it changes what the API accepts or answers"},
	{"        Keys:", "        Again: {Type: Api, Properties: {Path: /x, Method: post, RestApiId: !Ref Api}}\n        Keys:", "line 21: Writer: Properties.Events.Create.Properties: POST /x is also the route of Writer: Properties.Events.Again.Properties"},
	{"Path: /x", "Path: '/a b'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/a b" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/a?b'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/a?b" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/%69'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/%69" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/ä'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/ä" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/x/'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/x/" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '//x'", `line 21: Writer: Properties.Events.Create.Properties.Path: "//x" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/{a}b'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/{a}b" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/{a,b}'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/{a,b}" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/{}'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/{}" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/a/{b+}/'", `line 21: Writer: Properties.Events.Create.Properties.Path: "/a/{b+}/" is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :`},
	{"Path: /x", "Path: '/{id}/{id}'", "line 21: Writer: Properties.Events.Create.Properties.Path: /{id}/{id} has the parameter id twice"},
	{"Path: /x", "Path: '/{id}/a/{id+}'", "line 21: Writer: Properties.Events.Create.Properties.Path: /{id}/a/{id+} has the parameter id twice"},
	{"Path: /x, Method: POST, RestApiId: !Ref Api}", "Path: '/v/{x}', Method: POST, RestApiId: !Ref Api}\n        Zero: {Type: Api, Properties: {Path: '/v/{id}', Method: GET, RestApiId: !Ref Api}}", "line 22: Writer: Properties.Events.Zero.Properties.Path: /v/{id}: another route has {x} where this one has {id}, and API Gateway allows only one parameter there"},
	{"Path: /x, Method: POST, RestApiId: !Ref Api}", "Path: '/v/{x}', Method: POST, RestApiId: !Ref Api}\n        Zero: {Type: Api, Properties: {Path: '/v/{id}/a', Method: GET, RestApiId: !Ref Api}}", "line 22: Writer: Properties.Events.Zero.Properties.Path: /v/{id}/a: another route has {x} where this one has {id}, and API Gateway allows only one parameter there"},
	{"Path: /x, Method: POST, RestApiId: !Ref Api}", "Path: '/v/{x}/a', Method: POST, RestApiId: !Ref Api}\n        Zero: {Type: Api, Properties: {Path: '/v/{id}/b', Method: GET, RestApiId: !Ref Api}}", "line 22: Writer: Properties.Events.Zero.Properties.Path: /v/{id}/b: another route has {x} where this one has {id}, and API Gateway allows only one parameter there"},
	{"Path: /x, Method: POST, RestApiId: !Ref Api}", "Path: '/v/{x}', Method: POST, RestApiId: !Ref Api}\n        Zero: {Type: Api, Properties: {Path: '/v/{x+}', Method: GET, RestApiId: !Ref Api}}", "line 22: Writer: Properties.Events.Zero.Properties.Path: /v/{x+}: another route has {x} where this one has {x+}, and API Gateway allows only one parameter there"},
	{"Path: /x, Method: POST, RestApiId: !Ref Api}", "Path: '/{a}/b/{c}', Method: POST, RestApiId: !Ref Api}\n        Zero: {Type: Api, Properties: {Path: '/{a}/b/{d}', Method: GET, RestApiId: !Ref Api}}", "line 22: Writer: Properties.Events.Zero.Properties.Path: /{a}/b/{d}: another route has {c} where this one has {d}, and API Gateway allows only one parameter there"},
	// the API, the queue and the table
	{"StageName: prod", "Stagename: prod", "line 13: Api: Properties.Stagename: there is no such key here; did you mean StageName?"},
	{"StageName: prod", "StageName: prod\n      Cors: '*'", "line 14: Api: Properties.Cors: not supported here: it changes what the API accepts or answers"},
	{"StageName: prod", "StageName: prod\n      Auth: {Authorizers: {}}", "line 14: Api: Properties.Auth.Authorizers: not supported here: it changes what the API accepts or answers"},
	{"StageName: prod", "StageName: prod\n      Auth: {DefaultAuthorizer: MyAuthorizer}", `line 14: Api: Properties.Auth.DefaultAuthorizer: "MyAuthorizer" is not one of NONE, AWS_IAM`},
	{"StageName: prod", "StageName: prod\n      Auth: {DefaultAuthorizer: !Ref Size}", `line 14: Api: Properties.Auth.DefaultAuthorizer: "10" is not one of NONE, AWS_IAM`},
	{"StageName: prod", "StageName: prod\n      Auth: {DefaultAuthorizer: !If [Never, AWS_IAM, NONE]}", "line 14: Api: Properties.Auth.DefaultAuthorizer: SAM ignores Fn::If here: write a value, or a Ref of a parameter"},
	{"StageName: prod", "StageName: prod\n  Other: {Type: AWS::Serverless::Api, Properties: {StageName: a}}", "line 14: Other: the local stack serves one API, and the template has Api already"},
	{"StageName: prod", "StageName: a/b", `line 13: Api: Properties.StageName: "a/b" is not of up to 128 letters, digits, _ and -`},
	{"StageName: prod", "StageName: ''", `line 13: Api: Properties.StageName: "" is not of up to 128 letters, digits, _ and -`},
	{"DelaySeconds: 1", "DelaySecond: 1", "line 28: Queue: Properties.DelaySecond: there is no such key here; did you mean DelaySeconds?"},
	{"DelaySeconds: 1", "VisibilityTimeout: 43201", `line 28: Queue: Properties.VisibilityTimeout: "43201" is not a whole number from 0 to 43200`},
	{"DelaySeconds: 1", "FifoQueue: true", "line 28: Queue: Properties.FifoQueue: not supported here: only standard queues are supported"},
	{"DelaySeconds: 1", "RedrivePolicy: {deadLetterTargetArn: x, maxReceiveCont: 5}", "line 28: Queue: Properties.RedrivePolicy.maxReceiveCont: there is no such key here; did you mean maxReceiveCount?"},
	{"DelaySeconds: 1", "QueueName: !If [Never, x, {Delay: 1}]", "line 28: Queue: Properties.QueueName.Fn::If[2]: expected one value, not a mapping of Delay"},
	{"DelaySeconds: 1", "QueueName: letters.fifo", `line 28: Queue: Properties.QueueName: "letters.fifo" is not a name of 1 to 80 letters, digits, _ and -, for a standard queue`},
	{"DelaySeconds: 1", "QueueName: " + strings.Repeat("x", 81), `line 28: Queue: Properties.QueueName: "` + strings.Repeat("x", 81) + `" is not a name of 1 to 80 letters, digits, _ and -, for a standard queue`},
	{"DelaySeconds: 1", "QueueName: x\n  Second: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${Third}', DelaySeconds: !Select [0, [1]]}}\n  Third: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ['', [x]]}}", "line 30: Third: Properties.QueueName: Queue has the name x already"},
	{"DelaySeconds: 1", "KmsMasterKeyId: !Ref Size\n      SqsManagedSseEnabled: true", "line 28: Queue: Properties.KmsMasterKeyId: SQS accepts it only without SqsManagedSseEnabled: true"},
	{"      KeySchema", "      TableName: ab\n      KeySchema", `line 32: Table: Properties.TableName: "ab" is not a name of 3 to 255 letters, digits, _, . and -`},
	{"KeyType: HASH", "KeyTipe: HASH", "line 32: Table: Properties.KeySchema[0].KeyTipe: there is no such key here; did you mean KeyType?"},
	{"      KeySchema", "      StreamSpecification: {StreamViewType: KEYS_ONLY}\n      KeySchema", "line 32: Table: Properties.StreamSpecification: not supported here: it changes what the table does, or who is told about its changes"},
	{"      KeySchema", "      TimeToLiveSpecification: {AttributeName: a, Enabled: true}\n      KeySchema", "line 32: Table: Properties.TimeToLiveSpecification: not supported here: it changes what the table does, or who is told about its changes"},
	{"      KeySchema", "      SSESpecification: {Enabled: true}\n      KeySchema", "line 32: Table: Properties.SSESpecification.Enabled: there is no such key here; there are KMSMasterKeyId, SSEEnabled, SSEType"},
	// Globals
	{"Timeout: 9", "Timeoutt: 9", "line 8: Globals.Function.Timeoutt: there is no such key here; did you mean Timeout?"},
	{"Timeout: 9", "Timeout: 901", `line 8: Globals.Function.Timeout: "901" is not a whole number from 1 to 900`},
	{"Timeout: 9", "Environment: {Variable: {AA: b}}", "line 8: Globals.Function.Environment.Variable: there is no such key here; did you mean Variables?"},
	{"Timeout: 9", "Events: {}", "line 8: Globals.Function.Events: there is no such key here"},
	{"Function: {", "Functions: {", "line 8: Globals.Functions: there is no such key here; did you mean Function?"},
	{"Function: {Timeout: 9, Handler", "Api: {StageName: x}\n  Function: {Handler", "line 8: Globals.Api.StageName: there is no such key here"},
	// resources
	{"AWS::Serverless::Function", "AWS::Serverless::Functoin", "line 15: Writer: Type: the local stack does not know AWS::Serverless::Functoin; did you mean AWS::Serverless::Function?"},
	{"AWS::IAM::Role", "AWS::S3::Bucket", "line 35: Role: Type: the local stack does not know AWS::S3::Bucket; it runs AWS::DynamoDB::Table, AWS::SQS::Queue, AWS::Serverless::Api, AWS::Serverless::Function"},
	{"    Properties:\n      DelaySeconds", "    Propertis:\n      DelaySeconds", "line 27: Queue: Propertis: there is no such key here; did you mean Properties?"},
	{"    Properties:\n      DelaySeconds: 1", "    Properties: [a]", "line 27: Queue: Properties: expected a mapping, not the list [a]"},
	{"    Type: AWS::SQS::Queue", "    Type: AWS::SQS::Queue\n    Condition: Nevr", "line 27: Queue: Condition: there is no Nevr in Conditions; did you mean Never?"},
	{"    Type: AWS::SQS::Queue", "    Type: AWS::SQS::Queue\n    DeletionPolicy: Retian", `line 27: Queue: DeletionPolicy: "Retian" is not one of Delete, Retain, RetainExceptOnCreate`},
	{"    Type: AWS::SQS::Queue", "    Type: AWS::SQS::Queue\n    UpdateReplacePolicy: RetainExceptOnCreate", `line 27: Queue: UpdateReplacePolicy: "RetainExceptOnCreate" is not one of Delete, Retain`},
	{"Size: {Type", "Si-ze: {Type", `line 3: Parameters.Si-ze: "Si-ze" is not a name of letters and digits`},
	{"Size: {Type", "Writer: {Type", "line 14: Writer: a parameter has this name already"},
	{"Size: {Type", "Size: {Description: " + strings.Repeat("x", 4001) + ", Type", `line 3: Parameters.Size.Description: "` + strings.Repeat("x", 4001) + `" is not a text of up to 4000 bytes`},
	{"Outputs:", "Description: " + strings.Repeat("ä", 513) + "\nOutputs:", `line 38: Description: "` + strings.Repeat("ä", 513) + `" is not a text of up to 1024 bytes`},
	{"{M: {a: {b: 1}}}", "{M_: {a: {b: 1}}}", `line 4: Mappings.M_: "M_" is not a name of letters and digits`},
	{"{M: {a: {b: 1}}}", "{M: {a_: {b: 1}}}", `line 4: Mappings.M.a_: "a_" is not a name of letters, digits, . and -`},
	{"{M: {a: {b: 1}}}", "{M: {a-1.x: {b-: 1}}}", `line 4: Mappings.M.a-1.x.b-: "b-" is not a name of letters and digits`},
	{"{M: {a: {b: 1}}}", "{M: {a: {b: {c: 1}}}}", "line 4: Mappings.M.a.b: expected one value, not a mapping of c"},
	{"{M: {a: {b: 1}}}", "{M: {a: {b: [c, [d]]}}}", "line 4: Mappings.M.a.b[1]: expected one value, not the list [d]"},
	{"Url: {Value", "Api-Url: {Value", `line 39: Outputs.Api-Url: "Api-Url" is not a name of letters and digits`},
	{"Url: {Value", "Url: {Export: {}, Value", "line 39: Outputs.Url.Export: Name is missing"},
	{"    Type: AWS::SQS::Queue", "    Type: AWS::SQS::Queue\n    DependsOn: Tabel", "line 27: Queue: DependsOn: there is no resource \"Tabel\"; did you mean Table?"},
	{"    Type: AWS::SQS::Queue", "    Type: AWS::SQS::Queue\n    Condition: Never", "line 24: Writer: Properties.Events.Keys.Properties.Queue: Queue is not there, as its condition Never is false"},
	{"    Type: AWS::Serverless::Api", "    Type: AWS::Serverless::Api\n    Condition: Never", "line 22: Writer: Properties.Events.Create.Properties.RestApiId: Api is not there, as its condition Never is false"},
	{"    Type: AWS::Serverless::Function", "    Type: AWS::Serverless::Function\n    IgnoreGlobals: [Timeot]", "line 16: Writer: IgnoreGlobals: Globals has no \"Timeot\"; did you mean Timeout?"},
	// resources that are not run
	{`!Sub "${AWS::StackName}-x"`, `!Sup "${AWS::StackName}-x"`, "line 37: Role: Properties.RoleName: there is no tag !Sup; did you mean Sub?"},
	{`!Sub "${AWS::StackName}-x"`, `{"Fn::Sup": x}`, "line 37: Role: Properties.RoleName.Fn::Sup: there is no such function; did you mean Fn::Sub?"},
	{`!Sub "${AWS::StackName}-x"`, `{"Fn::Sub": x, y: z}`, "line 37: Role: Properties.RoleName.Fn::Sub: a function must be the only key here: remove the other keys"},
	{`!Sub "${AWS::StackName}-x"`, `!Sub "${AWS::StackNam}-x"`, "line 37: Role: Properties.RoleName: there is no parameter or resource AWS::StackNam; did you mean AWS::StackName?"},
	{`!Sub "${AWS::StackName}-x"`, `!Sub ["${a}", {b: c}]`, "line 37: Role: Properties.RoleName: there is no parameter or resource a; did you mean b?"},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt Tabel.Arn`, "line 37: Role: Properties.RoleName: there is no parameter or resource Tabel; did you mean Table?"},
	{`!Sub "${AWS::StackName}-x"`, `!If [Nevr, a, b]`, "line 37: Role: Properties.RoleName: there is no Nevr in Conditions; did you mean Never?"},
	{`!Sub "${AWS::StackName}-x"`, `!FindInMap [N, a, b]`, "line 37: Role: Properties.RoleName: there is no N in Mappings; did you mean M?"},
	{`!Sub "${AWS::StackName}-x"`, `!Ref WriterRolee`, "line 37: Role: Properties.RoleName: there is no parameter or resource WriterRolee"},
	{"Value: !Ref Queue", "Value: !Ref Queu", "line 39: Outputs.Url.Value: there is no parameter or resource Queu; did you mean Queue?"},
	{"Value: !Ref Queue", "Valu: !Ref Queue", "line 39: Outputs.Url.Valu: there is no such key here; did you mean Value?"},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt WriterRole`, `line 37: Role: Properties.RoleName: Fn::GetAtt of WriterRole: expected a resource and an attribute`},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt Writer.`, `line 37: Role: Properties.RoleName: Fn::GetAtt of Writer.: expected a resource and an attribute`},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt [Writer, Arn, x]`, `line 37: Role: Properties.RoleName: Fn::GetAtt of [Writer Arn x]: expected a resource and an attribute`},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt [Writer, !Sub Arn]`, `line 37: Role: Properties.RoleName: Fn::GetAtt of [Writer map[Fn::Sub:Arn]]: expected a resource and an attribute`},
	{`!Sub "${AWS::StackName}-x"`, `{'Fn::GetAtt': {a: b}}`, `line 37: Role: Properties.RoleName: Fn::GetAtt of map[a:b]: expected a resource and an attribute`},
	{`!Sub "${AWS::StackName}-x"`, `!Ref [Queue]`, `line 37: Role: Properties.RoleName: a Ref of [Queue]: expected a name`},
	{`!Sub "${AWS::StackName}-x"`, `{Ref: {a: b}}`, `line 37: Role: Properties.RoleName: a Ref of map[a:b]: expected a name`},
	{`!Sub "${AWS::StackName}-x"`, `!Sub {a: b}`, `line 37: Role: Properties.RoleName: Fn::Sub of map[a:b]: expected a text, or a list of it and its variables`},
	{`!Sub "${AWS::StackName}-x"`, `!Sub '${}'`, `line 37: Role: Properties.RoleName: Fn::Sub: ${}: expected a name of letters, digits, _, . or colons`},
	{`!Sub "${AWS::StackName}-x"`, `!Sub '${Queue Arn}'`, `line 37: Role: Properties.RoleName: Fn::Sub: ${Queue Arn}: expected a name of letters, digits, _, . or colons`},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt Queue.Arm`, `line 37: Role: Properties.RoleName: Queue has no attribute "Arm", but Arn, QueueName, QueueUrl`},
	{`!Sub "${AWS::StackName}-x"`, `!GetAtt Queue.Ref`, `line 37: Role: Properties.RoleName: Queue has no attribute "Ref", but Arn, QueueName, QueueUrl`},
	{`!Sub "${AWS::StackName}-x"`, `!Sub '${Table.Name}'`, `line 37: Role: Properties.RoleName: Table has no attribute "Name", but Arn`},
	{`!Sub "${AWS::StackName}-x"`, `!If [Never, a]`, `line 37: Role: Properties.RoleName: Fn::If of [Never a]: expected 3 arguments`},
	{`!Sub "${AWS::StackName}-x"`, `!If [[Never], a, b]`, `line 37: Role: Properties.RoleName: Fn::If of the list [Never]: expected the name of a condition`},
	{`!Sub "${AWS::StackName}-x"`, `!Join [',']`, `line 37: Role: Properties.RoleName: Fn::Join of [,]: expected 2 arguments`},
	{`!Sub "${AWS::StackName}-x"`, `!Select a`, `line 37: Role: Properties.RoleName: Fn::Select of a: expected 2 arguments`},
	{"Value: !Ref Queue", "Value: !GetAtt Queue.Url", `line 39: Outputs.Url.Value: Queue has no attribute "Url", but Arn, QueueName, QueueUrl`},
	{"    Type: AWS::DynamoDB::Table", "    Type: AWS::DynamoDB::Table\n    Condition: Never\n    Properties: {TableName: !Sub '${Role}'}\n  Policy: {Type: AWS::IAM::Policy, Properties: {A: [!If [Never, !Ref Table, !Sub '${Table.Arn}/*']]}}\n  Other:\n    Type: AWS::DynamoDB::Table", "line 33: Policy: Properties.A[0].Fn::If[2]: Table is not there, as its condition Never is false"},
	{"Outputs:", "  Gone: {Type: AWS::SNS::Topic, Condition: Never}\nOutputs:\n  Name: {Value: !Sub ['${Gone.TopicName}', {a: b}]}", "line 40: Outputs.Name.Value: Gone is not there, as its condition Never is false"},
	// sections and parameters
	{"Outputs:", "Output:", "line 38: Output: there is no such key here; did you mean Outputs?"},
	{"Transform: AWS::Serverless-2016-10-31", "Transform: [AWS::LanguageExtensions]", "line 1: Transform: expected one value, not the list [AWS::LanguageExtensions]"},
	{"Transform: AWS::Serverless-2016-10-31", "Transform: AWS::Serverless", `line 1: Transform: "AWS::Serverless" is not AWS::Serverless-2016-10-31`},
	{"Transform: AWS::Serverless-2016-10-31", "Description: x", "line 11: Api: Type: CloudFormation knows AWS::Serverless::Api only with Transform: AWS::Serverless-2016-10-31"},
	{"Default: 10", "Defualt: 10", "line 3: Parameters.Size.Defualt: there is no such key here; did you mean Default?"},
	{"Type: Number", "Type: Numbr", `line 3: Parameters.Size.Type: "Numbr" is not one of String, Number, CommaDelimitedList, List<Number>`},
	{"Default: 10", "Default: !Ref Size", "line 3: Parameters.Size.Default: expected one value, not Ref Size"},
	{"Type: Number, Default: 10", "Type: String, Default: '{{resolve:ssm:a:1}}'", `parameter Size: "{{resolve:ssm:a:1}}": the local stack can't look up a value at AWS: write one`},
	{"Default: 10", "Default: x", "parameter Size: x is not a number"},
	{"Default: 10", "Default: 10, MinLength: 1", "line 3: Parameters.Size: MinLength and MaxLength need the type String, but the type is Number"},
	{"Type: Number, Default: 10", "Type: String, Default: 10, MaxValue: 1", "line 3: Parameters.Size: MinValue and MaxValue need the type Number, but the type is String"},
	{"Type: Number, Default: 10", "Type: String, Default: 10, AllowedPattern: '('", "line 3: Parameters.Size: AllowedPattern: error parsing regexp: missing closing ): `^(?:()$`"},
	{"!Equals [a, b]", "!Equals [!GetAtt Queue.Arn, b]", "line 6: Conditions.Never.Fn::Equals[0]: there is no parameter Queue"},
	{"!Equals [a, b]", "!Condition Never", "line 6: Conditions.Never: condition Never refers to itself"},
	{"!Equals [a, b]", "!Join ['', [a, b]]", "line 6: Conditions.Never: condition Never is neither true nor false"},
	{"!Equals [a, b]", "!Equals [a, [b]]", "line 6: Conditions.Never: Fn::Equals: expected one value, not the list [b]"},
}

func TestAMistakeInATemplateIsRefusedInOneLine(t *testing.T) {
	if got := refusal(t, small); got != "" {
		t.Fatal(got)
	}
	for _, test := range mistakes {
		if strings.Count(small, test.old) != 1 {
			t.Fatalf("%q is in the template %d times", test.old, strings.Count(small, test.old))
		}
		if got := refusal(t, strings.Replace(small, test.old, test.new, 1)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.new, got, test.want)
		}
	}
}

func TestAResourceThatIsNotRunMayUseEveryFunction(t *testing.T) {
	for _, expression := range []string{
		"!ImportValue x", "!GetAZs ''", "!Base64 x", "!Cidr [a, 1, 2]", "{'Fn::Transform': {Name: x}}", "{'Fn::ToJsonString': {a: b}}",
		"{'Fn::Length': [a]}", "{'Fn::ForEach::X': [a, [b], {c: d}]}", "!Ref WriterAliaslive", "!Ref Writer.Version", "!Ref ApiApiKey",
		"!Ref ApiprodStage", "!Ref WriterKeys", "!Ref WriterRole", "!Ref AWS::StackId", "!GetAtt [Queue, !Ref Size]", "!Sub ['${Queue.Arm}', {Queue.Arm: x}]", "!Sub '${!Queue Arm}'", "{Statement: [{Condition: {Bool: {x: y}}}]}",
	} {
		text := strings.Replace(small, `!Sub "${AWS::StackName}-x"`, expression, 1)
		text = strings.Replace(text, "Timeout: 9", "AutoPublishAlias: live", 1)
		if got := refusal(t, text); got != "" {
			t.Errorf("%s: %s", expression, got)
		}
	}
}

func TestWhatIsSwitchedOffOrDependsOnAConditionNeedsNoAlias(t *testing.T) {
	for _, preference := range []string{"{Enabled: false, Type: AllAtOnce}", "!If [Never, {Type: AllAtOnce}, !Ref AWS::NoValue]"} {
		text := strings.Replace(small, "Timeout: 9", "DeploymentPreference: "+preference, 1)
		if got := refusal(t, text); got != "" {
			t.Errorf("%s: %s", preference, got)
		}
	}
}

func TestTheErrorForAnUnreadableTemplateSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "expected a mapping with Resources",
		"- a":                   "expected a mapping with Resources",
		"Resources: {":          "line",
		"Description: x":        "it has no Resources",
		"Resources: []":         "line 1: Resources: expected a mapping, not the list []",
		"Resources: {Q: 5}":     `line 1: Q: expected a mapping, not "5"`,
		"Resources: &a {Q: *a}": "line 1: Q: CloudFormation does not support YAML aliases: write the value out",
		"Resources: " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000):      "line 1: the values here are nested too deeply",
		"Resources: {Q: {Type: AWS::SQS::Queue}}\n---\nResources: {}":              "line 2: a second YAML document begins here, but a template is one document",
		"Resources: {Q: {Type: AWS::SQS::Queue}}\n---\n":                           "line 2: a second YAML document begins here",
		"Resources: {Q: {Type: !!foo x}}":                                          "line 1: Q: Type: the tag !!foo is not a function of CloudFormation: remove it",
		"Resources: {Q: {Type: !<x> y}}":                                           "line 1: Q: Type: the tag x is not a function",
		"Resources: {Q: {Type: !!binary eA==}}":                                    "line 1: Q: Type: the tag !!binary is not a function",
		"Resources: {Q: !!map {Type: AWS::SQS::Queue}}":                            "line 1: Q: the tag !!map is not a function",
		"Resources: {Q: !!set {a, b}}":                                             "line 1: Q: the tag !!set is not a function",
		"Resources: {!!str Q: {Type: AWS::SQS::Queue}}":                            "line 1: the key !!str Q must be plain text without a tag",
		"Resources: {!Ref Q: {Type: AWS::SQS::Queue}}":                             "line 1: the key !Ref Q must be plain text",
		"Resources: {! Q: {Type: AWS::SQS::Queue}}":                                "line 1: the key ! Q must be plain text",
		"Resources:\n  ? [a, b]\n  : 1":                                            "line 2: the key !!seq must be plain text",
		"<<: {Resources: {Q: {Type: AWS::SQS::Queue}}}":                            "line 1: the key !!merge << must be plain text without a tag; CloudFormation does not support the merge key <<",
		"Resources: {Off: {Type: AWS::SQS::Queue}}":                                "line 1: Off: Off has different meanings in YAML 1.1 and 1.2",
		"Resources: {~: {Type: AWS::SQS::Queue}}":                                  "line 1: ~: it has no value",
		"Resources: {Q: {Type: 12:30.5}}":                                          "line 1: Q: Type: 12:30.5 has different meanings",
		"Resources: {Q: {Type: 1_0.5}}":                                            "line 1: Q: Type: 1_0.5 has different meanings",
		"Resources: {Q: {Type: }}":                                                 "line 1: Q: Type: it has no value, and CloudFormation does not accept null",
		"Resources: {a-b: {Type: AWS::SQS::Queue}}":                                `line 1: a-b: "a-b" is not a name of letters and digits`,
		"Parameters: {P: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue}}": "parameter P needs a value",
	} {
		if got := refusal(t, text); !strings.Contains(got, want) || got == "" || strings.Contains(got, "\n") {
			t.Errorf("%q: %s, want …%s…", text, got, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "absent.yaml"), nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("absent file: %v", err)
	}
}
