"""Checks that docs/openapi.yaml is OpenAPI, and that each example in it fits its schema.

    check_openapi.py docs/openapi.yaml
"""

import pathlib
import sys

import jsonschema
import yaml
from openapi_spec_validator import validate


def examples(node, place=""):
    """Yields each place that has examples, its schema and what they are."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            yield from examples(item, f"{place}[{i}]")
    elif isinstance(node, dict):
        found = {name: each["value"] for name, each in node.get("examples", {}).items()}
        if "example" in node:
            found["example"] = node["example"]
        for name, value in found.items():
            yield f"{place}/{name}", node["schema"], value
        for key, item in node.items():
            if not key.startswith("x-") and key != "examples":
                yield from examples(item, f"{place}/{key}")


def faults(document):
    """Yields what of the examples does not fit."""
    for place, schema, value in examples(document):
        schema = {**schema, "components": document["components"]}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
            yield f"{place}: {error.json_path}: {error.message}"


def main(path):
    document = yaml.safe_load(pathlib.Path(path).read_text())
    validate(document)
    count = len(list(examples(document)))
    if wrong := list(faults(document)):
        sys.exit("\n".join(wrong))
    if not count:
        sys.exit(f"{path} has no examples")
    print(f"   {count} examples fit their schemas")


if __name__ == "__main__":
    main(*sys.argv[1:])
