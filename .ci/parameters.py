"""Which values of a template's parameters are tried."""

import re

from cloudformation import Evaluation, text

# Strings for parameters without AllowedValues. Those that match the AllowedPattern are
# tried; check_template.py says so if they leave a condition with one value only.
SAMPLES = ("7", "2000", "you@example.com", "s3://bucket/models/iris.json")


def settings(template):
    """Yields dictionaries of parameters to values: {} for the defaults, then each
    parameter with each value that is tried. Where the template's Rules allow that value
    only beside another parameter's, they have both.
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
    """The values to try besides the default: all AllowedValues; the ends of a number's
    range; or samples. Raises ValueError if there are none.
    """
    default = text(definition["Default"]) if "Default" in definition else None
    found = [value for value in map(text, _candidates(definition)) if value != default]
    if not found:
        raise ValueError(f"no other value to try for the parameter {name}: add one to SAMPLES in .ci/parameters.py")
    return found


def _candidates(definition):
    if "AllowedValues" in definition:
        return definition["AllowedValues"]
    if definition["Type"] == "Number":
        ends = [definition[end] for end in ("MinValue", "MaxValue") if end in definition]
        return ends if "MaxValue" in definition else [*ends, definition.get("Default", 1) + 1]
    if definition["Type"] != "String":
        raise ValueError(f"a parameter of type {definition['Type']}: teach .ci/cloudformation.py what a Ref of it is")
    lengths = range(int(definition.get("MinLength", 0)), int(definition.get("MaxLength", 4096)) + 1)
    pattern = definition.get("AllowedPattern", ".*")
    return [sample for sample in SAMPLES if len(sample) in lengths and re.fullmatch(pattern, sample)]
