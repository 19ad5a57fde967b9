"""Mistakes in the worker's template that check_worker.py must find. They are as those in mistakes.py: a name, a
function that makes the mistake, the parameter that shows it or None, and a text of the message.
"""


def _properties(template, name):
    return template["Resources"][name]["Properties"]


def _resource(name, **changes):
    return lambda template: _properties(template, name).update(changes)


def _container(**changes):
    return lambda template: _properties(template, "TaskDefinition")["ContainerDefinitions"][0].update(changes)


def _variable(name, value):
    """Sets an environment variable. A value of None removes it."""

    def change(template):
        variables = _properties(template, "TaskDefinition")["ContainerDefinitions"][0]["Environment"]
        variables[:] = [each for each in variables if each["Name"] != name]
        if value is not None:
            variables.append({"Name": name, "Value": value})

    return change


def _statement(index, **changes):
    return lambda template: _properties(template, "ExecutionRole")["Policies"][0]["PolicyDocument"]["Statement"][index].update(changes)


def _parameter(name, **changes):
    return lambda template: template["Parameters"][name].update(changes)


def _without_rules(template):
    del template["Rules"]


def _alarm_metric(name, **changes):
    return lambda template: _properties(template, name)["Metrics"][0]["MetricStat"]["Metric"].update(changes)


def _import(name):
    return {"Fn::ImportValue": {"Fn::Sub": "${PipelineStack}-" + name}}


MISTAKES = [
    ("no TABLE_NAME", _variable("TABLE_NAME", None), None, "the worker's environment is"),
    ("a variable more", _variable("TABEL_NAME", "x"), None, "the worker's environment is"),
    ("the wrong queue", _variable("QUEUE_URL", _import("DeadLetterQueueUrl")), None, "QUEUE_URL is {'Ref': 'EnrichDeadLetterQueue'}"),
    ("not exported", _variable("TABLE_NAME", _import("Table")), None, "which the first stack does not export"),
    ("WRITER_TIMEOUT_SECONDS: 9", _variable("WRITER_TIMEOUT_SECONDS", "9"), None, "WRITER_TIMEOUT_SECONDS is 9"),
    ("a namespace of its own", _variable("METRICS_NAMESPACE", {"Ref": "AWS::StackName"}), None, "METRICS_NAMESPACE is"),
    ("a receive count of its own", _variable("MAX_RECEIVE_COUNT", "5"), None, "the worker's environment is"),
    ("the same nonce", _resource("Service", ForceNewDeployment={"EnableForceNewDeployment": True, "ForceNewDeploymentNonce": "x"}), "UseSpot", "ECS refuses"),
    ("not forced", _resource("Service", ForceNewDeployment={"EnableForceNewDeployment": False, "ForceNewDeploymentNonce": {"Ref": "UseSpot"}}), "UseSpot", "ECS refuses"),
    ("another role", _resource("TaskDefinition", TaskRoleArn={"Fn::GetAtt": ["ExecutionRole", "Arn"]}), None, "the task role is"),
    ("may pull every image", _statement(1, Resource="*"), None, "ExecutionRole allows"),
    ("may write every log", _statement(2, Resource="*"), None, "ExecutionRole allows"),
    ("may read another model", lambda t: _properties(t, "ModelPolicy")["PolicyDocument"]["Statement"][0].update(Resource="*"), "ModelUri=s3://bucket/model.json", "ModelPolicy allows"),
    ("another account's tasks", lambda t: _properties(t, "ExecutionRole")["AssumeRolePolicyDocument"]["Statement"][0].pop("Condition"), None, "ExecutionRole allows"),
    ("StopTimeout: 60", _container(StopTimeout=60), "BatchTimeout", "StopTimeout is 60"),
    ("BatchTimeout: 120", _parameter("BatchTimeout", AllowedValues=[30, 120]), "BatchTimeout", "StopTimeout is 120"),
    ("no rule for the window", _without_rules, "BatchWindow", "BATCH_WINDOW_SECONDS is 0"),
    ("100 batches at once", _parameter("BatchesAtOnce", AllowedValues=[10, 100]), "BatchesAtOnce", "GOMEMLIMIT in MiB is 400"),
    ("GOMEMLIMIT: 400MiB", _variable("GOMEMLIMIT", "400MiB"), "TaskSize", "GOMEMLIMIT is 400MiB"),
    ("4096 MB with 0.25 processors", lambda t: t["Mappings"]["TaskSizes"]["256-2048"].update(Memory="4096", GoMemoryLimit="3200MiB"), "TaskSize=256-2048", "E3047"),
    ("more tasks at least than at most", _resource("ScalableTarget", MinCapacity=20), None, "MaxCapacity is 10"),
    ("a parameter that reaches nothing", _variable("BATCH_SIZE", "100"), "BatchSize", "changes nothing"),
    ("a misspelt property", _container(ReadOnlyRootFilesystem=True), None, "ReadOnlyRootFilesystem"),
    ("a metric that there is not", _alarm_metric("IdleTrigger", MetricName="NumberOfMessages"), None, "nobody writes AWS/SQS NumberOfMessages"),
    ("a metric of another queue", _alarm_metric("StartTrigger", Dimensions=[{"Name": "QueueName", "Value": "EnrichQueue"}]), None, "of the queue EnrichQueue, not of"),
    ("a sum of what a quiet minute lacks", lambda t: _properties(t, "IdleTrigger")["Metrics"][-1].update(Expression="waiting + inFlight"), None, "it must have FILL(inFlight, 0)"),
    ("an alarm that tells nobody", _resource("WorkerMemoryAlarm", OKActions=[]), None, "WorkerMemoryAlarm must tell"),
    ("an alarm that is not in the runbook", _resource("WorkerMemoryAlarm", AlarmDescription="A. B. docs/runbook.md#errors"), None, "WorkerMemoryAlarm refers to"),
    ("a policy that nothing runs", _resource("IdleTrigger", AlarmActions=[{"Ref": "StartPolicy"}]), None, "no alarm runs IdlePolicy"),
]
