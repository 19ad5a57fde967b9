"""Makes the template that AWS runs: SAM's translator translates it, and it is then evaluated."""

import copy
import dataclasses
import logging

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from cloudformation import Evaluation

PACKAGE = "s3://bucket/package.zip"  # instead of CodeUri; `sam deploy` replaces it too
SESSION = boto3.Session(region_name="us-east-1")

logging.getLogger("samtranslator").setLevel(logging.ERROR)


@dataclasses.dataclass
class Case:
    """A deployment. `settings` are the parameters whose value is not the default."""

    settings: dict
    parameters: dict  # all parameters, with their values
    translated: dict
    evaluated: dict
    conditions: dict

    def __str__(self):
        return " ".join(f"{name}={value}" for name, value in self.settings.items()) or "the defaults"

    @property
    def resources(self):
        return self.evaluated["Resources"]


def translate(source, values):
    """Returns the CloudFormation template that SAM makes from `source`. Raises ValueError with
    the translator's complaints.
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
    """Returns the properties of each AWS::Serverless::Function."""
    return [r.get("Properties", {}) for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]


def case(source, changed):
    """Returns the deployment of a SAM template in which the parameters `changed` have other values."""
    parameters = Evaluation(source, changed).parameters
    translated = translate(source, parameters)
    evaluation = Evaluation(translated, parameters)
    return Case(changed, parameters, translated, evaluation.result(), evaluation.conditions())
