"""Calls without what tells of a person (`anonymise_calls`): the hour, the demand zone and the grade, no more.

The result is a table that `dfr simulate --calls` reads. Positions, minutes, names and remarks are gone. How
many calls are the only ones of their hour, zone and grade is told: who knows of one could recognise it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

from dfr.findings import counted_noun
from dfr.io.call_columns import ColumnMatch
from dfr.io.call_sheets import CallReading, read_call_sheet
from dfr.io.sheets import read_sheet
from dfr.scenario.model import Period
from dfr.world.call_records import CallRecord, move_calls
from dfr.world.call_zones import OUTSIDE, place_calls
from dfr.world.model import World


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymousCalls:
    """The table as CSV, how many calls it holds, how many are alone of their kind, and what to tell."""

    text: str
    calls: int
    alone: int
    reading: CallReading
    notes: tuple[str, ...]


def anonymise_calls(
    data: bytes, *, name: str, world: World, match: ColumnMatch | None = None, move: bool = False
) -> AnonymousCalls:
    """The calls of a table without what tells of a person, in a scenario's zones.

    `move` brings them to the days of the scenario by whole weeks, so that weekdays stay. Calls outside every
    zone, without a place or a known grade, or outside the scenario's period are left out and told.
    """
    scenario = world.scenario
    reading = read_call_sheet(
        read_sheet(data, name=name),
        zone=scenario.period.zone,
        grades=[grade.id for grade in scenario.demand.priorities],
        near=scenario.site.centre,
        match=match,
    )
    calls, notes = reading.calls, list[str]()
    if move:
        moved = move_calls(calls, first_day=scenario.period.start.date())
        calls = moved.calls
        notes.append(f"moved by {counted_noun(moved.weeks, 'week')}")
        if moved.skipped:
            count = counted_noun(len(moved.skipped), "call")
            notes.append(f"{count} left out: the clock skips their time there")
        if moved.repeated:
            count = counted_noun(len(moved.repeated), "call")
            notes.append(f"{count} at a time that the clock shows twice there: taken as the first of the two")
    zones = place_calls(calls, scenario.demand.zones, world.frame)
    names = [None if zone in (None, OUTSIDE) else scenario.demand.zones[zone or 0].id for zone in zones]
    rows, left = _anonymous_rows(calls, names, scenario.period)
    notes += [f"{counted_noun(count, 'call')} left out: {why}" for why, count in left.items()]
    alone = sum(count for count in Counter(rows).values() if count == 1)
    if alone:
        notes.append(
            f"{counted_noun(alone, 'call')} alone in hour, zone and grade: who knows of such a call could"
            " recognise it"
        )
    return AnonymousCalls(
        text=_write_rows(rows), calls=len(rows), alone=alone, reading=reading, notes=tuple(notes)
    )


def _anonymous_rows(
    calls: tuple[CallRecord, ...], zones: list[str | None], period: Period
) -> tuple[list[tuple[str, str, str]], dict[str, int]]:
    """(Hour, zone and grade of each call, in order; how many are left out and why)."""
    rows, left = [], Counter[str]()
    for call, zone in zip(calls, zones, strict=True):
        hour = call.when.replace(minute=0, second=0, microsecond=0)
        if zone is None:
            left["in no demand zone"] += 1
        elif not call.grade:
            left["their grade is none of the scenario's"] += 1
        elif not period.start <= hour < period.end:
            left["outside the scenario's period"] += 1
        else:
            rows.append((hour.isoformat(), zone, call.grade))
    return sorted(rows), dict(left)


def _write_rows(rows: list[tuple[str, str, str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("time", "zone", "priority"))
    writer.writerows(rows)
    return out.getvalue()
