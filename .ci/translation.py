"""The template as AWS runs it: translated by SAM's translator, and evaluated."""

import copy
import dataclasses
import logging

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from cloudformation import Evaluation

PACKAGE = "s3://bucket/package.zip"  # in the place of CodeUri, as `sam deploy` does it
SESSION = boto3.Session(region_name="us-east-1")

logging.getLogger("samtranslator").setLevel(logging.ERROR)


@dataclasses.dataclass
class Case:
    """What a deployment with `settings` (parameters that are not at their default) is."""

    settings: dict
    parameters: dict  # all of them
    translated: dict
    evaluated: dict
    conditions: dict

    def __str__(self):
        return " ".join(f"{name}={value}" for name, value in self.settings.items()) or "the defaults"

    @property
    def resources(self):
        return self.evaluated["Resources"]


def translate(source, values):
    """The CloudFormation template that SAM makes of `source`. Raises ValueError with
    what the translator complains about.
    """
    template = copy.deepcopy(source)
    for place in (template.get("Globals", {}).get("Function", {}), *functions(template)):
        if "CodeUri" in place:
            place["CodeUri"] = PACKAGE
    try:
        return Translator({}, Parser(), boto_session=SESSION).translate(template, dict(values))
    except InvalidDocumentException as error:
        raise ValueError("\n".join(cause.message for cause in error.causes)) from error


def functions(template):
    """The properties of each AWS::Serverless::Function."""
    return [r.get("Properties", {}) for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]


def case(source, changed):
    """The deployment of a SAM template with other values of the parameters `changed`."""
    parameters = Evaluation(source, changed).parameters
    translated = translate(source, parameters)
    evaluation = Evaluation(translated, parameters)
    return Case(changed, parameters, translated, evaluation.result(), evaluation.conditions())
