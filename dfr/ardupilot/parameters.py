"""ArduCopter's parameters by firmware: 4.7 renamed many, and counts in metres, degrees and seconds.

`spell_for` gives the name and unit of one firmware; `translate_parameters` does so for a whole set. A name of
either generation may be asked for. This table is the only one: aircraft, missions, the link and the simulated
vehicle all read it.

Sources: ArduPilot's page "Parameter Name Changes", 4.6 to 4.7
(<https://ardupilot.org/copter/docs/common-param-name-changes.html>), and its pull requests 31970 (RTL, LAND)
and 32147 (WPNAV). The page gives no scale for all of them: those of PSC_D_ACC are stated in ArduPilot's own
description of the parameters ("0.1 times").
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
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

BUILT_IN_HASH = b"00000dfd"
"""What dfr's built-in vehicle reports as the git hash of its sources: hex digits, as ArduPilot's own are.
By it the vehicle is told from an ArduPilot."""

NEAR_NAMES = 3
"""How many names are offered in place of one that is not known."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A parameter's name in a firmware, and what a value is multiplied by to be in that firmware's unit."""

    name: str
    factor: float


_CENTI = {
    "ANGLE_MAX": "ATC_ANGLE_MAX",
    "ATC_ACCEL_P_MAX": "ATC_ACC_P_MAX",
    "ATC_ACCEL_R_MAX": "ATC_ACC_R_MAX",
    "ATC_ACCEL_Y_MAX": "ATC_ACC_Y_MAX",
    "ATC_SLEW_YAW": "ATC_RATE_WPY_MAX",
    "AVOID_ANGLE_MAX": "AVOID_ANG_MAX",
    "CIRCLE_RADIUS": "CIRCLE_RADIUS_M",
    "LAND_ALT_LOW": "LAND_ALT_LOW_M",
    "LAND_SPEED": "LAND_SPD_MS",
    "LAND_SPEED_HIGH": "LAND_SPD_HIGH_MS",
    "LOIT_ACC_MAX": "LOIT_ACC_MAX_M",
    "LOIT_BRK_ACCEL": "LOIT_BRK_ACC_M",
    "LOIT_BRK_JERK": "LOIT_BRK_JRK_M",
    "LOIT_SPEED": "LOIT_SPEED_MS",
    "PHLD_BRAKE_ANGLE": "PHLD_BRK_ANGLE",
    "PILOT_ACCEL_Z": "PILOT_ACC_Z",
    "PILOT_SPEED_DN": "PILOT_SPD_DN",
    "PILOT_SPEED_UP": "PILOT_SPD_UP",
    "PILOT_TKOFF_ALT": "PILOT_TKO_ALT_M",
    "PSC_VELXY_IMAX": "PSC_NE_VEL_IMAX",
    "PSC_VELZ_IMAX": "PSC_D_VEL_IMAX",
    "RTL_ALT": "RTL_ALT_M",
    "RTL_ALT_FINAL": "RTL_ALT_FINAL_M",
    "RTL_CLIMB_MIN": "RTL_CLIMB_MIN_M",
    "RTL_SPEED": "RTL_SPEED_MS",
    "WPNAV_ACCEL": "WP_ACC",
    "WPNAV_ACCEL_C": "WP_ACC_CNR",
    "WPNAV_ACCEL_Z": "WP_ACC_Z",
    "WPNAV_RADIUS": "WP_RADIUS_M",
    "WPNAV_SPEED": "WP_SPD",
    "WPNAV_SPEED_DN": "WP_SPD_DN",
    "WPNAV_SPEED_UP": "WP_SPD_UP",
    **{
        f"RNGFND{n}_{old}": f"RNGFND{n}_{new}"
        for n in "123456789A"
        for old, new in (("MIN_CM", "MIN"), ("MAX_CM", "MAX"), ("GNDCLEAR", "GNDCLR"))
    },
}
_TENTHS = {"PSC_ACCZ_P": "PSC_D_ACC_P", "PSC_ACCZ_I": "PSC_D_ACC_I", "PSC_ACCZ_D": "PSC_D_ACC_D"}
_THOUSANDTHS = {"PSC_ACCZ_IMAX": "PSC_D_ACC_IMAX"}
_SAME_UNIT = {
    "PHLD_BRAKE_RATE": "PHLD_BRK_RATE",
    "PSC_JERK_XY": "PSC_JERK_NE",
    "PSC_JERK_Z": "PSC_JERK_D",
    "PSC_POSXY_P": "PSC_NE_POS_P",
    "PSC_POSZ_P": "PSC_D_POS_P",
    "SYSID_MYGCS": "MAV_GCS_SYSID",
    "SYSID_THISMAV": "MAV_SYSID",
    "TELEM_DELAY": "MAV_TELEM_DELAY",
    "WPNAV_JERK": "WP_JERK",
    "WPNAV_RFND_USE": "WP_RFND_USE",
    "WPNAV_TER_MARGIN": "WP_TER_MARGIN",
    **{f"PSC_VELXY_{of}": f"PSC_NE_VEL_{of}" for of in ("P", "I", "D", "FF", "FLTE", "FLTD")},
    **{f"PSC_VELZ_{of}": f"PSC_D_VEL_{of}" for of in ("P", "I", "D", "FF", "FLTE", "FLTD")},
    **{
        f"SR{port}_{stream}": f"MAV{port + 1}_{stream}"
        for port in range(10)
        for stream in (
            "ADSB", "EXTRA1", "EXTRA2", "EXTRA3", "EXT_STAT", "PARAMS", "POSITION", "RAW_CTRL", "RAW_SENS",
            "RC_CHAN",
        )
    },
}  # fmt: skip

RENAMED: Mapping[str, Spelling] = {
    old: Spelling(new, factor)
    for names, factor in ((_CENTI, 0.01), (_TENTHS, 0.1), (_THOUSANDTHS, 0.001), (_SAME_UNIT, 1.0))
    for old, new in names.items()
}
"""4.5/4.6 name -> 4.7 name; cm, cm/s and cdeg become m, m/s and deg."""

OLD_NAMES: Mapping[str, Spelling] = {
    new.name: Spelling(old, round(1.0 / new.factor, 9)) for old, new in RENAMED.items()
}
"""4.7 name -> 4.5/4.6 name."""

INVERTED = {"ARMING_CHECK": "ARMING_SKIPCHK"}
"""Renamed with the opposite meaning: never translated, refused by name."""


def spell_for(name: str, naming: Naming) -> Spelling:
    """A parameter, called by the name of either generation, as a firmware spells it.

    >>> spell_for("RTL_ALT", Naming.METRES)
    Spelling(name='RTL_ALT_M', factor=0.01)
    >>> spell_for("RTL_ALT_M", Naming.CENTIMETRES)
    Spelling(name='RTL_ALT', factor=100.0)
    """
    table = RENAMED if naming is Naming.METRES else OLD_NAMES
    return table.get(name, Spelling(name, 1.0))


def spell_both(name: str) -> tuple[Spelling, ...]:
    """A parameter under each of its names: the one given, then the other generation's, if it differs."""
    other = RENAMED.get(name) or OLD_NAMES.get(name)
    return (Spelling(name, 1.0),) if other is None else (Spelling(name, 1.0), other)


def translate_parameters(params: Mapping[str, float], naming: Naming) -> dict[str, float]:
    """Parameters in the names and units of a firmware.

    Raises InputError for one whose meaning was inverted, and where two names of one parameter disagree.

    >>> translate_parameters({"RTL_ALT": 6000.0, "FENCE_ENABLE": 1.0}, Naming.METRES)
    {'RTL_ALT_M': 60.0, 'FENCE_ENABLE': 1.0}
    >>> translate_parameters({"RTL_ALT_M": 60.0}, Naming.CENTIMETRES)
    {'RTL_ALT': 6000.0}
    """
    named: dict[str, float] = {}
    for name, value in params.items():
        own_name, own_value = _spell_value(name, value, naming)
        if named.setdefault(own_name, own_value) != own_value:
            raise InputError(f"{name}: contradicts the same parameter's other name", do="give one of them")
    return named


def naming_of(version: tuple[int, int, int], *, development: bool) -> Naming:
    """The naming of a firmware version.

    Raises InputError for a version that has not been checked.
    """
    if not OLDEST <= version[:2] <= NEWEST:
        raise InputError(
            f"ArduCopter {'.'.join(map(str, version))} is not known here",
            do="use 4.5, 4.6 or 4.7, "
            "or extend dfr/ardupilot/parameters.py after checking its parameter names",
        )
    if version[:2] < NEWEST:
        return Naming.CENTIMETRES
    return Naming.MIXED if development else Naming.METRES


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """The known names that a mistyped one most resembles, the nearest first; empty where none does.

    >>> near_names("SIM_WIND_SPED", ["SIM_WIND_SPD", "SIM_WIND_DIR", "RTL_ALT"])
    ['SIM_WIND_SPD', 'SIM_WIND_DIR']
    """
    return difflib.get_close_matches(name.upper(), list(known), n=NEAR_NAMES, cutoff=0.7)


def _spell_value(name: str, value: float, naming: Naming) -> tuple[str, float]:
    if naming is Naming.METRES and name in INVERTED:
        raise InputError(
            f"{name} is {INVERTED[name]} with the opposite meaning from 4.7 on", do="set it by hand"
        )
    spelling = spell_for(name, naming)
    return spelling.name, value if spelling.factor == 1.0 else round(value * spelling.factor, 9)
