package template

import (
	"maps"
	"slices"
	"strings"
)

// document is the schema of a template. It accepts every expression: an expression is checked when it
// is evaluated, and the names in it are checked in names.go.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html
var document = object(map[string]schema{
	"AWSTemplateFormatVersion": oneOf("2010-09-09"),
	"Transform":                oneOf("AWS::Serverless-2016-10-31"), // another transform could change the template in any way
	"Description":              short(1024),
	"Metadata":                 {}, // for consoles and tools
	"Parameters":               named(alphanumeric, parameterDeclaration),
	"Rules": named(alphanumeric, object(map[string]schema{
		"RuleCondition": {},
		"Assertions": required(listOf(object(map[string]schema{
			"Assert": required(schema{}), "AssertDescription": text(),
		}))),
	})),
	"Mappings": named(alphanumeric, named(matching("[A-Za-z0-9.-]+", "a name of letters, digits, . and -"),
		named(alphanumeric, schema{kind: scalar, scalar: text().scalar, element: new(text())}))),
	"Conditions": mapOf(schema{}),
	"Globals":    object(globals),
	"Resources":  named(alphanumeric, resourceAttributes), // renameQueues relies on their names
	"Outputs": named(alphanumeric, object(map[string]schema{ // the local stack does not show them
		"Value": required(schema{}), "Description": short(1024), "Export": object(map[string]schema{"Name": {required: true}}), "Condition": text(),
	})),
	"Hooks": refused("it changes how CloudFormation deploys"),
})

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
var alphanumeric = matching("[A-Za-z0-9]{1,255}", "a name of letters and digits")

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
var parameterDeclaration = object(map[string]schema{
	"Type":                  required(oneOf("String", "Number", "CommaDelimitedList", "List<Number>")),
	"Default":               text(),
	"AllowedValues":         listOf(text()),
	"AllowedPattern":        text(),
	"MinLength":             whole(0, maxParameter),
	"MaxLength":             whole(0, maxParameter),
	"MinValue":              number(),
	"MaxValue":              number(),
	"Description":           short(4000),
	"ConstraintDescription": short(4000),
	"NoEcho":                boolean(),
})

// resourceAttributes has the keys of a resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html
var resourceAttributes = object(map[string]schema{
	"Type":          required(text()),
	"Properties":    mapOf(schema{}), // checked with resourceProperties
	"Condition":     text(),
	"IgnoreGlobals": {},
	"DependsOn":     {}, // the local stack makes everything at once; names.go checks the names
	"Metadata":      {}, // for tools; refusals.go checks BuildMethod
	// everything is forgotten at the end; no resource that is known here can have Snapshot
	"DeletionPolicy":      oneOf("Delete", "Retain", "RetainExceptOnCreate"),
	"UpdateReplacePolicy": oneOf("Delete", "Retain"),
	"UpdatePolicy":        {}, // nothing is updated
	"CreationPolicy":      {},
	"Connectors":          refused("write the permissions out"),
})

// notRun has the types of resources that the local stack does not need, and the reasons.
var notRun = map[string]string{
	"AWS::IAM::Role":                        noPermissions,
	"AWS::IAM::Policy":                      noPermissions,
	"AWS::IAM::ManagedPolicy":               noPermissions,
	"AWS::Lambda::Permission":               noPermissions,
	"AWS::SQS::QueuePolicy":                 noPermissions,
	"AWS::SNS::TopicPolicy":                 noPermissions,
	"AWS::KMS::Key":                         noEncryption,
	"AWS::KMS::Alias":                       noEncryption,
	"AWS::Logs::LogGroup":                   "logs go to the terminal",
	"AWS::Logs::MetricFilter":               noAlarms,
	"AWS::Logs::QueryDefinition":            noAlarms,
	"AWS::CloudWatch::Alarm":                noAlarms,
	"AWS::CloudWatch::CompositeAlarm":       noAlarms,
	"AWS::CloudWatch::AnomalyDetector":      noAlarms,
	"AWS::CloudWatch::Dashboard":            noAlarms,
	"AWS::SNS::Topic":                       noAlarms,
	"AWS::SNS::Subscription":                noAlarms,
	"AWS::XRay::Group":                      noTraces,
	"AWS::XRay::SamplingRule":               noTraces,
	"AWS::ResourceGroups::Group":            "it groups resources in the console",
	"AWS::ApplicationInsights::Application": noAlarms,
	"AWS::Budgets::Budget":                  "nothing costs anything here",
	"AWS::ApiGateway::Account":              "it lets API Gateway write a log",
}

const (
	noPermissions = "permissions are not checked here"
	noEncryption  = "everything is in memory"
	noAlarms      = "the local stack has no alarms and metrics"
	noTraces      = "traces are not collected here"
	noLimits      = "nothing is throttled here"
)

// checkResources refuses the name of a parameter, as CloudFormation does. It refuses a type of resource that the local
// stack neither runs nor lists in notRun.
func (t *Template) checkResources(transform string) error {
	if len(t.resources) == 0 {
		return t.source.fault("", "it has no Resources")
	}
	known := slices.Concat(slices.Collect(maps.Keys(resourceProperties)), slices.Collect(maps.Keys(notRun)))
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		at, kind := place("Resources").key(id), t.resources[id].Type
		if _, taken := t.Parameters[id]; taken {
			return t.source.fault(at, "a parameter has this name already")
		}
		if !slices.Contains(known, kind) {
			near := suggestion(kind, known)
			if near == "" {
				near = "; it runs " + strings.Join(slices.Sorted(maps.Keys(resourceProperties)), ", ")
			}
			return t.source.fault(at.key("Type"), "the local stack does not know %s%s", kind, near)
		}
		if transform == "" && strings.HasPrefix(kind, "AWS::Serverless::") {
			return t.source.fault(at.key("Type"), "CloudFormation knows %s only with Transform: AWS::Serverless-2016-10-31", kind)
		}
	}
	return nil
}
