"""Checks what `sam build` made, and prints a sha256 and a name a line, sorted.

    check_binaries.py .aws-sam/build WriterFunction ...

Each function must have one file, bootstrap: an ELF for arm64, small, without symbols
and without anything to link at start, built with the flags of the Makefile.
"""

import hashlib
import pathlib
import struct
import subprocess
import sys

AARCH64 = 183  # e_machine
PT_INTERP = 3  # p_type: there is a dynamic linker to run
SHT_SYMTAB = 2  # sh_type: not stripped
MAX_BYTES = 10_000_000  # what is loaded at each cold start
SETTINGS = ("-tags=lambda.norpc,nethttpomithttp2", "-trimpath=true", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")


def faults(binary):
    """Yields what is wrong with a binary. See elf(5) for the offsets."""
    data = binary.read_bytes()
    if len(data) >= MAX_BYTES:
        yield f"has {len(data)} bytes, not under {MAX_BYTES}"
    if data[:6] != b"\x7fELF\x02\x01":
        yield "is no 64-bit little-endian ELF"
        return
    (machine,) = struct.unpack_from("<H", data, 18)
    if machine != AARCH64:
        yield f"is for machine {machine}, not arm64"
    segments, sections = struct.unpack_from("<QQ", data, 32)
    segment_size, segment_count, section_size, section_count = struct.unpack_from("<4H", data, 54)
    for n in range(segment_count):
        if struct.unpack_from("<I", data, segments + n * segment_size)[0] == PT_INTERP:
            yield "is not statically linked"
    for n in range(section_count):
        if struct.unpack_from("<I", data, sections + n * section_size + 4)[0] == SHT_SYMTAB:
            yield "is not stripped"
    built = subprocess.run(["go", "version", "-m", binary], capture_output=True, text=True).stdout
    for setting in SETTINGS:
        if f"\tbuild\t{setting}\n" not in built:
            yield f"was not built with {setting}"


def main(build, *functions):
    found = sorted(str(path.relative_to(build)) for path in pathlib.Path(build).glob("*/*"))
    expected = sorted(f"{function}/bootstrap" for function in functions)
    if found != expected:
        sys.exit(f"{build} has {found}, expected {expected}")
    wrong = False
    lines = []
    for name in found:
        binary = pathlib.Path(build, name)
        for fault in faults(binary):
            print(f"{name} {fault}", file=sys.stderr)
            wrong = True
        lines.append(f"{hashlib.sha256(binary.read_bytes()).hexdigest()}  {name}")
    print("\n".join(sorted(lines)))
    sys.exit(wrong)


main(*sys.argv[1:])
