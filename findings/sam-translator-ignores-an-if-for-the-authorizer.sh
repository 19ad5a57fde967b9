#!/usr/bin/env bash
# aws-sam-translator 1.115.0 accepts a value or a Ref of a parameter as an API's
# Auth.DefaultAuthorizer. It ignores an !If or a !FindInMap there, and reports nothing: the API then
# has no authorizer. An unknown name, such as NONE, also gives an API without an authorizer, if the
# API has no Authorizers. InvokeRole says whether API Gateway calls the function with the caller's
# permissions. It has an effect only if the template has AWS_IAM as a value, and not as a Ref.
#
# Output seen on 2026-11-28:
#   AWS_IAM: signed, called as the caller
#   AWS_IAM and InvokeRole: NONE: signed
#   NONE: open
#   !Ref of a parameter that is AWS_IAM: signed
#   !Ref of a parameter that is NONE: open
#   !If whose condition is true: open
#   !FindInMap: open
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aws-sam-translator==1.115.0
cat >"$folder/finding.py" <<'PYTHON'
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def made_of(**auth):
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Yes": {"Type": "String", "Default": "AWS_IAM"}, "No": {"Type": "String", "Default": "NONE"}},
        "Conditions": {"True": {"Fn::Equals": ["a", "a"]}},
        "Mappings": {"M": {"a": {"b": "AWS_IAM"}}},
        "Resources": {
            "A": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod", "Auth": auth}},
            "F": {"Type": "AWS::Serverless::Function", "Properties": {
                "CodeUri": "s3://bucket/key", "Handler": "h", "Runtime": "python3.13", "Role": "arn:aws:iam::123456789012:role/r",
                "Events": {"Get": {"Type": "Api", "Properties": {"RestApiId": {"Ref": "A"}, "Path": "/", "Method": "get"}}},
            }},
        },
    }
    translated = Translator({}, Parser()).translate(template, {"Yes": "AWS_IAM", "No": "NONE"})
    method = translated["Resources"]["A"]["Properties"]["Body"]["paths"]["/"]["get"]
    signed = "signed" if method.get("security") else "open"
    return signed + (", called as the caller" if "credentials" in method["x-amazon-apigateway-integration"] else "")


print("AWS_IAM:", made_of(DefaultAuthorizer="AWS_IAM"))
print("AWS_IAM and InvokeRole: NONE:", made_of(DefaultAuthorizer="AWS_IAM", InvokeRole="NONE"))
print("NONE:", made_of(DefaultAuthorizer="NONE"))
print("!Ref of a parameter that is AWS_IAM:", made_of(DefaultAuthorizer={"Ref": "Yes"}))
print("!Ref of a parameter that is NONE:", made_of(DefaultAuthorizer={"Ref": "No"}))
print("!If whose condition is true:", made_of(DefaultAuthorizer={"Fn::If": ["True", "AWS_IAM", "NONE"]}))
print("!FindInMap:", made_of(DefaultAuthorizer={"Fn::FindInMap": ["M", "a", "b"]}))
PYTHON
AWS_DEFAULT_REGION=us-east-1 "$folder/venv/bin/python" "$folder/finding.py"
