"""Airspace files of JSON with a list of features, whatever each feature holds."""

from __future__ import annotations

from collections.abc import Callable

from dfr.io.airspace.json_lines import JsonTroubleError, parse_json
from dfr.io.airspace.reading import (
    MAX_VOLUMES,
    AirspaceRead,
    Draft,
    FileWords,
    Outcome,
    Problems,
    finish,
    the_rest,
)
from dfr.io.text import decode_text
from dfr.world.outlines import EdgeRule

DraftsOf = Callable[[object, int | None, Problems], list[Draft]]
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
    drafts: list[Draft] = []
    try:
        document, lines = parse_json(decode_text(data)[0])
    except JsonTroubleError as error:
        problems.add(error.line, "not-json", str(error), Outcome.REFUSED)
        return finish(name, kind, drafts, problems)
    features = features_of(document)
    if features and features[0] is document:
        lines = [1]
    for place, feature in enumerate(features):
        if len(drafts) > MAX_VOLUMES:
            drafts.append(the_rest(problems, f"more than {MAX_VOLUMES} volumes"))
            break
        line = lines[place] if len(lines) == len(features) else None
        drafts += drafts_of(feature, line, problems)
    return finish(name, kind, drafts, problems, words=words_of(document), edges=EdgeRule.PARALLEL)
