#!/usr/bin/env python3
"""Does in a copy of the repository what docs/make-it-yours.md says, block by block.

    .ci/make_it_yours.py COPY     COPY is a folder that does not exist yet; sam and cfn-lint are in PATH

The tutorial is the script. Of its fenced blocks,

- a block of sh is run line by line, unless the line before it is the comment <!-- not run: why -->,
- a block without a language, after a block of sh, is what that block prints; … stands for anything,
- a block that names a language and a file is in that file of the copy, word by word.

Any other block is an error. So no block can say what does not hold. At the comment <!-- changed files -->
the script checks what has changed so far. Outside of the item's own places, that may be only names.
"""

import dataclasses
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

TUTORIAL = "docs/make-it-yours.md"

# The item's own places. A path that ends in / is a folder.
OWN = [
    "shared/item/features.go",
    "enricher/classifier/dataset/",
    "enricher/classifier/model.json",
    "enricher/classifier/wine_test.go",
]
GENERATED = ["events/", "docs/openapi.yaml", "docs/authorization.md", "docs/architecture.svg"]  # by make generate

# What the names of the iris have become.
NAMES = [
    ("simple-sam-demo", "github.com/you/wines"),
    ("simple-sam-demo", "wines"),
    ("IrisTable", "WineTable"),
    ("/v0/iris", "/v0/wines"),
    ("iris flowers", "wines"),
    ("flowers", "wines"),
    ("flower", "wine"),
    ("species", "cultivars"),
]


class Failure(Exception):
    """A sentence for whoever reads the gate's output."""


@dataclasses.dataclass
class Block:
    line: int  # of the opening fence
    info: str  # what stands after the fence: a language and perhaps a file
    comment: str  # the comment in the line before, or ""
    text: str


def blocks(markdown):
    """Yields the fenced blocks, and the comments that stand between them as blocks without text."""
    opened, before = None, ""
    for number, line in enumerate(markdown.splitlines(), 1):
        comment = re.fullmatch(r"<!-- (.*) -->", line)
        if opened is None and line.startswith("```"):
            opened = Block(number, line[3:].strip(), before, "")
        elif opened is None and comment and not comment[1].startswith("not run: "):
            yield Block(number, "", comment[1], "")
        elif opened is not None and line == "```":
            yield opened
            opened = None
        elif opened is not None:
            opened.text += line + "\n"
        before = comment[1] if comment else ""
    if opened is not None:
        raise Failure(f"{TUTORIAL}:{opened.line}: the block does not end")


class Copy:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.printed = None  # by the last block that was run

    def make(self):
        """Copies the repository's files, and commits them in the copy, so that git can tell what changes."""
        files = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], check=True, capture_output=True).stdout
        for name in os.fsdecode(files).rstrip("\0").split("\0"):
            if os.path.exists(name):
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(name, target)
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=tutorial", "-c", "user.email=tutorial@localhost", "commit", "--quiet", "--message", "The iris")

    def git(self, *args):
        return subprocess.run(["git", *args], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def do(self, block):
        """Runs or checks one block."""
        where = f"{TUTORIAL}:{block.line}"
        if block.comment == "changed files":
            self.check_changes()
        elif block.info == "sh" and block.comment.startswith("not run: "):
            print(f"   {where}: {block.comment}")
            self.printed = None
        elif block.info == "sh":
            self.run(where, block.text)
        elif block.info == "" and block.text and self.printed is not None:
            wanted = ".*".join(re.escape(part) for part in block.text.split("…"))
            if not re.search(wanted, self.printed):
                raise Failure(f"{where}: expected this output:\n{block.text}\nand it was:\n{self.printed[-5000:]}")
        elif re.fullmatch(r"\w+ \S+", block.info):
            name = block.info.split()[1]
            if block.text not in (self.folder / name).read_text():
                raise Failure(f"{where}: this is not in {name}:\n{block.text}")
        else:
            raise Failure(f"{where}: it is neither a block to run, nor the output of one, nor a part of a file: see the top of {sys.argv[0]}")

    def run(self, where, commands):
        """Runs the lines one by one. Each line that edits files by perl must change each of them."""
        self.printed = ""
        for command in commands.splitlines():
            start = time.monotonic()
            edited = {}
            if command.startswith("perl "):
                edited = {path: path.read_bytes() for path in map(self.folder.joinpath, shlex.split(command)[1:]) if path.is_file()}
            result = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            self.printed += result.stdout
            if result.returncode != 0:
                raise Failure(f"{where}: exit code {result.returncode}:\n{command}\nprinted:\n{result.stdout[-20000:]}")
            for path, before in edited.items():
                if path.read_bytes() == before:
                    raise Failure(f"{where}: this changes nothing in {path.relative_to(self.folder)}:\n{command}")
            shown = command if len(command) < 80 else command[:79] + "…"
            print(f"   {where}: {shown} ({time.monotonic() - start:.0f} s)")

    def check_changes(self):
        """Prints the files that have changed, and fails if one has changed in more than names."""
        self.git("add", "--all")
        changed = self.git("diff", "--cached", "--no-renames", "--name-status").splitlines()
        counts, others, faults = {}, [], []
        for status, name in (line.split("\t") for line in changed):
            kind = kind_of(status, name)
            if kind == "others":
                kind, lines = self.names_in(name)
                faults += lines
                others += [name] if kind == "names" else []
            counts[kind] = counts.get(kind, 0) + 1
        print("   changed: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
        print("   changed in names only, besides the module path: " + " ".join(others))
        unformatted = subprocess.run(["gofmt", "-l", "."], cwd=self.folder, check=True, capture_output=True, text=True).stdout
        if unformatted:
            raise Failure(f"these files are not formatted any more:\n{unformatted}")
        if faults:
            raise Failure("these lines have changed outside of the item's own places, in more than names:\n" + "\n".join(faults))

    def names_in(self, name):
        """Tells whether a file has changed in its module path or in other names, and which lines have changed in more."""
        old, new = self.git("show", f"HEAD:{name}").splitlines(), (self.folder / name).read_text().splitlines()
        kind, faults = "module path", []
        for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            if sorted(renamed(old[a:b], NAMES[:1])) != sorted(new[c:d]):
                kind = "names"
            if not any(sorted(renamed(old[a:b], names)) == sorted(new[c:d]) for names in (NAMES[:1], NAMES[1:])):
                faults += [f"{name}: -{line}" for line in old[a:b]] + [f"{name}: +{line}" for line in new[c:d]]
        return kind, faults


def renamed(lines, names):
    for old, new in names:
        lines = [line.replace(old, new) for line in lines]
    return lines


def kind_of(status, name):
    if any(name == own or own.endswith("/") and name.startswith(own) for own in OWN):
        return "the item's own"
    if any(name == own or own.endswith("/") and name.startswith(own) and name.endswith(".json") for own in GENERATED):
        return "generated"
    if status == "D" and name.endswith("iris_test.go"):
        return "tests of the iris"
    return "others"


def main():
    sys.stdout.reconfigure(line_buffering=True)
    if len(sys.argv) != 2 or os.path.exists(sys.argv[1]):
        sys.exit(__doc__)
    os.chdir(pathlib.Path(__file__).parent.parent)
    folder = pathlib.Path(sys.argv[1])
    try:
        copy = Copy(folder)
        todo = list(blocks(pathlib.Path(TUTORIAL).read_text()))
        copy.make()
        for block in todo:
            copy.do(block)
    except Failure as failure:
        sys.exit(f"{failure}\nThe copy is in {folder}.")


if __name__ == "__main__":
    main()
