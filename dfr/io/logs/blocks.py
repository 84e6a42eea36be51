"""A file read block by block: a reader holds one block of a log at a time, however long the log is."""

from __future__ import annotations

from typing import BinaryIO

BLOCK_BYTES = 1024 * 1024
"""So much is read at once: more makes it no faster."""


class FileBlocks:
    """A file's blocks, one after the other; what was not used of one comes again before the next.

    `data` is the block, `start` its place in the file, `last` whether nothing comes after it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.data, self.start, self.last = b"", 0, False
        self._file = file
        file.seek(0)

    def read_on(self, used: int) -> bool:
        """Read the next block after so many used bytes of this one; False where this was the last."""
        if self.last:
            return False
        more = self._file.read(BLOCK_BYTES)
        self.last = len(more) < BLOCK_BYTES
        self.data, self.start = self.data[used:] + more, self.start + used
        return True
