"""What the marker `sitl` and the options of the command line ask of the vehicles of a test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pytest

from dfr.ardupilot.items import WireItem
from dfr.errors import InputError
from dfr.geo import Position, distance_m, offset
from firmware_sitl.client import SitlClient

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
HOME_M_AMSL = 3.0
SPACING_M = 5.0
MOST_VEHICLES = 100
FAR_M = 2000.0
"""A mission that begins farther from the vehicle than this is taken for one of another site."""

READ = pytest.StashKey[bool]()
ASKED = ("home", "params", "wind", "frame", "count")
MOTORS_ARE = "FRAME_CLASS"
MOTORS = {"quad": 1.0, "hexa": 2.0, "octo": 3.0}
"""ArduPilot's FRAME_CLASS."""

FRAMES = Path(__file__).resolve().parent / "frames"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a vehicle stands: place, metres above sea level, degrees from north."""

    home: Position
    home_m_amsl: float = 0.0
    heading_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedVehicles:
    """The vehicles of a test. `stand_asked` is None where neither marker nor command line names a home."""

    stand_asked: Stand | None
    params: Mapping[str, float]
    frame: Path | None
    count: int

    def options(self, first_item: WireItem | None = None) -> dict[str, Any]:
        """Options of `start_vehicle`; the home of a mission's item 0 stands in for one that nobody named."""
        stand = self.stand_asked or _stand_of_item(first_item)
        return {
            "home": stand.home,
            "home_m_amsl": stand.home_m_amsl,
            "heading_deg": stand.heading_deg,
            "params": dict(self.params),
            "frame": self.frame,
        }

    def stand(self, number: int) -> Position:
        """Where the vehicle of a number stands: each 5 m farther east."""
        home = (self.stand_asked or _stand_of_item(None)).home
        return offset(home, bearing_deg=90.0, distance_m=number * SPACING_M) if number else home


def read_marker(request: pytest.FixtureRequest) -> WantedVehicles:
    """What is asked of a test's vehicles; InputError for what means nothing, with the names there are.

    Of markers on a test, its class and its module the nearest counts, for each parameter by itself.
    """
    request.node.stash[READ] = True
    asked: dict[str, Any] = {}
    told: dict[str, float] = {}
    for mark in reversed(list(request.node.iter_markers("sitl"))):
        if mark.args:
            raise InputError(f"@pytest.mark.sitl{mark.args}", do=f"name each: {', '.join(ASKED)}")
        asked |= mark.kwargs
        if "frame" in mark.kwargs:
            told.pop(MOTORS_ARE, None)
        told |= _read_settings(mark.kwargs)
    for name in asked.keys() - set(ASKED):
        near = get_close_matches(name, ASKED, 1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(ASKED)}"
        raise InputError(f"@pytest.mark.sitl has no {name}", do=meant)
    frame = _read_frame(asked.get("frame"), request.config.rootpath)
    _refuse_unused_count(request)
    return WantedVehicles(
        stand_asked=_read_home(asked.get("home"), request) or _home_option(request.config),
        params=told,
        frame=frame,
        count=_read_count(asked.get("count", 1)),
    )


def was_read(node: pytest.Item) -> bool:
    """Whether anything has asked what the marker of a test says."""
    return node.stash.get(READ, False)


def _read_settings(marker: Mapping[str, Any]) -> dict[str, float]:
    """The parameters of one marker, those of its wind and motors too; InputError where they differ."""
    params = _read_params(marker.get("params"))
    implied = _read_wind(marker.get("wind")) | _read_motors(marker.get("frame"))
    for name, value in implied.items():
        if params.setdefault(name, value) != value:
            word = "frame" if name == MOTORS_ARE else "wind"
            raise InputError(
                f"@pytest.mark.sitl: {word}={marker[word]!r} is {name} = {value:g}, "
                f"but params has {params[name]:g}",
                do=f"leave out one of them: {word}, or {name}",
            )
    return params


def _refuse_unused_count(request: pytest.FixtureRequest) -> None:
    """Raise InputError for a test that names a count of vehicles and flies only one."""
    counts = [mark.kwargs["count"] for mark in request.node.own_markers if "count" in mark.kwargs]
    if any(count != 1 for count in counts) and "sitl_fleet" not in request.fixturenames:
        raise InputError(
            f"@pytest.mark.sitl(count={counts[0]}), but the test does not ask for sitl_fleet",
            do="take its vehicles from the fixture sitl_fleet, or leave count out",
        )


def _read_motors(frame: Any) -> dict[str, float]:
    return {MOTORS_ARE: MOTORS[frame]} if isinstance(frame, str) and frame in MOTORS else {}


def _read_params(params: Any) -> dict[str, float]:
    try:
        return {str(name).upper(): float(value) for name, value in (params or {}).items()}
    except (AttributeError, TypeError, ValueError):
        raise InputError(f"params={params!r}", do='give {"NAME": number, ...}') from None


def _read_count(count: Any) -> int:
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_VEHICLES:
        raise InputError(f"count={count!r}", do=f"give a number of vehicles, from 1 to {MOST_VEHICLES}")
    return count


def _read_home(home: Any, request: pytest.FixtureRequest) -> Stand | None:
    """A place, numbers, a plan, items, or the name of a fixture that gives one of these."""
    if home is None:
        return None
    if isinstance(home, str):
        home = request.getfixturevalue(home)
    if isinstance(home, Position):
        return Stand(home=home)
    if isinstance(getattr(home, "home", None), Position):
        return Stand(home=home.home, home_m_amsl=getattr(home, "home_m_amsl", None) or 0.0)
    if isinstance(home, Sequence) and home and isinstance(home[0], WireItem):
        return _stand_of_item(home[0])
    return _stand_of_numbers(home, f"home={home!r}")


def _home_option(config: pytest.Config) -> Stand | None:
    text = config.getoption("--sitl-home")
    return None if text is None else _stand_of_numbers(text.split(","), f"--sitl-home {text}")


def _stand_of_numbers(given: Any, what: str) -> Stand:
    try:
        lat, lon, *rest = (float(part) for part in given)
        altitude, heading = (*rest, 0.0, 0.0)[:2] if len(rest) < 3 else (None, None)
    except (TypeError, ValueError):
        altitude = None
    if altitude is None or heading is None:
        raise InputError(f"{what}: no home", do="give LAT,LON or LAT,LON,ALT or LAT,LON,ALT,HDG")
    return Stand(home=Position(lat_deg=lat, lon_deg=lon), home_m_amsl=altitude, heading_deg=heading)


def _stand_of_item(item: WireItem | None) -> Stand:
    """The home of a mission's item 0; the plugin's own where it has none."""
    if item is None or (item.x, item.y) == (0, 0):
        return Stand(home=HOME, home_m_amsl=HOME_M_AMSL)
    return Stand(home=Position(lat_deg=item.lat_deg, lon_deg=item.lon_deg), home_m_amsl=item.z)


def _read_wind(wind: Any) -> dict[str, float]:
    """(m/s, degrees from which it blows); SIM_WIND_T says how it falls towards the ground."""
    if wind is None:
        return {}
    try:
        speed, direction = (float(part) for part in wind)
    except (TypeError, ValueError):
        speed = math.nan
    if not (0.0 <= speed < math.inf and -360.0 <= direction <= 360.0):
        raise InputError(f"wind={wind!r}", do="give (m/s, degrees from which it blows)")
    return {"SIM_WIND_SPD": speed, "SIM_WIND_DIR": direction}


def _read_frame(frame: Any, root: Path) -> Path | None:
    """The airframe file; None for SITL's own, whose motors are a parameter."""
    if frame is None or _read_motors(frame):
        return None
    for path in (root / str(frame), FRAMES / f"{frame}.json"):
        if path.is_file():
            return path
    shipped = sorted(path.stem for path in FRAMES.glob("*.json"))
    raise InputError(
        f"frame={str(frame)!r}: neither motors, nor a file in {root}, nor a shipped airframe",
        do=f"give one of {', '.join([*MOTORS, *shipped])}, or a SITL airframe file (JSON)",
    )


def refuse_far(client: SitlClient, items: Sequence[WireItem]) -> None:
    """Raise InputError for a mission whose first place is far from where the vehicle stands."""
    places = [item for item in items if (item.x, item.y) != (0, 0)]
    if not places:
        return
    at = client.receive("GLOBAL_POSITION_INT", what="the vehicle's place")
    home = Position(lat_deg=at.lat * 1e-7, lon_deg=at.lon * 1e-7)
    first = Position(lat_deg=places[0].lat_deg, lon_deg=places[0].lon_deg)
    away_m = distance_m(home, first)
    if away_m > FAR_M:
        raise InputError(
            f"the mission begins at {first}, {away_m / 1000.0:.1f} km from the vehicle at {home}",
            do="start the vehicle there: @pytest.mark.sitl(home=...) or --sitl-home LAT,LON,ALT",
        )
