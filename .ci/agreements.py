"""Checks settings that depend on each other: those of a queue, its event source mapping and its
function, and those that say how much memory a function has.
"""

import re

from cloudformation import text
from deployed import called, of_type, referred

# For a function's cost, the dashboard multiplies its seconds by its memory in GB and by the price.
GIGABYTES = re.compile(r"\*([0-9.]+)/1024\*0\.0000133334")


def number(value):
    if isinstance(value, (dict, list)):
        raise ValueError(f"{value} is not a number that follows from the parameters")
    return float(value)


RELATIONS = {
    "equal to": lambda left, right: text(left) == text(right),
    "at least": lambda left, right: number(left) >= number(right),
    "more than": lambda left, right: number(left) > number(right),
}


def disagreements(resources):
    """Yields a text for each pair of settings in an evaluated template that do not fit together."""
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping"):
        source = mapping["EventSourceArn"]
        if not isinstance(source, dict) or source.get("Fn::GetAtt", [None, None])[1] != "Arn":
            yield f"{name} must have the Arn of a queue of the template as its source, not {source}"
            continue
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} does not report which messages of a batch failed: FunctionResponseTypes must be [ReportBatchItemFailures]"
        queue = referred(source)
        function = called(resources, referred(mapping["FunctionName"]))[0]
        yield from unmet(name, timing(resources, queue, mapping, function))
        yield from unmet(name, names(resources, queue, function))
    for name, _ in of_type(resources, "AWS::Lambda::Function"):
        yield from unmet(name, memory(resources, name))


def unmet(name, settings):
    for what, value, relation, other, wanted in settings:
        if not RELATIONS[relation](value, wanted):
            yield f"{name}: {what} is {value}; it must be {relation} {other}: {wanted}"


def memory(resources, function):
    """Yields the settings that must fit a function's memory. One is Go's own limit in MiB: it must
    leave room for the program itself. The other is the memory with which the dashboard computes
    dollars.
    """
    size = number(resources[function]["Properties"].get("MemorySize", 128))
    limit = variable(resources, function, "GOMEMLIMIT")
    if limit:
        yield "GOMEMLIMIT", limit, "equal to", "25/32 of MemorySize", f"{int(size * 25 / 32)}MiB"
    for name, dashboard in of_type(resources, "AWS::CloudWatch::Dashboard"):
        for paid in GIGABYTES.findall(str(dashboard["DashboardBody"])) or ["none"]:
            yield f"the memory that {name} multiplies the price with", paid, "equal to", "MemorySize", f"{size:g}"


def timing(resources, queue, mapping, function):
    """Yields the durations (in seconds) and the counts (of receives) that must fit together.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    settings = resources[queue]["Properties"]
    redrive = settings["RedrivePolicy"]
    dead = resources[referred(redrive["deadLetterTargetArn"])]["Properties"]
    window = mapping.get("MaximumBatchingWindowInSeconds", 0)
    needed = 6 * number(resources[function]["Properties"].get("Timeout", 3)) + number(window)
    yield "VisibilityTimeout", settings.get("VisibilityTimeout", 30), "at least", "6 timeouts and the batching window", needed
    if number(mapping.get("BatchSize", 10)) > 10:
        yield "the batching window", window, "at least", "the least that a BatchSize over 10 needs", 1
    kept, waits = (each.get("MessageRetentionPeriod", 345600) for each in (dead, settings))
    yield "the dead-letter queue's retention", kept, "more than", "the queue's", waits
    receives = variable(resources, function, "MAX_RECEIVE_COUNT")
    yield "MAX_RECEIVE_COUNT", receives, "equal to", "maxReceiveCount", redrive["maxReceiveCount"]
    keeps = variable(resources, function, "MESSAGE_RETENTION_SECONDS")
    yield "MESSAGE_RETENTION_SECONDS", keeps, "equal to", "the queue's retention", waits
    at_once = mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 2)
    reserved = resources[function]["Properties"].get("ReservedConcurrentExecutions", at_once)
    yield "the reserved concurrency", reserved, "at least", "MaximumConcurrency", at_once


def names(resources, queue, function):
    """Yields the names and settings of other resources that a function gets in its environment."""
    dead = referred(resources[queue]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
    timeout = resources["WriterFunction"]["Properties"]["Timeout"]
    table = variable(resources, "WriterFunction", "TABLE_NAME")
    for name in ("WriterFunction", function):
        yield f"QUEUE_URL of {name}", variable(resources, name, "QUEUE_URL"), "equal to", "that of the source", {"Ref": queue}
    yield "DEAD_LETTER_QUEUE_URL", variable(resources, function, "DEAD_LETTER_QUEUE_URL"), "equal to", "the redrive target", {"Ref": dead}
    yield "WRITER_TIMEOUT_SECONDS", variable(resources, function, "WRITER_TIMEOUT_SECONDS"), "equal to", "the writer's Timeout", timeout
    for name in ("ReaderFunction", function):
        yield f"TABLE_NAME of {name}", variable(resources, name, "TABLE_NAME"), "equal to", "the writer's", table


def variable(resources, function, name):
    """Returns the value of a function's environment variable, or "" if the function does not have it."""
    return resources[function]["Properties"].get("Environment", {}).get("Variables", {}).get(name, "")
