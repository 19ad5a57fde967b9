"""Runs a local stack on another AWS endpoint, moto, and the tools on that stack.

    check_moto.py LOCAL VERIFY CONSOLE    the three programs; needs moto (.ci/requirements.txt)

First the acceptance run finds the stack by its endpoint. Two checks fail on moto, which lacks what they need.
This fails if they fail in another way, or if any other check does not hold. When a newer moto mends one of
the two, this fails too, and says so. Then the acceptance run and the page find the stack by its name, as on
AWS: moto has a CloudFormation, and makes the queues and the table of template.yaml.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import boto3
import yaml
from moto.cloudformation.utils import yaml_tag_constructor
from running import PATIENCE, started, wait_for

# moto refuses the update of several items (see FAILS), so the enricher gets them one by one. The local stack takes the
# queues only if they have been made with the same parameters.
SINGLY = "-parameter", "BatchSize=1", "-parameter", "BatchWindow=0"
KEY = "a key of at least 20 characters"
STACK = "items"
LEFT_OUT = dict.fromkeys(("alarms", "roles", "logs", "metrics"), "")
# The acceptance run by name does these, too.
BY_NAME = dict.fromkeys(("key", "created", "known", "rejected", "classified", "dead-letter", "trace"), "")
HOLDS = BY_NAME | dict.fromkeys(("latency", "dataset"), "")
# Moto's PartiQL parser takes no parameters in an INSERT and in an UPDATE, and moto has no move tasks. It
# answers 500 to both. What is said of each check begins so.
FAILS = {
    "batch": "the batch says 0 created, not 8",
    "redrive": "start a move task: operation error SQS: StartMessageMoveTask,",
}


def acceptance(verify, *flags):
    """Runs the acceptance run, and returns what it says."""
    done = subprocess.run([verify, *flags, "-json", "-timeout", "3m"], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{verify} ends with {done.returncode}: {done.stdout}{done.stderr}")


def compare(report, wanted):
    """Prints the checks, and fails if one did not come out as moto lets it."""
    found = [f"left behind: {what}" for what in report["left_behind"]]
    results = {check["name"]: check for check in report["checks"]}
    for check in report["checks"]:
        print(f"   {check['name']:12} {check['result']:9} {check['seconds']:6.2f} s  {check['seen'][0]}"[:120])
    for result, names in wanted.items():
        for name, said in names.items():
            check = results.pop(name, {"result": "missing", "seen": [""]})
            if check["result"] != result or not check["seen"][0].startswith(said):
                found.append(f"{name} {check['result']}, not {result} {said}: {check['seen'][0]}")
    found += [f"{name} is not known to this script" for name in results]
    if found:
        sys.exit("\n".join(found))


def template():
    """Returns the part of template.yaml that moto can make and that a local stack takes up by its names."""

    class Loader(yaml.SafeLoader):
        """Knows CloudFormation's short forms."""

    Loader.add_multi_constructor("", yaml_tag_constructor)
    whole = yaml.load(pathlib.Path("template.yaml").read_text(), Loader)
    names = {"AWS::SQS::Queue": "QueueName", "AWS::DynamoDB::Table": "TableName"}
    resources = {id: r for id, r in whole["Resources"].items() if r["Type"] in names}
    for id, resource in resources.items():
        resource["Properties"][names[resource["Type"]]] = id
    for parameter in whole["Parameters"].values():
        parameter["Default"] = str(parameter["Default"])
    outputs = {
        id: output
        for id, output in whole["Outputs"].items()
        if any(f'"{resource}"' in json.dumps(output["Value"]) for resource in resources)
    }
    kept = {part: whole[part] for part in ("Parameters", "Mappings")}
    return {**kept, "Resources": resources, "Outputs": outputs}


def deploy():
    """Makes the stack. moto's CloudFormation makes no API keys."""
    key = boto3.client("apigateway").create_api_key(name="clients", value=KEY, enabled=True)
    made = template()
    made["Outputs"]["ApiKeyId"] = {"Value": key["id"]}
    singly = [dict(zip(("ParameterKey", "ParameterValue"), text.split("="), strict=True)) for text in SINGLY[1::2]]
    boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(made), Parameters=singly)


def check_page(page):
    """Posts an item on the page, and waits until the page shows it."""

    def get(path, form=None):
        body = form and urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(page + path, body, {"Origin": page})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    first = get("/")
    for part in ("<strong>123456789012</strong>", "<strong>us-east-1</strong>", f"<strong>{STACK}</strong>", "changes are real"):
        if part not in first:
            sys.exit(f"the page does not say {part}:\n{first}")
    form = dict(re.findall(r'<input name="([a-z][a-z0-9_]*)" value="([^"]*)"', get("/try")))  # the example
    form["token"] = re.search(r'name="token" value="([^"]*)"', first)[1]
    item = re.search(r"/items/[0-9a-f]{32}", get("/try/one", form))[0]
    wait_for(lambda: get(item), "CLASSIFIED", f"the page never shows {item} as classified")
    get("/try/message", form)
    wait_for(lambda: get("/dead-letters"), "MalformedMessage", "the page never shows the dead letter")
    print("   the page has posted an item and shown it, and a dead letter")


def main(local, verify, console):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        logs = pathlib.Path(folder)

        def start(name, ready, *command):
            return running.enter_context(started(logs / name, ready, *command))[1]

        moto = pathlib.Path(sys.executable).with_name("moto_server")
        endpoint = start("moto", r"Running on (http://\S+)", moto, "-H", "127.0.0.1", "-p", "0")
        os.environ.update(AWS_ENDPOINT_URL=endpoint, AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1")
        os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")
        deploy()
        ready = r"(?ms)the API on (http://[^,]+),.*^ready"
        flags = "-endpoint", endpoint, "-api-key", KEY
        api = start("local", ready, local, *flags, "-api", "127.0.0.1:0", "-console", "none", *SINGLY)
        compare(acceptance(verify, *flags, "-api", api), {"holds": HOLDS, "left out": LEFT_OUT, "FAILS": FAILS})
        compare(acceptance(verify, "-stack", STACK, "-api", api, "-only", ",".join(BY_NAME)), {"holds": BY_NAME})
        ready = rf"console: (http://\S+) shows the stack {STACK} in account 123456789012, region us-east-1"
        check_page(start("console", ready, console, "-stack", STACK, "-api", api, "-address", "127.0.0.1:0"))


main(*sys.argv[1:])
