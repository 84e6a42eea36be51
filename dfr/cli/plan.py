"""`dfr plan`: chooses dock sites, plans routes and checks the plan."""

from __future__ import annotations

import math
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from dfr.api.planning import plan as make_plan
from dfr.cli.import_options import CallOptions
from dfr.cli.options import Docks, ScenarioName, VerdictOptions, with_option_groups
from dfr.cli.output import (
    AsJson,
    emit_json,
    json_text,
    note,
    operator_at_terminal,
    print_findings,
    print_verdict,
    say,
)
from dfr.cli.stopping import stop_softly
from dfr.errors import NonCompliantError, StoppedError
from dfr.findings import counted_noun
from dfr.io.files import write_atomically
from dfr.io.heat_files import heat_document
from dfr.io.volume_files import volumes_document
from dfr.plan.model import LayoutGain, Plan
from dfr.plan.objectives import Objective
from dfr.plan.planner import with_roles
from dfr.plan.siting.model import PROOF_TIME_LIMIT_S
from dfr.plan.verdict import Verdict
from dfr.plan.volumes import aip_corner
from dfr.plan.worksheet import make_worksheet
from dfr.units import FOOT_M
from dfr.world.model import World

MOST_ROUTES = 240
"""So many routes are printed: those of 60 zones from 4 docks (assumed)."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)

REPORT_EVERY_S = 5.0


@app.command()
@with_option_groups
def plan(
    scenario: ScenarioName,
    *,
    docks: Docks = None,
    out: Annotated[Path | None, typer.Option(help="File to write the plan to, such as plan.json.")] = None,
    volumes: Annotated[
        Path | None,
        typer.Option(
            help="Write flight volumes and the proposed restricted area to a .kml or .geojson file."
        ),
    ] = None,
    heat: Annotated[
        Path | None,
        typer.Option(
            help="Write the heat map to a .csv file: for each zone its place, its calls, and how soon it is "
            "reached from which dock."
        ),
    ] = None,
    risk: Annotated[
        Path | None, typer.Option(help="Write the ground and air risk worksheet to a .md or .json file.")
    ] = None,
    objective: Annotated[
        Objective,
        typer.Option(help=f"What to optimise. {Objective.explain_choices()}."),
    ] = Objective.MCLP,
    busy: Annotated[
        float | None,
        typer.Option(
            help="For mexclp: how busy a drone is, 0 to 1; if not given, as busy as the layout makes it."
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            help="What all docks may cost together (`cost` of candidates): buys the layout that covers most."
        ),
    ] = None,
    capacity: Annotated[
        float | None, typer.Option(help="Most calls that a dock can serve in an hour.")
    ] = None,
    require: Annotated[
        list[str] | None, typer.Option(help="A candidate site that must be used. Repeatable.")
    ] = None,
    forbid: Annotated[
        list[str] | None, typer.Option(help="A candidate site that must not be used. Repeatable.")
    ] = None,
    pareto: Annotated[
        Path | None,
        typer.Option(
            help="Folder for front.json and front.svg: best coverage and shortest mean, 90th-percentile "
            "and worst time for 1, 2, 3 ... docks, and every proven trade-off of coverage and worst time."
        ),
    ] = None,
    demand: CallOptions,
    options: VerdictOptions,
    as_json: AsJson = False,
) -> None:
    """Choose dock sites by exact optimisation, plan the routes and check the plan.

    In the JSON, `sited_by` holds the objective with its value, bound, gap and status. `objective`, `bound`
    and `gap` at the top are always the share of calls with a drone overhead within `siting_limit_s`.
    `verdict` and `go` are those of `dfr check`.

    With --calls, the demand is estimated from a table of calls, and the docks are sited for it. The plan is
    then none of the scenario's own demand: `dfr init --like NAME --calls FILE` writes a scenario with it.

    Findings do not change the exit code: it is 3 only if no hour can be flown, 4 if no plan fits the
    request, and 130 after Ctrl-C: the plan is then made with the best docks found so far.
    """
    world = options.load_scenario(scenario)
    world, estimated = demand.estimate_for(world)
    world = with_roles(world, require=require or (), forbid=forbid or ())
    progress = Progress()

    def keep_plan(made: Plan) -> tuple[Verdict, dict[str, object]]:
        judged = options.verdict(world, made)
        told = {**made.as_dict(), "go": judged.go, "verdict": judged.as_dict(), **estimated}
        if out is not None:
            write_atomically(out, json_text(told))
        return judged, told

    with stop_softly(lambda: progress.found, _say_stopping) as stopped:
        proposed = make_plan(
            world,
            docks=docks,
            objective=objective,
            busy=busy,
            budget=budget,
            capacity_per_h=capacity,
            on_share=progress.report_share,
            on_progress=progress.report_gap,
            on_plan=keep_plan,
            stop=stopped,
        )
    verdict, document = keep_plan(proposed)
    if volumes is not None:
        write_atomically(volumes, volumes_document(proposed, volumes))
    if heat is not None:
        write_atomically(heat, heat_document(world, proposed))
    if risk is not None:
        _write_worksheet(world, proposed, risk)
    if pareto is not None:
        from dfr.rehearsal.studies import write_fronts  # loads matplotlib, which a plan does without

        write_fronts(world, len(proposed.sites), pareto, operator=operator_at_terminal())
    if as_json:
        emit_json(document)
    else:
        _print_plan(proposed)
        print_verdict(verdict)
    written = {"plan": out, "volumes": volumes, "heat map": heat, "worksheet": risk, "fronts": pareto}
    for what, path in written.items():
        if path is not None:
            note(f"{what}: {path}")
    if stopped():
        note(f"stopped: {describe_gap(proposed)}")
        raise typer.Exit(StoppedError.exit_code)
    if not verdict.flyable_hours:
        raise typer.Exit(NonCompliantError.exit_code)


def _write_worksheet(world: World, proposed: Plan, path: Path) -> None:
    """The ground and air risk worksheet, as JSON or Markdown by the suffix."""
    sheet = make_worksheet(world, proposed)
    text = json_text(sheet.as_dict()) if path.suffix.lower() == ".json" else sheet.as_markdown()
    write_atomically(path, text)


class Progress:
    """Whether any docks are found yet; reports how far a plan that takes long is every few seconds."""

    def __init__(self) -> None:
        self.found = False
        self._docks, self._begun_at, self._reported_at = 0, monotonic(), monotonic()
        self._first_share: tuple[float, float] | None = None

    def report_share(self, share: float) -> None:
        """Tell how many of the flight times of a large table are known, and how long the rest takes."""
        now = monotonic()
        first_at, first_share = self._first_share = self._first_share or (now, share)
        if first_share < share < 1.0 and now - self._reported_at >= REPORT_EVERY_S:
            self._reported_at = now
            left_s = (now - first_at) * (1.0 - share) / (share - first_share)
            note(f"flight times: {share:.0%} known, the rest in about {left_s:.0f} s")

    def report_gap(self, docks: int, share: float, bound: float) -> None:
        """Tell the best share found so far and how much is possible at most."""
        self.found, now = True, monotonic()
        if docks != self._docks:
            self._docks, self._begun_at = docks, now
        if now - self._reported_at >= REPORT_EVERY_S and math.isfinite(bound):
            self._reported_at = now
            left_s = max(0.0, PROOF_TIME_LIMIT_S - (now - self._begun_at))
            best = f"best so far {share:.2%}, at most {bound:.2%} possible"
            note(f"{counted_noun(docks, 'dock')}: {best}; done in {left_s:.0f} s at the latest")


def _say_stopping() -> None:
    note("stopping: the plan is made with the best docks found so far; Ctrl-C again gives up")


def describe_gap(proposed: Plan) -> str:
    """How far a plan's docks may be from the best, in words."""
    share, bound = f"{proposed.objective:.1%}", f"{proposed.bound:.1%}"
    return f"these docks reach {share} of calls in time, and no others reach more than {bound}"


def _print_plan(proposed: Plan) -> None:
    """Print the plan."""
    say(f"{proposed.scenario}: {counted_noun(len(proposed.sites), 'dock')}")
    if proposed.sited_by is not None:
        say(f"  {proposed.sited_by}")
    for site in proposed.sites:
        say(f"  {site.id:20} {site.position}  {counted_noun(site.drones, 'drone')}  {site.name}")
    say("calls in flyable hours with a drone overhead in time (from the decision, if a drone is free):")
    say("  " + ", ".join(f"{limit:g} s: {share:.0%}" for limit, share in sorted(proposed.coverage.items())))
    if proposed.flyable_share < 1:
        say(f"  {1 - proposed.flyable_share:.0%} of calls come in hours that cannot be flown")
    if proposed.layouts:
        say(f"best share of calls reached within {proposed.siting_limit_s:g} s, by number of docks:")
        say("  " + ", ".join(_gain_words(gain) for gain in proposed.layouts))
    _print_hours(proposed)
    print_routes(proposed)
    _print_area(proposed)
    print_findings(proposed.findings, quiet=True)


def _gain_words(gain: LayoutGain) -> str:
    share, bound = f"{gain.share:.0%}", f"{gain.bound:.0%}"
    return f"{gain.docks}: {share}" + (f" (at most {bound})" if bound != share else "")


def _print_hours(proposed: Plan) -> None:
    """Print the hours in which these docks reach most and least; the plan file has all."""
    flown = [hour for hour in proposed.coverage_by_hour if hour.flyable]
    if not flown:
        return
    ends = (max(flown, key=lambda hour: hour.share), min(flown, key=lambda hour: hour.share))
    words = (
        f"{hour.share:.0%} at {hour.hour[:16]} in {hour.wind_mps:g} m/s from {hour.wind_from_deg:.0f}°"
        for hour in ends
    )
    say(f"by hour of the forecast ({counted_noun(len(flown), 'flyable hour')}): from {' to '.join(words)}")


def print_routes(proposed: Plan) -> None:
    """Say the routes of a plan, as far as somebody may read them."""
    wind = proposed.planning_wind
    if wind is not None:
        say(f"routes, lift-off to overhead, wind {wind.wind_mps:g} m/s from {wind.wind_from_deg:.0f}°:")
    for route in proposed.routes[:MOST_ROUTES]:
        where = f"  {route.site_id} to {route.zone_id}:"
        if route.overhead_s is None:
            say(f"{where} not reachable: {route.limited_by}")
        else:
            words = f"; {route.limited_by}" if route.limited_by else ""
            say(f"{where} {route.length_m:,.0f} m, {route.overhead_s:.0f} s, {route.energy_wh:.0f} Wh{words}")
    more = len(proposed.routes) - MOST_ROUTES
    if more > 0:
        say(f"  and {counted_noun(more, 'other route')}: --out has them all, --heat the soonest to each zone")


def _print_area(proposed: Plan) -> None:
    area = proposed.restricted_area
    if area is None:
        return
    known = area.upper_m_amsl
    top = "upper limit unknown: no terrain data" if known is None else f"SFC to {known / FOOT_M:.0f} ft AMSL"
    spare = area.area_m2 / area.needed_m2 - 1
    say(f"proposed restricted area: {top}, {area.area_m2 / 1e6:.2f} km² ({spare:.0%} more than needed):")
    say("  " + ", ".join(aip_corner(corner) for corner in area.ring))
