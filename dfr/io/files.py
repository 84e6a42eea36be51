"""Files in and out: bounded reads, atomic writes, files of their owner, text from bytes, strict JSON.

In strict JSON what is not a number becomes null, never NaN.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from dfr.errors import InputError

MAX_INPUT_BYTES = 64 * 1024 * 1024
"""No input file is read past this size (assumed: every real airspace file is under 10 MiB)."""

FOR_ALL_TO_READ, OWNER_ONLY, OWNER_ONLY_FOLDER = 0o644, 0o600, 0o700


def read_bounded(path: Path, *, limit_bytes: int = MAX_INPUT_BYTES) -> bytes:
    """The bytes of a file. Raises InputError where it is missing, no file, or past the limit."""
    with open_bounded(path, limit_bytes=limit_bytes) as file:
        return _read_up_to(file, path, limit_bytes)


@contextmanager
def open_bounded(path: Path, *, limit_bytes: int) -> Iterator[BinaryIO]:
    """A file that can be read from anywhere. What fails while it is open is raised as by `read_bounded`."""
    try:
        size = path.stat().st_size
        if size > limit_bytes:
            raise InputError(f"{path}: {size} bytes is over the {limit_bytes} limit", do="split it")
        with path.open("rb") as file:
            # What comes through a pipe can be read once only, so it is read whole.
            yield file if file.seekable() else BytesIO(_read_up_to(file, path, limit_bytes))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="check the path") from error


def _read_up_to(file: BinaryIO, path: Path, limit_bytes: int) -> bytes:
    data = file.read(limit_bytes + 1)
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


def write_atomically(path: Path, content: str | bytes, *, mode: int = FOR_ALL_TO_READ) -> None:
    """Write a file under a temporary name beside it, then rename: whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path, mode) as file:
            file.write(data)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="choose another output") from error


@contextmanager
def open_atomically(path: Path, *, room_for: int = 0) -> Iterator[BinaryIO]:
    """A file to write piece by piece, under a temporary name until the block ends well: whole or not at all.

    Raises InputError where the disk has no room for so many bytes.
    """
    refuse_unwritable(path)
    free = shutil.disk_usage(path.parent).free
    if room_for > free:
        raise InputError(
            f"{path}: {room_for:,} bytes are to come, the disk has {free:,} free", do="make room on the disk"
        )
    with _replacing(path, FOR_ALL_TO_READ) as file:
        yield file


@contextmanager
def _replacing(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file under a temporary name that takes the place of another once all is written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).chmod(mode)
        Path(name).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def make_owned_folder(path: Path) -> None:
    """Make a folder that its owner alone may read, or make one so. Raises InputError where it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(OWNER_ONLY_FOLDER)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="choose another folder") from error


def lock_file(file: BinaryIO) -> bool:
    """Whether the file is now locked for this process alone, until it is closed or the process ends.

    Raises InputError on a system that has no such lock.
    """
    try:
        import fcntl  # not on Windows, where all that locks nothing is to load
    except ImportError:
        raise InputError("this system cannot lock a file", do="use Linux or macOS") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def decode_text(data: bytes) -> tuple[str, str]:
    """(text, encoding): UTF-16 by its mark, UTF-8 where it is valid, else Latin-1, which always is."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


@contextmanager
def open_text(file: BinaryIO, *, block_bytes: int = 1024 * 1024) -> Iterator[TextIO]:
    """An open file as text, from its start, in the encoding that `decode_text` would find; line ends stay."""
    text = TextIOWrapper(file, encoding=_find_encoding(file, block_bytes), errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()  # the file stays open for whoever opened it


def _find_encoding(file: BinaryIO, block_bytes: int) -> str:
    file.seek(0)
    decoder, block = codecs.getincrementaldecoder("utf-8")(), file.read(block_bytes)
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    else:
        found = "utf-8-sig"
        try:
            while block:
                decoder.decode(block)
                block = file.read(block_bytes)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            found = "latin-1"
    file.seek(0)
    return found


def json_text(document: object) -> str:
    """A document for a file or a person: indented, with a line end.

    >>> json_text({"a": float("nan")}).split()
    ['{', '"a":', 'null', '}']
    """
    return json.dumps(_null_non_finite(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_line(document: object) -> str:
    """A document for the wire: on one line."""
    return json.dumps(_null_non_finite(document), ensure_ascii=False, allow_nan=False)


def _null_non_finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _null_non_finite(item) for key, item in value.items()}
    return [_null_non_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
