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
from collections.abc import Hashable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pymavlink.DFReader import FORMAT_TO_STRUCT, DFFormat

from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.io.logs.blocks import FileBlocks

HEADER = b"\xa3\x95"
FMT_TYPE = 0x80
FMT_RECORD = struct.Struct("<BBB4s16s64s")
FMT_START = HEADER + bytes([FMT_TYPE])
HEADER_BYTES = 3
FMT_BYTES = HEADER_BYTES + FMT_RECORD.size - 1
MOST_RECORD_BYTES = 255
"""A record's length is told in one byte."""

LINES, MOST_LINE_BYTES = 20_000, 65_536
"""A log as text is read so many lines at once; a line is not longer."""

TEXT_LETTERS = frozenset("nNZ")
ARRAY_LETTERS = frozenset("a")
INTEGER_LETTERS = frozenset("bBhHiIqQM")
MODE_LETTER = "M"
"""A flight mode: a number, or its name where a ground station printed the log as text."""

GOOD_NAME = re.compile(rb"[A-Z][A-Z0-9_]{0,3}")
LOOKED_AT_BYTES = 65_536
"""A binary log begins with its FMT records: one of them is within the first bytes."""


Column = NDArray[np.number[Any]]


@dataclass(slots=True)
class RecordTable:
    """Records of one kind. `order` (n,) is each one's place in the file, once it no longer matters empty.

    Columns are numbers as the log holds them, texts are words. `integers` are the columns whose values were
    whole numbers without a scale of their own.
    """

    name: str
    order: NDArray[np.int64]
    columns: dict[str, Column] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    integers: frozenset[str] = frozenset()

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> FloatArray:
        return _as_floats(self.columns[column])

    def take(self, column: str) -> FloatArray:
        """A column, which the table then no longer holds: a long log is not held twice."""
        return _as_floats(self.columns.pop(column))

    def first_of(self, *names: str) -> str | None:
        """The first of these columns that it has."""
        return next((name for name in names if name in self.columns), None)

    def where(self, keeps: NDArray[np.bool_]) -> RecordTable:
        """The rows for which this holds."""
        return RecordTable(
            name=self.name,
            order=self.order[keeps] if self.order.size else self.order,
            columns={name: values[keeps] for name, values in self.columns.items()},
            texts={
                name: [text for text, kept in zip(texts, keeps, strict=True) if kept]
                for name, texts in self.texts.items()
            },
            integers=self.integers,
        )

    def keep_only(self, names: Set[str], *, placed: bool) -> None:
        """Forget the other columns, and where the records are in the file unless that still matters."""
        for column in self.columns.keys() - names:
            del self.columns[column]
        if not placed:
            self.order = self.order[:0].copy()


class GrowingTable:
    """A table to which parts are added; each column is one piece of memory throughout."""

    def __init__(self, first: RecordTable) -> None:
        self._first = first
        self._order = bytearray()
        self._columns = {name: bytearray() for name in first.columns}
        self._texts: dict[str, list[str]] = {name: [] for name in first.texts}

    def add(self, part: RecordTable) -> None:
        """Add the next records, of the same kind."""
        self._order += part.order.tobytes()
        for name in self._columns:
            self._columns[name] += part.columns[name].tobytes()
        for name in self._texts:
            self._texts[name] += part.texts[name]

    def take_whole(self) -> RecordTable:
        """All records, which are then no longer held here."""
        first, columns = self._first, self._columns
        self._columns = {}
        return RecordTable(
            name=first.name,
            order=np.frombuffer(self._order, np.int64),
            columns={name: np.frombuffer(columns[name], first.columns[name].dtype) for name in columns},
            texts=self._texts,
            integers=first.integers,
        )


def _as_floats(values: Column) -> FloatArray:
    with np.errstate(invalid="ignore"):  # damage may be a signalling NaN
        return np.asarray(values, dtype=float)


RecordTables = Mapping[Hashable, RecordTable]
"""The records of a part of a log, by kind; two kinds may have one name where a log is damaged."""

Wanted = Mapping[str, frozenset[str]]
"""The columns that are read, by the name of a message; others cost no memory."""


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


def read_binary_blocks(file: BinaryIO, wanted: Wanted, notes: list[str]) -> Iterator[RecordTables]:
    """The wanted tables of each block of a binary log; `notes` then say what was left out."""
    formats, bad = _read_formats(file)
    index = _RecordIndex(formats, wanted)
    blocks, used = FileBlocks(file), 0
    while blocks.read_on(used):
        starts, used = index.find_records(blocks.data, last=blocks.last)
        yield {
            kind: _make_table(blocks, formats[kind], np.array(places), wanted[formats[kind].name])
            for kind, places in starts.items()
            if places
        }
    if index.skipped:
        notes.append(f"{counted_noun(index.skipped, 'byte')} left out: no record begins there")
    if bad:
        damaged = counted_noun(bad, "damaged description")
        notes.append(f"{damaged} of records (FMT): the first good one of each kind is used")


def _read_formats(file: BinaryIO) -> tuple[dict[int, DFFormat], int]:
    """The first good format of each type, and how many were bad."""
    found: dict[int, DFFormat] = {}
    blocks, used, bad = FileBlocks(file), 0, 0
    while blocks.read_on(used):
        data = blocks.data
        at = data.find(FMT_START)
        while at >= 0 and (blocks.last or at + FMT_BYTES <= len(data)):
            record = data[at + HEADER_BYTES : at + FMT_BYTES]
            entry = _parse_format(record)
            if entry is None:
                bad += len(record) == FMT_BYTES - HEADER_BYTES
            else:
                found.setdefault(entry.type, entry)
            at = data.find(FMT_START, at + 1)
        used = at if at >= 0 else max(0, len(data) - len(FMT_START) + 1)
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


class _RecordIndex:
    """Finds where records begin, block after block; `skipped` bytes so far belong to none.

    After damage a record counts only where another one follows it, or the end of the file.
    """

    def __init__(self, formats: Mapping[int, DFFormat], wanted: Wanted) -> None:
        self.skipped = 0
        self._lengths = {kind: entry.len for kind, entry in formats.items()}
        self._wanted = [kind for kind, entry in formats.items() if entry.name in wanted]
        self._sure = False

    def find_records(self, data: bytes, *, last: bool) -> tuple[dict[int, array[int]], int]:
        """(where the wanted records of each type begin, how many bytes are done with).

        What may go on in the next block is left to it.
        """
        starts = {kind: array("q") for kind in self._wanted}
        lengths, sure, at = self._lengths, self._sure, 0
        end = len(data) if last else len(data) - MOST_RECORD_BYTES
        while at + HEADER_BYTES <= end:
            kind = data[at + 2]
            length = lengths.get(kind) if data[at : at + 2] == HEADER else None
            if length is not None and at + length > len(data):
                break
            if length is not None and (sure or _record_begins(data, at + length, lengths)):
                if kind in starts:
                    starts[kind].append(at)
                at, sure = at + length, True
                continue
            sure = False
            after = data.find(HEADER, at + 1)
            if after < 0:
                after = len(data) if last else len(data) - 1
            self.skipped += after - at
            at = after
        self._sure = sure
        return starts, at


def _record_begins(data: bytes, at: int, lengths: Mapping[int, int]) -> bool:
    """Whether a record begins here, or the file ends within three bytes."""
    if at + HEADER_BYTES > len(data):
        return True
    return data[at : at + 2] == HEADER and data[at + 2] in lengths


def _make_table(
    blocks: FileBlocks, entry: DFFormat, starts: NDArray[np.int64], wanted: frozenset[str]
) -> RecordTable:
    """The records of one kind in a block as columns, scaled as their format letters say."""
    fields = [FORMAT_TO_STRUCT[letter] for letter in entry.format]
    kinds = [(f"f{i}", _numpy_type(code)) for i, (code, _, _) in enumerate(fields)]
    raw = np.frombuffer(blocks.data, np.uint8)
    body = np.lib.stride_tricks.sliding_window_view(raw, entry.len)[starts, HEADER_BYTES:]
    rows = np.ascontiguousarray(body).view(np.dtype(kinds)).reshape(-1)
    table = RecordTable(name=entry.name, order=starts + blocks.start)
    whole = set()
    for i, (column, letter) in enumerate(zip(entry.columns, entry.format, strict=True)):
        if column not in wanted:
            continue
        values, scale = rows[f"f{i}"], fields[i][1]
        if letter in TEXT_LETTERS:
            table.texts[column] = [_decode_field(value) for value in values.tolist()]
        elif letter not in ARRAY_LETTERS:
            table.columns[column] = values.copy() if scale is None else _as_floats(values) * scale
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


def read_text_blocks(file: BinaryIO, wanted: Wanted, notes: list[str]) -> Iterator[RecordTables]:
    """The wanted tables of each part of a log that was printed as text; values there are scaled already."""
    formats: dict[str, tuple[str, list[str]]] = {}
    skipped = 0
    lines = enumerate(_split_lines(file))
    while part := list(islice(lines, LINES)):
        rows: dict[str, list[tuple[int, list[str]]]] = {}
        for number, words in part:
            if words[0] == "FMT" and len(words) >= 6:
                formats.setdefault(words[3], (words[4], words[5:]))
            elif words[0] in formats and len(words) - 1 >= len(formats[words[0]][0]):
                if words[0] in wanted:
                    rows.setdefault(words[0], []).append((number, words[1:]))
            elif any(words):
                skipped += 1
        yield {kind: _text_table(kind, *formats[kind], rows[kind], wanted[kind]) for kind in rows}
    if skipped:
        notes.append(f"{counted_noun(skipped, 'line')} left out that are no records")


def _split_lines(file: BinaryIO) -> Iterator[list[str]]:
    file.seek(0)
    while line := file.readline(MOST_LINE_BYTES):
        yield [word.strip() for word in line.decode("latin-1").split(",")]


def _text_table(
    kind: str, letters: str, columns: list[str], rows: list[tuple[int, list[str]]], wanted: frozenset[str]
) -> RecordTable:
    table = RecordTable(name=kind, order=np.array([number for number, _ in rows]))
    for i, (column, letter) in enumerate(zip(columns, letters, strict=False)):
        if column not in wanted:
            continue
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
