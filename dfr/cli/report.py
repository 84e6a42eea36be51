"""`dfr report`: reports a live shift from its log, beside what the model expects for the same calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.logs import compare_shift
from dfr.cli.log_compare import comparison_document, comparison_lines
from dfr.cli.options import NoCache, ScenarioName
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError, NonCompliantError
from dfr.findings import counted_noun
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import find_scenario, load_world
from dfr.logs.comparison import ComparedFlights
from dfr.metrics.logged_shift import LoggedFlight, LoggedShift
from dfr.rehearsal.logged_shift import REPLICATIONS, report_shift
from dfr.report.words import figure
from dfr.store.landing_cache import use_landing_cache
from dfr.store.shift_log import LogCheck, read_shift_log

app = typer.Typer(add_completion=False, rich_markup_mode=None)

PLAN = "plan.json"


@app.command()
def report(
    shift: Annotated[Path, typer.Argument(help="The folder of the shift, with its log.jsonl.")],
    scenario: ScenarioName,
    *,
    plan: Annotated[
        Path | None, typer.Option(help="The plan of the shift; if not given, the plan.json in its folder.")
    ] = None,
    replications: Annotated[
        int, typer.Option(min=1, max=1000, help="How many times to simulate the shift's calls.")
    ] = REPLICATIONS,
    out: Annotated[
        Path | None, typer.Option(help="Also write the report as a page to this HTML file.")
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Report a live shift from its log: calls, predicted and flown times of flights, and key figures.

    Flights whose telemetry (.tlog) lies in the shift's folder are compared phase by phase, as dfr log
    compare does.

    The figures are defined as in the simulation. Beside each is what the model expects: the mean of
    simulations of the same calls at the same times, with the same time on scene at each.

    Exit codes: 0 fine, 2 bad input, such as the folder of another scenario's shift, 3 the log was changed.
    """
    use_landing_cache(on=not no_cache)
    if out is not None:
        refuse_unwritable(out)
    log = read_shift_log(shift)
    world = load_world(find_scenario(scenario))
    note(f"simulating the shift's calls {counted_noun(replications, 'time')} ...")
    flown_by = read_plan(_plan_file(shift, plan), world.scenario)
    found = report_shift(world, flown_by, log, replications=replications)
    compared = compare_shift(shift, flown_by, world.scenario.fleet)
    if out is not None:
        from dfr.report.shift_page import shift_page  # loads the templates, which the words do without

        write_atomically(out, shift_page(found, log.check, compared))
    if as_json:
        telemetry = comparison_document(compared)
        emit_json({"log": log.check.as_dict(), **found.as_dict(), "telemetry": telemetry})
    else:
        for line in (*_lines(found, log.check), *_telemetry_lines(compared)):
            say(line)
    if not log.check.is_whole:
        raise typer.Exit(NonCompliantError.exit_code)


def _plan_file(shift: Path, given: Path | None) -> Path:
    kept = shift / PLAN
    if given is None and not kept.is_file():
        raise InputError(f"{kept}: not there", do="name the plan of the shift with --plan")
    return given or kept


def _lines(shift: LoggedShift, check: LogCheck) -> Iterator[str]:
    minutes = shift.seconds / 60.0
    kind = "simulated" if shift.simulated else "real"
    yield f"{shift.scenario}: {minutes:.0f} min from {shift.start}"
    yield f"{counted_noun(len(shift.drones), f'{kind} drone')}: {', '.join(shift.drones)}"
    yield f"{counted_noun(shift.calls, 'call')}: {shift.endings or 'none ended'}"
    if shift.outside:
        outside = counted_noun(shift.outside, "call")
        yield f"{outside} outside every zone of the plan, not counted in the figures"
    yield f"{counted_noun(len(shift.flights), 'flight')}, predicted / flown:"
    yield from (_flight_line(flight) for flight in shift.flights)
    if shift.taken_on:
        taken = counted_noun(shift.taken_on, "flight")
        yield f"{taken} taken over in the air after a restart: energy counts from there"
    yield from _figure_lines(shift)
    yield "records: " + ", ".join(f"{count} {kind}" for kind, count in shift.counted.items())
    yield from (f"unknown: {words}" for words in shift.unknown)
    yield f"log: {check}"
    yield f"last hash: {check.head}"


def _telemetry_lines(compared: ComparedFlights) -> Iterator[str]:
    """The flights by the telemetry that the shift kept, each phase and the energy beside the prediction."""
    if not compared.flights and not compared.left_out:
        yield "telemetry: none was kept in this folder, so that no flight is compared phase by phase"
        return
    yield f"telemetry: {counted_noun(len(compared.flights), 'flight')} compared phase by phase"
    yield from (f"  {line}" for line in comparison_lines(compared))


def _flight_line(flight: LoggedFlight) -> str:
    out, home = _pair(flight.predicted_out_s, flight.out_s), _pair(flight.predicted_home_s, flight.home_s)
    return (
        f"  {flight.flight:3} {flight.drone:12} call {flight.call:<4} out {out} s, on scene "
        f"{flight.on_scene_s:.0f} s, home {home} s  {flight.landing or 'in the air at the end'}"
    )


def _figure_lines(shift: LoggedShift) -> Iterator[str]:
    if shift.kpis:
        yield f"figures: modelled (mean of {counted_noun(shift.replications, 'replication')}) / flown:"
    for pair in shift.kpis:
        yield f"  {pair.what}: {figure(pair.modelled, pair.unit)} / {figure(pair.flown, pair.unit)}"
    for pair in shift.privacy:
        name = pair.name.removesuffix("_per_day").replace("_", " ")
        modelled, flown = (figure(shift.in_all(value), "min") for value in (pair.modelled, pair.flown))
        yield f"  in this shift, {name}: {modelled} / {flown}"


def _pair(predicted: float, flown: float | None) -> str:
    return f"{predicted:.0f} / {'-' if flown is None else f'{flown:.0f}'}"
