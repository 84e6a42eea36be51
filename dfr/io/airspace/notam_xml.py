"""The XML briefing (PIB) of NATS: an element for each item of each NOTAM."""

from __future__ import annotations

from xml.parsers import expat

from dfr.errors import InputError
from dfr.io.airspace.notam_text import NotamItems, q_line

MAX_TEXT = 1_000_000
"""Longer texts of one element are no NOTAM."""


def items_of_xml(text: str) -> list[NotamItems]:
    """The items of each `Notam` element. Raises InputError for what is no XML, or declares entities."""
    reader = _Reader()
    try:
        reader.parse(text)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, str(error))
        raise InputError(f"line {error.lineno}: not XML: {what}", do="check the file") from error
    return reader.items


class _Reader:
    """Follows the elements and collects the texts within each Notam."""

    def __init__(self) -> None:
        self.items: list[NotamItems] = []
        self._words: dict[str, str] | None = None
        self._text: list[str] = []
        self._size = 0
        self._line = 0
        self._parser = expat.ParserCreate()

    def parse(self, text: str) -> None:
        """Take a whole document; declarations of types and entities are refused."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.EntityDeclHandler = _refuse
        self._parser.Parse(text, True)

    def _start(self, tag: str, _: dict[str, str]) -> None:
        self._text, self._size = [], 0
        if tag == "Notam":
            self._words, self._line = {}, self._parser.CurrentLineNumber

    def _characters(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_TEXT:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        if self._words is None:
            return
        if tag == "Notam":
            self.items.append(_items(self._words, self._line))
            self._words = None
        elif text := "".join(self._text).strip():
            self._words.setdefault(tag, text)
        self._text = []


def _refuse(*_: object) -> None:
    raise InputError("document types and entities are refused", do="take them out of the file")


def _items(words: dict[str, str], line: int) -> NotamItems:
    """Item Q is put together from its parts, so that one function reads both forms."""
    parts = [words.get(key, "") for key in ("FIR", "Code23", "Code45", "Traffic", "Purpose", "Scope")]
    fir, subject, condition, *rest = parts
    heights = [words.get(key, "").zfill(3) for key in ("Lower", "Upper")]
    circle = words.get("Coordinates", "") + words.get("Radius", "").zfill(3)
    q = q_line("/".join([fir, f"Q{subject}{condition}", *rest, *heights, circle]))
    ends = f"{words.get('EndValidity', '')} {words.get('Estimation', '')}".strip()
    what = words.get("ItemE", "")
    return NotamItems(
        name=_name(words, ""), line=line, text=what, form=words.get("Type", "N").upper()[:1],
        refers=_name(words, "Referred"), q=q, begins=words.get("StartValidity", ""), ends=ends,
        schedule=words.get("ItemD", ""), what=what, lower=words.get("ItemF", ""),
        upper=words.get("ItemG", ""),
    )  # fmt: skip


def _name(words: dict[str, str], before: str) -> str:
    series, number, year = (words.get(f"{before}{key}", "") for key in ("Series", "Number", "Year"))
    return f"{series}{number.zfill(4)}/{year.zfill(2)}" if series and number else ""
