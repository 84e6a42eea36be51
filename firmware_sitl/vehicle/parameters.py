"""The vehicle's parameters: ArduCopter's names, defaults and types, in either naming generation.

Inside the vehicle every parameter has its 4.6 name and unit. A 4.7 vehicle shows its clients the
newer names and SI units; the two differ only at this edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from dfr.ardupilot.items import single
from dfr.ardupilot.parameters import INVERTED, OLD_NAMES, Naming, Spelling, near_names, spell_for
from dfr.errors import InputError

REAL32 = 9
WHOLE_SLACK = 0.01
"""A whole number sent as a float may fall this much short (ArduPilot's rounding_addition)."""

INTEGER_LIMITS = {2: (-128, 127), 4: (-32768, 32767), 6: (-(2**31), 2**31 - 1)}


class Generation(StrEnum):
    """Which firmware's parameter names and units the vehicle speaks."""

    V4_6 = "4.6"
    V4_7 = "4.7"

    @property
    def naming(self) -> Naming:
        """The naming of the firmware."""
        return Naming.CENTIMETRES if self is Generation.V4_6 else Naming.METRES


MOST_NAMED = 5
"""How many unknown parameters an error names one by one."""

SKIPPED = INVERTED["ARMING_CHECK"]
"""What 4.7 calls the arming checks: those left out, where ARMING_CHECK holds those made."""


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
        for name, value, kind in _read_shipped():
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

    def find_shown(self, name: str) -> Parameter | None:
        """The parameter a client calls `name`; None where this generation has none of that name."""
        name = name.upper()
        canonical = self._canonical.get(name)
        if canonical is None:
            return None
        kind = self._types[canonical] if self._client_spelling(canonical).factor == 1.0 else REAL32
        value = self._as_shown(canonical, self._values[canonical])
        return Parameter(name=name, value=value, type=kind, index=self._index[name])

    def default_shown(self, name: str) -> float | None:
        """What a client's parameter is before anyone has written it."""
        canonical = self._canonical.get(name)
        return None if canonical is None else self._as_shown(canonical, self._defaults[canonical])

    def shown_at(self, index: int) -> Parameter | None:
        """The parameter at a place in the list."""
        return self.find_shown(self._order[index]) if 0 <= index < len(self._order) else None

    def all_shown(self) -> Iterator[Parameter]:
        """Every parameter in the order of the list."""
        for name in self._order:
            parameter = self.find_shown(name)
            if parameter is not None:
                yield parameter

    def set_shown(self, name: str, value: float) -> bool:
        """Store what a client wrote; False where this generation has no such parameter."""
        canonical = self._canonical.get(name.upper())
        if canonical is None:
            return False
        edge = self._client_spelling(canonical)
        self[canonical] = _checks_made(value) if edge.name == SKIPPED else value / edge.factor
        return True

    def set_default(self, name: str, value: float) -> bool:
        """Set from a parameter file, whichever generation it was written for; False for a name of neither."""
        name = name.upper()
        if name == SKIPPED:
            name, value = "ARMING_CHECK", _checks_made(value)
        old = spell_for(name, Naming.CENTIMETRES)
        if old.name not in self._values:
            return False
        self[old.name] = value * old.factor
        return True

    def known_names(self) -> set[str]:
        """Every name of either generation that `set_default` knows."""
        return (
            set(self._values)
            | {new for new, old in OLD_NAMES.items() if old.name in self._values}
            | {SKIPPED}
        )

    def keep_as_defaults(self) -> None:
        """What is set now is what a client is told as the defaults, as with ArduPilot's defaults files."""
        self._defaults = dict(self._values)

    def restore_defaults(self) -> None:
        """Forget what was written: the defaults again."""
        self._values = dict(self._defaults)

    def _as_shown(self, canonical: str, value: float) -> float:
        edge = self._client_spelling(canonical)
        if edge.name == SKIPPED:
            return _checks_left_out(value)
        return value if edge.factor == 1.0 else single(value * edge.factor)

    def _shown_name(self, canonical: str) -> str:
        return self._client_spelling(canonical).name

    def _client_spelling(self, canonical: str) -> Spelling:
        naming = self.generation.naming
        if naming is Naming.METRES and canonical in INVERTED:
            return Spelling(INVERTED[canonical], 1.0)
        return spell_for(canonical, naming)


def refuse_unknown(names: Iterable[str]) -> None:
    """Raise InputError where the built-in vehicle knows a name in neither generation."""
    known = Parameters().known_names()
    unknown = [name for name in names if name.upper() not in known]
    if unknown:
        raise unknown_parameters("the built-in vehicle", unknown, known)


def unknown_parameters(vehicle: str, unknown: Sequence[str], known: Iterable[str]) -> InputError:
    """The error for parameters that a vehicle does not have, with the names that resemble them."""
    names = sorted(known)
    words = [f"{name}{_suggest_names(near_names(name, names))}" for name in unknown[:MOST_NAMED]]
    if len(unknown) > MOST_NAMED:
        words.append(f"{len(unknown) - MOST_NAMED} more")
    many = "parameters" if len(unknown) > 1 else "parameter"
    return InputError(
        f"{vehicle} does not have the {many} {', '.join(words)}", do="correct or leave out the name"
    )


def _suggest_names(near: Sequence[str]) -> str:
    return f" (do you mean {' or '.join(near)}?)" if near else ""


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
            values[fields[0].upper()] = float(fields[1])
        except (IndexError, ValueError):
            raise InputError(
                f"{name}:{number}: {line.strip()!r} is not a parameter", do="write NAME VALUE"
            ) from None
    return values


def _checks_made(skipped: float) -> float:
    """ARMING_CHECK of an ARMING_SKIPCHK."""
    return 1.0 if skipped == 0.0 else float(~int(skipped))


def _checks_left_out(made: float) -> float:
    """ARMING_SKIPCHK of an ARMING_CHECK."""
    return 0.0 if made == 1.0 else -1.0 if made == 0.0 else float(~int(made))


def _read_shipped() -> Iterator[tuple[str, float, int]]:
    table = resources.files(__package__).joinpath("parameters.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            name, value, kind = line.split("\t")
            yield name, _as_stored(float(value), int(kind)), int(kind)


def _as_stored(value: float, kind: int) -> float:
    """The value as the type keeps it: cut to whole and in range, or single precision."""
    limits = INTEGER_LIMITS.get(kind)
    if limits is None:
        return single(value)
    whole = int(value + (WHOLE_SLACK if value > 0.0 else -WHOLE_SLACK))
    return float(min(max(whole, limits[0]), limits[1]))
