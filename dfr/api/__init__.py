"""The public functions of `dfr`, which the verbs of the command line call too; `import dfr` offers them all.

`planning` loads, plans, checks and compiles; `simulation` simulates; `prediction` predicts sorties and
studies landings; `logs` reads flight logs and calibrates a drone by them; `vehicles` uploads and flies. Each
is imported when one of its functions is first asked for.
"""

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
