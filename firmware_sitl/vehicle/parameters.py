"""The vehicle's parameters: ArduCopter's names, defaults and types, in either naming generation.

Inside the vehicle every parameter has its 4.6 name and unit. A 4.7 vehicle shows its clients the
newer names and SI units; the two differ only at this edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from struct import pack, unpack

from dfr.errors import InputError

REAL32 = 9
WHOLE_SLACK = 0.01
"""A whole number sent as a float may fall this much short (ArduPilot's rounding_addition)."""

INTEGER_LIMITS = {2: (-128, 127), 4: (-32768, 32767), 6: (-(2**31), 2**31 - 1)}


class Generation(StrEnum):
    """Which firmware's parameter names and units the vehicle speaks."""

    V4_6 = "4.6"
    V4_7 = "4.7"


RENAMED: Mapping[str, tuple[str, float]] = {
    "RTL_ALT": ("RTL_ALT_M", 0.01),
    "RTL_ALT_FINAL": ("RTL_ALT_FINAL_M", 0.01),
    "RTL_CLIMB_MIN": ("RTL_CLIMB_MIN_M", 0.01),
    "RTL_SPEED": ("RTL_SPEED_MS", 0.01),
    "LAND_SPEED": ("LAND_SPD_MS", 0.01),
    "LAND_SPEED_HIGH": ("LAND_SPD_HIGH_MS", 0.01),
    "LAND_ALT_LOW": ("LAND_ALT_LOW_M", 0.01),
    "WPNAV_SPEED": ("WP_SPD", 0.01),
    "WPNAV_SPEED_UP": ("WP_SPD_UP", 0.01),
    "WPNAV_SPEED_DN": ("WP_SPD_DN", 0.01),
    "WPNAV_ACCEL": ("WP_ACC", 0.01),
    "WPNAV_ACCEL_C": ("WP_ACC_CNR", 0.01),
    "WPNAV_ACCEL_Z": ("WP_ACC_Z", 0.01),
    "WPNAV_RADIUS": ("WP_RADIUS_M", 0.01),
    "WPNAV_JERK": ("WP_JERK", 1.0),
    "ANGLE_MAX": ("ATC_ANGLE_MAX", 0.01),
    "SYSID_THISMAV": ("MAV_SYSID", 1.0),
    "SYSID_MYGCS": ("MAV_GCS_SYSID", 1.0),
    "ARMING_CHECK": ("ARMING_SKIPCHK", 1.0),
}
"""4.6 name -> (4.7 name, 4.7 units in one 4.6 unit). ARMING_SKIPCHK is also inverted."""

STREAM_PREFIXES = {"SR0_": "MAV1_", "SR1_": "MAV2_", "SR2_": "MAV3_", "SR3_": "MAV4_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter as a client sees it."""

    name: str
    value: float
    type: int
    index: int


class Parameters:
    """All parameters; `self[name]` by 4.6 name, the `shown` methods by the generation's name."""

    def __init__(self, generation: Generation = Generation.V4_6) -> None:
        self.generation = generation
        self._values: dict[str, float] = {}
        self._types: dict[str, int] = {}
        for name, value, kind in _shipped():
            self._values[name] = value
            self._types[name] = kind
        self._defaults = dict(self._values)
        self._canonical = {self._shown_name(name): name for name in self._values}
        self._order = sorted(self._canonical)
        self._index = {name: index for index, name in enumerate(self._order)}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __setitem__(self, name: str, value: float) -> None:
        self._values[name] = _as_stored(value, self._types[name])

    def copy_from(self, other: Parameters) -> None:
        """Take over all values of another set."""
        self._values |= other._values
        self._defaults |= other._defaults

    def __len__(self) -> int:
        return len(self._order)

    def shown(self, name: str) -> Parameter | None:
        """The parameter a client calls `name`; None where this generation has none of that name."""
        name = name.upper()
        canonical = self._canonical.get(name)
        if canonical is None:
            return None
        kind = self._types[canonical] if self._edge(canonical)[1] == 1.0 else REAL32
        value = self._as_shown(canonical, self._values[canonical])
        return Parameter(name=name, value=value, type=kind, index=self._index[name])

    def default_shown(self, name: str) -> float | None:
        """What a client's parameter is before anyone has written it."""
        canonical = self._canonical.get(name)
        return None if canonical is None else self._as_shown(canonical, self._defaults[canonical])

    def shown_at(self, index: int) -> Parameter | None:
        """The parameter at a place in the list."""
        return self.shown(self._order[index]) if 0 <= index < len(self._order) else None

    def all_shown(self) -> Iterator[Parameter]:
        """Every parameter in the order of the list."""
        for name in self._order:
            parameter = self.shown(name)
            if parameter is not None:
                yield parameter

    def set_shown(self, name: str, value: float) -> bool:
        """Store what a client wrote; False where this generation has no such parameter."""
        canonical = self._canonical.get(name.upper())
        if canonical is None:
            return False
        shown, factor = self._edge(canonical)
        if shown == "ARMING_SKIPCHK":
            value = 1.0 if value == 0.0 else float(~int(value))
        self[canonical] = value / factor
        return True

    def set_default(self, name: str, value: float) -> bool:
        """Set from a parameter file, whichever generation it was written for."""
        if name in self._values:
            self[name] = value
            return True
        for old, (new, factor) in RENAMED.items():
            if name == new:
                self[old] = value / factor
                return True
        return self.set_shown(name, value)

    def keep_as_defaults(self) -> None:
        """What is set now is what a client is told as the defaults, as with ArduPilot's defaults files."""
        self._defaults = dict(self._values)

    def erase(self) -> None:
        """Forget what was written: the defaults again."""
        self._values = dict(self._defaults)

    def _as_shown(self, canonical: str, value: float) -> float:
        shown, factor = self._edge(canonical)
        if factor != 1.0:
            value = _single(value * factor)
        if shown == "ARMING_SKIPCHK":
            value = 0.0 if value == 1.0 else -1.0 if value == 0.0 else float(~int(value))
        return value

    def _shown_name(self, canonical: str) -> str:
        return self._edge(canonical)[0]

    def _edge(self, canonical: str) -> tuple[str, float]:
        if self.generation is Generation.V4_6:
            return canonical, 1.0
        if canonical in RENAMED:
            return RENAMED[canonical]
        prefix = canonical[:4]
        return STREAM_PREFIXES.get(prefix, prefix) + canonical[4:], 1.0


def read_parameter_text(text: str, *, name: str) -> dict[str, float]:
    """Name to value of a `.parm` file: `NAME VALUE` or `NAME,VALUE`, `#` comments, `@` directives skipped.

    Raises InputError naming file and line for a value that is no number.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.partition("#")[0].replace(",", " ").replace("=", " ").split()
        if not fields or fields[0].startswith("@"):
            continue
        try:
            values[fields[0]] = float(fields[1])
        except (IndexError, ValueError):
            raise InputError(f"{name}:{number}: not 'NAME VALUE': {line.strip()!r}") from None
    return values


def _shipped() -> Iterator[tuple[str, float, int]]:
    table = resources.files(__package__).joinpath("parameters.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            name, value, kind = line.split("\t")
            yield name, _as_stored(float(value), int(kind)), int(kind)


def _as_stored(value: float, kind: int) -> float:
    """The value as the type keeps it: cut to whole and in range, or single precision."""
    limits = INTEGER_LIMITS.get(kind)
    if limits is None:
        return _single(value)
    whole = int(value + (WHOLE_SLACK if value > 0.0 else -WHOLE_SLACK))
    return float(min(max(whole, limits[0]), limits[1]))


def _single(value: float) -> float:
    return float(unpack("<f", pack("<f", value))[0])
