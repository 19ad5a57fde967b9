#!/usr/bin/env bash
# aws-sam-translator 1.115.0, with AutoPublishAlias and AutoPublishAliasAllProperties: the name of the
# published AWS::Lambda::Version is a hash of the function's properties as they are written. So
# {"Ref": "LogLevel"} goes into the hash, and not the parameter's value. If a deployment changes only
# the parameter, it publishes no version, and the alias still points to the old one.
#
# There is a way around it. A !Sub of the parameter in VersionDescription becomes the version's
# Description. CloudFormation cannot change the description of a version, so it makes a new version.
#
# Output seen on 2026-11-28:
#   the version has the same name for INFO and DEBUG: True
#   its description: {'Fn::Sub': 'LogLevel is ${LogLevel}'}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aws-sam-translator==1.115.0
cat >"$folder/finding.py" <<'PYTHON'
import copy

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"LogLevel": {"Type": "String", "Default": "INFO"}},
    "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {
        "CodeUri": "s3://bucket/key", "Handler": "h", "Runtime": "python3.13", "Role": "arn:aws:iam::123456789012:role/r",
        "AutoPublishAlias": "live", "AutoPublishAliasAllProperties": True,
        "VersionDescription": {"Fn::Sub": "LogLevel is ${LogLevel}"},
        "Environment": {"Variables": {"LEVEL": {"Ref": "LogLevel"}}},
    }}},
}


def version(level):
    resources = Translator({}, Parser()).translate(copy.deepcopy(TEMPLATE), {"LogLevel": level})["Resources"]
    return next((name, r["Properties"]) for name, r in resources.items() if r["Type"] == "AWS::Lambda::Version")


print("the version has the same name for INFO and DEBUG:", version("INFO")[0] == version("DEBUG")[0])
print("its description:", version("DEBUG")[1]["Description"])
PYTHON
AWS_DEFAULT_REGION=us-east-1 "$folder/venv/bin/python" "$folder/finding.py" 2>/dev/null | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
the version has the same name for INFO and DEBUG: True
its description: {'Fn::Sub': 'LogLevel is ${LogLevel}'}
SEEN
