"""Runs the worker from its image, unpacked, on a local stack whose queue nobody else consumes.

    run_image.py FOLDER LOCAL    what check_image.py unpacked, and the program of the local stack

The worker sees nothing of this machine's files: the unpacked image is its root, which is read-only, as in the
task definition. If root runs this, the worker is the image's user. Another user needs a user namespace for
that; where there is none, the worker runs among this machine's files, and this says so.
"""

import json
import pathlib
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from os import geteuid

from running import PATIENCE, started, wait_for

PROGRAM = "/ko-app/worker"
# $0 becomes a mount point of its own, which can be read-only.
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def container(root):
    """Returns the command that runs what follows it with this folder as its root, or an empty one."""
    if not all(shutil.which(tool) for tool in ("unshare", "mount", "chroot")):
        return []
    is_root = geteuid() == 0
    unshare = ["unshare", "--mount"] if is_root else ["unshare", "--mount", "--user", "--map-root-user"]
    inside = [*unshare, "sh", "-c", READ_ONLY, root]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        return []
    return [*inside, shutil.which("chroot"), *(["--userspec=65532:65532"] if is_root else []), root]


def environment(endpoint, table, health):
    """Returns what the worker's task definition sets, and what leads the SDK to the local stack."""
    queues = f"{endpoint}/000000000000"
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "TABLE_NAME": table,
        "QUEUE_URL": f"{queues}/EnrichQueue",
        "DEAD_LETTER_QUEUE_URL": f"{queues}/EnrichDeadLetterQueue",
        "WRITER_TIMEOUT_SECONDS": "10",
        "METRICS_NAMESPACE": "image",
        "ENRICHER_ROLE_ID": "AROALOCAL",
        "BATCH_SIZE": "10",
        "BATCH_WINDOW_SECONDS": "0",
        "BATCHES_AT_ONCE": "1",
        "BATCH_TIMEOUT_SECONDS": "30",
        "HEALTH_ADDRESS": health,
    }
    return ["env", "-i", *(f"{name}={value}" for name, value in variables.items())]


def free_address():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % listener.getsockname()[1]


def get(url, data=None):
    with urllib.request.urlopen(url, data and json.dumps(data).encode(), timeout=PATIENCE) as answer:
        return answer.read().decode()


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found}, and must be {wanted}")


def check(items, item, worker, log):
    """Lets a worker classify an item, asks for its health, and stops it."""

    def healthy():
        return subprocess.run([*worker, "-health"], capture_output=True, timeout=PATIENCE, check=False).returncode

    expect("exit status of -health without a worker", healthy(), 1)
    with started(log, '"worker started"', *worker) as (process, _):
        expect("exit status of -health", healthy(), 0)
        posted = f"{items}/{json.loads(get(items, item))['id']}"
        wait_for(lambda: get(posted), '"CLASSIFIED"', "the worker does not classify the item")
        process.send_signal(signal.SIGTERM)
        name, value = next(iter(item.items()))
        get(items, item | {name: value + ("1" if "." in value else ".1")})  # ends the receive that is under way
        expect("exit status after SIGTERM", process.wait(PATIENCE), 0)
    expect("the log's last message", json.loads(log.read_text().splitlines()[-1])["message"], "worker stopped")


def main(folder, local):
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    if platform.system() != "Linux" or not architecture:
        print(f"   NOTE: the image is not for {platform.system()} on {platform.machine()}, so it does not run here")
        return
    root = f"{folder}/{architecture}"
    inside = container(root)
    if not inside:
        print("   NOTE: there are no user namespaces here, so the worker runs among this machine's files")
    program = [*inside, PROGRAM] if inside else [root + PROGRAM]
    flags = "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0", "-console", "none", "-parameter", "EnricherEnabled=false"
    with tempfile.TemporaryDirectory() as logs:
        with started(pathlib.Path(logs, "local"), r"(?ms)(.*)^ready", local, *flags) as (_, banner):
            api, endpoint = re.findall(r"http://[^\s,]+", banner)[:2]
            unwrapped = banner.replace("\\\n", " ")
            path, item = re.search(r"POST :\d+(\S+) (.*)", unwrapped).groups()  # an example
            (table,) = re.findall(r"--table-name (\S+)", banner)
            worker = [*environment(endpoint, table, free_address()), *program]
            check(api + path, dict(field.split("=") for field in item.split()), worker, pathlib.Path(logs, "worker"))
    print(f"   the worker of linux/{architecture} has classified an item, and stopped")


main(*sys.argv[1:])
