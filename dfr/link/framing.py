"""MAVLink 2 frames in a stream of bytes: found, checked, and signed where the link has a key.

pymavlink decodes and encodes the messages. Its stream parser drops all bytes of a frame whose
checksum fails, and its signature check remembers the time stamp of a forged packet; both are done
here instead, so that one corrupt length byte costs one frame and a forgery changes no state.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import time
from collections.abc import Iterator
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

MARKER_V1 = 0xFE
MARKER_V2 = 0xFD
HEADER_V1 = 6
HEADER_V2 = 10
CHECKSUM = 2
SIGNATURE = 13
SIGNED = 0x01

SIGNING_EPOCH_S = 1_420_070_400.0
"""1 January 2015 UTC: signing time stamps count 10 microseconds from here (MAVLink signing spec)."""

STAMPS_PER_S = 100_000
NEW_STREAM_MAX_AGE = 60 * STAMPS_PER_S
"""A stream heard for the first time may be a minute behind (MAVLink signing spec)."""

UNSIGNED_ACCEPTED = frozenset({dialect.MAVLINK_MSG_ID_RADIO_STATUS})
"""Telemetry radios add their status without knowing the key."""

Message = Any
"""A decoded pymavlink message."""


class Signing:
    """The key of a link, our time stamp, and the newest time stamp of every stream."""

    def __init__(self, key: bytes, *, link_id: int = 0) -> None:
        if len(key) != 32:
            raise ValueError(f"a signing key has 32 bytes, not {len(key)}")
        self.key = key
        self.link_id = link_id
        self.stamp = int((time.time() - SIGNING_EPOCH_S) * STAMPS_PER_S)
        self._newest: dict[tuple[int, int, int], int] = {}

    def sign(self, frame: bytes) -> bytes:
        """The signature block of a frame that already carries its checksum."""
        self.stamp += 1
        block = struct.pack("<B", self.link_id) + struct.pack("<Q", self.stamp)[:6]
        return block + self._signature_of(frame + block)

    def accepts(self, frame: bytes, system: int, component: int) -> bool:
        """Whether a signed frame is authentic and newer than all before it in its stream."""
        block = frame[-SIGNATURE:]
        if not hmac.compare_digest(self._signature_of(frame[:-6]), block[-6:]):
            return False
        stamp = int.from_bytes(block[1:7], "little")
        stream = (block[0], system, component)
        newest = self._newest.get(stream)
        fresh = stamp > newest if newest is not None else stamp + NEW_STREAM_MAX_AGE >= self.stamp
        if fresh:
            self._newest[stream] = stamp
            self.stamp = max(self.stamp, stamp)
        return fresh

    def _signature_of(self, data: bytes) -> bytes:
        return hashlib.sha256(self.key + data).digest()[:6]


class Framer:
    """Messages of one stream of bytes; keeps what is not yet a whole frame."""

    def __init__(self, signing: Signing | None = None) -> None:
        self._buffer = bytearray()
        self._decoder = dialect.MAVLink(None)
        self._signing = signing
        self.rejected = 0

    def feed(self, data: bytes) -> Iterator[tuple[Message, bytes]]:
        """Every whole message in what has come so far, with its bytes."""
        self._buffer += data
        while frame := self._next_frame():
            message = self._decode_frame(frame)
            if message is None:
                del self._buffer[:1]
                continue
            del self._buffer[: len(frame)]
            if self._accepts_signature(frame, message):
                yield message, frame

    def _next_frame(self) -> bytes | None:
        buffer = self._buffer
        start = 0
        while start < len(buffer) and buffer[start] not in (MARKER_V1, MARKER_V2):
            start += 1
        del buffer[:start]
        if len(buffer) < 3:
            return None
        length = buffer[1] + CHECKSUM
        if buffer[0] == MARKER_V1:
            length += HEADER_V1
        else:
            length += HEADER_V2 + (SIGNATURE if buffer[2] & SIGNED else 0)
        return bytes(buffer[:length]) if len(buffer) >= length else None

    def _decode_frame(self, frame: bytes) -> Message | None:
        """The message of a frame; None where its checksum or flags say that it is none.

        The checksum of an unknown message cannot be judged, so it counts as noise.
        """
        if frame[0] == MARKER_V2 and frame[2] & ~SIGNED:
            return None
        try:
            message = self._decoder.decode(bytearray(frame))
        except dialect.MAVError:
            return None
        return None if isinstance(message, dialect.MAVLink_unknown) else message

    def _accepts_signature(self, frame: bytes, message: Message) -> bool:
        if self._signing is None or message.get_msgId() in UNSIGNED_ACCEPTED:
            return True
        signed = frame[0] == MARKER_V2 and bool(frame[2] & SIGNED)
        if signed and self._signing.accepts(frame, message.get_srcSystem(), message.get_srcComponent()):
            return True
        self.rejected += 1
        return False


class Encoder:
    """Messages to bytes, numbered and, with a key, signed."""

    def __init__(self, *, system: int, component: int, signing: Signing | None = None) -> None:
        self._mav = dialect.MAVLink(None, srcSystem=system, srcComponent=component)
        self._signing = signing

    def encode(self, message: Message) -> bytes:
        """The frame of a message under the next sequence number."""
        if self._signing is None:
            frame = bytes(message.pack(self._mav))
        else:
            frame = self._signed_frame(message, self._signing)
        self._mav.seq = (self._mav.seq + 1) % 256
        return frame

    def _signed_frame(self, message: Message, signing: Signing) -> bytes:
        plain = bytearray(message.pack(self._mav))
        plain[2] |= SIGNED
        checked = plain[1:-CHECKSUM]
        crc = dialect.x25crc(checked)
        crc.accumulate(bytes([message.crc_extra]))
        frame = bytes(plain[:-CHECKSUM]) + struct.pack("<H", crc.crc)
        return frame + signing.sign(frame)
