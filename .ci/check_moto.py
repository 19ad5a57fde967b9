"""Runs a local stack on another AWS endpoint, moto, and the acceptance run on that stack.

    check_moto.py MOTO_SERVER LOCAL VERIFY    the three programs; moto_server is in .ci/moto.txt

Two checks fail on moto, which lacks what they need. This fails if they fail in another way, or if any other
check does not hold. When a newer moto mends one of the two, this fails too, and says so.
"""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds, for a program to start
LEFT_OUT = dict.fromkeys(("alarms", "roles", "key", "logs", "metrics"), "")
HOLDS = dict.fromkeys(("created", "known", "rejected", "classified", "latency", "dataset", "dead-letter", "trace"), "")
# Moto's PartiQL parser takes no parameters in an INSERT and in an UPDATE, and moto has no move tasks. It
# answers 500 to both. What is said of each check begins so.
FAILS = {"batch": "the batch says 0 created, not 8", "redrive": "start a move task: operation error SQS: StartMessageMoveTask,"}


@contextlib.contextmanager
def started(log, ready, *command):
    """Runs a program until the block ends, and yields the part of its output that matches."""
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as program:
        try:
            end = time.monotonic() + PATIENCE
            while not (found := re.search(ready, log.read_text())):
                if program.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{command[0]} does not start:\n{log.read_text()}")
                time.sleep(0.05)
            yield found[1]
        finally:
            program.terminate()


def differences(report):
    """Yields a text for each check that did not come out as moto lets it."""
    wanted = {"holds": HOLDS, "left out": LEFT_OUT, "FAILS": FAILS}
    results = {check["name"]: check for check in report["checks"]}
    for result, names in wanted.items():
        for name, said in names.items():
            check = results.pop(name, {"result": "missing", "seen": [""]})
            if check["result"] != result or not check["seen"][0].startswith(said):
                yield f"{name} {check['result']}, not {result} {said}: {check['seen'][0]}"
    for name in results:
        yield f"{name} is not known to this script"
    for what in report["left_behind"]:
        yield f"left behind: {what}"


def main(moto_server, local, verify):
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder)
        with (
            started(logs / "moto", r"Running on (http://\S+)", moto_server, "-H", "127.0.0.1", "-p", "0") as endpoint,
            started(
                logs / "local", r"(?ms)the API on (http://[^,]+),.*^ready",
                local, "-endpoint", endpoint, "-api", "127.0.0.1:0", "-console", "none",
            ) as api,
        ):
            command = [verify, "-endpoint", endpoint, "-api", api, "-json", "-timeout", "3m"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            try:
                report = json.loads(done.stdout)
            except ValueError:
                sys.exit(f"{verify} ends with {done.returncode}: {done.stdout}{done.stderr}")
    for check in report["checks"]:
        print(f"   {check['name']:12} {check['result']:9} {check['seen'][0]}"[:120])
    if found := list(differences(report)):
        sys.exit("\n".join(found))


main(*sys.argv[1:])
