"""Words that must fit: texts and lists cut to a length, and saying so."""

from __future__ import annotations

from collections.abc import Sequence


def short(text: object, most: int) -> str:
    """The text, cut at a word with an ellipsis where it is longer than so many characters.

    >>> short("Promenade west of the pier", 20)
    'Promenade west of …'
    """
    words = str(text)
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    kept = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
    return f"{kept.rstrip()} …" if kept is not cut else f"{cut}…"


def listed(names: Sequence[str], most: int, *, width: int = 40) -> str:
    """The first names of a list, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(short(name, width) for name in names[:most])
    more = len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown
