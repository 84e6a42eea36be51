"""Documents as strict JSON: what is not a number becomes null, never NaN."""

from __future__ import annotations

import json
import math


def json_text(document: object) -> str:
    """A document for a file or a person: indented, with a line end.

    >>> json_text({"a": float("nan")}).split()
    ['{', '"a":', 'null', '}']
    """
    return json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_line(document: object) -> str:
    """A document for the wire: on one line."""
    return json.dumps(_finite(document), ensure_ascii=False, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
