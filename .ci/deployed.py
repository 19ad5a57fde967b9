"""Checks what a deployment with other parameters changes, and what it must change."""

import json
import re

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from translation import case

# A function's version is a copy of its code and its configuration, except for these properties.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
NOT_IN_A_VERSION = {"ReservedConcurrentExecutions", "Tags"}

# If one of these properties of an API changes, the stage needs a new deployment to serve the change.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/updating-api.html
IN_A_DEPLOYMENT = {"Body", "BodyS3Location", "ApiKeySourceType", "BinaryMediaTypes", "MinimumCompressionSize", "DisableExecuteApiEndpoint"}

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-any-method.html
METHODS = {"delete", "get", "head", "options", "patch", "post", "put", "x-amazon-apigateway-any-method"}

INVOKED = re.compile(r"/functions/(.+)/invocations$")


def unchanging_parameters(source, tried):
    """Yields a text for each case in which the last parameter makes no difference."""
    known = {json.dumps(each.settings): each for each in tried}
    for each in tried[1:]:
        others = dict(list(each.settings.items())[:-1])
        without = known.get(json.dumps(others)) or case(source, others)
        if each.evaluated == without.evaluated:
            yield f"{each} changes nothing in the translated template"


def stale(tried):
    """Yields a text for each case in which a deployment would have no effect. A caller may run a copy:
    a version of a function, or a deployment of an API. CloudFormation makes a new copy only if
    the copy's own name or properties change. It does not look at whether the original changed.
    """
    first = {}
    for each in tried:
        for caller, copy, original in copies(each.resources):
            other, content = first.setdefault((caller, copy), (each, original))
            if content != original:
                changed = sorted(key for key in {*content, *original} if content.get(key) != original.get(key))
                yield f"{each} changes {', '.join(changed)}, but {caller} still runs {copy[0]}, made for {other}"


def unforced(tried):
    """Yields a text for each case that ECS would refuse as an update of the first: a service gets another strategy only
    with a new deployment that is forced.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """
    before = dict(of_type(tried[0].resources, "AWS::ECS::Service"))
    for each in tried[1:]:
        for name, service in of_type(each.resources, "AWS::ECS::Service"):
            if service["CapacityProviderStrategy"] != before[name]["CapacityProviderStrategy"]:
                was, now = before[name].get("ForceNewDeployment"), service.get("ForceNewDeployment", {})
                if now == was or str(now.get("EnableForceNewDeployment")).lower() != "true":
                    yield f"{each} changes {name}'s CapacityProviderStrategy, which ECS refuses without another ForceNewDeployment"


def copies(resources):
    """Yields the caller that runs a copy, a value that identifies the copy, and the original."""
    for caller, target in calls(resources):
        function, version = called(resources, target)
        if version:
            yield caller, version, without(resources[function]["Properties"], NOT_IN_A_VERSION)
    for name, stage in of_type(resources, "AWS::ApiGateway::Stage"):
        api = resources[stage["RestApiId"]["Ref"]]["Properties"]
        yield name, (stage["DeploymentId"]["Ref"],), {key: api[key] for key in IN_A_DEPLOYMENT & api.keys()}


def calls(resources):
    """Yields each route and each event source mapping, with the resource that it calls."""
    for name, method, path, operation in routes(resources):
        integration = operation.get("x-amazon-apigateway-integration", {})
        if integration.get("type") in ("aws", "aws_proxy"):
            yield f"{name}'s {method.upper()} {path}", integrated(integration["uri"])
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping"):
        yield name, referred(mapping["FunctionName"])


def routes(resources):
    """Yields each route: the API's name, the method, the path and the OpenAPI operation."""
    for name, api in of_type(resources, "AWS::ApiGateway::RestApi"):
        for path, methods in api["Body"]["paths"].items():
            for method, operation in methods.items():
                yield name, method, path, operation


def unprotected(resources, authorization):
    """Yields a text for each route whose method does not exist, and for each route that anybody may
    call without a limit: it needs no API key, or its API is in no usage plan. authorization is the
    value of ApiAuthorization. With AWS_IAM a route must need a signature, and with NONE it must not.
    No route may call its function with the caller's credentials: callers would then need permission
    to call the function.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-setup-api-key-with-restapi.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
    """
    plans = [plan for _, plan in of_type(resources, "AWS::ApiGateway::UsagePlan")]
    planned = {referred(stage["ApiId"]) for plan in plans for stage in plan.get("ApiStages", [])}
    for name, method, path, operation in routes(resources):
        route = f"{name}'s {method.upper()} {path}"
        if method not in METHODS:
            yield f"{route} has a method that API Gateway does not have"
        if not any("api_key" in each for each in operation.get("security", [])):
            yield f"{route} needs no API key: its event must name an API that has Auth.ApiKeyRequired"
        if name not in planned:
            yield f"{route} is in no usage plan"
        if signed(resources[name]["Properties"]["Body"], operation) != (authorization == "AWS_IAM"):
            needs = "needs no signature" if authorization == "AWS_IAM" else "needs a signature"
            yield f"{route} {needs}, but ApiAuthorization is {authorization}: see DefaultAuthorizer of its API"
        if "credentials" in operation.get("x-amazon-apigateway-integration", {}):
            yield f"{route} calls its function with the caller's credentials: callers would need permission for lambda:InvokeFunction"


def signed(body, operation):
    """Tells whether a route in an API's definition needs a signature of AWS."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    named = {name for each in operation.get("security", []) for name in each}
    return any(schemes.get(name, {}).get("x-amazon-apigateway-authtype") == "awsSigv4" for name in named)


def called(resources, target):
    """Returns the function behind a called resource. If the call goes through a version, it also returns
    that version: its logical id, and the properties whose change makes CloudFormation replace it.
    """
    resource = resources[target]
    properties = resource["Properties"]
    if resource["Type"] == "AWS::Lambda::Function":
        return target, None
    if resource["Type"] == "AWS::Lambda::Alias":
        return called(resources, referred(properties["FunctionVersion"]))
    if resource["Type"] == "AWS::Lambda::Version":
        fixed = {key: properties[key] for key in create_only(resource["Type"]) & properties.keys()}
        return referred(properties["FunctionName"]), (target, json.dumps(fixed, sort_keys=True))
    raise ValueError(f"{target}, a {resource['Type']}, is called, and .ci/deployed.py does not know what that runs: add it there")


def uncalled(resources):
    """Yields a text for each function that nothing calls. Such a function was not checked."""
    found = {called(resources, target)[0] for _, target in calls(resources)}
    for name, _ in of_type(resources, "AWS::Lambda::Function"):
        if name not in found:
            yield f"{name} is called by no route and no event source mapping that .ci/deployed.py knows"


def create_only(resource_type):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    return {path.removeprefix("/properties/") for path in schema["createOnlyProperties"]}


def of_type(resources, resource_type):
    return [(name, r["Properties"]) for name, r in resources.items() if r["Type"] == resource_type]


def without(properties, keys):
    return {key: value for key, value in properties.items() if key not in keys}


def integrated(uri):
    """Returns the resource that the URI of a Lambda integration names."""
    match = INVOKED.search(uri["Fn::Sub"]) if isinstance(uri, dict) and isinstance(uri.get("Fn::Sub"), str) else None
    if not match or not re.fullmatch(r"\$\{\w+(\.Arn)?\}", match[1]):
        raise ValueError(f"cannot tell which function an API's integration calls: {uri}")
    return match[1][2:-1].removesuffix(".Arn")


def referred(value):
    """Returns the logical id in a Ref or a GetAtt."""
    if isinstance(value, dict) and "Ref" in value:
        return value["Ref"]
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return value["Fn::GetAtt"][0]
    raise ValueError(f"{value} is not a reference to a resource of the template")
