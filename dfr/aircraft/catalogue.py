"""The hardware catalogue: drones and docks, each figure with where it is from.

The data are in `catalogue.yaml` beside this module; its head explains the statuses. A field is the
plain number (None where unknown); `figures()` gives every number with its unit and status. PyYAML reads the
data: they are ours, and a fault in them is a bug of the program, which needs no line for its user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

from dfr.errors import InputError
from dfr.scenario.model import Fleet
from dfr.scenario.own_drone import OwnDrone

Row = TypeVar("Row")

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's C loader where it is built in: ten times as fast."""

STATUSES = {
    "S": "public source",
    "M": "unconfirmed memory",
    "C": "ArduCopter SITL",
    "derived": "derived from other figures of the row",
    "assumed": "assumed",
    "unknown": "unknown",
}
"""What the short statuses of the data file mean."""

TEXTS = frozenset({"ip", "wpml"})
"""Fields that are texts with a status: no figures."""

UNITS = (
    ("_degps2", "deg/s2"), ("_mps2", "m/s2"),
    ("_kg", "kg"), ("_m2", "m2"), ("_mps", "m/s"), ("_deg", "deg"), ("_wh", "Wh"), ("_w", "W"),
    ("_v", "V"), ("_min", "min"), ("_s", "s"), ("_c", "degC"), ("_m", "m"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a row: its value (None where unknown), unit, and who says so."""

    value: float | None
    unit: str
    source_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drone:
    """An airframe. None means that nobody has published the figure and none was assumed."""

    key: str
    name: str
    ip: str
    wpml: str
    rotors: int
    mass_kg: float
    disc_area_m2: float
    rotor_radius_m: float
    wheelbase_m: float
    momentum_drag: float
    battery_wh: float
    battery_v: float | None
    max_speed_mps: float
    climb_mps: float
    descent_mps: float
    accel_mps2: float
    land_mps: float
    tilt_limit_deg: float
    footprint_m: float
    height_m: float
    landing_gear_m: float
    gnss_error_m: float
    marker_error_m: float
    camera_half_view_deg: float
    loop_gain: float
    heading_error_deg: float
    gyro_drift_degps2: float
    drag_area_m2: float | None
    efficiency: float | None
    hover_power_w: float | None
    max_wind_mps: float | None
    takeoff_landing_wind_mps: float | None
    min_temperature_c: float | None
    max_temperature_c: float | None
    flight_min: float | None
    hover_min: float | None
    radius_m: float | None
    boot_s: float | None
    statuses: Mapping[str, str] = field(compare=False, hash=False)

    @property
    def size_m(self) -> float:
        """Tip to tip across the diagonal, rotors turning: what risk and sight are judged by (SORA's CD)."""
        return self.wheelbase_m + 2.0 * self.rotor_radius_m

    def figures(self) -> dict[str, Figure]:
        """Every figure of the row by field name."""
        return _figures_of(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dock:
    """A dock or pad: its landing surface, its box, and how it charges.

    `pad_m` is the edge of the square in which a drone may stand; `opening_m` the width between the
    open box's edges, None without a box.
    """

    key: str
    name: str
    ip: str
    box: bool
    pad_m: float
    box_depth_m: float
    landing_tilt_deg: float
    charge_from: float
    charge_to: float
    charge_min: float
    open_s: float
    close_s: float
    opening_m: float | None
    max_landing_wind_mps: float | None
    min_temperature_c: float | None
    max_temperature_c: float | None
    statuses: Mapping[str, str] = field(compare=False, hash=False)

    @property
    def has_box(self) -> bool:
        """True where box edges stand beside the drone on the way down."""
        return self.box

    def figures(self) -> dict[str, Figure]:
        """Every figure of the row by field name."""
        return _figures_of(self)


def find_drone(key: str) -> Drone:
    """The drone of a key. Raises InputError, naming the known ones, for any other."""
    return _find_row(list_drones(), key, "drone")


def drone_of(fleet: Fleet) -> Drone:
    """The drone that a fleet flies: one of the catalogue, or the team's own."""
    own = fleet.own_drone
    return find_drone(fleet.drone) if own is None or own.key != fleet.drone else build_own_drone(own)


def build_own_drone(own: OwnDrone) -> Drone:
    """A team's own drone as a row of the catalogue: its own figures, the others those of its base.

    Raises InputError for an unknown base.
    """
    base = find_drone(own.based_on)
    own_values: dict[str, Any] = {figure.field: figure.value for figure in own.figures}
    statuses = {
        **{name: f"{STATUSES[status]}, of {base.key}" for name, status in base.statuses.items()},
        **{figure.field: figure.status for figure in own.figures},
    }
    if "rotors" in own_values:
        own_values["rotors"] = int(own_values["rotors"])
    return replace(base, key=own.key, name=own.name, statuses=statuses, **own_values)


def own_figure_names() -> frozenset[str]:
    """The fields of a drone that a team may have figures of its own for."""
    return frozenset(_field_names(Drone) - {"name", *TEXTS})


def find_dock(key: str) -> Dock:
    """The dock of a key. Raises InputError, naming the known ones, for any other."""
    return _find_row(list_docks(), key, "dock")


@cache
def list_drones() -> dict[str, Drone]:
    """Every drone by key, in the order of the data file."""
    return {
        key: Drone(key=key, **_read_row(row, _field_names(Drone)))
        for key, row in _read_data()["drones"].items()
    }


@cache
def list_docks() -> dict[str, Dock]:
    """Every dock by key, in the order of the data file."""
    return {
        key: Dock(key=key, **_read_row(row, _field_names(Dock))) for key, row in _read_data()["docks"].items()
    }


@cache
def _read_data() -> dict[str, dict[str, dict[str, Any]]]:
    text = files("dfr.aircraft").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    data: dict[str, dict[str, dict[str, Any]]] = yaml.load(text, Loader=LOADER)
    return data


def _field_names(kind: type) -> set[str]:
    return {item.name for item in fields(kind)} - {"key", "statuses"}


def _read_row(row: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Constructor arguments of one row: values by name, and the statuses of the sourced ones."""
    if set(row) != names:
        raise ValueError(f"catalogue row {row.get('name')}: fields differ: {sorted(set(row) ^ names)}")
    values = {name: cell[0] if isinstance(cell, list) else cell for name, cell in row.items()}
    statuses = {name: cell[1] for name, cell in row.items() if isinstance(cell, list)}
    return {**values, "statuses": statuses}


def _figures_of(row: Drone | Dock) -> dict[str, Figure]:
    numbers = {name: getattr(row, name) for name in row.statuses if name not in TEXTS}
    return {
        name: Figure(value=value, unit=_unit_of(name), source_status=_words_of(row.statuses[name]))
        for name, value in numbers.items()
    }


def _words_of(status: str) -> str:
    """A status in words; a team's own drone has it in words already."""
    return STATUSES.get(status, status)


def _unit_of(name: str) -> str:
    return next((unit for suffix, unit in UNITS if name.endswith(suffix)), "1")


def _find_row(rows: dict[str, Row], key: str, what: str) -> Row:
    if key not in rows:
        raise InputError(f"no {what} {key!r} in the catalogue", do=f"use one of: {', '.join(rows)}")
    return rows[key]
