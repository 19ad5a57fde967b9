"""Checks that docs/openapi.yaml is valid OpenAPI, and that each example in it matches its schema.

    check_openapi.py docs/openapi.yaml
"""

import pathlib
import sys

import jsonschema
import yaml
from openapi_spec_validator import validate


def examples(node, place=""):
    """Yields the place, the schema and the value of each example."""
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
    """Yields a text for each part of an example that does not match its schema."""
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
    print(f"   {count} examples match their schemas")


if __name__ == "__main__":
    main(*sys.argv[1:])
