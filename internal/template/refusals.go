package template

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// This file has what CloudFormation accepts in a template, and the local stack or a service then refuses.

// isDynamic tells whether a text has a dynamic reference. CloudFormation replaces it by a value from Systems Manager
// or Secrets Manager.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func isDynamic(text string) bool { return strings.Contains(text, "{{resolve:") }

const noLookups = "the local stack can't look up a value at AWS: write one"

type loggingConfig struct{ ApplicationLogLevel, SystemLogLevel, LogFormat string }

// checkFunction refuses a log level with the LogFormat Text, as Lambda does: "LogLevel is not
// supported when LogFormat is set to "Text"". Text is the default. It also refuses a BuildMethod
// with which `sam build` does not make a bootstrap from Go, and what SAM refuses without an alias.
// https://github.com/aws/aws-cdk/pull/28045
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html
func (t *Template) checkFunction(id string, logging loggingConfig) error {
	at := place("Resources").key(id)
	if logging.LogFormat != "JSON" && logging.ApplicationLogLevel+logging.SystemLogLevel != "" {
		return t.source.fault(at.key("Properties.LoggingConfig"), "Lambda accepts a log level only with LogFormat: JSON")
	}
	metadata, _ := t.resources[id].Metadata.(map[string]any)
	if method, ok := metadata["BuildMethod"]; ok && method != "makefile" {
		return t.source.fault(at.key("Metadata.BuildMethod"), "expected makefile, not %s", shown(method))
	}
	properties := t.resources[id].Properties
	for _, name := range []string{"DeploymentPreference", "ProvisionedConcurrencyConfig"} {
		value, given := properties[name].(map[string]any)
		_, _, isCall := call(properties[name])
		if given && !isCall && value["Enabled"] != false && properties["AutoPublishAlias"] == nil {
			return t.source.fault(at.key("Properties").key(name), "SAM accepts it only with AutoPublishAlias")
		}
	}
	return nil
}

// checkVariables refuses environment variables that take more than 4 KB. Lambda measures their JSON text: "the
// environment variables you have provided exceeded the 4KB limit. String measured: {...}". The values that it gets
// from AWS, such as the URL of a queue, may be longer than those here.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
func (t *Template) checkVariables(id string, variables map[string]string) error {
	const most = 4096
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(variables); err != nil {
		return err
	}
	if size := text.Len() - len("\n"); size > most {
		at := place("Resources").key(id).key("Properties.Environment.Variables")
		return t.source.fault(at, "as JSON they have %d bytes, and Lambda accepts %d", size, most)
	}
	return nil
}

// addSource adds an event source. It refuses a second one for the same queue and function, as Lambda does: "An event
// source mapping with SQS arn (...) and function (...) already exists".
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
func (t *Template) addSource(system *System, name string, source EventSource) error {
	if slices.ContainsFunc(system.EventSources, func(other EventSource) bool {
		return other.Function == source.Function && other.QueueARN == source.QueueARN
	}) {
		at := place("Resources").key(source.Function).key("Properties.Events").key(name)
		return t.source.fault(at, "another SQS event of the function has the same queue, and Lambda accepts only one")
	}
	system.EventSources = append(system.EventSources, source)
	return nil
}

// checkEncryption refuses a queue with both kinds of encryption: SQS answers "You can use one type of server-side
// encryption at one time."
func (t *Template) checkEncryption(e *evaluator, id string, honoured map[string]any) error {
	at := place("Resources").key(id).key("Properties.KmsMasterKeyId")
	keyID, ok := t.resources[id].Properties["KmsMasterKeyId"]
	if !ok || honoured["SqsManagedSseEnabled"] != true {
		return nil
	}
	value, err := e.value(keyID) // the key may be a resource that has no attributes here
	if _, left := value.(noValue); err == nil && left {
		return nil
	}
	return t.source.fault(at, "SQS accepts it only without SqsManagedSseEnabled: true")
}

// ownNames has the property that names a resource of a type, and which names AWS accepts. The local stack has names
// of its own.
var ownNames = map[string]struct {
	property string
	schema
}{
	"AWS::DynamoDB::Table":      {"TableName", matching("[A-Za-z0-9_.-]{3,255}", "a name of 3 to 255 letters, digits, _, . and -")},
	"AWS::SQS::Queue":           {"QueueName", matching("[A-Za-z0-9_-]{1,80}", "a name of 1 to 80 letters, digits, _ and -, for a standard queue")},
	"AWS::Serverless::Function": {"FunctionName", matching("[A-Za-z0-9_-]{1,64}", "a name of 1 to 64 letters, digits, _ and -")},
}

// checkNames refuses a name that is not valid, and one that two resources of a type have.
func (t *Template) checkNames(e *evaluator) error {
	for _, kind := range slices.Sorted(maps.Keys(ownNames)) {
		owners, own := map[string]string{}, ownNames[kind]
		for _, id := range t.LogicalIDs(kind) {
			value, err := e.value(t.resources[id].Properties[own.property])
			if err != nil { // a function that is not evaluated here
				continue
			}
			name, err := textOf(value)
			if err != nil { // there is none
				continue
			}
			at := place("Resources").key(id).key("Properties").key(own.property)
			if _, expected := own.scalar(name); expected != "" {
				return t.source.fault(at, "%q is not %s", name, expected)
			}
			if other, taken := owners[name]; taken {
				return t.source.fault(at, "%s has the name %s already", other, name)
			}
			owners[name] = id
		}
	}
	return nil
}
