"""DataFlash logs (`.bin`, and `.log` as text) as tables, one for each kind of message.

A record is A3 95, a type, and values as the FMT record of that type says. Damage is normal: the reader goes
on at the next record that is followed by another one, keeps the first good FMT of each type, and counts what
it left out. pymavlink reads the formats; finding the records is ours, because pymavlink stops at the first
unknown type and refuses a file with one bad FMT record.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pymavlink.DFReader import FORMAT_TO_STRUCT, DFFormat

from dfr.errors import InputError
from dfr.geo import FloatArray

HEADER = b"\xa3\x95"
FMT_TYPE = 0x80
FMT_RECORD = struct.Struct("<BBB4s16s64s")
FMT_START = HEADER + bytes([FMT_TYPE])
HEADER_BYTES = 3
TEXT_LETTERS = frozenset("nNZ")
ARRAY_LETTERS = frozenset("a")
INTEGER_LETTERS = frozenset("bBhHiIqQM")
MODE_LETTER = "M"
"""A flight mode: a number, or its name where a ground station printed the log as text."""

GOOD_NAME = re.compile(rb"[A-Z][A-Z0-9_]{0,3}")
LOOKED_AT_BYTES = 65_536
"""A binary log begins with its FMT records: one of them is within the first bytes."""

Bytes = NDArray[np.uint8]


@dataclass(slots=True)
class RecordTable:
    """All records of one kind. `order` (n,) is each one's place in the file; columns are floats or texts.

    `integers` are the columns whose values were whole numbers without a scale of their own.
    """

    name: str
    order: NDArray[np.int64]
    columns: dict[str, FloatArray] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    integers: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.order)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> FloatArray:
        return self.columns[column]

    def first_of(self, *names: str) -> str | None:
        """The first of these columns that it has."""
        return next((name for name in names if name in self.columns), None)

    def where(self, keeps: NDArray[np.bool_]) -> RecordTable:
        """The rows for which this holds."""
        return RecordTable(
            name=self.name,
            order=self.order[keeps],
            columns={name: values[keeps] for name, values in self.columns.items()},
            texts={
                name: [text for text, kept in zip(texts, keeps, strict=True) if kept]
                for name, texts in self.texts.items()
            },
            integers=self.integers,
        )


RecordTables = dict[str, RecordTable]


def is_binary_log(data: bytes) -> bool:
    """Whether bytes look like a DataFlash log: a FMT record near their start.

    >>> is_binary_log(b"PK")
    False
    """
    return FMT_START in data[:LOOKED_AT_BYTES]


def is_text_log(data: bytes) -> bool:
    """Whether bytes look like a DataFlash log printed as text: a line that begins with FMT near their start.

    >>> is_text_log(b"FMT, 128, 89, FMT, BBnNZ, Type,Length,Name,Format,Columns")
    True
    """
    return re.search(rb"^FMT, *\d+, *\d+,", data[:LOOKED_AT_BYTES], re.MULTILINE) is not None


def read_binary_tables(data: bytes, wanted: frozenset[str], *, name: str) -> tuple[RecordTables, list[str]]:
    """The tables of a binary log that are wanted, and what was left out, in words.

    Raises InputError where no record of any wanted kind is in it.
    """
    formats, bad = _read_formats(data)
    starts, skipped = _index_records(data, {kind: entry.len for kind, entry in formats.items()})
    raw = np.frombuffer(data, np.uint8)
    tables = {}
    for kind, places in starts.items():
        entry = formats[kind]
        if entry.name in wanted and places:
            tables[entry.name] = _make_table(raw, entry, np.array(places))
    if not tables:
        raise InputError(f"{name}: no record of a flight in it", do="give the log of a flight")
    notes = [f"{skipped} bytes left out: no record begins there"] if skipped else []
    if bad:
        notes.append(f"{bad} descriptions of records (FMT) are damaged: the first good ones are used")
    return tables, notes


def _read_formats(data: bytes) -> tuple[dict[int, DFFormat], int]:
    """The first good format of each type, and how many were bad."""
    found: dict[int, DFFormat] = {}
    bad, at = 0, data.find(FMT_START)
    while at >= 0:
        record = data[at + HEADER_BYTES : at + HEADER_BYTES + FMT_RECORD.size - 1]
        entry = _parse_format(record)
        if entry is None:
            bad += len(record) == FMT_RECORD.size - 1
        else:
            found.setdefault(entry.type, entry)
        at = data.find(FMT_START, at + 1)
    return found, bad


def _parse_format(record: bytes) -> DFFormat | None:
    """The format that a FMT record states; None for one that cannot be."""
    if len(record) < FMT_RECORD.size - 1:
        return None
    kind, length = record[0], record[1]
    name, letters, columns = (part.rstrip(b"\0") for part in struct.unpack("<4s16s64s", record[2:]))
    names = columns.split(b",") if columns else []
    try:
        size = struct.calcsize("<" + "".join(FORMAT_TO_STRUCT[chr(letter)][0] for letter in letters))
        words = columns.decode("ascii")
    except (KeyError, UnicodeDecodeError, struct.error):
        return None
    if not GOOD_NAME.fullmatch(name) or len(names) != len(letters) or size + HEADER_BYTES != length:
        return None
    return DFFormat(kind, name.decode(), length, letters.decode(), words)


def _index_records(data: bytes, lengths: dict[int, int]) -> tuple[dict[int, array[int]], int]:
    """Where the records of each type begin, and how many bytes belong to none.

    After damage a record counts only where another one follows it, or the end of the file.
    """
    starts = {kind: array("q") for kind in lengths}
    at, end, skipped, sure = 0, len(data), 0, False
    while at + HEADER_BYTES <= end:
        length = lengths.get(data[at + 2]) if data[at : at + 2] == HEADER else None
        if length is not None and at + length > end:
            break
        if length is not None and (sure or _record_begins(data, at + length, lengths)):
            starts[data[at + 2]].append(at)
            at, sure = at + length, True
            continue
        sure = False
        after = data.find(HEADER, at + 1)
        after = end if after < 0 else after
        skipped += after - at
        at = after
    return {kind: places for kind, places in starts.items() if places}, skipped


def _record_begins(data: bytes, at: int, lengths: dict[int, int]) -> bool:
    """Whether a record begins here, or the file ends within three bytes."""
    if at + HEADER_BYTES > len(data):
        return True
    return data[at : at + 2] == HEADER and data[at + 2] in lengths


def _make_table(raw: Bytes, entry: DFFormat, starts: NDArray[np.int64]) -> RecordTable:
    """The records of one kind as columns, scaled as their format letters say."""
    fields = [FORMAT_TO_STRUCT[letter] for letter in entry.format]
    kinds = [(f"f{i}", _numpy_type(code)) for i, (code, _, _) in enumerate(fields)]
    body = np.lib.stride_tricks.sliding_window_view(raw, entry.len)[starts, HEADER_BYTES:]
    rows = np.ascontiguousarray(body).view(np.dtype(kinds)).reshape(-1)
    table = RecordTable(name=entry.name, order=starts)
    whole = set()
    for i, (column, letter) in enumerate(zip(entry.columns, entry.format, strict=True)):
        values, scale = rows[f"f{i}"], fields[i][1]
        if letter in TEXT_LETTERS:
            table.texts[column] = [_decode_field(value) for value in values.tolist()]
        elif letter not in ARRAY_LETTERS:
            with np.errstate(invalid="ignore"):  # damage may be a signalling NaN
                table.columns[column] = values.astype(float) * (1.0 if scale is None else scale)
            if letter in INTEGER_LETTERS:
                whole.add(column)
    table.integers = frozenset(whole)
    return table


def _numpy_type(code: str) -> str:
    """The numpy type of a struct code."""
    if code.endswith("s"):
        return f"S{code[:-1]}"
    return {
        "b": "<i1", "B": "<u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4",
        "q": "<i8", "Q": "<u8", "f": "<f4", "d": "<f8", "e": "<f2",
    }[code]  # fmt: skip


def _decode_field(value: bytes) -> str:
    return value.split(b"\0")[0].decode("latin-1").strip()


def read_text_tables(text: str, wanted: frozenset[str], *, name: str) -> tuple[RecordTables, list[str]]:
    """The tables of a log that was printed as text; values there are scaled already.

    Raises InputError where no record of any wanted kind is in it.
    """
    formats: dict[str, tuple[str, list[str]]] = {}
    rows: dict[str, list[tuple[int, list[str]]]] = {}
    skipped = 0
    for number, words in enumerate(_split_lines(text)):
        if words[0] == "FMT" and len(words) >= 6:
            formats.setdefault(words[3], (words[4], words[5:]))
        elif words[0] in formats and len(words) - 1 >= len(formats[words[0]][0]):
            if words[0] in wanted:
                rows.setdefault(words[0], []).append((number, words[1:]))
        elif any(words):
            skipped += 1
    tables = {kind: _text_table(kind, *formats[kind], entries) for kind, entries in rows.items()}
    if not tables:
        raise InputError(f"{name}: no record of a flight in it", do="give the log of a flight")
    return tables, [f"{skipped} lines left out: they are no records"] if skipped else []


def _split_lines(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        yield [word.strip() for word in line.split(",")]


def _text_table(
    kind: str, letters: str, columns: list[str], rows: list[tuple[int, list[str]]]
) -> RecordTable:
    table = RecordTable(name=kind, order=np.array([number for number, _ in rows]))
    for i, (column, letter) in enumerate(zip(columns, letters, strict=False)):
        words = [row[i] for _, row in rows]
        if letter in TEXT_LETTERS:
            table.texts[column] = words
        elif letter not in ARRAY_LETTERS:
            table.columns[column] = np.array([_parse_number(word) for word in words])
            if letter == MODE_LETTER:
                table.texts[column] = words
    table.integers = frozenset(c for c, x in zip(columns, letters, strict=False) if x in INTEGER_LETTERS)
    return table


def _parse_number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")
