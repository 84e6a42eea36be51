"""Bytes to text and lines, whatever wrote them."""

from __future__ import annotations

import codecs


def decode_text(data: bytes) -> tuple[str, str]:
    """(text, encoding): UTF-16 by its mark, UTF-8 where it is valid, else Latin-1, which always is."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def lines_of(text: str) -> list[str]:
    """The lines of a text by any of the three line ends, and by nothing else.

    >>> lines_of("a" + chr(13) + chr(10) + "b" + chr(13) + "c" + chr(10) + "d")
    ['a', 'b', 'c', 'd']
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
