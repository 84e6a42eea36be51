"""The person who answers for a flight: hears how it goes on, confirms it and may stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Tell = Callable[[str], None]
"""Takes a line of progress."""


def ignore_words(words: str) -> None:
    """Nobody listens."""


def _do_nothing() -> None:
    """No second stop is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """How to reach that person; by default nobody is there.

    `tell` takes a line of progress. `confirm` asks a question and returns whether the answer is yes; None
    where nobody can be asked. `allow_second_stop` is called after a first Ctrl-C, once a second one may end
    the wait for drones that fly home.
    """

    tell: Tell = ignore_words
    confirm: Callable[[str], bool] | None = None
    allow_second_stop: Callable[[], None] = _do_nothing


NOBODY = Operator()
