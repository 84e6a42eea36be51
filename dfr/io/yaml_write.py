"""Values as the text of a YAML file, laid out as people write scenarios: short parts on one line."""

from __future__ import annotations

import json
import re
from typing import Any

from dfr.errors import InputError
from dfr.io.yaml_reader import Scalar

WIDTH = 100
"""Columns that a line written here may have before a list is written as lines."""

_PLAIN = re.compile(r"(?:[^\W\d_]|\d)(?:[\w ./()'’–+%°²³-]|:(?=\d))*(?<! )\Z")
"""Texts that need no quotes, in braces or not."""


def fits(text: str, column: int) -> bool:
    """Whether a text that begins in a column stays within the width of a line."""
    return column + len(text) <= WIDTH


def write_flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write_scalar(k)}: {write_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(write_flow, value)) + "]"
    return write_scalar(value)


def write_block(value: Any) -> list[str]:
    """The lines of a list or mapping, a field or item each where it is short."""
    if isinstance(value, dict) and value:
        return [line for name, item in value.items() for line in entry_lines(name, item)]
    if isinstance(value, (list, tuple)) and value:
        return [line for item in value for line in item_lines(item)]
    return [write_flow(value)]


def entry_lines(name: str, value: Any) -> list[str]:
    """The lines of a field: its value behind its name where that is short, else below it."""
    key, flow = write_scalar(name), write_flow(value)
    leaf = not isinstance(value, (dict, list)) or not value
    if leaf or (fits(flow, len(key) + 8) and not _holds_mappings(value)):
        return [f"{key}: {flow}"]
    return [f"{key}:", *(f"  {line}" for line in write_block(value))]


def _holds_mappings(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def item_lines(value: Any) -> list[str]:
    """The lines of an item behind its dash: on one line where it is short."""
    flow = write_flow(value)
    return [f"- {flow}"] if not isinstance(value, (dict, list)) or fits(flow, 8) else block_item(value)


def block_item(value: Any) -> list[str]:
    """The lines of an item behind its dash, a line for each field."""
    lines = write_block(value)
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def write_scalar(value: Any) -> str:
    """A number, word or text so that it is read as what it is."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if not isinstance(value, str):
        raise InputError(f"{value!r:.60} cannot be written in a scenario", do="send text, a number or a list")
    if _PLAIN.match(value) and Scalar(0, value).value is value:
        return value
    return json.dumps(value, ensure_ascii=False)
