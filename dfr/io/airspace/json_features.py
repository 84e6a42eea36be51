"""JSON with the line of each feature, and airspace files whose features are such a list.

Constants that are not numbers and deep nesting are refused. Of a key that is given twice in an object with
different values neither is taken: its value is null.

Ours, because `json` keeps no lines, lets NaN in and takes the last of two values.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable

from dfr.io.airspace.reading import (
    MAX_VOLUMES,
    AirspaceRead,
    FileWords,
    Problems,
    ReadOutcome,
    VolumeDraft,
    finish_reading,
    overflow_volume,
)
from dfr.io.files import decode_text
from dfr.world.outlines import EdgeRule

LISTS = ("features", "UASZoneList", "GeoZones", "zones", "items")
"""Keys whose items are features."""

MAX_CONTAINERS = 3_000_000
"""More lists and objects than any airspace file has; each takes some 100 bytes of memory."""

MAX_DEPTH = 60

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


class JsonTroubleError(Exception):
    """A text that is no usable JSON; `line` is where."""

    def __init__(self, line: int | None, what: str) -> None:
        super().__init__(what)
        self.line = line


def parse_json(text: str) -> tuple[object, list[int]]:
    """(the document, the line of each item of its list of features). Raises JsonTroubleError."""
    if text.count("[") + text.count("{") > MAX_CONTAINERS:
        raise JsonTroubleError(None, f"more than {MAX_CONTAINERS} lists and objects")
    try:
        lines = _feature_lines(text)
        return json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_drop_contradictions
        ), lines
    except json.JSONDecodeError as error:
        raise JsonTroubleError(error.lineno, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise JsonTroubleError(None, str(error)) from error


def _drop_contradictions(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    for key, value in pairs:
        if found[key] is not None and value != found[key]:
            found[key] = None
    return found


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is not a number")


def _feature_lines(text: str) -> list[int]:
    """Line numbers of the objects directly within a list of features, or within a list on its own."""
    ends = [match.start() for match in re.finditer("\n", text)]
    lines: list[int] = []
    stack: list[str] = []
    key, listed = "", False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token[0] == '"':
            key = token[1:-1] if len(stack) == 1 else key
        elif token in "{[":
            if token == "[" and ((len(stack) == 1 and key in LISTS) or not stack):
                listed = True
            if token == "{" and listed and stack[-1:] == ["["] and len(stack) <= 2:
                lines.append(bisect_right(ends, match.start()) + 1)
            stack.append(token)
            if len(stack) > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
        elif stack:
            stack.pop()
            listed = listed and not (token == "]" and len(stack) <= 1)
    return lines


DraftsOf = Callable[[object, int | None, Problems], list[VolumeDraft]]
"""What a feature at a line is, and what is wrong with it."""


def read_features(
    data: bytes,
    *,
    name: str,
    kind: str,
    features_of: Callable[[object], list[object]],
    drafts_of: DraftsOf,
    words_of: Callable[[object], FileWords | None] = lambda document: None,
) -> AirspaceRead:
    """The zones of a file and all that is wrong with it; no more than MAX_VOLUMES of them."""
    problems = Problems()
    drafts: list[VolumeDraft] = []
    try:
        document, lines = parse_json(decode_text(data)[0])
    except JsonTroubleError as error:
        problems.add(error.line, "not-json", str(error), ReadOutcome.REFUSED)
        return finish_reading(name, kind, drafts, problems)
    features = features_of(document)
    if features and features[0] is document:
        lines = [1]
    for place, feature in enumerate(features):
        if len(drafts) > MAX_VOLUMES:
            drafts.append(overflow_volume(problems, f"more than {MAX_VOLUMES} volumes"))
            break
        line = lines[place] if len(lines) == len(features) else None
        drafts += drafts_of(feature, line, problems)
    return finish_reading(name, kind, drafts, problems, words=words_of(document), edges=EdgeRule.PARALLEL)
