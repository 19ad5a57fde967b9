"""Checks enricher/worker/template.yaml as check_template.py checks template.yaml, and that the two fit together.

    check_worker.py template.yaml enricher/worker/template.yaml docs/runbook.md

It prints what it has tried, or what is wrong. At the end moto makes both stacks, the second with the exports
of the first.
"""

import pathlib
import sys

from samtranslator.yaml_helper import yaml_parse

import deployed
import parameters
import worker_agreements
import worker_mistakes
from check_template import changed_by, lint, one_sided_conditions, switched, unseen
from cloudformation import placed
from moto_stacks import made
from translation import case

# For the parameters that have no default.
GIVEN = {
    "Image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/worker@sha256:{'0' * 64}",
    "VpcId": "vpc-00000001",
    "SubnetIds": "subnet-00000001,subnet-00000002",
}


class Check:
    def __init__(self, first, runbook):
        self.first, self.runbook = first, runbook

    def faults(self, source, tried):
        """Yields a text for each thing that is wrong with the worker's template, as check_template.faults does."""
        seen = set()
        try:
            deployments = [case(source, settings) for settings in tried]
            yield from deployed.unchanging_parameters(source, deployments)
            yield from deployed.unforced(deployments)
            for each in deployments:
                first = worker_agreements.First(self.first, each.parameters["PipelineStack"])
                yield from unseen(seen, each, worker_agreements.disagreements(each.resources, first))
            first = worker_agreements.First(self.first, deployments[0].parameters["PipelineStack"])
            yield from worker_agreements.unclear_alarms(deployments[0].resources, first, self.runbook)
            if len(tried) > 2:
                yield from one_sided_conditions(deployments)
            for each in self.linted(deployments):
                yield from unseen(seen, each, lint(each.evaluated))
        except (ValueError, KeyError) as error:
            yield str(error.args[0])

    @staticmethod
    def linted(deployments):
        """Returns one case of each shape, and each size of a task: cfn-lint knows Fargate's pairs."""
        return [*switched(deployments), *(each for each in deployments if "TaskSize" in each.settings)]

    def missed(self, source):
        """Yields a text for each mistake that the check does not find."""
        for name, mistake, parameter, named in worker_mistakes.MISTAKES:
            changed = changed_by(mistake, source)
            found = list(self.faults(changed, few_settings(changed, parameter)))
            if not any(named in fault and (parameter or "") in fault for fault in found):
                yield f"the mistake {name!r} was not found: no message has {named!r} (parameter: {parameter}) in {found}"


def few_settings(source, parameter):
    """Returns the defaults, and, if there is a parameter, another value of it: the last, or the one that is said."""
    if parameter is None:
        return [{}]
    name, _, value = parameter.partition("=")
    return [{}, {name: value or parameters.values(name, source["Parameters"][name])[0 if name == "BatchWindow" else -1]}]


def read(path):
    return placed(yaml_parse(pathlib.Path(path).read_text()))


def main(first_path, worker_path, runbook_path):
    source, first = read(worker_path), case(read(first_path), {})
    for name, value in GIVEN.items():
        source["Parameters"][name].setdefault("Default", value)
    check = Check(first.evaluated, pathlib.Path(runbook_path).read_text())
    try:
        tried = list(parameters.settings(source))
        wrong = list(check.faults(source, tried)) or list(check.missed(source)) or list(made(first, source))
    except (ValueError, KeyError) as error:
        wrong = [str(error.args[0])]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"   {len(tried)} settings of parameters are correct, and all {len(worker_mistakes.MISTAKES)} mistakes are found")


if __name__ == "__main__":
    main(*sys.argv[1:])
