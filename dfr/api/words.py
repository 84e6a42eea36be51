"""Words of a fixed choice, taken as text."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from dfr.errors import InputError

Word = TypeVar("Word", bound=StrEnum)


def word_of(kind: type[Word], text: str) -> Word:
    """The member that a text names. Raises InputError with the choices.

    >>> from dfr.scenario.model import Guidance
    >>> word_of(Guidance, "precision") is Guidance.PRECISION
    True
    """
    try:
        return kind(text)
    except ValueError:
        raise InputError(
            f"{kind.__name__.lower()} {text!r} is not known", do=f"one of {', '.join(kind)}"
        ) from None
