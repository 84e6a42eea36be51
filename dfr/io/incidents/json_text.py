"""JSON from outside, strictly: bounded, no NaN, no key twice, no depth that breaks a reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dfr.io.incidents.report import MAX_BYTES, IncidentError


def read_json_object(data: bytes) -> Mapping[str, Any]:
    """The object that a message holds. Raises IncidentError."""
    if len(data) > MAX_BYTES:
        raise IncidentError(f"{len(data)} bytes is over the limit of {MAX_BYTES}", do="send less")
    try:
        document = json.loads(data, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeats)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise IncidentError(f"not JSON that can be used: {reason}", do="send one JSON object") from error
    if not isinstance(document, dict):
        raise IncidentError("not a JSON object", do="send one JSON object")
    return document


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in one object twice")
    return found
