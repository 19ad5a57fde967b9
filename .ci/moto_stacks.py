"""Makes the worker's stack in moto, in this process, with the exports of the first stack.

Of the first stack moto makes what the exports need. It cannot make the API.
"""

import json
import logging
import os
import re
import warnings
from unittest import mock

import boto3
from moto import mock_aws
from moto.cloudformation.parsing import resource_class_from_type

from cloudformation import Evaluation
from deployed import of_type

logging.getLogger("moto").setLevel(logging.ERROR)  # it warns of what it does not make; compare says that

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
# moto's CloudFormation does not make these. moto has the calls that AWS's CloudFormation makes for them, so
# this makes the calls itself.
CALLS = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("application-autoscaling", "register_scalable_target"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("application-autoscaling", "put_scaling_policy"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "put_metric_alarm"),
}


def made(first, source):
    """Makes the stacks with a model in S3, so that every resource is there. Yields a text for each resource of the worker
    that is not made. Prints the types that moto's CloudFormation does not make.
    """
    with mock.patch.dict(os.environ, CREDENTIALS), mock_aws(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        create("first", exporting(first.evaluated))
        subnets = boto3.client("ec2").describe_subnets()["Subnets"]
        settings = {
            "PipelineStack": "first",
            "ModelUri": "s3://bucket/model.json",
            "VpcId": subnets[0]["VpcId"],
            "SubnetIds": ",".join(subnet["SubnetId"] for subnet in subnets[:2]),
        }
        evaluated = Evaluation(source, settings).result()
        create("worker", evaluated)
        yield from compare(evaluated["Resources"])


def exporting(template):
    """Returns the outputs that are exported, with the resources that they need."""
    outputs = {name: output for name, output in template["Outputs"].items() if "Export" in output}
    needed, found = set(), mentioned(outputs)
    while new := (found & template["Resources"].keys()) - needed:
        needed |= new
        found = mentioned([template["Resources"][name] for name in new])
    return {"Resources": {name: template["Resources"][name] for name in needed}, "Outputs": outputs}


def mentioned(node):
    """Returns every text in the node, and every name in a text of Fn::Sub."""
    if isinstance(node, str):
        return {node, *re.findall(r"\$\{(\w+)", node)}
    return set().union(*map(mentioned, node.values() if isinstance(node, dict) else node)) if isinstance(node, (dict, list)) else set()


def create(name, template):
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def compare(resources):
    listed = boto3.client("cloudformation").describe_stack_resources(StackName="worker")["StackResources"]
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed if "LogicalResourceId" in each}
    left = {each["Type"] for name, each in resources.items() if name not in physical}
    for kind in sorted(left - CALLS.keys()):
        yield f"moto makes no {kind}, and .ci/moto_stacks.py does not know how to make it"
    print(f"   moto makes the worker's stack. Its CloudFormation makes no {', '.join(sorted(left & CALLS.keys()))}: these are made by calls")
    service = boto3.client("ecs").describe_services(cluster=physical["Cluster"], services=[physical["Service"]])["services"][0]
    values = {**physical, "Service.Name": service["serviceName"], "StoppedLogGroup.Arn": "log-group"}
    for kind, (client, call) in CALLS.items():
        if resource_class_from_type(kind):
            yield f"moto makes {kind} now: take it out of CALLS in .ci/moto_stacks.py"
        for name, properties in of_type(resources, kind):
            arguments = resolved(properties, values)
            values[name] = getattr(boto3.client(client), call)(**adapted(kind, name, arguments, values)).get("PolicyARN", arguments.get("ResourceId"))


def adapted(kind, name, properties, values):
    """Returns the arguments of the call. They have the properties' names, with a few exceptions."""
    if kind == "AWS::ApplicationAutoScaling::ScalingPolicy":
        target = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceId": properties.pop("ScalingTargetId")}
        return {**properties, **target}
    return {**properties, "AlarmName": name} if kind == "AWS::CloudWatch::Alarm" else properties


NUMBERS = {"MinCapacity": int, "MaxCapacity": int, "TargetValue": float}  # CloudFormation makes these of texts


def resolved(node, values):
    """Returns the node with the resources' names in the place of references, and numbers as the calls want them."""
    if isinstance(node, list):
        return [resolved(each, values) for each in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"Ref"}:
        return values[node["Ref"]]
    if node.keys() == {"Fn::GetAtt"}:
        return values[".".join(node["Fn::GetAtt"])]
    if node.keys() == {"Fn::ImportValue"}:
        exports = boto3.client("cloudformation").list_exports()["Exports"]
        return next(each["Value"] for each in exports if each["Name"] == node["Fn::ImportValue"])
    if node.keys() == {"Fn::Sub"}:
        return re.sub(r"\$\{([^}]+)\}", lambda match: values[match[1]], node["Fn::Sub"])
    return {key: NUMBERS.get(key, lambda value: value)(resolved(each, values)) for key, each in node.items()}
