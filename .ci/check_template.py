"""Checks the template that AWS makes from template.yaml. It prints what it has tried, or what is wrong.

    check_template.py template.yaml

SAM's own translator translates the template, once with the defaults, and then with other values
of each parameter. cfn-lint must find nothing in the results. Each setting must have an effect
when it is deployed (deployed.py), and settings must agree (agreements.py). Then the check tests
itself: it makes each mistake of mistakes.py in the template, and must find it.
"""

import copy
import json
import pathlib
import sys

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner
from samtranslator.yaml_helper import yaml_parse

import deployed
import mistakes
import parameters
from agreements import disagreements
from cloudformation import placed
from translation import case, translate

# Findings of cfn-lint that are caused by the translator and not by our template.
IGNORED = {
    "W2001": "a parameter of the API is not used any more, because the translator replaced it by its value",
    "W3005": "the translator adds a DependsOn to each Ref of the usage plan",
}
# Parts of a resource that the translator does not read.
NOT_TRANSLATED = {"Type", "Metadata"}
LINTER = Runner(ConfigMixIn(regions=["us-east-1"], ignore_checks=sorted(IGNORED)))


def lint(template):
    """Yields each finding of cfn-lint in a template."""
    decoded, matches = decode_str(json.dumps(template, indent=1))
    for match in matches or LINTER.validate_template(decoded):
        place = "/".join(map(str, getattr(match, "path", None) or []))
        yield f"{match.rule.id} {place}: {match.message}"


def faults(source, tried):
    """Yields a text for each thing that is wrong with a SAM template. The quickest checks come first.
    `tried` are the settings of its parameters to try, with the defaults first (see parameters.settings).
    """
    seen = set()
    try:
        default, *_ = deployments = [case(source, settings) for settings in tried]
        yield from deployed.uncalled(default.resources)
        yield from deployed.stale(deployments)
        yield from deployed.unchanging_parameters(source, deployments)
        for each in deployments:
            yield from unseen(seen, each, deployed.unprotected(each.resources, each.parameters["ApiAuthorization"]))
            yield from unseen(seen, each, disagreements(each.resources))
        signed = case(with_authorizer(source, "AWS_IAM"), {"ApiAuthorization": "AWS_IAM"})
        yield from unseen(seen, signed, deployed.unprotected(signed.resources, "AWS_IAM"))
        yield from unseen(seen, default, lint(default.translated))
        yield from idle_properties(source, deployments)
        yield from one_sided_conditions(deployments)
        for each in switched(deployments):
            yield from unseen(seen, each, lint(each.evaluated))
    except (ValueError, KeyError) as error:
        yield str(error.args[0])


def unseen(seen, where, found):
    """Yields each fault only once, for the first case that has it."""
    for fault in found:
        if fault not in seen:
            seen.add(fault)
            yield f"with {where}: {fault}"


def switched(tried):
    """Returns one case for each shape of the template. Parameters change the shape through conditions
    and through the translator.
    """
    shapes = {}
    for each in tried:
        shapes.setdefault(json.dumps([each.conditions, shape(each.translated)]), each)
    return shapes.values()


def with_authorizer(source, authorizer):
    """Returns the template with the name of an authorizer in the place of the Ref in DefaultAuthorizer. The
    translator does more if it sees the name (findings/sam-translator-ignores-an-if-for-the-authorizer.sh),
    and a later one may see it behind a Ref.
    """
    changed = copy.deepcopy(source)
    auth = changed["Resources"]["PipelineApi"]["Properties"]["Auth"]
    if "Ref" in auth.get("DefaultAuthorizer", {}):
        auth["DefaultAuthorizer"] = authorizer
    return changed


def shape(node):
    """Returns the template without its scalars."""
    if isinstance(node, dict):
        return {key: shape(value) for key, value in node.items()}
    return [shape(value) for value in node] if isinstance(node, list) else None


def one_sided_conditions(tried):
    """Yields a text for each condition that has the same value in all cases."""
    for name, first in tried[0].conditions.items():
        if all(each.conditions[name] == first for each in tried):
            yield f"the condition {name} is {first} with all values that are tried: add a value to SAMPLES in .ci/parameters.py that changes it"


def idle_properties(source, tried):
    """Yields a text for each part of a SAM resource that has no effect on the translated template. The
    translator drops some unknown keys and does not report them. A property that is a Ref of a parameter
    may have no effect with the parameter's default, but must have one with another value. InvokeRole has
    an effect only if the translator sees the name of an authorizer.
    """
    sam = {name: r for name, r in source["Resources"].items() if r["Type"].startswith("AWS::Serverless::")}
    source = {**source, "Resources": sam}  # the other resources would only take time
    default, *others = tried
    signed = with_authorizer(source, "AWS_IAM")
    as_written, as_signed = (translate(each, default.parameters) for each in (source, signed))
    for name, resource in sam.items():
        for path, node in paths(resource):
            if path[0] in NOT_TRANSLATED:
                continue
            place = ["Resources", name, *path]
            if as_written != translated_without(source, place, default.parameters):
                continue
            if as_signed != translated_without(signed, place, default.parameters):
                continue
            values = [each.parameters for each in others if isinstance(node, dict) and node.get("Ref") in each.settings]
            if all(translate(source, each) == translated_without(source, place, each) for each in values):
                yield f"{name}: {'.'.join(path)} has no effect: is it misspelt, or in the wrong place?"


def paths(node):
    """Yields the path and the value of each key below a node. Outer keys come first."""
    for key, value in node.items():
        yield [key], value
        if isinstance(value, dict) and not is_function(value):
            yield from (([key, *rest], below) for rest, below in paths(value))


def is_function(node):
    return len(node) == 1 and (next(iter(node)) == "Ref" or next(iter(node)).startswith("Fn::"))


def translated_without(source, path, values):
    """Returns the translated template without the part at `path`, or None if it needs that part."""
    changed = copy.deepcopy(source)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    try:
        return translate(changed, values)
    except ValueError:
        return None


def missed(source):
    """Yields a text for each mistake that the check does not find, and for each finding that is not a mistake."""
    for name, mistake, parameter, named in mistakes.MISTAKES:
        changed = changed_by(mistake, source)
        found = faults(changed, few_settings(changed, parameter))
        if not any(named in fault and (parameter or "") in fault for fault in found):
            yield f"the mistake {name!r} was not found: no message has {named!r} (parameter: {parameter})"
    name, change, parameter = mistakes.SOUND
    changed = changed_by(change, source)
    for fault in deployed.stale([case(changed, settings) for settings in few_settings(changed, parameter)]):
        yield f"{name} is correct, but the check found: {fault}"


def few_settings(source, parameter):
    """Returns the defaults, and, if there is a parameter, one other value of it."""
    if parameter is None:
        return [{}]
    return [{}, {parameter: parameters.values(parameter, source["Parameters"][parameter])[-1]}]


def changed_by(change, source):
    changed = copy.deepcopy(source)
    change(changed)
    return changed


def main(path):
    source = placed(yaml_parse(pathlib.Path(path).read_text()))
    try:
        tried = list(parameters.settings(source))
        wrong = list(faults(source, tried)) or list(missed(source))
    except (ValueError, KeyError) as error:
        wrong = [str(error.args[0])]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"   {len(tried)} settings of parameters are correct, and all {len(mistakes.MISTAKES)} mistakes are found")


if __name__ == "__main__":
    main(*sys.argv[1:])
