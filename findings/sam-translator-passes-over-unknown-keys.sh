#!/usr/bin/env bash
# aws-sam-translator 1.115.0 refuses an unknown property of a function or of an event. In three other
# places it ignores an unknown key, and reports nothing: beside an event's Properties, in an API's
# EndpointConfiguration, and in a route's Auth. For example, an Enabled: false one level too high does
# not switch off the event source. The translated template is the same as without the key.
#
# Output seen on 2026-11-28:
#   a key in an event's Properties: refused
#   Enabled: false beside an event's Properties: nothing changes
#   a misspelt key in EndpointConfiguration: nothing changes
#   a misspelt key in a route's Auth: nothing changes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aws-sam-translator==1.115.0
cat >"$folder/finding.py" <<'PYTHON'
import copy

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
    "A": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod", "EndpointConfiguration": {"Type": "REGIONAL"}}},
    "F": {"Type": "AWS::Serverless::Function", "Properties": {
        "CodeUri": "s3://bucket/key", "Handler": "h", "Runtime": "python3.13", "Role": "arn:aws:iam::123456789012:role/r",
        "Events": {
            "Get": {"Type": "Api", "Properties": {"RestApiId": {"Ref": "A"}, "Path": "/", "Method": "get", "Auth": {"ApiKeyRequired": True}}},
            "Batch": {"Type": "SQS", "Properties": {"Queue": "arn:aws:sqs:us-east-1:123456789012:q"}},
        }}}}}


def translated(change):
    template = copy.deepcopy(TEMPLATE)
    api, events = template["Resources"]["A"]["Properties"], template["Resources"]["F"]["Properties"]["Events"]
    change(api, events)
    return Translator({}, Parser()).translate(template, {})


def tell(what, change):
    try:
        same = translated(change) == translated(lambda api, events: None)
        print(what + ":", "nothing changes" if same else "something changes")
    except InvalidDocumentException:
        print(what + ": refused")


tell("a key in an event's Properties", lambda api, events: events["Batch"]["Properties"].update(BatchSizee=1))
tell("Enabled: false beside an event's Properties", lambda api, events: events["Batch"].update(Enabled=False))
tell("a misspelt key in EndpointConfiguration", lambda api, events: api["EndpointConfiguration"].update(VPCEndpointIdss=["vpce-1"]))
tell("a misspelt key in a route's Auth", lambda api, events: events["Get"]["Properties"]["Auth"].update(AuthorizationScopess=["s"]))
PYTHON
AWS_DEFAULT_REGION=us-east-1 "$folder/venv/bin/python" "$folder/finding.py" 2>/dev/null | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
a key in an event's Properties: refused
Enabled: false beside an event's Properties: nothing changes
a misspelt key in EndpointConfiguration: nothing changes
a misspelt key in a route's Auth: nothing changes
SEEN
