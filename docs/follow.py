"""How many modules a reader meets: following a verb, or one value from where it enters to where it leaves.

    python docs/follow.py verbs      modules whose functions run in `dfr check` and `dfr simulate`
    python docs/follow.py values     modules whose functions hold each of three values, in order

A function holds a value where one of its variables, or a field of one, equals it when the function returns.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (str(ROOT / "dfr"), str(ROOT / "firmware_sitl"))

Look = Callable[[FrameType, Any], bool]


class Reader:
    """Notes the modules of which a function runs, where `looks_at` says that it counts."""

    def __init__(self, looks_at: Look = lambda frame, answer: True) -> None:
        self.looks_at = looks_at
        self.modules: dict[str, str] = {}

    def __enter__(self) -> Reader:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, answer: Any) -> None:
        code = frame.f_code
        if event != "return" or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        if not code.co_filename.startswith(PACKAGES):
            return
        module = str(Path(code.co_filename).relative_to(ROOT).with_suffix("")).replace("/", ".")
        if module not in self.modules and self.looks_at(frame, answer):
            self.modules[module] = code.co_name


def holding(*values: float) -> Look:
    """Whether a function holds one of these values when it returns."""

    def looks(frame: FrameType, answer: Any) -> bool:
        return any(_holds(thing, values) for thing in (*frame.f_locals.values(), answer))

    return looks


def _holds(thing: object, values: tuple[float, ...], *, deep: bool = True) -> bool:
    if isinstance(thing, (int, float)) and not isinstance(thing, bool):
        return any(abs(thing - value) <= 1e-9 * abs(value) for value in values)
    if isinstance(thing, np.ndarray) and thing.dtype.kind in "fi":
        return any(bool(np.any(np.isclose(thing, value, rtol=1e-9, atol=0.0))) for value in values)
    return deep and any(_holds(part, values, deep=False) for part in _parts(thing))


def _parts(thing: object) -> Iterator[object]:
    if is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            with contextlib.suppress(AttributeError):
                yield getattr(thing, field.name)
    elif isinstance(thing, (tuple, list)) and len(thing) < 50:
        yield from thing
    elif isinstance(thing, dict) and len(thing) < 50:
        yield from thing.values()


def verbs() -> None:
    """Print how many modules each verb meets."""
    from dfr.cli.main import app

    scenario = str(ROOT / "scenarios" / "victorious-2024.yaml")
    for words in (["check", scenario], ["simulate", scenario, "--replications", "2", "--jobs", "1"]):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit), Reader() as met:
            app(words, standalone_mode=False)
        rooms: dict[str, int] = {}
        for module in met.modules:
            room = ".".join(module.split(".")[:2])
            rooms[room] = rooms.get(room, 0) + 1
        where = ", ".join(f"{count} {room}" for room, count in sorted(rooms.items()))
        sys.stdout.write(f"dfr {words[0]}: {len(met.modules)} modules: {where}\n")


if __name__ == "__main__":
    verbs()
