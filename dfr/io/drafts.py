"""Unsaved edits of a scenario, kept beside its file (`Draft`): they outlive the server that made them.

The draft of `festival.yaml` is `.festival.yaml.draft`: the text as edited, the docks chosen, and the hash of
the file that was edited. It goes away when the file is saved or every edit is undone.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from dfr.errors import InputError
from dfr.io.files import json_text, read_bounded, write_atomically
from dfr.io.yaml_reader import MAX_BYTES

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A scenario as edited: its text, the docks of its plan, when, and of which file."""

    text: str
    docks: tuple[str, ...]
    edited: str
    file_sha256: str

    def is_of(self, data: bytes) -> bool:
        """Whether this is an edit of a file that holds these bytes."""
        return self.file_sha256 == hashlib.sha256(data).hexdigest()


def draft_path(path: Path) -> Path:
    """Where the draft of a scenario file is kept."""
    return path.with_name(f".{path.name}.draft")


def make_draft(data: bytes, docks: tuple[str, ...], *, of: bytes) -> Draft:
    """The draft of an edited scenario whose file holds the bytes `of`."""
    edited = datetime.now(tz=UTC).isoformat(timespec="seconds")
    return Draft(text=data.decode(), docks=docks, edited=edited, file_sha256=hashlib.sha256(of).hexdigest())


def write_draft(path: Path, draft: Draft) -> None:
    """Keep the draft of a scenario file. Raises InputError where it cannot be written."""
    write_atomically(draft_path(path), json_text({"format": FORMAT, **asdict(draft)}))


def remove_draft(path: Path) -> None:
    """Forget the draft of a scenario file, where there is one."""
    with suppress(OSError):
        draft_path(path).unlink(missing_ok=True)


def set_draft_aside(path: Path) -> Path:
    """Where the draft of a scenario file is kept from now on, so that no new draft replaces it."""
    aside = draft_path(path).with_suffix(".draft-before")
    with suppress(OSError):
        draft_path(path).replace(aside)
    return aside


def read_draft(path: Path) -> Draft | None:
    """The draft of a scenario file; None where there is none, or none that can be read."""
    if not draft_path(path).is_file():
        return None
    try:
        found = json.loads(read_bounded(draft_path(path), limit_bytes=2 * MAX_BYTES))
        if found.pop("format") != FORMAT or not isinstance(found["text"], str):
            return None
        return Draft(
            text=found["text"],
            docks=tuple(map(str, found["docks"])),
            edited=str(found["edited"]),
            file_sha256=str(found["file_sha256"]),
        )
    except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
