"""Writes DataFlash logs as ArduPilot does, so that tests know what is in them."""

from __future__ import annotations

import struct

CODES = {"b": "b", "B": "B", "h": "h", "H": "H", "i": "i", "I": "I", "q": "q", "Q": "Q", "f": "f",
         "d": "d", "n": "4s", "N": "16s", "Z": "64s", "c": "h", "C": "H", "e": "i", "E": "I", "L": "i",
         "M": "B"}  # fmt: skip
HUNDREDTHS = frozenset("cCeE")


class DataflashWriter:
    """`declare` a message, `write` its rows, and take `data`, or `text` as a ground station prints it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._lines: list[str] = []
        self._formats: dict[str, tuple[int, str]] = {}
        self.declare("FMT", "BBnNZ", "Type,Length,Name,Format,Columns", kind=128)

    def declare(self, name: str, letters: str, columns: str, *, kind: int | None = None) -> None:
        kind = kind if kind is not None else 1 + len(self._formats)
        self._formats[name] = (kind, letters)
        length = 3 + struct.calcsize("<" + "".join(CODES[letter] for letter in letters))
        if "FMT" in self._formats:
            self.write("FMT", kind, length, name, letters, columns)

    def write(self, name: str, *values: float | str) -> None:
        kind, letters = self._formats[name]
        self._lines.append(", ".join([name, *map(str, values)]))
        packed = [self._raw(letter, value) for letter, value in zip(letters, values, strict=True)]
        self.data += bytes([0xA3, 0x95, kind])
        self.data += struct.pack("<" + "".join(CODES[letter] for letter in letters), *packed)

    @property
    def text(self) -> bytes:
        """The log printed as text: a line for each record, values in their units."""
        return "\n".join([*self._lines, ""]).encode()

    def kind_of(self, name: str) -> int:
        """The number of a message's kind."""
        return self._formats[name][0]

    @staticmethod
    def _raw(letter: str, value: float | str) -> float | int | bytes:
        if isinstance(value, str):
            return value.encode()
        if letter in HUNDREDTHS:
            return round(value * 100.0)
        if letter == "L":
            return round(value * 1e7)
        return value if letter in "fd" else round(value)
