"""The factors of a sweep: what may be varied of a deployment, and the design points they span.

Docks are sited for the deployment as the scenario has it; then it meets another wind, more calls,
another crew, other hardware. So a factor's effect is on one layout, and the same calls come in every
point that has their number in common (`dfr.sim.randomness`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from dfr.aircraft.catalogue import drone_of, find_dock
from dfr.errors import InputError
from dfr.plan.model import Plan
from dfr.scenario.model import Crew, OperationKind, Scenario, Shift
from dfr.world.model import World

MOST_POINTS = 500
"""More design points than this are a typing error (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One design point; None or 1.0 leaves the scenario's own.

    `drone_type` and `dock_type` are keys of the hardware catalogue; `pilots` is the remote pilots
    of every shift, with as many safety pilots as their drones need in sight of people;
    `wind_scale` is of mean wind and gusts, `calls_scale` of expected calls; `wind_limit_mps` is the
    operation's own limit of the mean wind at flight height, and its limit of gusts stays.
    """

    drone_type: str | None = None
    dock_type: str | None = None
    docks: int | None = None
    drones_per_dock: int | None = None
    pilots: int | None = None
    wind_limit_mps: float | None = None
    wind_scale: float = 1.0
    calls_scale: float = 1.0

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Variant:
        """The point of its JSON. Raises InputError for a factor that there is not."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(document) - known)
        if unknown:
            raise InputError(f"unknown factor {unknown[0]!r}", do=f"one of {', '.join(sorted(known))}")
        return cls(**dict(document))  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, object]:
        """The factors that differ from the scenario."""
        plain = Variant()
        return {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}

    @property
    def name(self) -> str:
        """A name that can be a folder's.

        >>> Variant(docks=2, wind_scale=1.2).name
        'docks-2_wind_scale-1.2'
        """
        return "_".join(f"{name}-{_word(value)}" for name, value in self.as_dict().items()) or "as_is"


def _word(value: object) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def design(**levels: Sequence[float] | Sequence[str]) -> tuple[Variant, ...]:
    """Every combination of the levels of some factors. Raises InputError for levels that make no sense.

    >>> [point.name for point in design(docks=(1, 2), wind_scale=(1.2,))]
    ['docks-1_wind_scale-1.2', 'docks-2_wind_scale-1.2']
    """
    for name, values in levels.items():
        least = 0.0 if name.endswith(("scale", "_mps")) else 1.0
        wrong = [
            value
            for value in values
            if not isinstance(value, str) and (not least <= value < math.inf or value == 0.0)
        ]
        if wrong or len(set(values)) < len(values):
            said = f"{_word(wrong[0])} is not a possible level" if wrong else "a level is given twice"
            raise InputError(f"{name.replace('_', '-')}: {said}", do="give different levels, each over 0")
    used = {name: values for name, values in levels.items() if values}
    points = [
        Variant(**dict(zip(used, values, strict=True)))  # type: ignore[arg-type]
        for values in itertools.product(*used.values())
    ]
    if len(points) > MOST_POINTS:
        raise InputError(f"{len(points)} design points are too many", do=f"ask for {MOST_POINTS} or fewer")
    return tuple(points)


def varied_world(world: World, variant: Variant) -> World:
    """The world of a design point; docks and drones are the plan's (`varied_plan`)."""
    scenario = world.scenario
    if variant.wind_scale != 1.0:
        scenario = _with_wind(scenario, variant.wind_scale)
    if variant.calls_scale != 1.0:
        days = tuple(replace(day, calls=day.calls * variant.calls_scale) for day in scenario.demand.days)
        scenario = replace(scenario, demand=replace(scenario.demand, days=days))
    if variant.wind_limit_mps is not None:
        operation = replace(scenario.operation, max_wind_mps=variant.wind_limit_mps)
        scenario = replace(scenario, operation=operation)
    if variant.pilots is not None:
        scenario = _with_pilots(scenario, variant.pilots)
    if variant.drone_type is not None or variant.dock_type is not None:
        scenario = _with_hardware(scenario, variant.drone_type, variant.dock_type)
    return world if scenario is world.scenario else replace(world, scenario=scenario)


def varied_plan(plan: Plan, variant: Variant) -> Plan:
    """A plan with the drones of a design point in each of its docks."""
    if variant.drones_per_dock is None:
        return plan
    return replace(plan, sites=tuple(replace(site, drones=variant.drones_per_dock) for site in plan.sites))


def _with_hardware(scenario: Scenario, drone_type: str | None, dock_type: str | None) -> Scenario:
    """The scenario with other hardware. Raises InputError for a key that the catalogue does not have."""
    fleet = scenario.fleet
    changed = replace(fleet, drone=drone_type or fleet.drone, dock=dock_type or fleet.dock)
    drone_of(changed)
    find_dock(changed.dock)
    return replace(scenario, fleet=changed)


def _with_wind(scenario: Scenario, scale: float) -> Scenario:
    hours = tuple(
        replace(
            hour,
            wind_mps=hour.wind_mps * scale,
            gust_mps=None if hour.gust_mps is None else hour.gust_mps * scale,
        )
        for hour in scenario.weather.hours
    )
    return replace(scenario, weather=replace(scenario.weather, hours=hours))


def _with_pilots(scenario: Scenario, pilots: int) -> Scenario:
    crew = scenario.crew
    seen = scenario.operation.kind is not OperationKind.BVLOS
    shifts = tuple(_manned(shift, crew, pilots, seen=seen) for shift in crew.shifts)
    return replace(scenario, crew=replace(crew, shifts=shifts))


def _manned(shift: Shift, crew: Crew, pilots: int, *, seen: bool) -> Shift:
    """A shift with so many remote pilots; one with none stays so."""
    if shift.remote_pilots == 0:
        return shift
    each = crew.drones_per_pilot if shift.drones_per_pilot is None else shift.drones_per_pilot
    watchers = pilots * each * crew.safety_pilots_per_drone if seen else shift.safety_pilots
    return replace(shift, remote_pilots=pilots, safety_pilots=watchers)
