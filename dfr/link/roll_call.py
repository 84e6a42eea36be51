"""All vehicles on a line, asked how they are; nothing is commanded, changed or watched. See `call_roll`.

No heartbeats are sent: a vehicle that hears a ground station acts on its loss once that falls silent again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.errors import DfrError
from dfr.link import params
from dfr.link.autopilots import LineUp, find_copters
from dfr.link.lost_link import LostLinkBehaviour
from dfr.link.peer import Peer
from dfr.link.port import MavlinkPort, Source
from dfr.link.vehicle import Firmware, Text, VehicleState
from dfr.logs.airborne import Landed

ASKED = (
    dialect.MAVLINK_MSG_ID_SYSTEM_TIME,
    dialect.MAVLINK_MSG_ID_SYS_STATUS,
    dialect.MAVLINK_MSG_ID_GLOBAL_POSITION_INT,
    dialect.MAVLINK_MSG_ID_EXTENDED_SYS_STATE,
    dialect.MAVLINK_MSG_ID_GPS_RAW_INT,
    dialect.MAVLINK_MSG_ID_EKF_STATUS_REPORT,
    dialect.MAVLINK_MSG_ID_MISSION_CURRENT,
    dialect.MAVLINK_MSG_ID_HOME_POSITION,
)
"""Each is asked for once; what an answer leaves unknown stays unknown."""

ROUNDS, ROUND_S = 3, 0.7
LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleReport:
    """What one vehicle says of itself; `firmware` None where it does not tell it or we do not know it."""

    source: Source
    firmware: Firmware | None
    state: VehicleState
    lost_link: LostLinkBehaviour
    words: str
    texts: tuple[Text, ...]

    @property
    def in_air(self) -> bool | None:
        """Whether it is in the air, by its own word; None where it does not say."""
        if self.state.armed is False:
            return False
        landed = self.state.landed
        return None if landed in (None, Landed.UNDEFINED) else landed != Landed.ON_GROUND


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """Every ArduCopter on a line, and what else there speaks as an autopilot, in words by its source."""

    vehicles: tuple[VehicleReport, ...]
    others: tuple[tuple[Source, str], ...]


def call_roll(port: MavlinkPort, *, system: int | None, timeout_s: float, url: str) -> RollCall:
    """Every vehicle on a silent port, with what it answers.

    Raises LinkTimeoutError where none speaks, LinkError where two speak under one system id.
    """
    line_up = LineUp(system)
    find_copters(port, line_up, timeout_s=timeout_s, url=url)
    for source in line_up.copters:
        port.refuse_two(source)
    peers = [Peer(port, source, simulated=False) for source in sorted(line_up.copters)]
    for peer in peers:
        peer.listen()
    try:
        _ask(peers)
        reports = tuple(_report(peer) for peer in peers)
    finally:
        for peer in peers:
            peer.leave()
    return RollCall(vehicles=reports, others=tuple(sorted(line_up.strangers.items())))


def _ask(peers: list[Peer]) -> None:
    """Ask all at once, again for what a bad line lost."""
    for _ in range(ROUNDS):
        for peer in peers:
            for number in () if _has_answered(peer.state) else ASKED:
                peer.send(
                    dialect.MAVLink_command_long_message(
                        *peer.target, Command.REQUEST_MESSAGE, 0, float(number), 0, 0, 0, 0, 0, 0
                    )
                )
        until = time.monotonic() + ROUND_S
        while time.monotonic() < until and not all(_has_answered(peer.state) for peer in peers):
            time.sleep(LOOK_EVERY_S)


def _has_answered(state: VehicleState) -> bool:
    """Whether all is known that any vehicle that works tells; one without GNSS has no position."""
    needed = (state.armed, state.t_s, state.landed, state.sensors_healthy, state.gps_fix, state.ekf_flags)
    placed = state.position is not None or (state.gps_fix is not None and not state.gps_fix)
    return None not in needed and placed


def _report(peer: Peer) -> VehicleReport:
    firmware: Firmware | None = None
    lost_link = LostLinkBehaviour()
    try:
        firmware, peer.naming = params.identify_firmware(peer)
        lost_link = LostLinkBehaviour.read_from(peer)
    except DfrError:  # what it does not answer is unknown, and said so
        pass
    return VehicleReport(
        source=peer.target,
        firmware=firmware,
        state=peer.state,
        lost_link=lost_link,
        words=peer.describe_whereabouts(),
        texts=peer.texts,
    )
