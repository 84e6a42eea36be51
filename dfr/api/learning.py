"""Learn the figures of a scenario from a force's own logs: `dfr learn`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from dfr.io.call_columns import ColumnMatch
from dfr.io.call_dates import DateOrder
from dfr.io.call_logs import middle_of_calls, read_call_log
from dfr.io.feature_import import placeholder_kinds
from dfr.io.files import read_bounded
from dfr.io.flight_tables import read_flight_log
from dfr.io.new_deployment import (
    MAX_VLOS_RADIUS_M,
    MIN_RADIUS_M,
    NewDeployment,
    write_new_deployment,
)
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import find_scenario, parse_scenario
from dfr.io.yaml_write import entry_lines
from dfr.scenario.features import FeatureKind
from dfr.scenario.model import DemandZone, OperationKind, Scenario
from dfr.world.learning.figures import Lesson
from dfr.world.learning.flights import learn_flights
from dfr.world.learning.fragment import learned_edit, learned_part
from dfr.world.learning.learn import learn_calls

DRAFT_NAME = "learned"
DRAFT_DAYS = 7

MOST_RADIUS_M = 3_000.0
"""How far round the middle of the calls a draft reaches (assumed: what a few docks serve)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What logs say: the figures, the parts of a scenario that hold them, and the whole scenario.

    `guessed` are the columns that nobody named. `drafted`: there was no scenario, and one was drawn round the
    calls as `dfr init` does, with all that logs do not say assumed.
    """

    lesson: Lesson
    fragment: str
    scenario_text: str
    guessed: tuple[str, ...]
    drafted: bool


def learn(
    calls: str | Path,
    *,
    scenario: str | Path | None = None,
    flights: str | Path | None = None,
    match: ColumnMatch | None = None,
    further: dict[str, str] | None = None,
    flight_columns: dict[str, str] | None = None,
    flight_dates: DateOrder | None = None,
    zones: int | None = None,
    timezone: str | None = None,
    folder: Path | None = None,
) -> Learned:
    """Figures of a scenario from a log of calls and, where given, one of a drone programme's flights.

    `match` and `further` say which columns hold what (`LogColumn`); `zones` how many demand zones to make of
    the calls. Without a scenario, one is drawn round the calls; `folder` is where it will stand. Nothing of a
    single call is in what is returned. Raises InputError for a log that cannot be used.
    """
    path = Path(calls)
    if scenario is None:
        text, name, where = draft_scenario(path, match, timezone), DRAFT_NAME, folder or Path()
    else:
        file = find_scenario(str(scenario))
        text, name, where = read_bounded(file).decode("utf-8-sig"), file.name, file.parent
    base = parse_scenario(text.encode(), name=name, folder=where)
    drawn = FeatureKind.ZONE in placeholder_kinds(read_plain_data(text))
    log = read_call_log(
        path, base, match=match, further=further, zones=zones, zones_are_placeholders=drawn
    )  # fmt: skip
    used = _with_zones(base, log.zones)
    lesson, estimate = learn_calls(log.table, used, source=log.source, notes=log.notes)
    guessed = log.guessed
    if flights is not None:
        records = read_flight_log(
            Path(flights), zone=base.period.zone, columns=flight_columns, dates=flight_dates
        )  # fmt: skip
        lesson = learn_flights(lesson, records.table, source=records.source, notes=records.notes)
        guessed += tuple(f"flights, {guess}" for guess in records.guessed)
    new = apply_edit(text, learned_edit(lesson, estimate, read_plain_data(text)))
    parse_scenario(new.encode(), name="the scenario with what was learned", folder=where)
    return Learned(
        lesson=lesson, fragment=_fragment_text(new, lesson), scenario_text=new, guessed=guessed,
        drafted=scenario is None,
    )  # fmt: skip


def draft_scenario(path: Path, match: ColumnMatch | None, timezone: str | None) -> str:
    """The scenario that `dfr init` would write round the calls of a log, for the week after its last call."""
    middle, away_m, _, last = middle_of_calls(path, match)
    radius_m = min(max(1.1 * away_m, MIN_RADIUS_M), MOST_RADIUS_M)
    kind = OperationKind.VLOS if radius_m <= MAX_VLOS_RADIUS_M else OperationKind.BVLOS
    asked = NewDeployment(
        name=DRAFT_NAME, place=f"{middle.lat_deg:.4f},{middle.lon_deg:.4f}",
        first_day=f"{last.date() + timedelta(days=1)}", days=DRAFT_DAYS, hours="0:00-24:00", zone=timezone,
        operation=kind.value, radius_m=round(radius_m),
    )  # fmt: skip
    return write_new_deployment(asked, folder=Path()).text


def _with_zones(scenario: Scenario, zones: tuple[DemandZone, ...]) -> Scenario:
    return replace(scenario, demand=replace(scenario.demand, zones=zones))


def _fragment_text(text: str, lesson: Lesson) -> str:
    """The learned parts as YAML, with what they are of in front."""
    data = read_plain_data(text)
    of = f"{lesson.source} and {lesson.flight_source}" if lesson.flight_source else lesson.source
    lines = [
        f"# Learned from {' '.join(of.split())}.",
        "# Put these sections in place of those of the scenario. Nothing of a single call is in them.",
        *(f"# Not in the log: {each.name} ({each.why})." for each in lesson.missing),
    ]
    for name, part in learned_part(data, lesson).items():
        lines += ["", *entry_lines(name, part)]
    return "\n".join(lines) + "\n"
