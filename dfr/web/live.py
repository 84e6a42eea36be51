"""A vehicle as the live page shows it (`LiveVehicle`); nothing here commands it.

The wind is the vehicle's own estimate, where it sends one. The flight model predicts the energy to fly
home in that wind; the page compares it with the charge that the vehicle reports.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.performance import flight_settings, predict_path
from dfr.geo import LocalFrame, Position, bearing_deg, distance_m
from dfr.link.flown_track import FlownTrack
from dfr.link.framing import Message
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.peer import LINK_LOST_S
from dfr.link.vehicle import VehicleState
from dfr.web.layers import to_lonlat
from dfr.world.weather import MeanWind

CAMERA_DOWN_DEG = 45.0
CAMERA_WIDE_DEG = 60.0
CAMERA_HIGH_DEG = 36.0
"""Camera pitch and angles of view (assumed: a common wide camera; the gimbal's own angles are not read)."""

FARTHEST_M = 400.0
"""A footprint ends at this distance where the camera sees the horizon."""

TRAFFIC_KEPT_S = 60.0
TEXTS_SHOWN = 12
POSITION_STALE_S = 2.0
"""The vehicle is asked for its position ten times a second; one older than this is stale (assumed)."""

ENERGY_EVERY_S = 1.0
UNKNOWN_HEADING = 65535


@dataclass(slots=True)
class _Heard:
    """What the vehicle's state does not hold: wind direction, heading, gimbal, time of the position."""

    wind_from_deg: float | None = None
    heading_deg: float | None = None
    gimbal_down_deg: float | None = None
    position_at: float | None = None


class LiveVehicle:
    """One vehicle as plain values for the page."""

    def __init__(self, vehicle: MavlinkVehicle, *, drone: Drone, rtsp: str = "") -> None:
        self.vehicle = vehicle
        self.drone = drone
        self._rtsp = rtsp
        self._heard = _Heard()
        self.track = FlownTrack()
        self._traffic: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._opened_at = time.monotonic()
        self._home_energy: tuple[float, dict[str, Any]] | None = None
        vehicle.port.listen(self._on_message)

    def close(self) -> None:
        """Stop listening. Whoever opened the vehicle closes it."""
        self.vehicle.port.leave(self._on_message)

    def as_dict(self) -> dict[str, Any]:
        """The vehicle now."""
        state, vehicle = self.vehicle.state, self.vehicle
        silent_s = vehicle.silent_s
        return {
            "system": vehicle.target[0],
            "firmware": str(vehicle.firmware),
            "simulated": vehicle.simulated,
            "silent_s": silent_s,
            "stale": silent_s > LINK_LOST_S or vehicle.port.failure is not None,
            "position_s": self._position_age_s(),
            "position_stale": self._position_age_s() > POSITION_STALE_S,
            "t_s": state.t_s,
            "armed": state.armed,
            "mode": state.mode_name,
            "at": None if state.position is None else to_lonlat(state.position),
            "home": None if state.home is None else to_lonlat(state.home),
            "height_m": state.height_m_home,
            "speed_mps": _ground_speed(state),
            "climb_mps": state.climb_mps,
            "heading_deg": self._heard.heading_deg,
            "mission": [state.mission_seq, state.mission_total],
            "plan": vehicle.plan.value,
            "battery": state.battery_remaining,
            "battery_volt": state.battery_volt,
            "satellites": state.satellites,
            "wind": self._wind_state(state),
            "home_energy": self._energy_to_home(state),
            "footprint": camera_footprint(
                state.position, state.height_m_home, self._heard.heading_deg, down_deg=self._down_deg()
            ),
            "footprint_assumed": self._heard.gimbal_down_deg is None,
            "traffic": self._other_traffic(),
            "rtsp": self._rtsp,
            "texts": [[t.severity, t.text] for t in vehicle.texts[-TEXTS_SHOWN:]],
        }

    def _position_age_s(self) -> float:
        """Seconds since its last position; since the page opened where it has sent none."""
        at = self._heard.position_at
        return time.monotonic() - (self._opened_at if at is None else at)

    def _down_deg(self) -> float:
        own = self._heard.gimbal_down_deg
        return CAMERA_DOWN_DEG if own is None else own

    def _wind_state(self, state: VehicleState) -> dict[str, float | None] | None:
        if state.wind_mps is None:
            return None
        return {"mps": state.wind_mps, "from_deg": self._heard.wind_from_deg}

    def _energy_to_home(self, state: VehicleState) -> dict[str, Any] | None:
        """Energy to fly home and land, beside what is left; None where it is unknown."""
        now = time.monotonic()
        if self._home_energy is not None and now - self._home_energy[0] < ENERGY_EVERY_S:
            return self._home_energy[1]
        if state.position is None or state.home is None or state.height_m_home is None:
            return None
        found = energy_home(state, self.drone, self._heard.wind_from_deg)
        self._home_energy = (now, found)
        return found

    def _other_traffic(self) -> list[dict[str, Any]]:
        oldest = time.monotonic() - TRAFFIC_KEPT_S
        with self._lock:
            return [dict(item) for item in self._traffic.values() if item["heard"] > oldest]

    def _on_message(self, message: Message) -> None:
        kind = message.get_type()
        if kind == "ADSB_VEHICLE":
            with self._lock:
                self._traffic[message.ICAO_address] = _traffic_entry(message)
        if not self.vehicle.from_target(message):
            return
        if kind == "WIND":
            self._heard.wind_from_deg = message.direction % 360.0
        elif kind == "GLOBAL_POSITION_INT":
            self._on_position(message)
        elif kind == "MOUNT_STATUS":
            self._heard.gimbal_down_deg = -message.pointing_a / 100.0

    def _on_position(self, message: Message) -> None:
        if message.lat or message.lon:
            self._heard.position_at = time.monotonic()
            self.track.note(
                message.time_boot_ms / 1000.0,
                (message.lon / 1e7, message.lat / 1e7),
                message.relative_alt / 1000.0,
                armed=self.vehicle.state.armed is True,
            )
        if message.hdg != UNKNOWN_HEADING:
            self._heard.heading_deg = message.hdg / 100.0


def energy_home(state: VehicleState, drone: Drone, wind_from_deg: float | None) -> dict[str, Any]:
    """Time to return and land that 9 of 10 flights stay within, and the share of the battery it needs.

    `may_not_return` is True where the flight model knows no time by which it is back: the wind is too strong.
    """
    assert state.position is not None
    assert state.home is not None
    away_m = distance_m(state.position, state.home)
    wind = MeanWind(speed_mps=state.wind_mps or 0.0, from_deg=wind_from_deg or 0.0)
    back = predict_path(
        [max(away_m, 1.0)],
        [bearing_deg(state.home, state.position)],
        height_m=max(state.height_m_home or 0.0, 5.0),
        on_scene_s=0.0,
        wind=wind,
        drone=drone,
        settings=flight_settings(drone),
    )
    late_s, land_s = back.back_late_s, back.land_s
    seconds = None if late_s is None or land_s is None else late_s + land_s
    share: float | None = None
    if back.late_home_energy_wh is not None and drone.battery_wh:
        share = back.late_home_energy_wh / drone.battery_wh
    left = state.battery_remaining
    return {
        "away_m": away_m,
        "seconds": seconds,
        "share": share,
        "left": left,
        "enough": None if share is None or left is None else left > share,
        "may_not_return": late_s is None,
        "wind_known": state.wind_mps is not None and wind_from_deg is not None,
    }


def camera_footprint(
    at: Position | None, height_m: float | None, heading_deg: float | None, *, down_deg: float
) -> list[list[float]]:
    """The corners of what the camera sees on flat ground, as [lon, lat]; empty near the ground."""
    if at is None or height_m is None or heading_deg is None or height_m < 2.0:
        return []
    frame = LocalFrame(at)
    corners = []
    half_high, half_wide = CAMERA_HIGH_DEG / 2.0, CAMERA_WIDE_DEG / 2.0
    for up, side in ((half_high, -1), (half_high, 1), (-half_high, 1), (-half_high, -1)):
        below = math.radians(down_deg - up)
        forward = FARTHEST_M if below <= 0.0 else min(height_m / math.tan(below), FARTHEST_M)
        slant = math.hypot(forward, height_m)
        across = side * slant * math.tan(math.radians(half_wide))
        heading = math.radians(heading_deg)
        east = forward * math.sin(heading) + across * math.cos(heading)
        north = forward * math.cos(heading) - across * math.sin(heading)
        corners.append(to_lonlat(frame.position(east, north)))
    return [*corners, corners[0]]


def _ground_speed(state: VehicleState) -> float | None:
    if state.east_mps is None or state.north_mps is None:
        return None
    return math.hypot(state.east_mps, state.north_mps)


def _traffic_entry(message: Message) -> dict[str, Any]:
    callsign = (
        message.callsign if isinstance(message.callsign, str) else message.callsign.decode("ascii", "replace")
    )
    return {
        "id": f"{message.ICAO_address:06x}",
        "name": callsign.strip("\0 "),
        "at": [message.lon / 1e7, message.lat / 1e7],
        "height_m_amsl": message.altitude / 1000.0,
        "heading_deg": message.heading / 100.0,
        "heard": time.monotonic(),
    }
