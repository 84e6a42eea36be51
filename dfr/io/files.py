"""Reading with a stated limit, and writing so that a reader never sees half a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from dfr.errors import InputError

MAX_INPUT_BYTES = 64 * 1024 * 1024
"""No input file is read past this size (assumed: every real airspace file is under 10 MiB)."""


def read_bounded(path: Path, *, limit_bytes: int = MAX_INPUT_BYTES) -> bytes:
    """The bytes of a file. Raises InputError where it is missing, no file, or past the limit."""
    try:
        if path.stat().st_size > limit_bytes:
            raise InputError(
                f"{path}: {path.stat().st_size} bytes is over the {limit_bytes} limit", do="split it"
            )
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="check the path") from error
    if len(data) > limit_bytes:
        raise InputError(f"{path}: over the {limit_bytes} byte limit", do="split it")
    return data


def refuse_unwritable(path: Path) -> None:
    """Raise InputError where a file could not be written there; what is there stays as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="choose another output") from error
    if path.is_dir():
        raise InputError(f"{path}: is a directory", do="choose another output")


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name beside it, then rename: whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="choose another output") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="choose another output") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
