"""The lines of a shift log, each bound to the one before by its hash: written, read and checked.

A line is one JSON object: `n` counts the lines from 1, `utc` and `mono_s` say when (the second never
jumps, but begins anew with the machine), `kind` and `content` what. `prev` is the hash of the line before,
and `hash` the SHA-256 of the line's own bytes before `, "hash"`. So a line that was changed, taken out or put
in shows. Lines cut off the end, and a file written anew as a whole, do not show in the file alone: keep the
last hash elsewhere (`dfr log verify` prints it and takes it back).

What speaks of persons is not in the line. `personal` holds the hash of a line of its own, which begins with
a random salt, and until when that is kept: it can be erased later, and the chain holds without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from dfr.errors import InputError
from dfr.io.files import json_line

FIRST_PREVIOUS = "0" * 64
"""What the first line has as the hash before it."""

MAX_LINE_BYTES = 256 * 1024
"""No record is longer (assumed: a mission of 700 items takes half of it)."""

HASH_MARK = b', "hash": "'
SALT_BYTES = 16


class BrokenLineError(Exception):
    """A line that is not the next one of its chain, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalMark:
    """What a line keeps of the personal data that belong to it: their hash, and until when they are kept."""

    hash: str
    keep_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One line of a shift log. `personal` is empty where there was nothing, or where it has been erased."""

    number: int
    utc: datetime
    mono_s: float
    kind: str
    content: Mapping[str, Any]
    mark: PersonalMark | None
    previous: str
    hash: str
    personal: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRecord:
    """Personal data of one line: found by the hash, erased after `keep_until`."""

    hash: str
    keep_until: datetime
    content: Mapping[str, Any]


def write_line(
    *,
    number: int,
    utc: datetime,
    mono_s: float,
    kind: str,
    content: Mapping[str, Any],
    mark: PersonalMark | None,
    previous: str,
) -> tuple[bytes, str]:
    """A line with its line end, and its hash. Raises InputError for a record that is too long."""
    fields = {
        "n": number,
        "utc": utc.astimezone(UTC).isoformat(),
        "mono_s": mono_s,
        "kind": kind,
        "content": content,
        "personal": None
        if mark is None
        else {"hash": mark.hash, "keep_until": mark.keep_until.astimezone(UTC).isoformat()},
        "prev": previous,
    }
    body = _encode(fields)[:-1]
    digest = sha256(body).hexdigest()
    line = body + HASH_MARK + digest.encode() + b'"}\n'
    if len(line) > MAX_LINE_BYTES:
        raise InputError(f"a record of {len(line)} bytes", do=f"keep it under {MAX_LINE_BYTES} bytes")
    return line, digest


def write_personal_line(
    content: Mapping[str, Any], *, salt: bytes, keep_until: datetime
) -> tuple[bytes, PersonalMark]:
    """The line that holds personal data, and what the chain keeps of it."""
    until = keep_until.astimezone(UTC)
    line = _encode({"salt": salt.hex(), "keep_until": until.isoformat(), "content": content})
    if len(line) > MAX_LINE_BYTES:
        raise InputError(f"personal data of {len(line)} bytes", do=f"keep them under {MAX_LINE_BYTES} bytes")
    return line + b"\n", PersonalMark(hash=sha256(line).hexdigest(), keep_until=until)


def read_line(line: bytes, *, number: int, previous: str) -> LogRecord:
    """The record of a line (without its line end) that has to be the next one of its chain.

    Raises BrokenLineError with what is wrong.
    """
    body, mark, tail = line.rpartition(HASH_MARK)
    if not mark or not tail.endswith(b'"}'):
        raise BrokenLineError("is not a record: it ends without a hash")
    digest = sha256(body).hexdigest()
    if tail[:-2] != digest.encode():
        raise BrokenLineError("was changed: its hash does not fit its text")
    fields = _decode(body + b"}")
    try:
        record = _read_fields(fields, digest)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenLineError(f"is not a record: {error}") from error
    if record.number != number:
        raise BrokenLineError(f"is record {record.number}, and record {number} belongs here")
    if record.previous != previous:
        raise BrokenLineError(f"does not follow the line before it (record {number - 1}), which was replaced")
    return record


def read_personal_line(line: bytes) -> PersonalRecord:
    """The personal data of a line, by its hash. Raises BrokenLineError where it holds none."""
    fields = _decode(line)
    try:
        return PersonalRecord(
            hash=sha256(line).hexdigest(),
            keep_until=_read_time(fields["keep_until"]),
            content=_read_mapping(fields["content"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenLineError(f"holds no personal data of a record: {error}") from error


def _encode(fields: Mapping[str, Any]) -> bytes:
    # Half of a surrogate pair, as hostile text may hold it, becomes its JSON escape.
    return json_line(fields).encode("utf-8", "backslashreplace")


def _decode(line: bytes) -> Mapping[str, Any]:
    try:
        return _read_mapping(json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenLineError("is not JSON") from error


def _read_fields(fields: Mapping[str, Any], digest: str) -> LogRecord:
    personal = fields["personal"]
    return LogRecord(
        number=int(fields["n"]),
        utc=_read_time(fields["utc"]),
        mono_s=float(fields["mono_s"]),
        kind=str(fields["kind"]),
        content=_read_mapping(fields["content"]),
        mark=None
        if personal is None
        else PersonalMark(hash=str(personal["hash"]), keep_until=_read_time(personal["keep_until"])),
        previous=str(fields["prev"]),
        hash=digest,
    )


def _read_mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("no JSON object")
    return value


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return moment.astimezone(UTC)
