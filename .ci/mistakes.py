"""Mistakes in a template that check_template.py must find. They show that the check works.

Each has a name, and a function that makes the mistake in a template. Some mistakes show only
if a parameter has another value: then the third entry is that parameter. The last entry is a
text that must be in the message about the mistake.
"""

import pathlib
import re

# The path to which an item is posted.
ITEMS = re.search(r"CreateItem:.*?Path: (\S+)", (pathlib.Path(__file__).parents[1] / "template.yaml").read_text(), re.S)[1]


def _properties(template, name):
    return template["Resources"][name]["Properties"]


def _source(template):
    return _properties(template, "EnricherFunction")["Events"]["ItemsToEnrich"]


def _set(properties, changes):
    """Sets properties. A value of None removes the property."""
    properties.update(changes)
    for name in [name for name, value in properties.items() if value is None]:
        del properties[name]


def _event(**changes):
    return lambda template: _set(_source(template)["Properties"], changes)


def _beside_event(**changes):
    return lambda template: _source(template).update(changes)


def _resource(name, **changes):
    return lambda template: _set(_properties(template, name), changes)


def _variable(name, value):
    return lambda template: _properties(template, "EnricherFunction")["Environment"]["Variables"].update({name: value})


def _unused_parameter(template):
    template["Parameters"]["Unused"] = {"Type": "String", "Default": ""}


def _wide_range(template):
    template["Parameters"]["MaximumConcurrency"] = {"Type": "Number", "Default": 10, "MinValue": 1, "MaxValue": 1000}


def _route(**changes):
    return lambda template: _set(_properties(template, "WriterFunction")["Events"]["CreateItem"]["Properties"], changes)


def _api_auth(**changes):
    return lambda template: _set(_properties(template, "PipelineApi")["Auth"], changes)


def _redrive(**changes):
    return lambda template: _set(_properties(template, "EnrichQueue")["RedrivePolicy"], changes)


def _alias(**more):
    """Puts an alias between each function and its callers."""

    def change(template):
        template["Globals"]["Function"]["AutoPublishAlias"] = "live"
        for name in ("WriterFunction", "ReaderFunction", "EnricherFunction"):
            _properties(template, name).update(AutoPublishAliasAllProperties=True, **more)

    return change


def _without(*path):
    """Removes the part of the template at this path."""

    def change(template):
        for key in path[:-1]:
            template = template[key]
        del template[path[-1]]

    return change


def _dashboard(old, new):
    """Replaces a text in the body of the dashboard."""

    def change(template):
        body = _properties(template, "Dashboard")["DashboardBody"]
        assert old in body["Fn::Sub"], f"no {old} in the dashboard"
        body["Fn::Sub"] = body["Fn::Sub"].replace(old, new)

    return change


QUEUE_ARN = {"Fn::GetAtt": ["EnrichQueue", "Arn"]}
# HasWriterConcurrency belongs to no part of the template that one can leave out.
IF_CONCURRENCY = {"Fn::If": ["HasWriterConcurrency", "AWS_IAM", "NONE"]}
NO_NUMBER = {"Fn::If": ["HasWriterConcurrency", "1x", "1"]}
RESPONSES = ["ReportBatchItemFailures"]

MISTAKES = [
    ("BatchSize: 20000", _event(BatchSize=20000), None, "EnricherFunctionItemsToEnrich/Properties/BatchSize"),
    ("BatchSize: 100, no window", _event(BatchSize=100, MaximumBatchingWindowInSeconds=0), None, "a BatchSize over 10"),
    ("MaximumConcurrency: 1", _event(ScalingConfig={"MaximumConcurrency": 1}), None, "ScalingConfig/MaximumConcurrency"),
    ("MaximumConcurency", _event(ScalingConfig={"MaximumConcurency": 5}), None, "'MaximumConcurency'"),
    ("ScalingConfg", _event(ScalingConfg={"MaximumConcurrency": 5}), None, "property ScalingConfg"),
    ("FunctionResponseType", _event(FunctionResponseTypes=None, FunctionResponseType=RESPONSES), None, "property FunctionResponseType "),
    ("ReportBatchItemFailuress", _event(FunctionResponseTypes=["ReportBatchItemFailuress"]), None, "'ReportBatchItemFailuress'"),
    ("MaximumBatchingWindow", _event(MaximumBatchingWindow=5), None, "property MaximumBatchingWindow "),
    ("MaximumBatchingWindowInSecond", _event(MaximumBatchingWindowInSecond=5), None, "property MaximumBatchingWindowInSecond "),
    ("MaximumBatchingWindowInSeconds: 301", _event(MaximumBatchingWindowInSeconds=301), None, "MaximumBatchingWindowInSeconds"),
    ("Queueu", _event(Queue=None, Queueu=QUEUE_ARN), None, "property Queueu"),
    ("a queue's URL as the source", _event(Queue={"Ref": "EnrichQueue"}), None, "Arn of a queue"),
    ("Type: SQSS", _beside_event(Type="SQSS"), None, "SQSS"),
    ("Enabled beside Properties", _beside_event(Enabled=False), None, "ItemsToEnrich.Enabled has no effect"),
    ("an alias, and another LogLevel", _alias(), "LogLevel", "changes LoggingConfig"),
    ("an alias, and another MaxReceiveCount", _alias(), "MaxReceiveCount", "changes Environment"),
    ("an alias, and another ModelUri", _alias(), "ModelUri", "changes Environment"),
    ("a parameter in the API's body", _resource("PipelineApi", Cors={"Fn::Sub": "'${LogLevel}'"}), "LogLevel", "changes Body"),
    ("a parameter that reaches nothing", _unused_parameter, "Unused", "changes nothing"),
    ("MinValue: 1 of MaximumConcurrency", _wide_range, None, "less than the minimum of 2"),
    ("no number with WriterConcurrency", _resource("EnrichQueue", DelaySeconds=NO_NUMBER), "WriterConcurrency", "EnrichQueue/Properties/DelaySeconds"),
    ("MAX_RECEIVE_COUNT: 5", _variable("MAX_RECEIVE_COUNT", 5), "MaxReceiveCount", "MAX_RECEIVE_COUNT is 5"),
    ("no RedrivePolicy", _resource("EnrichQueue", RedrivePolicy=None), None, "EnrichQueue.Properties has no RedrivePolicy"),
    ("maxReceiveCont", _redrive(maxReceiveCount=None, maxReceiveCont=5), None, "RedrivePolicy has no maxReceiveCount"),
    ("no deadLetterTargetArn", _redrive(deadLetterTargetArn=None), None, "RedrivePolicy has no deadLetterTargetArn"),
    ("an unknown condition", _without("Conditions", "HasWriterConcurrency"), None, "Conditions has no HasWriterConcurrency"),
    ("no Type", _without("Resources", "EnrichQueue", "Type"), None, "Resources.EnrichQueue has no Type"),
    ("no Default of a number", _without("Parameters", "MaximumConcurrency", "Default"), None, "is not a number that follows from the parameters"),
    ("no Queue", _event(Queue=None), None, "Missing required property 'Queue'"),
    ("no Timeout of the writer", _resource("WriterFunction", Timeout=None), None, "WriterFunction.Properties has no Timeout"),
    ("no FunctionResponseTypes", _event(FunctionResponseTypes=None), None, "does not report which messages"),
    ("Method: GTE", _route(Method="GTE"), None, f"GTE {ITEMS} has a method that API Gateway does not have"),
    ("no RestApiId", _route(RestApiId=None), None, f"ServerlessRestApi's POST {ITEMS} needs no API key"),
    ("no ApiKeyRequired", _api_auth(ApiKeyRequired=None), None, f"PipelineApi's POST {ITEMS} needs no API key"),
    ("no DefaultAuthorizer", _api_auth(DefaultAuthorizer=None), "ApiAuthorization", "changes nothing"),
    ("!If for DefaultAuthorizer", _api_auth(DefaultAuthorizer=IF_CONCURRENCY), "ApiAuthorization", f"POST {ITEMS} needs no signature, but ApiAuthorization is AWS_IAM"),
    ("DefaultAuthorizer: AWS_IAM", _api_auth(DefaultAuthorizer="AWS_IAM"), None, f"POST {ITEMS} needs a signature, but ApiAuthorization is NONE"),
    ("no InvokeRole", _api_auth(InvokeRole=None), None, f"POST {ITEMS} calls its function with the caller"),
    ("Authorizer: NONE of a route", _route(Auth={"Authorizer": "NONE"}), "ApiAuthorization", f"POST {ITEMS} needs no signature, but ApiAuthorization is AWS_IAM"),
    ("CreateUsagePlan: NONE", _api_auth(UsagePlan={"CreateUsagePlan": "NONE"}), None, f"POST {ITEMS} is in no usage plan"),
    ("GOMEMLIMIT: 200MiB", _variable("GOMEMLIMIT", "200MiB"), "MemorySize", "GOMEMLIMIT is 200MiB"),
    ("MemorySize: 512 of the reader", _resource("ReaderFunction", MemorySize=512), None, "ReaderFunction: the memory that Dashboard"),
    ("dollars of 256 MB", _dashboard("${MemorySize}/1024", "256/1024"), "MemorySize", "multiplies the price with is 256"),
    ("dollars without a memory", _dashboard("*${MemorySize}/1024*", "*"), None, "multiplies the price with is none"),
    ("VisibilityTimeout: 180", _resource("EnrichQueue", VisibilityTimeout=180), "BatchWindow", "VisibilityTimeout is 180"),
]

# This looks like one of the mistakes, but it is correct: the parameter is in the description, so
# another value makes a new version.
SOUND = ("an alias whose versions are described by their parameters", _alias(VersionDescription={"Fn::Sub": "${LogLevel}"}), "LogLevel")
