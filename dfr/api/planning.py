"""Load a scenario, plan it, check it and compile its missions: `dfr plan`, `dfr check` and `dfr mission`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dfr.aircraft.catalogue import Drone, drone_of
from dfr.api import word_of
from dfr.errors import InputError, NonCompliantError
from dfr.findings import Finding, by_danger, is_compliant
from dfr.geo import Position
from dfr.io.files import write_atomically
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import DayFiles, find_scenario, load_world, with_day_files
from dfr.io.weather.files import WeatherFiles
from dfr.mission.carried import carry_verdict
from dfr.mission.changes import orbit_on_scene
from dfr.mission.compile import DEFAULT_ON_SCENE_S, compile_dispatch
from dfr.mission.formats import Format, format_for, left_out
from dfr.mission.formats.qgc_plan import mission_hash
from dfr.mission.items import FlightPlan
from dfr.mission.reliance import dispatch_findings
from dfr.plan.compliance import check_plan
from dfr.plan.layouts import OnProgress
from dfr.plan.model import Plan
from dfr.plan.objectives import Objective, SitingObjective
from dfr.plan.path_times import OnShare
from dfr.plan.planner import OnPlan, make_plan, with_roles
from dfr.plan.siting.milp import Stop
from dfr.plan.verdict import EXERCISE, Verdict, verdict_of
from dfr.scenario.air import HourWeather
from dfr.world.model import World


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPlan:
    """A plan with all that was found about it, and the verdict at a moment."""

    plan: Plan
    verdict: Verdict

    @property
    def go(self) -> bool:
        """True if it may be flown, in the hours that can be flown."""
        return self.verdict.go

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found for each rule, even if it is met."""
        return self.plan.findings

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that stop a go, the most dangerous first."""
        return tuple(finding for finding in by_danger(self.findings) if self.verdict.counts(finding))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMission:
    """A dispatch as a flight plan that carries the verdict on its plan.

    `findings` are about the mission itself; those about its plan are in `checked`. `drone` flies it.
    """

    flight: FlightPlan
    checked: CheckedPlan
    findings: tuple[Finding, ...]
    drone: Drone | None = None

    @property
    def sound(self) -> bool:
        """True if ArduCopter would keep the mission as it is, and nothing that it needs is unknown."""
        return is_compliant(self.findings)

    def save(self, path: str | Path, *, even_if_blocked: bool = False) -> tuple[str, ...]:
        """What the format has no place for, after writing the mission to a file of its suffix.

        Raises NonCompliantError and writes nothing if the mission is not sound, or if its plan is no GO
        (unless `even_if_blocked`); InputError if the format cannot say that it is an exercise.
        """
        path = Path(path)
        chosen = self.format_for(path)
        blocked = not (self.checked.go or even_if_blocked)
        if blocked or not self.sound:
            against = [self.checked.verdict.headline] if blocked else []
            against += [found.message for found in (*self.checked.blocking, *self.findings) if found.blocks]
            why = "; ".join(words.rstrip(".") for words in against)
            raise NonCompliantError(f"{path}: not written: {why}", do="resolve it, see `dfr check`")
        write_atomically(path, chosen.write(self.flight))
        return left_out(self.flight, chosen)

    def format_for(self, path: Path) -> Format:
        """The format of a file. Raises InputError for one in which an exercise could be flown for real."""
        chosen = format_for(path, self.drone)
        if self.checked.verdict.exercise and not chosen.keeps_name:
            raise InputError(
                f"{path}: {chosen.name} has no place for the word {EXERCISE}: it could be flown for real",
                do="write a .plan, .kml or .geojson",
            )
        return chosen


def load_scenario(
    scenario: str | Path,
    *,
    metar: Path | None = None,
    taf: Path | None = None,
    forecast: Path | None = None,
    notams: Sequence[Path] = (),
) -> World:
    """The world of a scenario file or of a shipped scenario, with the weather and NOTAMs of the day.

    METARs take precedence over TAFs, TAFs over an hourly forecast, and that over the scenario's own hours.
    Raises ScenarioError with every problem of the file, AirspaceError for airspace that cannot be read.
    """
    files = DayFiles(weather=WeatherFiles(metar=metar, taf=taf, forecast=forecast), notams=tuple(notams))
    return with_day_files(load_world(find_scenario(str(scenario))), files)


def with_weather(world: World, hours: Sequence[HourWeather]) -> World:
    """The world with these hours of weather instead of the scenario's: wind from a model of your own."""
    weather = replace(world.scenario.weather, hours=tuple(hours))
    return replace(world, scenario=replace(world.scenario, weather=weather))


def plan(
    world: World,
    *,
    docks: int | None = None,
    objective: Objective | str = Objective.MCLP,
    busy: float | None = None,
    budget: float | None = None,
    capacity_per_h: float | None = None,
    require: Sequence[str] = (),
    forbid: Sequence[str] = (),
    on_share: OnShare | None = None,
    on_progress: OnProgress | None = None,
    on_plan: OnPlan | None = None,
    stop: Stop | None = None,
) -> Plan:
    """The plan of a scenario: sites proven best, routes, volumes, coverage and findings.

    `docks` is the scenario's number unless given, or as many as `budget` buys. `objective` is one of
    `Objective`; `busy` belongs to mexclp. `require` and `forbid` name candidate sites. `on_share` is
    told which share of the flight times of a large area is known, `on_plan` is given the plan before other
    numbers of docks are compared with it; once `stop` returns True, it is made with the best docks found so
    far.
    Raises InfeasibleError if no plan fits, InputError for requests that exclude each other.
    """
    if budget is not None and docks is not None:
        raise InputError("--docks with --budget: a budget buys as many as it can", do="one of them")
    sited_for = SitingObjective(
        objective=word_of(Objective, objective), busy=busy, budget=budget, capacity_per_h=capacity_per_h
    )
    chosen = with_roles(world, require=require, forbid=forbid)
    return make_plan(
        chosen,
        docks=docks,
        sited_for=sited_for,
        on_share=on_share,
        on_progress=on_progress,
        on_plan=on_plan,
        stop=stop,
    )


def load_plan(world: World, path: Path) -> Plan:
    """The plan in a plan.json. Raises InputError if it is not a plan of this very scenario."""
    return read_plan(path, world.scenario)


def check(
    world: World, plan: Plan | None = None, *, day: bool = False, now: datetime | None = None
) -> CheckedPlan:
    """A plan checked against every rule, and its verdict: GO, NO GO or UNKNOWN.

    Without a plan, one is made. `day` judges as on the day of the flight, which is automatic from 24 h before
    the start. `now` is the moment of the verdict, with a time zone; this moment if None.
    """
    proposed = make_plan(world) if plan is None else replace(plan, findings=check_plan(world, plan))
    moment = now or datetime.now(tz=UTC)
    return CheckedPlan(plan=proposed, verdict=verdict_of(world.scenario, proposed, now=moment, day=day))


def compile_mission(
    world: World,
    plan: Plan | None = None,
    *,
    zone: str | None = None,
    site: str | None = None,
    target: Position | None = None,
    on_scene_s: float = DEFAULT_ON_SCENE_S,
    orbit_radius_m: float | None = None,
    day: bool = False,
    now: datetime | None = None,
) -> CompiledMission:
    """A dispatch to a demand zone or a place, as mission, fence, rally points and parameters.

    It starts from the dock `site` (if not given, the one that reaches the zone first), holds for `on_scene_s`
    over the target or circles it at `orbit_radius_m`, and carries the verdict that `check` gives.
    Raises InfeasibleError if there is no route, or if the stay would use up the battery reserve.
    """
    proposed = make_plan(world) if plan is None else plan
    flight = compile_dispatch(
        world,
        proposed,
        site_id=_dock(proposed, site, zone),
        zone_id=zone,
        target=target,
        on_scene_s=on_scene_s,
    )
    if orbit_radius_m is not None:
        flight = orbit_on_scene(flight, radius_m=orbit_radius_m)
    checked = check(world, proposed, day=day, now=now)
    name = f"{EXERCISE} {flight.name}" if checked.verdict.exercise else flight.name
    flight = replace(flight, name=name)
    findings = dispatch_findings(flight, world.scenario)
    carried = carry_verdict(
        checked.verdict, checked.plan, mission_sha256=mission_hash(flight), findings=findings
    )
    return CompiledMission(
        flight=replace(flight, verdict=carried),
        checked=checked,
        findings=findings,
        drone=drone_of(world.scenario.fleet),
    )


def _dock(plan: Plan, site: str | None, zone: str | None) -> str:
    """The dock to start from: the one named, or the one that is over the zone first."""
    if site is not None:
        return site
    if zone is None:
        raise InputError("neither a dock nor a zone is given", do="give the zone, or the dock and a place")
    route = plan.soonest_route(zone)
    if route is None:
        known = ", ".join(sorted({r.zone_id for r in plan.routes}))
        raise InputError(f"no dock reaches a zone {zone!r}", do=f"one of: {known}")
    return route.site_id
