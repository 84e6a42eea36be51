"""The log of a live shift: a folder to which only ever something is added (`ShiftLog`, `read_shift_log`).

`log.jsonl` holds a chain of records (`dfr.store.shift_chain`), `personal.jsonl` what speaks of persons; their
owner alone may read them. A process that was killed leaves a chain that is whole up to its last line. The
piece of a line that it was writing is set aside when the log is opened again, and the log says so.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.files import OWNER_ONLY, lock_file, make_owned_folder, write_atomically
from dfr.store.shift_chain import (
    FIRST_PREVIOUS,
    MAX_LINE_BYTES,
    SALT_BYTES,
    BrokenLineError,
    LogRecord,
    PersonalMark,
    PersonalRecord,
    read_line,
    read_personal_line,
    write_line,
    write_personal_line,
)

LOG, PERSONAL = "log.jsonl", "personal.jsonl"
FORMAT, VERSION = "dfr shift log", 1
OPENED, CLOSED, ERASED = "log.opened", "log.closed", "personal.erased"
"""The kinds of record that the log writes itself; every other kind is the writer's."""

SYNC_S = 0.5
"""A record outlives its process at once, and a failing machine after so long (assumed)."""

KEEP_DAYS = 31
"""How long personal data are kept unless somebody says otherwise (assumed: until the debrief is written)."""


def _utc_now() -> datetime:
    return datetime.now(tz=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheck:
    """What a check of a shift log found.

    `broken_line` counts the lines of `broken_file` from 1 and is None where all is as written; `why` says
    what is wrong with it. `head` is the hash of the last whole record, to be kept elsewhere. `torn_bytes` is
    a piece of a line at the end, as a killed process leaves it. Of the records with `personal` data, those of
    `erased` were erased by `dfr`, and those of `missing` went in another way.
    """

    records: int
    head: str
    broken_file: str = LOG
    broken_line: int | None = None
    why: str = ""
    torn_bytes: int = 0
    personal: int = 0
    erased: int = 0
    missing: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every line is as it was written."""
        return self.broken_line is None

    def __str__(self) -> str:
        stand = counted_noun(self.records, "record")
        if self.broken_line is not None:
            return f"line {self.broken_line} of {self.broken_file} {self.why}; {stand} before it"
        torn = f", then {counted_noun(self.torn_bytes, 'byte')} of a torn line" if self.torn_bytes else ""
        return f"the chain of {stand} is whole{torn}"

    def as_dict(self) -> dict[str, object]:
        """The check as it appears in JSON."""
        return {
            "whole": self.is_whole,
            "records": self.records,
            "head": self.head,
            "broken_file": self.broken_file if self.broken_line is not None else None,
            "broken_line": self.broken_line,
            "why": self.why,
            "torn_bytes": self.torn_bytes,
            "personal": self.personal,
            "erased": self.erased,
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadShiftLog:
    """The records of a shift log as far as its chain is whole, in order, and what its check found."""

    records: tuple[LogRecord, ...]
    check: LogCheck

    def of_kind(self, *kinds: str) -> Iterator[LogRecord]:
        """The records of some kinds, in order."""
        return (record for record in self.records if record.kind in kinds)


def read_shift_log(folder: Path) -> ReadShiftLog:
    """A shift log, also while it is being written; personal data stand in the records that still have them.

    Raises InputError where there is none.
    """
    records, check = _read_chain(folder / LOG)
    kept, lines = _read_personal(folder / PERSONAL)
    erased = {hash_ for each in records if each.kind == ERASED for hash_ in each.content.get("hashes", ())}
    marked = [each.mark.hash for each in records if each.mark is not None]
    gone = [each for each in marked if each not in kept]
    check = replace(
        check,
        personal=len(marked),
        erased=sum(each in erased for each in gone),
        missing=sum(each not in erased for each in gone),
    )
    # A process killed between the two files leaves a line that no record has: only beside a missing one is it
    # a sign of a change.
    strange = [number for number, hash_ in enumerate(lines, start=1) if hash_ not in marked]
    if check.is_whole and check.missing and strange:
        why = "was changed: it is the personal data of no record"
        check = replace(check, broken_file=PERSONAL, broken_line=strange[0], why=why)
    filled = tuple(
        each if each.mark is None else replace(each, personal=kept.get(each.mark.hash, {}))
        for each in records
    )
    return ReadShiftLog(records=filled, check=check)


class ShiftLog:
    """A shift log that is open for writing, by one process at a time and any of its threads.

    `before` has the records that were there when it was opened, for a process that goes on with a shift.
    Raises InputError where another process writes it, or its chain is broken: that log is left as it is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_days: int = KEEP_DAYS,
        now: Callable[[], datetime] = _utc_now,
        monotonic_s: Callable[[], float] = time.monotonic,
        sync_s: float = SYNC_S,
    ) -> None:
        self.folder, self._now, self._monotonic_s, self._sync_s = folder, now, monotonic_s, sync_s
        self._keep = timedelta(days=keep_days)
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._sync_error: OSError | None = None
        self._log = _open_for_one(folder)
        try:
            self.before = _read_unbroken(folder)
            torn_bytes, torn_file = _set_torn_aside(self._log, folder)
            self._personal = _open_owned(folder / PERSONAL)
            _drop_torn_line(self._personal)
        except BaseException:
            self._log.close()
            raise
        self._number, self._head = self.before.check.records, self.before.check.head
        begun = {"format": FORMAT, "version": VERSION, "keep_days": keep_days}
        self.append(OPENED, {**begun, "torn_bytes": torn_bytes, "torn_file": torn_file})

    def __enter__(self) -> ShiftLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(why="" if kind is None else kind.__name__)

    @property
    def head(self) -> str:
        """The hash of the last record: whoever keeps it elsewhere can prove what stood before it."""
        return self._head

    def append(
        self,
        kind: str,
        content: Mapping[str, Any],
        personal: Mapping[str, Any] | None = None,
        *,
        durable: bool = False,
    ) -> LogRecord:
        """Write a record; it outlives the process at once, the machine within `sync_s` (`durable`: at once).

        `personal` holds what speaks of persons: the text of a call, the position of a home. Raises InputError
        for a record that is too long or cannot be written; the log then is as it was.
        """
        with self._lock:
            self._refuse_unusable()
            utc, mono_s = self._now(), self._monotonic_s()
            mark = None if personal is None else self._write_personal(personal, utc)
            line, digest = write_line(
                number=self._number + 1,
                utc=utc,
                mono_s=mono_s,
                kind=kind,
                content=content,
                mark=mark,
                previous=self._head,
            )
            _write_whole(self._log, line, self.folder / LOG)
            record = read_line(line[:-1], number=self._number + 1, previous=self._head)
            self._number, self._head = record.number, digest
            self._sync_soon(durable=durable)
            return replace(record, personal=personal or {})

    def erase_personal(self, *, everything: bool = False) -> int:
        """Erase the personal data past their time, or all of them; the number erased, which the log says."""
        with self._lock:
            self._refuse_unusable()
            gone = _erase_lines(self.folder / PERSONAL, everything=everything, now=self._now())
            if gone:
                self._personal.close()
                self._personal = _open_owned(self.folder / PERSONAL)
                self.append(ERASED, {"hashes": gone}, durable=True)
            return len(gone)

    def sync(self) -> None:
        """Return once everything written is on the disk."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not self._log.closed:
                os.fsync(self._personal.fileno())
                os.fsync(self._log.fileno())

    def close(self, *, why: str = "") -> None:
        """End the log with a record that says so; a shift may open it again."""
        with self._lock:
            if self._log.closed:
                return
            try:
                self.append(CLOSED, {"why": why})
                self.sync()
            finally:
                self._personal.close()
                self._log.close()

    def _write_personal(self, personal: Mapping[str, Any], utc: datetime) -> PersonalMark:
        """Written before its record, so that no record stands without it after a kill."""
        line, mark = write_personal_line(
            personal, salt=secrets.token_bytes(SALT_BYTES), keep_until=utc + self._keep
        )
        _write_whole(self._personal, line, self.folder / PERSONAL)
        return mark

    def _sync_soon(self, *, durable: bool) -> None:
        if durable or self._sync_s <= 0.0:
            self.sync()
        elif self._timer is None:
            self._timer = threading.Timer(self._sync_s, self._sync_later)
            self._timer.daemon = True
            self._timer.start()

    def _sync_later(self) -> None:
        """In a thread of its own: a failure is raised by the next record."""
        try:
            self.sync()
        except OSError as error:
            self._sync_error = error

    def _refuse_unusable(self) -> None:
        if self._log.closed:
            raise InputError(f"{self.folder}: the log is closed", do="open it again")
        if self._sync_error is not None:
            raise InputError(
                f"{self.folder}: the disk does not keep the log ({self._sync_error.strerror})",
                do="go on in another folder",
            )


def erase_personal_data(
    folder: Path, *, everything: bool = False, now: Callable[[], datetime] = _utc_now
) -> int:
    """Erase personal data of a log that nobody writes: those past their time, or all; the number erased.

    The log says that they were erased, and its chain holds. Raises InputError where a process writes the log.
    """
    read_shift_log(folder)
    kept = filter(None, map(_personal_record, _lines(folder / PERSONAL)))
    if not any(everything or each.keep_until <= now() for each in kept):
        return 0
    with ShiftLog(folder, now=now) as log:
        return log.erase_personal(everything=everything)


def _read_unbroken(folder: Path) -> ReadShiftLog:
    """A log to go on with. Changed personal data do not stop it: the chain shows them."""
    found = read_shift_log(folder)
    if not found.check.is_whole and found.check.broken_file == LOG:
        raise InputError(f"{folder}: {found.check}", do="keep it and begin another log")
    return found


def _open_for_one(folder: Path) -> BinaryIO:
    """The log, open and locked against every other process until it is closed or its process ends."""
    make_owned_folder(folder)
    log = _open_owned(folder / LOG)
    if not lock_file(log):
        log.close()
        raise InputError(
            f"{folder}: another process writes this log", do="end that one, or name another folder"
        )
    return log


def _open_owned(path: Path) -> BinaryIO:
    """A file of its owner, open for reading and for adding, without a buffer."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="choose another folder") from error
    return os.fdopen(handle, "r+b", buffering=0)


def _write_whole(file: BinaryIO, line: bytes, path: Path) -> None:
    """Add a line whole, or leave the file as it was and raise InputError."""
    size = os.fstat(file.fileno()).st_size
    try:
        written = 0
        while written < len(line):
            written += os.write(file.fileno(), line[written:])
    except OSError as error:
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), size)
        raise InputError(f"{path}: {error.strerror}", do="make room on the disk") from error


def _read_chain(path: Path) -> tuple[list[LogRecord], LogCheck]:
    """The records as far as each is bound to the one before, and what comes after them."""
    records: list[LogRecord] = []
    previous, torn, broken, why = FIRST_PREVIOUS, 0, None, ""
    for number, line in enumerate(_lines(path), start=1):
        if not line.endswith(b"\n") and len(line) <= MAX_LINE_BYTES:
            torn = len(line)
            break
        try:
            record = read_line(line.rstrip(b"\n"), number=number, previous=previous)
        except BrokenLineError as error:
            broken, why = number, str(error)
            break
        records.append(record)
        previous = record.hash
    return records, LogCheck(
        records=len(records), head=previous, broken_line=broken, why=why, torn_bytes=torn
    )


def _read_personal(path: Path) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """The personal data by their hash, and the hash of each line; '' for a line that holds none."""
    kept: dict[str, Mapping[str, Any]] = {}
    hashes = []
    for line in _lines(path) if path.exists() else ():
        record = _personal_record(line)
        hashes.append("" if record is None else record.hash)
        if record is not None:
            kept[record.hash] = record.content
    return kept, hashes


def _personal_record(line: bytes) -> PersonalRecord | None:
    try:
        return read_personal_line(line.rstrip(b"\n"))
    except BrokenLineError:
        return None


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file with their ends, each at most one byte longer than a record can be."""
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                yield line
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="name the folder of a shift log") from error


def _set_torn_aside(log: BinaryIO, folder: Path) -> tuple[int, str]:
    """Cut the piece of a line off the end of the log; its bytes, and the file in which it now stands."""
    piece = _torn_piece(log)
    if not piece:
        return 0, ""
    name = f"torn-{sum(1 for _ in folder.glob('torn-*.part')) + 1:04d}.part"
    write_atomically(folder / name, piece, mode=OWNER_ONLY)
    os.ftruncate(log.fileno(), os.fstat(log.fileno()).st_size - len(piece))
    return len(piece), name


def _drop_torn_line(personal: BinaryIO) -> None:
    """Cut the piece of a line off the end of the personal data, which no record can have."""
    os.ftruncate(personal.fileno(), os.fstat(personal.fileno()).st_size - len(_torn_piece(personal)))


def _torn_piece(file: BinaryIO) -> bytes:
    size = os.fstat(file.fileno()).st_size
    end = os.pread(file.fileno(), min(size, MAX_LINE_BYTES), max(0, size - MAX_LINE_BYTES))
    return end[end.rfind(b"\n") + 1 :]


def _erase_lines(path: Path, *, everything: bool, now: datetime) -> list[str]:
    """Write the personal data anew without some of them; the hashes of those erased."""
    stay, gone = [], []
    for line in _lines(path):
        record = _personal_record(line)
        if record is None or everything or record.keep_until <= now:
            gone.append("" if record is None else record.hash)
        else:
            stay.append(line)
    if gone:
        write_atomically(path, b"".join(stay), mode=OWNER_ONLY)
    return [hash_ for hash_ in gone if hash_]
