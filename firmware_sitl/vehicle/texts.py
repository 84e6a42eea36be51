"""STATUSTEXT, a long text in several messages that belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

CHUNK_BYTES = 50
LAST_ID = 0xFFFF


class Texts:
    """Numbers the texts that do not fit into one message; the others have the number 0."""

    def __init__(self) -> None:
        self._last = 0

    def messages(self, severity: int, text: str) -> Iterator[Any]:
        """A text's messages."""
        raw = text.encode()
        if len(raw) <= CHUNK_BYTES:
            yield mavlink.MAVLink_statustext_message(severity, raw)
            return
        self._last = self._last % LAST_ID + 1
        for number, start in enumerate(range(0, len(raw), CHUNK_BYTES)):
            part = raw[start : start + CHUNK_BYTES]
            yield mavlink.MAVLink_statustext_message(severity, part, self._last, number)
