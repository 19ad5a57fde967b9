"""Runs programs for the checks of the gate."""

import contextlib
import re
import subprocess
import sys
import time

PATIENCE = 60  # seconds, for a program to start, and for what is expected to be seen


@contextlib.contextmanager
def started(log, ready, *command):
    """Runs a program until the block ends. Yields it, and the part of its output that matches."""
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as program:
        try:

            def look():
                ended = program.poll() is not None  # before its log is read, which is whole then
                said = log.read_text()
                if ended:
                    sys.exit(f"{command[0]} has ended: {said}")
                return said

            yield program, wait_for(look, ready, f"{command[0]} does not start")
        finally:
            program.terminate()


def wait_for(look, pattern, complaint):
    """Looks until what is seen matches, and returns the first group, or the match if there is no group."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = look()
        if found := re.search(pattern, seen):
            return found[found.re.groups and 1]
        if time.monotonic() > end:
            sys.exit(f"{complaint}: {seen}")
        time.sleep(0.05)
