"""What a zip that is damaged raises while it is read (`BROKEN_ARCHIVE`), and the names in one that is not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

BROKEN_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError,
    ValueError, MemoryError,
)  # fmt: skip
"""Damaged, encrypted, or packed by a method that Python does not know."""


def entry_names(data: bytes) -> list[str]:
    """The names of the entries of a zip, in its order. Raises one of `BROKEN_ARCHIVE`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()
