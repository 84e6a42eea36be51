"""Data about people in a folder of its owner (`OwnedFolder`): kept so long, listed, and erased.

Calls, logs of shifts, tracks and pictures go into a folder that only its owner reads. Each is kept for a
stated number of days; nothing is ever copied from there into plans, briefs or scenarios. `index.json` says
what there is and until when; of what was erased it keeps the number and the day alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from dfr.errors import DfrError, InputError
from dfr.findings import counted_noun
from dfr.io.deployment_folder import make_slug
from dfr.io.files import OWNER_ONLY, json_text, make_owned_folder, read_bounded, write_atomically

OWN_FOLDER = Path("personal-data")
"""Where data about people are, in the folder that is worked in."""

INDEX = "index.json"
MOST_DAYS = 3650
MOST_ENTRIES = 100_000


class DataKind(StrEnum):
    """What data about people there are."""

    CALLS = "calls"
    SHIFT_LOG = "shift-log"
    TRACK = "track"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that is kept: whose it is, since when and until when. `erased_at` None: it is still there."""

    id: str
    kind: DataKind
    owner: str
    file: str
    added_at: datetime
    keep_until: datetime
    erased_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been erased by now."""
        return self.erased_at is None and now >= self.keep_until

    def as_dict(self) -> dict[str, Any]:
        """The entry as the index has it."""
        times = ("added_at", "keep_until", "erased_at")
        return {k: v.isoformat() if k in times and v is not None else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is kept in a folder after the files past their time were erased, and how many those were."""

    folder: Path
    erased: int
    kept: tuple[KeptFile, ...]

    def lines(self) -> list[str]:
        """In sentences what a person must know; none where there is nothing."""
        told = []
        if self.erased:
            told.append(
                f"{counted_noun(self.erased, 'file')} about people erased: past the time to keep them."
            )
        if self.kept:
            first = min(entry.keep_until for entry in self.kept)
            told.append(
                f"{counted_noun(len(self.kept), 'file')} about people kept in {self.folder.name}; the next is"
                f" erased on {first:%Y-%m-%d}. `dfr data erase` erases them at once."
            )
        return told


class OwnedFolder:
    """A folder of data about people."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[KeptFile]:
        """What was ever kept here, in order. Raises InputError for an index that cannot be read."""
        index = self.path / INDEX
        if not index.exists():
            return []
        try:
            rows = json.loads(read_bounded(index))
            return [_read_entry(row) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{index}: not an index of kept data ({error})", do="restore it") from error

    def keep(self, source: Path, *, kind: DataKind, owner: str, days: int, now: datetime) -> KeptFile:
        """Copy a file into the folder, to be kept for so many days."""
        if not 1 <= days <= MOST_DAYS:
            raise InputError(f"{days} days", do=f"keep it for 1 to {MOST_DAYS} days")
        if not owner.strip():
            raise InputError("nobody owns the data", do="name who answers for them")
        data = read_bounded(source)
        before = self.entries()
        if len(before) >= MOST_ENTRIES:
            raise InputError(f"{self.path}: holds {MOST_ENTRIES} entries", do="begin another folder")
        entry = KeptFile(
            id=f"{len(before) + 1:04d}",
            kind=kind,
            owner=owner.strip(),
            file=f"{len(before) + 1:04d}-{make_slug(source.stem)}{_safe_suffix(source)}",
            added_at=now,
            keep_until=now + timedelta(days=days),
        )
        make_owned_folder(self.path)
        write_atomically(self.path / entry.file, data, mode=OWNER_ONLY)
        self._write_index([*before, entry])
        return entry

    def erase(self, ids: Sequence[str] | None, *, now: datetime) -> list[KeptFile]:
        """Erase the entries of these ids, or those whose time is over; the entries erased.

        Raises InputError for an id that is not there.
        """
        entries = self.entries()
        present = {entry.id: entry for entry in entries if entry.erased_at is None}
        unknown = [id_ for id_ in ids or () if id_ not in present]
        if unknown:
            raise InputError(
                f"{self.path}: nothing is kept as {unknown[0]!r}", do=f"one of {', '.join(present)}"
            )
        due = [e for e in present.values() if e.id in ids] if ids is not None else _overdue(present, now)
        for entry in due:
            self._unlink(Path(entry.file).name)
        gone = {entry.id for entry in due}
        self._write_index([_forgotten(e, now) if e.id in gone else e for e in entries])
        return due

    def apply_retention(self, *, now: datetime) -> Retention:
        """Erase what is past its time; what that was, and what is still kept."""
        erased = self.erase(None, now=now)
        kept = [entry for entry in self.entries() if entry.erased_at is None]
        return Retention(folder=self.path, erased=len(erased), kept=tuple(kept))

    def _unlink(self, name: str) -> None:
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{self.path / name}: {error.strerror}", do="erase it by hand") from error

    def _write_index(self, entries: Sequence[KeptFile]) -> None:
        if entries:
            text = json_text([entry.as_dict() for entry in entries])
            write_atomically(self.path / INDEX, text, mode=OWNER_ONLY)


def retention_lines(folder: Path) -> list[str]:
    """Erase what is past its time beside the deployments of a folder; what a person must know of it."""
    try:
        return OwnedFolder(folder / OWN_FOLDER).apply_retention(now=datetime.now(tz=UTC)).lines()
    except DfrError as error:
        return [f"Data about people could not be erased: {error}"]


def _overdue(present: dict[str, KeptFile], now: datetime) -> list[KeptFile]:
    return [entry for entry in present.values() if entry.is_overdue(now)]


def _forgotten(entry: KeptFile, now: datetime) -> KeptFile:
    """What stays of an entry that was erased: that there was one, and when it went."""
    return replace(entry, owner="", file="", erased_at=now)


def _safe_suffix(source: Path) -> str:
    suffix = source.suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) <= 8 else ""


def _read_entry(row: dict[str, Any]) -> KeptFile:
    return KeptFile(
        id=str(row["id"]),
        kind=DataKind(row["kind"]),
        owner=str(row["owner"]),
        file=str(row["file"]),
        added_at=_read_time(row["added_at"]),
        keep_until=_read_time(row["keep_until"]),
        erased_at=None if row["erased_at"] is None else _read_time(row["erased_at"]),
    )


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return moment.astimezone(UTC)
