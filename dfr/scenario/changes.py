"""Changes of plain data, the smallest that an edit of a file is made of: `Put`, `Insert` and `Remove`."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from dfr.scenario.schema_parts import Loc


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A value at a path, in place of what stands there or as a new field."""

    path: Loc
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """An item in the list at a path, before the item of that number; at the end where it is its length."""

    path: Loc
    index: int
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A field or item taken out."""

    path: Loc


Change = Put | Insert | Remove


def apply_change(data: Any, change: Change) -> Any:
    """Plain data after a change; the data given stays as it is, and shares what did not change."""
    path = change.path if isinstance(change, Insert) else change.path[:-1]
    return _change_holder(data, path, change)


def _change_holder(data: Any, path: Loc, change: Change) -> Any:
    holder = copy.copy(data)
    if path:
        holder[path[0]] = _change_holder(holder[path[0]], path[1:], change)
    elif isinstance(change, Insert):
        holder.insert(change.index, change.value)
    elif isinstance(change, Put):
        holder[change.path[-1]] = change.value
    else:
        del holder[change.path[-1]]
    return holder
