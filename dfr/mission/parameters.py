"""ArduCopter parameters by firmware generation: 4.7 renamed many and counts in metres.

A flight plan speaks in 4.5/4.6 names and units; this table translates for newer firmware.
Sources: ArduPilot 4.7 release notes (parameter renames), AP_Param conversion tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dfr.errors import InputError


class Naming(StrEnum):
    """Which names a firmware uses; development versions of 4.7 have some of each, to be asked one by one."""

    CENTIMETRES = "4.5/4.6"
    METRES = "4.7"
    MIXED = "4.7-dev"


OLDEST = (4, 5)
NEWEST = (4, 7)


@dataclass(frozen=True, slots=True)
class Rename:
    """A parameter's new name and what its value is multiplied by."""

    name: str
    factor: float


RENAMED: dict[str, Rename] = {
    "RTL_ALT": Rename("RTL_ALT_M", 0.01),
    "RTL_SPEED": Rename("RTL_SPEED_MS", 0.01),
    "LAND_SPEED": Rename("LAND_SPD_MS", 0.01),
    "LAND_SPEED_HIGH": Rename("LAND_SPD_HIGH_MS", 0.01),
    "LAND_ALT_LOW": Rename("LAND_ALT_LOW_M", 0.01),
    "WPNAV_SPEED": Rename("WP_SPD", 0.01),
    "WPNAV_SPEED_UP": Rename("WP_SPD_UP", 0.01),
    "WPNAV_SPEED_DN": Rename("WP_SPD_DN", 0.01),
    "WPNAV_ACCEL": Rename("WP_ACC", 0.01),
    "WPNAV_ACCEL_Z": Rename("WP_ACC_Z", 0.01),
    "WPNAV_RADIUS": Rename("WP_RADIUS_M", 0.01),
    "WPNAV_JERK": Rename("WP_JERK", 1.0),
    "ANGLE_MAX": Rename("ATC_ANGLE_MAX", 0.01),
    "SYSID_THISMAV": Rename("MAV_SYSID", 1.0),
    "SYSID_MYGCS": Rename("MAV_GCS_SYSID", 1.0),
}
"""4.5/4.6 name -> 4.7 name; cm, cm/s and cdeg become m, m/s and deg."""

INVERTED = {"ARMING_CHECK": "ARMING_SKIPCHK"}
"""Renamed with the opposite meaning: never translated, refused by name."""


def named_for(params: Mapping[str, float], naming: Naming) -> dict[str, float]:
    """Parameters in the names and units of a firmware.

    Raises InputError for one whose meaning was inverted.

    >>> named_for({"RTL_ALT": 6000.0, "FENCE_ENABLE": 1.0}, Naming.METRES)
    {'RTL_ALT_M': 60.0, 'FENCE_ENABLE': 1.0}
    """
    if naming is Naming.CENTIMETRES:
        return dict(params)
    return dict(_renamed(name, value) for name, value in params.items())


def known_by(name: str, naming: Naming) -> str:
    """The name under which a firmware knows a 4.5/4.6 parameter."""
    return RENAMED[name].name if naming is Naming.METRES and name in RENAMED else name


def value_from(name: str, value: float, naming: Naming) -> float:
    """A value read under the firmware's name, in the units of the 4.5/4.6 `name`."""
    return value / RENAMED[name].factor if naming is Naming.METRES and name in RENAMED else value


def naming_of(version: tuple[int, int, int], *, development: bool) -> Naming:
    """The naming of a firmware version.

    Raises InputError for a version nobody has checked.
    """
    if not OLDEST <= version[:2] <= NEWEST:
        raise InputError(
            f"ArduCopter {'.'.join(map(str, version))} is not known here -> use 4.5, 4.6 or 4.7, "
            "or extend dfr/mission/parameters.py after checking its parameter names"
        )
    if version[:2] < NEWEST:
        return Naming.CENTIMETRES
    return Naming.MIXED if development else Naming.METRES


def _renamed(name: str, value: float) -> tuple[str, float]:
    if name in INVERTED:
        raise InputError(
            f"{name} is {INVERTED[name]} with the opposite meaning from 4.7 on -> set it by hand"
        )
    if name not in RENAMED:
        return name, value
    return RENAMED[name].name, round(value * RENAMED[name].factor, 9)
