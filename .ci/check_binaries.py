"""Checks the programs that `sam build` made. It prints a sorted line for each: its sha256 and its name.

    check_binaries.py .aws-sam/build WriterFunction ...

Each function must have exactly one file, called bootstrap. It must be an ELF program for
arm64, small, without symbols, linked statically, and built with the flags of the Makefile.
"""

import hashlib
import pathlib
import struct
import subprocess
import sys

MACHINES = {"arm64": 183, "amd64": 62}  # e_machine of each GOARCH
PT_INTERP = 3  # p_type: the program needs a dynamic linker
SHT_SYMTAB = 2  # sh_type: the program still has its symbols
MAX_BYTES = 10_000_000  # Lambda loads this much at each cold start
TAGS = "lambda.norpc,nethttpomithttp2"


def faults(binary, architecture="arm64", tags=TAGS, most=MAX_BYTES):
    """Yields a text for each thing that is wrong with a program. elf(5) has the offsets."""
    data = binary.read_bytes()
    if len(data) >= most:
        yield f"has {len(data)} bytes, and must have fewer than {most}"
    if data[:6] != b"\x7fELF\x02\x01":
        yield "is not a 64-bit little-endian ELF file"
        return
    (machine,) = struct.unpack_from("<H", data, 18)
    if machine != MACHINES[architecture]:
        yield f"is for machine {machine}, not {architecture}"
    segments, sections = struct.unpack_from("<QQ", data, 32)
    segment_size, segment_count, section_size, section_count = struct.unpack_from("<4H", data, 54)
    for n in range(segment_count):
        if struct.unpack_from("<I", data, segments + n * segment_size)[0] == PT_INTERP:
            yield "is not statically linked"
    for n in range(section_count):
        if struct.unpack_from("<I", data, sections + n * section_size + 4)[0] == SHT_SYMTAB:
            yield "is not stripped"
    built = subprocess.run(["go", "version", "-m", binary], capture_output=True, text=True).stdout
    for setting in (f"-tags={tags}", "-trimpath=true", "CGO_ENABLED=0", "GOOS=linux", f"GOARCH={architecture}"):
        if f"\tbuild\t{setting}\n" not in built:
            yield f"was not built with {setting}"


def main(build, *functions):
    found = sorted(str(path.relative_to(build)) for path in pathlib.Path(build).glob("*/*"))
    expected = sorted(f"{function}/bootstrap" for function in functions)
    if found != expected:
        sys.exit(f"{build} has {found}, and must have {expected}")
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


if __name__ == "__main__":
    main(*sys.argv[1:])
