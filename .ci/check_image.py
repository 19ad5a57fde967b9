"""Checks the image of the worker, as `make worker-image` leaves it, and unpacks it.

    check_image.py .aws-sam/worker-image FOLDER

FOLDER gets the files for each architecture: FOLDER/arm64 and FOLDER/amd64. The last line printed is the image's
digest. The layout, the images and the list of modules (SBOM) are as these pages say:
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
https://github.com/opencontainers/image-spec/blob/main/config.md
https://spdx.github.io/spdx-spec/v2.3/
"""

import gzip
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tarfile

import check_binaries

ARCHITECTURES = ("arm64", "amd64")
MAX_BYTES = 15_000_000  # of an image for one architecture, as it is pulled and as it is unpacked
PROGRAM = "/ko-app/worker"
# All that is in the image: the program, and folders in which ko puts nothing. There is no shell.
FILES = {PROGRAM: tarfile.REGTYPE} | dict.fromkeys(("/ko-app", "/var", "/var/run", "/var/run/ko"), tarfile.DIRTYPE)
ROOTS = "golang.org/x/crypto/x509roots/fallback"  # the certificates that the worker trusts


class Layout:
    """An OCI image layout. Each blob must have the digest in its name."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.image,) = json.loads((self.folder / "index.json").read_bytes())["manifests"]

    def read(self, descriptor):
        algorithm, name = descriptor["digest"].split(":")
        data = (self.folder / "blobs" / algorithm / name).read_bytes()
        expect("the blob's size and digest", (len(data), hashlib.new(algorithm, data).hexdigest()), (descriptor["size"], name))
        return data

    def parse(self, descriptor):
        return json.loads(self.read(descriptor))


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found}, and must be {wanted}")


def check_config(config, architecture):
    """Checks what a container runs, and as which user. A user by name needs /etc/passwd, which is not there."""
    expect("platform", (config["os"], config["architecture"]), ("linux", architecture))
    expect("entry point and arguments", (config["config"]["Entrypoint"], config["config"].get("Cmd")), ([PROGRAM], None))
    expect("user and group", config["config"]["User"], "65532:65532")


def unpack(layers, folder):
    """Unpacks the layers, and returns the sum of their files' sizes. Nobody may write to a file or a folder."""
    seen, size = {}, 0
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            for entry in archive:
                name = "/" + entry.name.strip("/")
                seen[name] = entry.type
                expect(f"owner and mode of {name}", (entry.uid, entry.gid, oct(entry.mode)), (0, 0, "0o555"))
                target = folder / name[1:]
                if entry.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                elif entry.isreg():
                    target.write_bytes(archive.extractfile(entry).read())
                    target.chmod(entry.mode)
                    size += entry.size
    expect("files", seen, FILES)
    return size


def check_modules(layout, architecture, manifest, program):
    """Checks that the SBOM is of this image, and lists the modules that the program is built of."""
    sbom = json.loads((layout.folder / f"sbom/worker-linux-{architecture}.spdx.json").read_bytes())
    expect("SBOM's format", sbom["spdxVersion"], "SPDX-2.3")
    expect("SBOM's subject", sbom["name"], f"sbom-{manifest['digest']}")
    named = {package["SPDXID"]: (package["name"], package.get("versionInfo")) for package in sbom["packages"]}
    listed = {named[r["relatedSpdxElement"]] for r in sbom["relationships"] if r["relationshipType"] == "DEPENDS_ON"}
    built = subprocess.run(["go", "version", "-m", program], capture_output=True, text=True, check=True).stdout
    modules = {tuple(line.split("\t")[2:4]) for line in built.splitlines() if line.startswith("\tdep\t")}
    expect("modules in the SBOM", listed, modules)
    expect(f"{ROOTS} is in the program", ROOTS in dict(modules), True)


def check_architecture(layout, manifest, architecture, folder):
    image = layout.parse(manifest)
    check_config(layout.parse(image["config"]), architecture)
    compressed = sum(layer["size"] for layer in image["layers"])
    unpacked = unpack((gzip.decompress(layout.read(layer)) for layer in image["layers"]), folder)
    expect(f"{compressed} and {unpacked} bytes are few", max(compressed, unpacked) < MAX_BYTES, True)
    program = folder / PROGRAM[1:]
    for fault in check_binaries.faults(program, architecture, "nethttpomithttp2", MAX_BYTES):
        sys.exit(f"{PROGRAM} for {architecture} {fault}")
    check_modules(layout, architecture, manifest, program)
    print(f"   linux/{architecture}: {compressed / 1e6:.1f} MB to pull, {unpacked / 1e6:.1f} MB unpacked")


def main(layout, folder):
    layout = Layout(layout)
    manifests = layout.parse(layout.image)["manifests"]
    expect("platforms", [m["platform"] for m in manifests], [{"architecture": a, "os": "linux"} for a in ARCHITECTURES])
    for manifest, architecture in zip(manifests, ARCHITECTURES, strict=True):
        check_architecture(layout, manifest, architecture, pathlib.Path(folder, architecture))
    print(layout.image["digest"])


main(*sys.argv[1:])
