"""Checks that the worker's stack agrees with the first stack, and its settings with each other.

The two templates are deployed apart, so nothing else sees that they fit.
"""

import re

from agreements import RELATIONS, number
from deployed import of_type

# What the worker reads from the queue itself, so that it follows a change without a deployment.
ASKED = {"MAX_RECEIVE_COUNT", "MESSAGE_RETENTION_SECONDS"}
# Lambda sets the first three itself. The others are the worker's own settings.
OWN = {
    "AWS_REGION", "AWS_LAMBDA_LOG_LEVEL", "AWS_LAMBDA_LOG_FORMAT",
    "BATCH_SIZE", "BATCH_WINDOW_SECONDS", "BATCHES_AT_ONCE", "BATCH_TIMEOUT_SECONDS",
}
IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/(.+)@sha256:[0-9a-f]{64}")
LONG_POLL = 20  # seconds; a receive that is under way is not cut off
DRAIN = 10  # seconds, to delete messages and to write the last lines
PAYLOAD = 6  # MB, the most that a batch has
COPIES = 3  # of a batch in memory: as it came, as messages, and what the handler makes of them

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
PUBLISHED = {
    ("AWS/SQS", "QueueName"): {
        "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "NumberOfMessagesSent",
        "NumberOfMessagesReceived", "NumberOfEmptyReceives",
    },
    ("AWS/ECS", "ClusterName", "ServiceName"): {"CPUUtilization", "MemoryUtilization"},
    ("AWS/Events", "RuleName"): {"Invocations"},
}
# Those of SQS that a quiet minute can lack. A sum with one of them has no value either then.
SPARSE = PUBLISHED["AWS/SQS", "QueueName"] - {"ApproximateNumberOfMessagesVisible"}


class First:
    """The first stack, evaluated, with a name."""

    def __init__(self, evaluated, name):
        self.resources, self.name = evaluated["Resources"], name
        self.exports = {
            self.named(output["Export"]["Name"]): output["Value"] for output in evaluated["Outputs"].values() if "Export" in output
        }

    def named(self, value):
        """Returns a value in which the name of the stack is put in."""
        if value == {"Ref": "AWS::StackName"}:
            return self.name
        if isinstance(value, dict) and isinstance(value.get("Fn::Sub"), str):
            return value["Fn::Sub"].replace("${AWS::StackName}", self.name)
        return value

    def imported(self, value):
        """Returns what another stack gets for a value, as this stack has it."""
        if isinstance(value, dict) and "Fn::ImportValue" in value:
            return self.exports.get(value["Fn::ImportValue"], f"{value}, which the first stack does not export")
        return value

    def properties(self, name):
        return self.resources[name]["Properties"]


def disagreements(resources, first):
    """Yields a text for each pair of settings in the evaluated templates that do not fit together."""
    for what, value, relation, other, wanted in settings(resources, first):
        if not RELATIONS[relation](value, wanted):
            yield f"{what} is {value}; it must be {relation} {other}: {wanted}"
    yield from metrics(resources, first)
    yield from unfilled(resources)
    for name, wanted in permissions(resources, first).items():
        granted = [*grants(resources.get(name, {}).get("Properties", {}))]
        if sorted(granted) != sorted(wanted):
            yield f"{name} allows {sorted(granted)}; it must allow {sorted(wanted)}"


def permissions(resources, first):
    """Returns what each role and policy must allow. The task role is that of the first stack.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    account, region, repository = IMAGE.fullmatch(container(resources)["Image"]).groups()
    image = f"arn:${{AWS::Partition}}:ecr:{region}:{account}:repository/{repository}"
    tasks = [each for each in grants(first.properties("EnricherRole")) if "ecs-tasks" in each]  # who has the role, and on which conditions
    needed = {"ExecutionRole": [
        *tasks,
        "ecr:GetAuthorizationToken on *",  # ECR has no resources for it
        *(f"{action} on {image}" for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")),
        *(f"{action} on LogGroup.Arn" for action in ("logs:CreateLogStream", "logs:PutLogEvents")),
    ]}
    model = next(each["Value"] for each in container(resources)["Environment"] if each["Name"] == "MODEL_URI")
    in_s3 = model.startswith("s3://")
    return {**needed, "ModelPolicy": [f"s3:GetObject on arn:${{AWS::Partition}}:s3:::{model.removeprefix('s3://')}"] if in_s3 else []}


def grants(properties):
    """Yields what the statements of a role or a policy allow, as text."""
    documents = [properties.get("AssumeRolePolicyDocument"), properties.get("PolicyDocument")]
    documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    for statement in (each for document in documents if document for each in document["Statement"]):
        for action in listed(statement["Action"]):
            for resource in listed(statement.get("Resource", statement.get("Principal"))):
                yield f"{action} on {shown(resource)} {shown(statement.get('Condition', ''))}".strip()


def listed(value):
    return value if isinstance(value, list) else [value]


def shown(value):
    """Returns a value as text: LogGroup.Arn for a GetAtt, and the text in a Sub or a Join."""
    if isinstance(value, dict) and len(value) == 1:
        (name, argument), = value.items()
        if name == "Fn::GetAtt":
            return ".".join(argument)
        if name == "Fn::Sub":
            return argument
        if name == "Fn::Join":
            return argument[0].join(map(shown, argument[1]))
    return str(value)


def container(resources):
    return resources["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]


def settings(resources, first):
    task, worker = resources["TaskDefinition"]["Properties"], container(resources)
    variables = {each["Name"]: first.imported(each["Value"]) for each in worker["Environment"]}
    function = first.properties("EnricherFunction")
    theirs = {name: first.named(value) for name, value in function["Environment"]["Variables"].items() if name not in ASKED}
    yield "the worker's environment", sorted(variables), "equal to", "the function's and the worker's own", sorted({*theirs, *OWN})
    # The two that may differ: MODEL_URI and GOMEMLIMIT.
    for name in sorted(theirs.keys() & variables.keys() - {"MODEL_URI", "GOMEMLIMIT"}):
        yield name, variables[name], "equal to", "the function's", theirs[name]
    yield "the task role", first.imported(task["TaskRoleArn"]), "equal to", "the function's role", function["Role"]
    batch_timeout, size, window, at_once = (
        variables.get(name, "missing") for name in ("BATCH_TIMEOUT_SECONDS", "BATCH_SIZE", "BATCH_WINDOW_SECONDS", "BATCHES_AT_ONCE")
    )
    needed = LONG_POLL + number(batch_timeout) + DRAIN
    yield "StopTimeout", worker["StopTimeout"], "at least", "a receive, a batch and the end", needed
    if number(size) > 10:
        yield "BATCH_WINDOW_SECONDS", window, "at least", "the least that a batch over 10 needs", 1
    limit = int(int(task["Memory"]) * 25 / 32)
    yield "GOMEMLIMIT", variables.get("GOMEMLIMIT", "missing"), "equal to", "25/32 of the memory", f"{limit}MiB"
    yield "GOMEMLIMIT in MiB", limit, "at least", "what the batches can need", number(at_once) * PAYLOAD * COPIES
    target = resources["ScalableTarget"]["Properties"]
    yield "MaxCapacity", target["MaxCapacity"], "at least", "MinCapacity", target["MinCapacity"]


def metrics(resources, first):
    """Yields a text for each metric that there is not, or that is of another queue."""
    queue = first.named(first.properties("EnrichQueue")["QueueName"])
    for where, node in all_nodes(resources):
        if "MetricName" not in node:
            continue
        dimensions = {each["Name"]: each["Value"] for each in node["Dimensions"]}
        if node["MetricName"] not in PUBLISHED.get((node["Namespace"], *sorted(dimensions)), ()):
            yield f"{where}: nobody writes {node['Namespace']} {node['MetricName']} with {sorted(dimensions)}"
        if dimensions.get("QueueName", queue) != queue:
            yield f"{where}: the metric is of the queue {dimensions['QueueName']}, not of {queue}"


def unfilled(resources):
    """Yields a text for each expression that has no value if one of its metrics has none.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    for where, node in all_nodes(resources):
        queries = node.get("Metrics", [])
        sparse = [each["Id"] for each in queries if each.get("MetricStat", {}).get("Metric", {}).get("MetricName") in SPARSE]
        for expression in (each["Expression"] for each in queries if "Expression" in each):
            rest = re.sub(r"FILL\(\w+, *0\)", "", expression)
            for name in sparse:
                if re.search(rf"\b{name}\b", rest):
                    yield f"{where}: {expression} has no value in a minute without {name}; it must have FILL({name}, 0)"


def all_nodes(resources):
    """Yields each mapping below the resources, with the logical id of its resource."""
    for name, resource in resources.items():
        nodes = [resource]
        while nodes:
            node = nodes.pop()
            nodes += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
            if isinstance(node, dict):
                yield name, node


def unclear_alarms(resources, first, runbook):
    """Yields a text for each alarm that does not tell people what to do. An alarm that runs a scaling policy is for nobody."""
    sections = {title.lower().replace(" ", "-"): body for title, _, body in (part.partition("\n") for part in runbook.split("\n## "))}
    topic = first.exports.get(f"{first.name}-AlarmTopicArn")
    policies = {name for name, _ in of_type(resources, "AWS::ApplicationAutoScaling::ScalingPolicy")}
    run = set()
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm"):
        if alarm["TreatMissingData"] != "notBreaching":
            yield f"{name} goes off when there is nothing to do"
        if (action := alarm["AlarmActions"][0].get("Ref")) in policies:
            run.add(action)
            continue
        told = [first.imported(each) for each in alarm["AlarmActions"]]
        if told != [topic] or alarm.get("OKActions") != alarm["AlarmActions"]:
            yield f"{name} must tell the first stack's topic when it begins and when it is over, and tells {told}"
        advice, _, anchor = alarm["AlarmDescription"].partition(" docs/runbook.md#")
        if not re.search(r"\. .+\.$", advice):
            yield f"{name} says {advice!r}: what happened, or what to do?"
        if f"`{name}`" not in sections.get(anchor, ""):
            yield f"{name} refers to the section {anchor!r} of the runbook, which does not mention it"
    for name, policy in of_type(resources, "AWS::ApplicationAutoScaling::ScalingPolicy"):
        if policy["PolicyType"] == "StepScaling" and name not in run:
            yield f"no alarm runs {name}"
