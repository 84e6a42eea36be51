"""A whole rehearsal: simulate a plan, fly its dispatches and a shift, and report, all kept in one folder.

`rehearse` runs it; `kept_words` says what the folder holds when somebody stops it.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from dfr import __version__
from dfr.errors import LinkError
from dfr.findings import by_danger, counted_noun
from dfr.io.files import json_text, write_atomically
from dfr.io.scenario_files import DayFiles
from dfr.link.operator import Operator
from dfr.metrics.flown import RehearsedFlight
from dfr.metrics.kpi import Summary, clock_seconds
from dfr.metrics.shift import FlownShift
from dfr.metrics.timeline import ShiftKind, Timeline, pick, timeline
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict
from dfr.rehearsal.dispatches import SitlSettings, choose_routes, fly_route
from dfr.rehearsal.shift import ShiftRequest, fly_requested_shift
from dfr.rehearsal.studies import run_further_studies
from dfr.report.html import CLOCKS_SHOWN, Rehearsal, ShownShift, Studies, report_html
from dfr.report.map import standalone_map
from dfr.scenario.model import Study
from dfr.store.earlier import REHEARSED, keep_earlier
from dfr.store.origin import write_origin
from dfr.store.runs import StoredRun, held_replications, run_to_store
from dfr.store.tracks import StoredFlight, load_flights, store_flight
from dfr.world.model import World
from dfr.world.weather import mean_wind, weather_at

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows progress: takes a label and the number of steps, gives a function that takes the steps done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalRequest:
    """What a rehearsal does, where it is kept, and what it is made from.

    `engine` flies at most `dispatches` routes, and a `shift` if one is given; `losses` and `pareto` ask for
    further studies.
    """

    out: Path
    scenario_file: Path
    day: DayFiles
    study: Study
    jobs: int
    dispatches: int
    engine: SitlSettings
    shift: ShiftRequest | None = None
    losses: bool = False
    pareto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedFlights:
    """What was flown. `problem` says why a requested dispatch was not flown; '' if all were."""

    flown: tuple[RehearsedFlight, ...]
    problem: str
    shift: FlownShift | None = None

    @property
    def not_flown(self) -> str:
        """Why nothing, or not everything, was flown; '' if everything was."""
        return self.problem or ("" if self.flown else "No flight was asked for.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """A finished rehearsal: the verdict, the key figures, what was flown, and where the report is."""

    plan: Plan
    verdict: Verdict
    summary: Summary
    flights: RehearsedFlights
    out: Path
    report: Path

    @property
    def as_predicted(self) -> bool:
        """True if everything requested was flown and agrees with its prediction."""
        shift = self.flights.shift
        if shift is not None and not shift.agrees:
            return False
        return not self.flights.problem and all(flight.agrees for flight in self.flights.flown)

    def as_dict(self) -> dict[str, object]:
        """The rehearsal as it appears in JSON."""
        plan, flights = self.plan.as_dict(), self.flights
        return {
            "scenario": self.plan.scenario,
            "compliant": self.verdict.go,
            "go": self.verdict.go,
            "verdict": self.verdict.as_dict(),
            "sites": plan["sites"],
            "objective": self.plan.objective,
            "bound": self.plan.bound,
            "gap": self.plan.gap,
            "status": self.plan.status,
            "sited_by": plan["sited_by"],
            "height_levels": plan["height_levels"],
            "findings": [finding.as_dict() for finding in by_danger(self.plan.findings)],
            **{name: value for name, value in self.summary.as_dict().items() if name != "scenario"},
            "flights": [flight.as_dict() for flight in flights.flown],
            "not_flown": flights.not_flown,
            **({} if flights.shift is None else {"shift": flights.shift.as_dict()}),
            "plan": str(self.out / "plan.json"),
            "report": str(self.report),
        }


def rehearse(
    world: World,
    plan: Plan,
    verdict: Verdict,
    request: RehearsalRequest,
    *,
    operator: Operator,
    progress: Progress,
) -> Rehearsed:
    """The plan simulated, flown on simulated vehicles, compared with its prediction, and reported.

    An earlier rehearsal in the folder is kept aside. A dispatch or shift that cannot be flown ends the
    flying; the result says so, and no error is raised.
    """
    out = request.out
    with progress("simulating replications", request.study.replications) as done:
        run = _simulate_plan(world, plan, request, done)
    flights = _fly_dispatches(world, plan, request, progress)
    if request.shift is not None:
        shift = fly_requested_shift(
            world,
            plan,
            run,
            request.shift,
            engine=request.engine,
            folder=out / "flights",
            operator=operator,
        )
        flights = replace(flights, shift=shift)
    studies = run_further_studies(
        world,
        plan,
        run,
        losses=request.losses,
        pareto=request.pareto,
        jobs=request.jobs,
        out=out,
        operator=operator,
    )
    report = _write_report(world, plan, verdict, run=run, flights=flights, studies=studies, out=out)
    done_all = Rehearsed(
        plan=plan, verdict=verdict, summary=run.summary, flights=flights, out=out, report=report
    )
    write_atomically(out / REHEARSED, json_text(done_all.as_dict()))
    return done_all


def begin_folder(request: RehearsalRequest, plan: Plan, *, operator: Operator) -> None:
    """Move an earlier rehearsal aside, and write the plan to the folder."""
    if kept := keep_earlier(request.out):
        operator.tell(f"the earlier rehearsal in {request.out} is kept in {kept}")
    write_origin(request.out, request.scenario_file, day=request.day)
    write_atomically(request.out / "plan.json", json_text(plan.as_dict()))


def kept_words(out: Path) -> str:
    """What the folder holds when somebody stops the rehearsal, and how to continue."""
    held = held_replications(out / "run")
    flights = len(load_flights(out))
    whole = f"the plan, {counted_noun(held, 'replication')} and {counted_noun(flights, 'flight')}"
    return (
        f"{whole} are kept in {out} -> `dfr serve --run {out}` shows what is finished; the same command "
        "resumes the simulation, flies again and keeps these in `earlier/`"
    )


def _simulate_plan(
    world: World, plan: Plan, request: RehearsalRequest, on_done: Callable[[int], None]
) -> StoredRun:
    return run_to_store(
        world,
        plan,
        folder=request.out / "run",
        replications=request.study.replications,
        seed=request.study.seed,
        jobs=request.jobs,
        replace=True,
        on_done=on_done,
    )


def _fly_dispatches(
    world: World, plan: Plan, request: RehearsalRequest, progress: Progress
) -> RehearsedFlights:
    """Fly each dispatch in turn. The first that cannot be flown at all ends this and is the problem."""
    if plan.planning_wind is None:
        return RehearsedFlights(flown=(), problem="No hour of the scenario can be flown in.")
    hour = weather_at(world.scenario.weather, datetime.fromisoformat(plan.planning_wind.hour))
    wind = mean_wind(world.scenario, hour)
    routes = choose_routes(plan, world, request.dispatches)
    flown: list[RehearsedFlight] = []
    problem = "No dock reaches any zone." if request.dispatches and not routes else ""
    with progress("flying dispatches", len(routes)) as done:
        for number, route in enumerate(routes, start=1):
            try:
                flight = fly_route(
                    world, plan, route, wind=wind, engine=request.engine, folder=request.out / "flights"
                )
            except LinkError as error:
                problem = f"{route.site_id} to {route.zone_id}: {error}"
                break
            flown.append(flight)
            store_flight(request.out, _stored_flight(plan, flight))
            done(number)
    return RehearsedFlights(flown=tuple(flown), problem=problem)


def _stored_flight(plan: Plan, flight: RehearsedFlight) -> StoredFlight:
    home = next(site.position for site in plan.sites if site.id == flight.site_id)
    name = f"{flight.site_id}-{flight.zone_id}"
    return StoredFlight(name=name, home=home, predicted=flight.predicted, flown=flight.flown)


def _write_report(
    world: World,
    plan: Plan,
    verdict: Verdict,
    *,
    run: StoredRun,
    flights: RehearsedFlights,
    studies: Studies,
    out: Path,
) -> Path:
    report = out / "report.html"
    shown = Rehearsal(
        world=world,
        plan=plan,
        verdict=verdict,
        summary=run.summary,
        responses_s={name: clock_seconds(run.records, name) for name in CLOCKS_SHOWN},
        shift=_busiest_shift(world, timeline(run.records, pick(run.records, ShiftKind.TYPICAL))),
        flights=flights.flown,
        not_flown=flights.not_flown,
        provenance=_provenance_rows(world, plan, run.summary),
        flown_shift=flights.shift,
        studies=studies,
    )
    write_atomically(report, report_html(shown))
    write_atomically(out / "map.svg", standalone_map(world, plan, flown=shown.tracks))
    return report.resolve()


def _busiest_shift(world: World, shown: Timeline) -> ShownShift:
    """The shift of a replication with the most calls; the whole period if there are no shifts."""
    period = world.scenario.period
    spans = [(span.start_s, span.end_s) for span in shown.shifts] or [(0.0, period.seconds)]

    def calls_in(span: tuple[float, float]) -> int:
        return sum(span[0] <= call.call_s < span[1] for call in shown.calls)

    start_s, end_s = max(spans, key=calls_in)
    return ShownShift(timeline=shown, start_s=start_s, end_s=end_s)


def _provenance_rows(world: World, plan: Plan, summary: Summary) -> Sequence[tuple[str, str]]:
    """What the numbers were made from: files with their hashes, seed, versions."""
    libraries = ("numpy", "scipy", "shapely", "pyproj", "simpy", "highspy", "pymavlink")
    return [
        ("scenario", f"{world.scenario.file} sha256 {plan.scenario_sha256}"),
        *((f"airspace {s.path}", f"{s.date}; {s.what}; sha256 {s.sha256}") for s in world.airspace.sources),
        ("terrain", world.terrain.source),
        ("seed", str(summary.seed)),
        ("replications", str(summary.replications)),
        ("dfr", __version__),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in libraries),
    ]
