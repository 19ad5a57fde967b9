"""Checks what AWS makes of template.yaml. It prints what it has tried, or what is wrong.

    check_template.py template.yaml

SAM's own translator translates the template, with the defaults and with other values of
each parameter. What comes out must be fit to deploy (cfn-lint), and what is set must be
what runs (deployed.py, agreements.py). Then the check is checked: each of mistakes.py is
made in the template and must be found.
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

# Findings that are not about what is written in the template.
IGNORED = {
    "W2001": "a parameter of the API is not used any more: the translator has put its value in",
    "W3005": "the translator adds a DependsOn beside each Ref of the usage plan",
}
# Parts of a resource that are not for the translator.
NOT_TRANSLATED = {"Type", "Metadata"}
LINTER = Runner(ConfigMixIn(regions=["us-east-1"], ignore_checks=sorted(IGNORED)))


def lint(template):
    """Yields what cfn-lint finds in a template."""
    decoded, matches = decode_str(json.dumps(template, indent=1))
    for match in matches or LINTER.validate_template(decoded):
        place = "/".join(map(str, getattr(match, "path", None) or []))
        yield f"{match.rule.id} {place}: {match.message}"


def faults(source, tried):
    """Yields what is wrong with a SAM template, the quickest checks first. `tried` are the
    settings of its parameters to try, the defaults first (see parameters.settings).
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
        yield from unseen(seen, default, lint(default.translated))
        yield from idle_properties(source, deployments)
        yield from one_sided_conditions(deployments)
        for each in switched(deployments):
            yield from unseen(seen, each, lint(each.evaluated))
    except (ValueError, KeyError) as error:
        yield str(error.args[0])


def unseen(seen, where, found):
    """Yields each fault only for the first case that has it."""
    for fault in found:
        if fault not in seen:
            seen.add(fault)
            yield f"with {where}: {fault}"


def switched(tried):
    """One case for each shape that the evaluated template can have: what conditions and
    the translator make of the parameters' values.
    """
    shapes = {}
    for each in tried:
        shapes.setdefault(json.dumps([each.conditions, shape(each.translated)]), each)
    return shapes.values()


def shape(node):
    """What is left of a template when its scalars are taken out."""
    if isinstance(node, dict):
        return {key: shape(value) for key, value in node.items()}
    return [shape(value) for value in node] if isinstance(node, list) else None


def one_sided_conditions(tried):
    """Yields each condition that all cases decide in the same way."""
    for name, first in tried[0].conditions.items():
        if all(each.conditions[name] == first for each in tried):
            yield f"the condition {name} is always {first}: no value that is tried changes it; see SAMPLES in .ci/parameters.py"


def idle_properties(source, tried):
    """Yields what can be taken out of a SAM resource without a change of the translated
    template: the translator drops some of what it does not know, without a word. What is a
    parameter's value may have no effect with the default, and must have one with another.
    """
    sam = {name: r for name, r in source["Resources"].items() if r["Type"].startswith("AWS::Serverless::")}
    source = {**source, "Resources": sam}  # the others would only take time
    default, *others = tried
    translated = translate(source, default.parameters)
    for name, resource in sam.items():
        for path, node in paths(resource):
            if path[0] in NOT_TRANSLATED:
                continue
            place = ["Resources", name, *path]
            if translated != translated_without(source, place, default.parameters):
                continue
            values = [each.parameters for each in others if isinstance(node, dict) and node.get("Ref") in each.settings]
            if all(translate(source, each) == translated_without(source, place, each) for each in values):
                yield f"{name}: {'.'.join(path)} has no effect: is it spelt rightly, and where it belongs?"


def paths(node):
    """Yields the path of each key below a node, and what stands there, outer ones first."""
    for key, value in node.items():
        yield [key], value
        if isinstance(value, dict) and not is_function(value):
            yield from (([key, *rest], below) for rest, below in paths(value))


def is_function(node):
    return len(node) == 1 and (next(iter(node)) == "Ref" or next(iter(node)).startswith("Fn::"))


def translated_without(source, path, values):
    """The translated template without what is at `path`; None if it can not do without."""
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
    """Yields each mistake that is not found, and what is found though it is none."""
    for name, mistake, parameter, named in mistakes.MISTAKES:
        changed = changed_by(mistake, source)
        found = faults(changed, few_settings(changed, parameter))
        if not any(named in fault and (parameter or "") in fault for fault in found):
            yield f"the mistake {name!r} was made, and no fault found that says {named!r} of {parameter}"
    name, change, parameter = mistakes.SOUND
    changed = changed_by(change, source)
    for fault in deployed.stale([case(changed, settings) for settings in few_settings(changed, parameter)]):
        yield f"{name}: nothing is wrong with that, and the check found: {fault}"


def few_settings(source, parameter):
    """The defaults, and one other value of the parameter, if there is one."""
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
    print(f"   {len(tried)} settings of parameters are right, {len(mistakes.MISTAKES)} mistakes are found")


if __name__ == "__main__":
    main(*sys.argv[1:])
