"""A table of calls as the demand of a scenario (`import_calls`): read, placed in zones, and estimated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dfr.findings import counted_noun
from dfr.geo import LocalFrame
from dfr.io.call_columns import ColumnMatch
from dfr.io.call_sheets import CallReading, read_call_sheet
from dfr.io.feature_import import placeholder_kinds
from dfr.io.files import read_bounded
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.sheets import MAX_SHEET_BYTES, read_sheet
from dfr.scenario.edits import AllEdits
from dfr.scenario.features import FeatureKind
from dfr.scenario.model import Scenario
from dfr.world.call_zones import likely_zone_count, make_zones
from dfr.world.demand_edit import demand_edit
from dfr.world.demand_estimate import DemandEstimate, estimate_demand
from dfr.world.model import World

MOST_SHOWN = 10
"""Rows that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallImport:
    """What a table of calls says for a scenario; `made_zones`: its zones were made of the calls."""

    reading: CallReading
    estimate: DemandEstimate
    made_zones: bool

    @property
    def source(self) -> str:
        """Which calls it is from, in words."""
        return self.reading.source

    def lines(self) -> Iterator[str]:
        """What a person must know, a sentence each; nothing of any single call."""
        reading, estimate = self.reading, self.estimate
        yield f"read {reading.source}"
        for guess in reading.guessed:
            yield f"taken as {guess}"
        yield from reading.notes
        if reading.unknown_grades:
            words = ", ".join(f"{word!r} ({count})" for word, count in reading.unknown_grades.items())
            yield f"these grades are none of the scenario's: {words}"
        if reading.refused:
            yield f"{counted_noun(len(reading.refused), 'row')} left out:"
            yield from (f"  {problem}" for problem in reading.refused[:MOST_SHOWN])
        if estimate.outside:
            yield f"{counted_noun(estimate.outside, 'call')} in no demand zone, not counted"
        if estimate.unplaced:
            yield f"{counted_noun(estimate.unplaced, 'call')} without a place: counted for days and hours"
        if self.made_zones:
            yield f"{counted_noun(len(estimate.zones), 'demand zone')} made of the calls"
        yield from estimate.notes

    def as_dict(self) -> dict[str, object]:
        """What was read and estimated as it appears in JSON."""
        reading = self.reading
        return {
            "source": reading.source,
            "guessed": list(reading.guessed),
            "left_out": [str(problem) for problem in reading.refused],
            "unknown_grades": dict(reading.unknown_grades),
            **self.estimate.as_dict(),
        }

    def edit_of(self, text: str) -> AllEdits:
        """The edit that writes the estimate into the text of the scenario."""
        return demand_edit(self.estimate, read_plain_data(text), source=self.source)


def read_call_file(path: Path) -> tuple[bytes, str]:
    """(The bytes of a file of calls, its name without its folder)."""
    return read_bounded(path, limit_bytes=MAX_SHEET_BYTES), path.name


def import_calls(
    data: bytes,
    *,
    name: str,
    scenario: Scenario,
    match: ColumnMatch | None = None,
    zones: int | None = None,
    zones_are_placeholders: bool = False,
) -> CallImport:
    """The demand of a scenario estimated from a table of calls.

    Its demand zones stay, unless `zones` says how many to make of the calls, or they are only placeholders,
    drawn by `dfr init`. Raises InputError where the table cannot be read or no call can be placed.
    """
    frame = LocalFrame(scenario.site.centre)
    grades = [grade.id for grade in scenario.demand.priorities]
    reading = read_call_sheet(
        read_sheet(data, name=name),
        zone=scenario.period.zone,
        grades=grades,
        near=scenario.site.centre,
        match=match,
    )
    shown = scenario.demand.zones
    located = sum(call.position is not None for call in reading.calls)
    make = zones is not None or (zones_are_placeholders and located > 0)
    if make:
        count = likely_zone_count(located) if zones is None else zones
        shown = make_zones(reading.calls, boundary=scenario.site.boundary, frame=frame, count=count)
    estimate = estimate_demand(reading.calls, zones=shown, grades=grades, period=scenario.period, frame=frame)
    return CallImport(reading=reading, estimate=estimate, made_zones=make)


def world_with_calls(
    world: World, path: Path, *, match: ColumnMatch | None = None, zones: int | None = None
) -> tuple[World, CallImport]:
    """(The world with the demand estimated from a file of calls in place of its own, what was read).

    Its scenario counts as another version: a plan for these calls is no plan of the scenario's own demand.
    """
    data, name = read_call_file(path)
    scenario = world.scenario
    found = import_calls(data, name=name, scenario=scenario, match=match, zones=zones)
    both = f"{scenario.sha256} with calls {hashlib.sha256(data).hexdigest()} {found.reading.match} {zones}"
    demand = found.estimate.applied_to(scenario.demand)
    new = replace(scenario, demand=demand, sha256=hashlib.sha256(both.encode()).hexdigest())
    return replace(world, scenario=new), found


def write_calls_into(
    text: str, scenario: Scenario, data: bytes, *, name: str, match: ColumnMatch | None = None,
    zones: int | None = None,
) -> tuple[str, CallImport]:  # fmt: skip
    """(The text of a scenario with the demand estimated from a table of calls, what was read)."""
    drawn = FeatureKind.ZONE in placeholder_kinds(read_plain_data(text))
    found = import_calls(
        data, name=name, scenario=scenario, match=match, zones=zones, zones_are_placeholders=drawn
    )
    return apply_edit(text, found.edit_of(text)), found
