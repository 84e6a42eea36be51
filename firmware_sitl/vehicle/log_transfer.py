"""LOG_ messages: the card's logs listed and sent, as AP_Logger_MAVLinkLogTransfer.cpp does.

One client at a time is served; while it is, what else it asks for is dropped. An armed vehicle sends none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.dataflash import DataFlash

ERROR, INFO = 3, 6
DATA_BYTES = 90
PER_STEP = 40
"""LOG_DATA of one loop, as ArduPilot's SITL sends."""

WAITING_BYTES = 32_768
"""With more waiting for the client, no more is queued."""

Say = Callable[[int, str], None]


class LogTransfer:
    """Answers a client's questions for logs; `send_due` sends what is under way."""

    def __init__(self, card: DataFlash, is_armed: Callable[[], bool], say: Say) -> None:
        self._card, self._is_armed, self._say = card, is_armed, say
        self._channel: Channel | None = None
        self._number = self._at = self._end = 0
        self._warned = False

    def handle_request(self, channel: Channel, message: Any) -> None:
        """Take one LOG_ message."""
        if self._is_armed():
            if not self._warned:
                self._warned = True
                self._say(ERROR, "Disarm for log download")
            return
        self._warned = False
        kind = message.get_type()
        if kind == "LOG_REQUEST_END":
            self._channel = None
        elif kind == "LOG_ERASE":
            self._card.logs.clear()
        elif self._channel is not None and self._channel.connected:
            if self._channel is not channel:
                self._say(INFO, "Log download in progress")
        elif kind == "LOG_REQUEST_LIST":
            self._list(channel, message.start, message.end)
        else:
            self._begin(channel, message)

    def send_due(self) -> None:
        """Send more of the log that is asked for."""
        channel = self._channel
        if channel is None or self._is_armed():
            return
        for _ in range(PER_STEP):
            if self._channel is None or len(channel.out) > WAITING_BYTES:
                return
            self._send_part(channel)

    def _list(self, channel: Channel, start: int, end: int) -> None:
        """An entry for each log; one that names no log where there is none."""
        count = len(self._card.logs)
        last = min(end, count)
        for number in range(max(start, 1), last + 1) if count else (0,):
            log = self._card.logs[number - 1] if number else None
            size, unix_s = (0, 0.0) if log is None else (len(log.data), log.unix_s)
            channel.send(mavlink.MAVLink_log_entry_message(number, count, last, round(unix_s), size))

    def _begin(self, channel: Channel, message: Any) -> None:
        if not 1 <= message.id <= len(self._card.logs):
            self._channel = None
            return
        size = len(self._card.logs[message.id - 1].data)
        self._number, self._at = message.id, message.ofs
        self._end = max(message.ofs, min(size, message.ofs + message.count))
        self._channel = channel
        self.send_due()

    def _send_part(self, channel: Channel) -> None:
        data = self._card.logs[self._number - 1].data
        part = data[self._at : min(self._at + DATA_BYTES, self._end)]
        padded = list(part.ljust(DATA_BYTES, b"\0"))
        channel.send(mavlink.MAVLink_log_data_message(self._number, self._at, len(part), padded))
        self._at += len(part)
        if len(part) < DATA_BYTES or self._at >= self._end:
            self._channel = None
