"""GDL90 as receivers for aircraft send it over UDP (`Gdl90Parser`): frames, check sum, traffic reports.

After Garmin's GDL 90 Data Interface Specification, 560-1058-00 Rev A: section 2.2 for the frames (flag 0x7E,
escape 0x7D, CRC-CCITT with the low byte first), 3.5 for the traffic report. Altitudes are pressure altitudes.
"""

from __future__ import annotations

from dfr.geo import Position, VerticalDatum
from dfr.io.traffic.heard import PRESSURE_ERROR_M, UNNAMED, HeardAircraft, name_of
from dfr.units import ft_to_m, kt_to_mps

FLAG, ESCAPE, ESCAPED = 0x7E, 0x7D, 0x20
HEARTBEAT, TRAFFIC = 0, 20
TRAFFIC_BYTES = 28
MAX_FRAME_BYTES = 2048
"""An uplink message has 436 bytes; each may be escaped, and there is room to spare."""

DEGREES = 180.0 / 2**23
NO_ALTITUDE, NO_SPEED, NO_CLIMB = 0xFFF, 0xFFF, 0x800
OWN_ADDRESSES = (0, 2, 4)
"""Address types with an ICAO address: of ADS-B, TIS-B and surface vehicles."""

TRUE_TRACK = 1
ACCURACY_M = {
    1: 18520.0,
    2: 7408.0,
    3: 3704.0,
    4: 1852.0,
    5: 926.0,
    6: 555.6,
    7: 185.2,
    8: 92.6,
    9: 30.0,
    10: 10.0,
    11: 3.0,
}
"""The bound of the position error (95 %) by NACp (RTCA DO-260B, table 2-14); 0 is unknown."""

SOURCE = "gdl90"


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
        table.append(crc & 0xFFFF)
    return tuple(table)


CRC_TABLE = _crc_table()


def check_sum(message: bytes) -> int:
    """The frame check sequence of a message.

    >>> hex(check_sum(bytes.fromhex("008141dbd00802")))  # the specification's example of a heartbeat
    '0x8bb3'
    """
    crc = 0
    for byte in message:
        crc = CRC_TABLE[crc >> 8] ^ ((crc << 8) & 0xFFFF) ^ byte
    return crc


class Gdl90Parser:
    """Bytes as they come in, in pieces of any size; `corrupt` counts the frames that were dropped."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self.corrupt = 0

    def feed(self, data: bytes, *, now_s: float) -> list[HeardAircraft]:
        """The aircraft told of by the frames that end in these bytes; each is whole, whatever the time."""
        found = []
        first, *others = data.split(bytes([FLAG]))
        self._frame += first
        for piece in others:
            heard = self._end_frame()
            if heard is not None:
                found.append(heard)
            self._frame = bytearray(piece)
        if len(self._frame) > MAX_FRAME_BYTES:
            del self._frame[MAX_FRAME_BYTES + 1 :]
        return found

    def _end_frame(self) -> HeardAircraft | None:
        frame, self._frame = bytes(self._frame), bytearray()
        if not frame:
            return None
        message = _unpack(frame)
        if message is None:
            self.corrupt += 1
            return None
        if message[0] != TRAFFIC or len(message) != TRAFFIC_BYTES:
            return None
        return _read_traffic(message)


def _unpack(frame: bytes) -> bytes | None:
    """The message of a frame without its flags; None for one that did not arrive as it was sent."""
    if len(frame) > MAX_FRAME_BYTES:
        return None
    message, escaped = bytearray(), False
    for byte in frame:
        if escaped:
            message.append(byte ^ ESCAPED)
            escaped = False
        elif byte == ESCAPE:
            escaped = True
        else:
            message.append(byte)
    if escaped or len(message) < 3:
        return None
    body, sent = bytes(message[:-2]), int.from_bytes(message[-2:], "little")
    return body if check_sum(body) == sent else None


def _read_traffic(message: bytes) -> HeardAircraft | None:
    """The aircraft of a traffic report; None where it tells no position, or one that is not on the globe."""
    lat_deg = int.from_bytes(message[5:8], "big", signed=True) * DEGREES
    lon_deg = int.from_bytes(message[8:11], "big", signed=True) * DEGREES
    integrity = message[13] >> 4
    if (lat_deg == lon_deg == 0.0 and integrity == 0) or abs(lat_deg) > 90.0:
        return None
    own = (message[1] & 0xF) in OWN_ADDRESSES
    icao = int.from_bytes(message[2:5], "big") | (0 if own else UNNAMED)
    altitude, misc = message[11] << 4 | message[12] >> 4, message[12] & 0xF
    speed = message[14] << 4 | message[15] >> 4
    climb = (message[15] & 0xF) << 8 | message[16]
    return HeardAircraft(
        icao=icao,
        name=name_of(message[19:27].decode("ascii", "replace"), icao),
        position=Position(lat_deg=lat_deg, lon_deg=lon_deg),
        height_m=None if altitude == NO_ALTITUDE else ft_to_m(25.0 * altitude - 1000.0),
        height_datum=VerticalDatum.FLIGHT_LEVEL,
        height_error_m=PRESSURE_ERROR_M,
        track_deg=message[17] * 360.0 / 256.0 if misc & 3 == TRUE_TRACK else None,
        speed_mps=None if speed == NO_SPEED else kt_to_mps(float(speed)),
        climb_mps=None if climb == NO_CLIMB else ft_to_m(64.0 * _signed(climb)) / 60.0,
        accuracy_m=ACCURACY_M.get(message[13] & 0xF),
        on_ground=not misc & 8,
        source=SOURCE,
    )


def _signed(value: int) -> int:
    return value - 0x1000 if value & 0x800 else value
