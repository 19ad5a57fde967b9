"""Settings of a queue, its event source mapping and its function that must fit together."""

from cloudformation import text
from deployed import called, of_type, referred

def number(value):
    if isinstance(value, (dict, list)):
        raise ValueError(f"{value} is no number that the parameters decide")
    return float(value)


RELATIONS = {
    "equal to": lambda left, right: text(left) == text(right),
    "at least": lambda left, right: number(left) >= number(right),
    "more than": lambda left, right: number(left) > number(right),
}


def disagreements(resources):
    """Yields what does not fit together in an evaluated template."""
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping"):
        source = mapping["EventSourceArn"]
        if not isinstance(source, dict) or source.get("Fn::GetAtt", [None, None])[1] != "Arn":
            yield f"{name} is to have the Arn of a queue of the template as its source, not {source}"
            continue
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} does not report which messages of a batch failed: FunctionResponseTypes is to be [ReportBatchItemFailures]"
        queue = referred(source)
        function = called(resources, referred(mapping["FunctionName"]))[0]
        for what, value, relation, other, wanted in (*timing(resources, queue, mapping, function), *names(resources, queue, function)):
            if not RELATIONS[relation](value, wanted):
                yield f"{name}: {what} is {value}; it must be {relation} {other}: {wanted}"


def timing(resources, queue, mapping, function):
    """Yields the durations and counts that must fit, in seconds and receives.

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
        yield "the batching window", window, "at least", "what a BatchSize over 10 needs", 1
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
    """Yields what the functions are told of the others, in their environment."""
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
    """A function's environment variable; "" if it has none of that name."""
    return resources[function]["Properties"].get("Environment", {}).get("Variables", {}).get(name, "")
