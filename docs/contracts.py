"""The types of the pages' JSON for their scripts, made from the models of `dfr.web.contracts`.

python docs/contracts.py    writes dfr/web/static/contracts.d.ts anew; a test holds the file to it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from dfr.web.contracts import ANSWERS, ASKED

PAGE = Path(__file__).resolve().parent.parent / "dfr" / "web" / "static" / "contracts.d.ts"
HEAD = "// Written by docs/contracts.py from the models in dfr/web/contracts.py; do not edit.\n"
PLAIN = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}

Schema = Mapping[str, Any]


def declarations() -> str:
    """An exported interface for each model, and one of all answers by the address that is asked."""
    _, schema = models_json_schema([(model, "serialization") for model in ANSWERS])
    parts = [_interface(name, model) for name, model in sorted(schema["$defs"].items())]
    return HEAD + "".join(f"\n{part}" for part in [*parts, _answers()])


def _answers() -> str:
    schemas = {path: TypeAdapter(model).json_schema() for path, model in ASKED.items()}
    fields = "".join(f'  "{path}": {_named_type(schema)};\n' for path, schema in schemas.items())
    return f"export interface Answers {{\n{fields}}}\n"


def _named_type(schema: Schema) -> str:
    """The type of a whole answer: a model by its name, or a list of them."""
    return str(schema["title"]) if "title" in schema else _type_of(schema)


def _interface(name: str, model: Schema) -> str:
    return f"export interface {name} {{\n{''.join(_fields(model))}}}\n"


def _fields(model: Schema) -> Iterator[str]:
    for name, schema in model["properties"].items():
        yield f"  {name}: {_type_of(schema)};\n"


def _type_of(schema: Schema) -> str:
    """The TypeScript of a JSON schema, of the kinds that the models use. Raises KeyError for any other."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type_of(choice) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(f'"{value}"' for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return _array_type(schema)
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", True)
        return f"Record<string, {'any' if values is True else _type_of(values)}>"
    return PLAIN[schema["type"]] if "type" in schema else "any"


def _array_type(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type_of(item) for item in schema['prefixItems'])}]"
    item = _type_of(schema["items"])
    return f"({item})[]" if "|" in item else f"{item}[]"


if __name__ == "__main__":
    PAGE.write_text(declarations(), encoding="utf-8")
