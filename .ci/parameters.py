"""Chooses the values of a template's parameters that check_template.py tries."""

import re

from cloudformation import Evaluation, text

# Values to try for parameters of type String without AllowedValues, if they match the AllowedPattern.
# check_template.py complains if a condition has the same value with all of them.
SAMPLES = (
    "7", "2000", "you@example.com", "s3://bucket/models/model.json", "another-stack",
    f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/a/b@sha256:{'1' * 64}",
)
# Values to try for parameters that name something in the account.
NAMED = {"AWS::EC2::VPC::Id": ["vpc-00000002"], "List<AWS::EC2::Subnet::Id>": ["subnet-00000003,subnet-00000004"]}


def settings(template):
    """Yields dictionaries from parameter names to values. The first is {}: all defaults. Each of the
    others sets one parameter to one value. If the template's Rules allow that value only
    together with a value of another parameter, the dictionary has both.
    """
    yield {}
    tried = [(name, value) for name, p in template.get("Parameters", {}).items() for value in values(name, p)]
    for name, value in tried:
        alone = {name: value}
        together = ({other: its, name: value} for other, its in tried if other != name)
        for candidate in (alone, *together):
            if not Evaluation(template, candidate).broken_rules():
                yield candidate
                break


def values(name, definition):
    """Returns the values to try besides the default: all AllowedValues, or the ends of a number's
    range, or samples. Raises ValueError if there are none.
    """
    default = text(definition["Default"]) if "Default" in definition else None
    found = [value for value in map(text, _candidates(definition)) if value != default]
    if not found:
        raise ValueError(f"there is no value to try for the parameter {name} besides its default: add one to SAMPLES in .ci/parameters.py")
    return found


def _candidates(definition):
    if "AllowedValues" in definition:
        return definition["AllowedValues"]
    if definition["Type"] == "Number":
        ends = [definition[end] for end in ("MinValue", "MaxValue") if end in definition]
        return ends if "MaxValue" in definition else [*ends, definition.get("Default", 1) + 1]
    if definition["Type"] in NAMED:
        return NAMED[definition["Type"]]
    if definition["Type"] != "String":
        raise ValueError(f"a parameter has the type {definition['Type']}: extend .ci/cloudformation.py, so that it knows the value of a Ref of this type")
    lengths = range(int(definition.get("MinLength", 0)), int(definition.get("MaxLength", 4096)) + 1)
    pattern = definition.get("AllowedPattern", ".*")
    return [sample for sample in SAMPLES if len(sample) in lengths and re.fullmatch(pattern, sample)]
