"""Other traffic of a shift: where each visitor flies, and its position broadcast to the vehicles as ADS-B."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import simpy

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position
from dfr.link.traffic import Transponder
from dfr.metrics.shift import Airborne
from dfr.scenario.model import OtherTraffic
from dfr.sim.calls import Visit
from dfr.sim.flight_process import Steps
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import FloatArray

SPEED_MPS = {"helicopter": 30.0, "aeroplane": 55.0, "drone": 10.0}
DEFAULT_SPEED_MPS = 30.0
"""Ground speed of a visitor by its kind (assumed)."""

SENT_EVERY_S = 1.0
FIRST_ICAO = 0x400000
"""The first ICAO address of simulated traffic (in a block of the United Kingdom)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One visit: back and forth along the longest line across its area, in the middle of its heights.

    From the notice until the visit begins, it approaches along that line.
    """

    icao: int
    user: OtherTraffic
    visit: Visit
    ends_m: FloatArray

    @property
    def height_m_amsl(self) -> float:
        """The middle of its heights."""
        return 0.5 * (self.user.lower_m_amsl + self.user.upper_m_amsl)

    @property
    def speed_mps(self) -> float:
        """Its ground speed."""
        return SPEED_MPS.get(self.user.kind, DEFAULT_SPEED_MPS)

    def at_m(self, t_s: float) -> tuple[float, float, float]:
        """Metres east and north, and its track, at a moment of the shift."""
        step = self.ends_m[1] - self.ends_m[0]
        length = float(np.hypot(*step))
        gone = (t_s - self.visit.start_s) * self.speed_mps
        lap, rest = divmod(max(gone, 0.0), max(length, 1.0))
        forth = int(lap) % 2 == 0
        along = min(gone, 0.0) + (rest if forth else length - rest)
        east, north = self.ends_m[0] + step / max(length, 1.0) * along
        course = float(np.degrees(np.arctan2(step[0], step[1])))
        return float(east), float(north), (course if forth else course + 180.0) % 360.0

    def flown_path(self, *, until_s: float) -> Airborne:
        """Its path during the visit, for measuring separation."""
        t_s = np.arange(self.visit.start_s, min(self.visit.end_s, until_s), SENT_EVERY_S)
        places = np.array([(*self.at_m(float(t))[:2], self.height_m_amsl) for t in t_s]).reshape(-1, 3)
        return Airborne(t_s, places)


def place_visitors(
    users: Sequence[OtherTraffic], visits: Sequence[Visit], frame: LocalFrame
) -> tuple[Visitor, ...]:
    """The visitors of a shift, each with an address of its own."""
    return tuple(
        Visitor(
            icao=FIRST_ICAO + number,
            user=users[visit.traffic],
            visit=visit,
            ends_m=_longest_line(frame.points(users[visit.traffic].area)),
        )
        for number, visit in enumerate(visits)
    )


def parse_visit(text: str, inputs: SimInputs) -> Visit:
    """A visit given as `ID@MINUTE`, of the usual length and with the notice of the scenario.

    Raises InputError for another form, an unknown ID or a minute outside the shift.
    """
    name, _, minute = text.partition("@")
    ids = [traffic.id for traffic in inputs.traffic]
    try:
        start_s = 60.0 * float(minute)
        index = ids.index(name)
    except ValueError:
        raise InputError(f"--visit {text!r}: not ID@MINUTE", do=f"ID is one of {', '.join(ids)}") from None
    if not 0.0 <= start_s < inputs.horizon_s:
        raise InputError(f"--visit {text!r}: the shift is {inputs.horizon_s / 60.0:g} min long")
    traffic = inputs.traffic[index]
    return Visit(index, max(0.0, start_s - traffic.notice_s), start_s, start_s + traffic.stay.median_s)


class TrafficBroadcast:
    """Sends the positions of the visitors to every vehicle of a fleet, once a second of the shift."""

    def __init__(self, visiting: Sequence[Visitor], frame: LocalFrame) -> None:
        self._visitors, self._frame = visiting, frame
        self._transponders: dict[str, Transponder] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for transponder in self._transponders.values():
            transponder.close()

    def send_positions(self, env: simpy.Environment, urls: Mapping[str, tuple[str, ...]]) -> Steps:
        """The process that sends them: `urls` are those of each vehicle, whose second line it uses."""
        for visitor in sorted(self._visitors, key=lambda each: each.visit.notice_s):
            env.process(self._follow_visitor(visitor, env, urls))
        yield env.timeout(0.0)

    def _follow_visitor(
        self, visitor: Visitor, env: simpy.Environment, urls: Mapping[str, tuple[str, ...]]
    ) -> Steps:
        yield env.timeout(max(0.0, visitor.visit.notice_s - env.now))
        while env.now < visitor.visit.end_s:
            for line in [lines[1] for lines in urls.values() if len(lines) > 1]:
                self._send_position(visitor, line, float(env.now))
            yield env.timeout(SENT_EVERY_S)

    def _send_position(self, visitor: Visitor, url: str, t_s: float) -> None:
        if url not in self._transponders:
            self._transponders[url] = Transponder(url, system=RECEIVER_SYSTEM)
        east, north, track_deg = visitor.at_m(t_s)
        place: Position = self._frame.position(east, north)
        self._transponders[url].send(
            visitor.icao,
            visitor.user.id,
            place,
            height_m_amsl=visitor.height_m_amsl,
            track_deg=track_deg,
            speed_mps=visitor.speed_mps,
        )


RECEIVER_SYSTEM = 250
"""System id of the ADS-B receiver on the vehicles' second lines."""


def _longest_line(corners: FloatArray) -> FloatArray:
    """The two corners that are farthest apart, shape (2, 2)."""
    gaps = np.linalg.norm(corners[:, None, :] - corners[None, :, :], axis=2)
    first, second = np.unravel_index(int(gaps.argmax()), gaps.shape)
    ends: FloatArray = corners[[int(first), int(second)]]
    return ends
